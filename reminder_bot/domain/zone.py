"""The zones a person may live in, and which of them show a given clock time.

Few people know the IANA name of their zone, but everybody knows what time it is. So the set-up asks
for the clock time, and for a well-known city where several zones show that time. Zones whose
offsets are the same from now on, for at least four years, are one choice, named by its most
populous cities; differences that were abolished in the past are no reason to ask.

The zones are those of zone.tab: places, no Etc/ zones, no legacy links. The number of people who
live in each only decides the order, so the figures are rough.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

__all__ = [
    "UNREADABLE_RETRY",
    "ClockChoice",
    "ZoneChoice",
    "city_of",
    "clocks",
    "data_version",
    "differing",
    "fixed_zone",
    "guess",
    "has_changes",
    "is_known",
    "lived_in",
    "named",
    "nearest_clocks",
    "zones_with_clock",
]

# A stored zone that this version of the zone data does not know may be in the next version, so what
# needs it is tried again after this time.
UNREADABLE_RETRY = timedelta(hours=1)

FALLBACK = "Europe/London"
# The zones Etc/GMT+12 to Etc/GMT-14, and the names of UTC without a slash.
_MOST_WESTERN, _MOST_EASTERN = -12, 14
_ZERO = frozenset({"UTC", "GMT", "UCT", "Zulu", "Universal", "Greenwich", "GMT0", "GMT+0", "GMT-0"})
LONGEST_TAG = 35  # RFC 5646, section 4.4.1
CITIES_SHOWN = 3
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
# How many years two zones must agree to be one choice. They are counted from the start of a year,
# so at least four are in the future.
AGREE_YEARS = 5
# How often offsets are sampled. Two changes within a week would be missed; the closest are those of
# Morocco and Gaza, which suspend summer time during Ramadan.
STRIDE = timedelta(days=7)
# Of two equally common clocks, one that is this much nearer to the guess is twice as likely.
HALVED_AFTER = timedelta(minutes=90)

# Millions of people in cities of 15,000 or more, by zone (GeoNames, CC BY 4.0). Smaller zones are
# listed only if they are the best known of those that share their rules.
_MILLIONS = """
Asia/Shanghai 734  Asia/Kolkata 366  Asia/Tokyo 141  America/Sao_Paulo 125  America/New_York 89
Asia/Karachi 89  Europe/Istanbul 77  Africa/Lagos 75  Europe/Moscow 69  Asia/Jakarta 69
Asia/Manila 64  Europe/Berlin 63  America/Mexico_City 62  Europe/London 58  America/Chicago 56
Asia/Tehran 51  Asia/Bangkok 49  Africa/Johannesburg 48  Asia/Seoul 47  Africa/Cairo 47
America/Los_Angeles 46  Europe/Madrid 43  Asia/Ho_Chi_Minh 42  America/Bogota 37  Asia/Dhaka 36
Europe/Kyiv 34  Europe/Rome 34  Asia/Kuala_Lumpur 33  Europe/Paris 33  Asia/Baghdad 31
America/Caracas 28  Asia/Taipei 26  Asia/Hong_Kong 25  America/Toronto 25  Asia/Riyadh 24
Africa/Luanda 24  Africa/Casablanca 23  Europe/Warsaw 23  America/Lima 21
Africa/Dar_es_Salaam 21  America/Fortaleza 21  Africa/Kinshasa 21  Africa/Algiers 20
Africa/Addis_Ababa 19  Asia/Yangon 19  Africa/Abidjan 17  Africa/Nairobi 17
Africa/Lubumbashi 17  America/Santiago 16  Asia/Yekaterinburg 15  Europe/Amsterdam 13
Asia/Dubai 13  Asia/Pyongyang 13  America/Bahia 12  Asia/Makassar 12  America/Havana 12
Africa/Khartoum 12  Asia/Singapore 12  America/Guayaquil 12  Asia/Urumqi 11
America/Argentina/Buenos_Aires 11  Africa/Accra 11  Europe/Bucharest 11  Asia/Damascus 11
Africa/Dakar 10.0  America/Monterrey 9.7  Africa/Kampala 9.7  Europe/Budapest 9.4
Australia/Sydney 9.4  Australia/Melbourne 9.3  America/Denver 9.1  Asia/Almaty 9.1
Europe/Brussels 9.0  America/Argentina/Cordoba 9.0  America/Recife 8.7  Asia/Kabul 8.7
Africa/Maputo 8.6  Africa/Lusaka 8.4  Africa/Douala 8.3  Asia/Jerusalem 7.9  Africa/Bamako 7.7
America/Santo_Domingo 7.5  Asia/Tashkent 7.5  America/Belem 7.4  America/Guatemala 7.3
Africa/Tunis 7.3  Europe/Stockholm 7.1  America/La_Paz 7.0  Asia/Aden 6.9  Africa/Conakry 6.7
America/Phoenix 6.5  Europe/Lisbon 6.4  America/Vancouver 6.3  Europe/Athens 6.3
Africa/Mogadishu 6.2  Africa/Ouagadougou 6.1  Indian/Antananarivo 6.1  Africa/Tripoli 6.1
Europe/Minsk 6.1  Europe/Prague 5.9  Asia/Kathmandu 5.9  Australia/Brisbane 5.8
Europe/Belgrade 5.5  Asia/Baku 5.5  Europe/Vienna 5.3  Europe/Helsinki 5.3  Pacific/Auckland 5.2
America/Port-au-Prince 5.1  Asia/Amman 5.0  America/Tegucigalpa 4.8  America/Maceio 4.7
Africa/Harare 4.5  Asia/Beirut 4.5  America/Detroit 4.3  Asia/Colombo 4.3  America/Merida 4.2
Asia/Phnom_Penh 4.1  Europe/Sofia 4.1  Asia/Kuching 4.0  Africa/Porto-Novo 4.0
America/Manaus 3.9  Asia/Samarkand 3.9  Europe/Copenhagen 3.8  America/Tijuana 3.8
Africa/Brazzaville 3.7  Africa/Niamey 3.7  America/Asuncion 3.6  Europe/Samara 3.5
America/Edmonton 3.5  Europe/Zurich 3.5  Africa/Ndjamena 3.4  Asia/Muscat 3.3  Europe/Oslo 3.3
Africa/Lome 3.1  Australia/Perth 3.1  America/Cuiaba 3.0  Africa/Blantyre 3.0
America/Mazatlan 3.0  Africa/Kigali 2.9  Asia/Yerevan 2.9  Asia/Ashgabat 2.7  Europe/Dublin 2.7
America/Indiana/Indianapolis 2.7  America/Managua 2.6  Asia/Krasnoyarsk 2.6  Africa/Bangui 2.6
Asia/Dushanbe 2.6  America/El_Salvador 2.6  Europe/Bratislava 2.5  Asia/Vladivostok 2.5
Asia/Jayapura 2.5  America/Montevideo 2.5  Asia/Novokuznetsk 2.4  America/Campo_Grande 2.2
Asia/Irkutsk 2.2  America/Hermosillo 2.2  Asia/Bishkek 2.2  Africa/Nouakchott 2.2
Africa/Monrovia 2.1  America/Argentina/Salta 2.1  Asia/Novosibirsk 2.1  Europe/Vilnius 2.1
America/Jamaica 2.1  Atlantic/Canary 2.1  Europe/Sarajevo 1.9  America/Matamoros 1.9
Europe/Volgograd 1.8  Asia/Tbilisi 1.8  Asia/Pontianak 1.8  Europe/Skopje 1.8
Africa/Freetown 1.8  Africa/Libreville 1.7  Australia/Adelaide 1.7  Europe/Saratov 1.7
America/Panama 1.7  Africa/Juba 1.7  Asia/Kuwait 1.7  Europe/Zagreb 1.7  Europe/Tirane 1.6
America/Puerto_Rico 1.6  Pacific/Honolulu 1.6  Asia/Qatar 1.6  Asia/Vientiane 1.6
Europe/Simferopol 1.6  America/Chihuahua 1.5  America/Ciudad_Juarez 1.5  America/Porto_Velho 1.5
Europe/Chisinau 1.5  America/Costa_Rica 1.5  Asia/Ulaanbaatar 1.4  Asia/Hebron 1.4
Asia/Barnaul 1.4  America/Cancun 1.3  Africa/Djibouti 1.3  Africa/Banjul 1.3
Africa/Gaborone 1.3  Africa/Bujumbura 1.3  Asia/Omsk 1.2  Asia/Macau 1.2  Europe/Riga 1.2
Asia/Gaza 1.2  America/Santarem 1.2  Europe/Tallinn 1.1  Africa/Windhoek 1.0  America/Regina 1.0
America/Winnipeg 0.9  America/Kentucky/Louisville 0.9  Africa/Bissau 0.9  Asia/Yakutsk 0.9
America/Halifax 0.8  Asia/Bahrain 0.8  America/Araguaina 0.8  Europe/Ulyanovsk 0.8
Indian/Reunion 0.8  Australia/Hobart 0.4  America/Anchorage 0.4  Pacific/Fiji 0.3
Asia/Brunei 0.3  Atlantic/Cape_Verde 0.3  Asia/Kamchatka 0.2  Atlantic/Reykjavik 0.2
America/St_Johns 0.2  Australia/Darwin 0.2  Pacific/Guadalcanal 0.2  Europe/Malta 0.1
Pacific/Noumea 0.1  Europe/Luxembourg 0.1  Pacific/Guam 0.1  Asia/Magadan 0.09
Pacific/Apia 0.04  Pacific/Tongatapu 0.02  Atlantic/Azores 0.02  America/Nuuk 0.01
Pacific/Pago_Pago 0.01  America/Noronha 0.01
"""

# The best known city of a zone that is named after another one, or whose name is spelt differently.
_CITY = {
    "America/Argentina/Cordoba": "Córdoba",
    "America/Asuncion": "Asunción",
    "America/Bahia": "Salvador",
    "America/Belem": "Belém",
    "America/Bogota": "Bogotá",
    "America/Cancun": "Cancún",
    "America/Ciudad_Juarez": "Ciudad Juárez",
    "America/Costa_Rica": "San José",
    "America/Edmonton": "Calgary",
    "America/El_Salvador": "San Salvador",
    "America/Guatemala": "Guatemala City",
    "America/Guayaquil": "Quito",
    "America/Jamaica": "Kingston",
    "America/Panama": "Panama City",
    "America/Puerto_Rico": "San Juan",
    "America/Martinique": "Fort-de-France",
    "America/Noronha": "Fernando de Noronha",
    "America/Sao_Paulo": "São Paulo",
    "America/St_Johns": "St. John’s",
    "Antarctica/DumontDUrville": "Dumont d’Urville",
    "Asia/Aden": "Sanaa",
    "Asia/Ho_Chi_Minh": "Ho Chi Minh City",
    "Asia/Kamchatka": "Petropavlovsk-Kamchatsky",
    "Asia/Kolkata": "Delhi",
    "Asia/Qatar": "Doha",
    "Asia/Urumqi": "Ürümqi",
    "Atlantic/Azores": "Ponta Delgada",
    "Atlantic/Canary": "Las Palmas",
    "Atlantic/Cape_Verde": "Praia",
    "Atlantic/Faroe": "Tórshavn",
    "Europe/Tirane": "Tirana",
    "Pacific/Chatham": "Chatham Islands",
    "Pacific/Easter": "Easter Island",
    "Pacific/Fiji": "Suva",
    "Pacific/Guadalcanal": "Honiara",
    "Pacific/Marquesas": "Marquesas Islands",
    "Pacific/Norfolk": "Norfolk Island",
    "Pacific/Noumea": "Nouméa",
    "Pacific/Pitcairn": "Pitcairn Islands",
    "Pacific/Tahiti": "Papeete",
    "Pacific/Tongatapu": "Nukuʻalofa",
}

# Where the owner of a phone most likely is, by the phone's language. A region is more precise.
_BY_LANGUAGE = {
    "af": "Africa/Johannesburg",
    "am": "Africa/Addis_Ababa",
    "ar": "Africa/Cairo",
    "az": "Asia/Baku",
    "be": "Europe/Minsk",
    "bg": "Europe/Sofia",
    "bn": "Asia/Dhaka",
    "bs": "Europe/Sarajevo",
    "ca": "Europe/Madrid",
    "ckb": "Asia/Baghdad",
    "cs": "Europe/Prague",
    "da": "Europe/Copenhagen",
    "de": "Europe/Berlin",
    "el": "Europe/Athens",
    "es": "Europe/Madrid",
    "et": "Europe/Tallinn",
    "eu": "Europe/Madrid",
    "fa": "Asia/Tehran",
    "fi": "Europe/Helsinki",
    "fil": "Asia/Manila",
    "fr": "Europe/Paris",
    "ga": "Europe/Dublin",
    "gl": "Europe/Madrid",
    "gu": "Asia/Kolkata",
    "he": "Asia/Jerusalem",
    "hi": "Asia/Kolkata",
    "hr": "Europe/Zagreb",
    "hu": "Europe/Budapest",
    "hy": "Asia/Yerevan",
    "id": "Asia/Jakarta",
    "is": "Atlantic/Reykjavik",
    "it": "Europe/Rome",
    "ja": "Asia/Tokyo",
    "ka": "Asia/Tbilisi",
    "kk": "Asia/Almaty",
    "km": "Asia/Phnom_Penh",
    "kn": "Asia/Kolkata",
    "ko": "Asia/Seoul",
    "ky": "Asia/Bishkek",
    "lo": "Asia/Vientiane",
    "lt": "Europe/Vilnius",
    "lv": "Europe/Riga",
    "mk": "Europe/Skopje",
    "ml": "Asia/Kolkata",
    "mn": "Asia/Ulaanbaatar",
    "mr": "Asia/Kolkata",
    "ms": "Asia/Kuala_Lumpur",
    "mt": "Europe/Malta",
    "my": "Asia/Yangon",
    "nb": "Europe/Oslo",
    "ne": "Asia/Kathmandu",
    "nl": "Europe/Amsterdam",
    "nn": "Europe/Oslo",
    "no": "Europe/Oslo",
    "pa": "Asia/Kolkata",
    "pl": "Europe/Warsaw",
    "pt": "Europe/Lisbon",
    "ro": "Europe/Bucharest",
    "ru": "Europe/Moscow",
    "si": "Asia/Colombo",
    "sk": "Europe/Bratislava",
    "sl": "Europe/Ljubljana",
    "so": "Africa/Mogadishu",
    "sq": "Europe/Tirane",
    "sr": "Europe/Belgrade",
    "sv": "Europe/Stockholm",
    "sw": "Africa/Nairobi",
    "ta": "Asia/Kolkata",
    "te": "Asia/Kolkata",
    "tg": "Asia/Dushanbe",
    "th": "Asia/Bangkok",
    "tk": "Asia/Ashgabat",
    "tl": "Asia/Manila",
    "tr": "Europe/Istanbul",
    "uk": "Europe/Kyiv",
    "ur": "Asia/Karachi",
    "uz": "Asia/Tashkent",
    "vi": "Asia/Ho_Chi_Minh",
    "zh": "Asia/Shanghai",
    "zu": "Africa/Johannesburg",
}
_BY_REGION = {
    "419": "America/Mexico_City",
    "ae": "Asia/Dubai",
    "ar": "America/Argentina/Buenos_Aires",
    "at": "Europe/Vienna",
    "au": "Australia/Sydney",
    "be": "Europe/Brussels",
    "br": "America/Sao_Paulo",
    "ca": "America/Toronto",
    "ch": "Europe/Zurich",
    "cl": "America/Santiago",
    "co": "America/Bogota",
    "gb": "Europe/London",
    "hans": "Asia/Shanghai",
    "hant": "Asia/Taipei",
    "hk": "Asia/Hong_Kong",
    "ie": "Europe/Dublin",
    "in": "Asia/Kolkata",
    "ma": "Africa/Casablanca",
    "mx": "America/Mexico_City",
    "ng": "Africa/Lagos",
    "nz": "Pacific/Auckland",
    "pe": "America/Lima",
    "ph": "Asia/Manila",
    "sa": "Asia/Riyadh",
    "sg": "Asia/Singapore",
    "tw": "Asia/Taipei",
    "us": "America/New_York",
    "za": "Africa/Johannesburg",
}


# The offsets of a zone from the start of a year on, each with the instant at which it begins.
_History = tuple[tuple[datetime, timedelta], ...]


@dataclass(frozen=True, slots=True)
class ClockChoice:
    """A clock: its offset from UTC, and what it shows now (aware, with that offset)."""

    offset: timedelta
    shows: datetime


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """Zones with the same offsets from now on: one of them, and their best known cities."""

    zone: str
    cities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _RuleSet:
    """Zones with the same offset now and the same changes to come, most people first."""

    offset: timedelta
    changes: _History
    zones: tuple[str, ...]
    millions: float


def data_version() -> str:
    """The IANA version of the zone data in use, like 2026f."""
    with (files("tzdata") / "zoneinfo" / "tzdata.zi").open(encoding="utf-8") as text:
        return text.readline().removeprefix("# version").strip()


def is_known(name: str) -> bool:
    """Whether `name` is a zone or a legacy link such as US/Pacific. Safe for any text."""
    return name in _known()


def named(text: str) -> str | None:
    """The zone whose name was typed, in any case and with spaces; None if there is none.

    >>> named("america/new york"), named("Atlantis")
    ('America/New_York', None)
    """
    typed = text.strip().replace(" ", "_").lower()
    return next((name for name in _known() if name.lower() == typed), None)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones() - {"Factory"})


@lru_cache(maxsize=1)
def lived_in() -> tuple[str, ...]:
    """The zones a person may live in, most people first."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    zones = {line.split("\t")[2] for line in lines if line and not line.startswith("#")}
    return tuple(sorted(zones, key=_most_people_first))


def city_of(zone: str) -> str:
    """The best known city of a zone; for a zone that is only an offset, the offset.

    >>> city_of("America/Argentina/Buenos_Aires"), city_of("Asia/Kolkata"), city_of("Etc/GMT-3")
    ('Buenos Aires', 'Delhi', 'UTC+3')
    """
    if zone.startswith("Etc/") or zone in _ZERO:
        return _offset_name(zone)
    return _CITY.get(zone) or zone.rpartition("/")[2].replace("_", " ")


def fixed_zone(offset: timedelta) -> str | None:
    """The zone that always has this offset from UTC. There are such zones for whole hours only.

    The names of these zones have the sign of POSIX, which is the opposite of the usual one.

    >>> fixed_zone(timedelta(hours=3)), fixed_zone(timedelta(hours=5, minutes=30))
    ('Etc/GMT-3', None)
    """
    hours, rest = divmod(offset, HOUR)
    if rest or not _MOST_WESTERN <= hours <= _MOST_EASTERN:
        return None
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC"


def _offset_name(zone: str) -> str:
    """A fixed offset as people write it: UTC+3 for Etc/GMT-3."""
    digits = zone.removeprefix("Etc/GMT")
    hours = -int(digits) if digits[1:].isdecimal() else 0
    return f"UTC{'+' if hours > 0 else '−'}{abs(hours)}" if hours else "UTC"


def clocks(now: datetime) -> tuple[ClockChoice, ...]:
    """Every clock that is in use now, by offset, from west to east."""
    return _as_choices({rules.offset for rules in _rule_sets(now)}, now)


def nearest_clocks(now: datetime, guess_zone: str, count: int = 8) -> tuple[ClockChoice, ...]:
    """The `count` most likely clocks by offset; the one of `guess_zone` is always among them.

    A clock is likely if many people live by it, if it is near the guess, and if it is a whole
    number of hours from UTC.
    """
    here = _offset(ZoneInfo(guess_zone), now)
    weights: dict[timedelta, float] = defaultdict(float)
    for rules in _rule_sets(now):
        nearness: float = 0.5 ** (abs(rules.offset - here) / HALVED_AFTER)
        whole_hours = 0.5 if rules.offset % HOUR else 1.0
        weights[rules.offset] += rules.millions * nearness * whole_hours
    # It is always among the results. It has no weight if nobody lives in the zone of the guess.
    weights.pop(here, None)
    likely = sorted(weights, key=lambda offset: (-weights[offset], offset))
    return _as_choices({here, *likely[: count - 1]}, now)


def zones_with_clock(
    now: datetime, offset: timedelta, preferred: str | None = None
) -> tuple[ZoneChoice, ...]:
    """The zones that show this clock now: one for each set of changes to come, most people first.

    `preferred` (the guess) represents the zones that have the same offsets.
    """
    return tuple(
        _as_choice(rules.zones, preferred) for rules in _rule_sets(now) if rules.offset == offset
    )


def differing(zones: Iterable[str], now: datetime) -> tuple[str, ...]:
    """The first of each group of zones that have the same offsets from now on."""
    rules = {zone: (each.offset, each.changes) for each in _rule_sets(now) for zone in each.zones}
    first: dict[Hashable, str] = {}
    for zone in zones:
        always = (_offset(ZoneInfo(zone), now), ()) if zone.startswith("Etc/") else zone
        first.setdefault(rules.get(zone, always), zone)
    return tuple(first.values())


def has_changes(zone: str, now: datetime) -> bool:
    """Whether the offset of a zone that people live in will change, as far as is known."""
    return any(each.changes for each in _rule_sets(now) if zone in each.zones)


def guess(language_code: str | None) -> str:
    """The most likely zone for somebody with this phone language (an IETF tag, from Telegram).

    >>> guess("pt-BR"), guess("de"), guess(None)
    ('America/Sao_Paulo', 'Europe/Berlin', 'Europe/London')
    """
    tag = (language_code or "")[:LONGEST_TAG].lower().replace("_", "-")
    language, *subtags = tag.split("-")
    for subtag in reversed(subtags):
        if subtag in _BY_REGION:
            return _BY_REGION[subtag]
    return _BY_LANGUAGE.get(language, FALLBACK)


def _as_choices(offsets: Iterable[timedelta], now: datetime) -> tuple[ClockChoice, ...]:
    return tuple(
        ClockChoice(offset, now.astimezone(timezone(offset))) for offset in sorted(offsets)
    )


def _as_choice(zones: tuple[str, ...], preferred: str | None) -> ZoneChoice:
    zone = preferred if preferred is not None and preferred in zones else zones[0]
    well_known = (other for other in zones if other != zone and _millions_in(other))
    return ZoneChoice(zone, tuple(city_of(each) for each in (zone, *well_known))[:CITIES_SHOWN])


def _rule_sets(now: datetime) -> tuple[_RuleSet, ...]:
    """The zones by their offset at `now` and their changes after it, most people first."""
    if now.tzinfo is None:
        raise ValueError(
            f"a choice of clocks needs an aware datetime, got the naive {now.isoformat()}"
        )
    zones_by_rules: dict[tuple[timedelta, _History], list[str]] = defaultdict(list)
    for history, zones in _histories(now.astimezone(UTC).year):
        passed = sum(since <= now for since, _ in history)
        _, offset = history[passed - 1]
        to_come = history[passed:]
        zones_by_rules[offset, to_come].extend(zones)
    found = [_rule_set(*rules, zones) for rules, zones in zones_by_rules.items()]
    return tuple(sorted(found, key=lambda rules: (-rules.millions, rules.zones)))


def _rule_set(offset: timedelta, changes: _History, zones: list[str]) -> _RuleSet:
    ordered = tuple(sorted(zones, key=_most_people_first))
    return _RuleSet(offset, changes, ordered, sum(map(_millions_in, zones)))


@lru_cache(maxsize=2)
def _histories(year: int) -> tuple[tuple[_History, tuple[str, ...]], ...]:
    """The zones grouped by their offsets from the start of `year` on.

    Cached, because it takes a quarter of a second. It changes only with the year.
    """
    start, end = (datetime(each, 1, 1, tzinfo=UTC) for each in (year, year + AGREE_YEARS))
    zones_by_history: dict[_History, list[str]] = defaultdict(list)
    for zone in lived_in():
        zones_by_history[tuple(_offsets(ZoneInfo(zone), start, end))].append(zone)
    return tuple((history, tuple(zones)) for history, zones in zones_by_history.items())


def _offsets(
    zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, timedelta]]:
    """Each offset that `zone` has between two instants, with the minute at which it begins."""
    earlier, before = start, _offset(zone, start)
    yield earlier, before
    while earlier < end:
        later = min(earlier + STRIDE, end)
        after = _offset(zone, later)
        if after != before:
            yield _change_between(zone, earlier, later), after
        earlier, before = later, after


def _change_between(zone: ZoneInfo, earlier: datetime, later: datetime) -> datetime:
    """The minute at which the offset changes; there is one change between the two instants."""
    before, low, high = _offset(zone, earlier), 0, (later - earlier) // MINUTE
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, earlier + middle * MINUTE) == before:
            low = middle
        else:
            high = middle
    return earlier + high * MINUTE


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None  # a ZoneInfo always has one
    return offset


@lru_cache(maxsize=1)
def _millions() -> dict[str, float]:
    words = _MILLIONS.split()
    return dict(zip(words[::2], map(float, words[1::2]), strict=True))


def _millions_in(zone: str) -> float:
    return _millions().get(zone, 0.0)


def _most_people_first(zone: str) -> tuple[float, str]:
    return -_millions_in(zone), zone
