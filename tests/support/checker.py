"""Checks the invariants I1–I8 after any fault, in the database, the server's log and the process.

It shares no code with the bot: what is due is computed from product.md §1 by walking through the
days, what was sent is read from the buttons that Telegram accepted, and what is recorded is read
with plain SQL.

    I1  every check-in that was due exists once and has reached a final status
    I2  every ask was sent once; a further copy only if it is allowed, and never one about water
    I3  nothing was sent too late or in quiet hours
    I4  nothing was sent to people who do not want it
    I5  the rate was kept (the tests check this with `most_within`)
    I6  every tap is recorded once, and its message shows it
    I7  no log contains a secret
    I8  an idle process holds no more memory, files and tasks than before
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from reminder_bot.simulator import BotApiServer, Message, Person
from reminder_bot.simulator.calls import Call

__all__ = [
    "Checker",
    "Due",
    "Life",
    "Report",
    "Tapped",
    "Vitals",
    "dues",
    "most_in_a_second",
    "most_within",
]

REPLIES = {"yes": "yes", "more": "yes", "no": "no", "skip": "skipped"}
LATER = {"15m", "1h", "evening"}
COUNTED = {
    "sendMessage",
    "sendPhoto",
    "sendDocument",
    "editMessageText",
    "editMessageReplyMarkup",
    "editMessageMedia",
    "deleteMessage",
    "setMessageReaction",
}
GLASS, GLASSES = 250, 5  # in millilitres; five of them are the goal
GROWTH = 1.05  # the allowed factor for memory
MORE_FILES, MORE_TASKS = 8, 5
# The bot keeps the connections that it has needed at once, up to the limit of its pool.
MOST_CONNECTIONS = 200 + 8

Away = Sequence[tuple[datetime, datetime]]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Life:
    """A person with the four habits of the set-up.

    since: when the bot began to ask. wake, sleep: whole hours of local time, sleep before midnight.
    """

    person: Person
    zone: str
    wake: int
    sleep: int
    since: datetime

    def is_quiet_at(self, instant: datetime) -> bool:
        return not self.wake <= instant.astimezone(ZoneInfo(self.zone)).hour < self.sleep


class Tapped(NamedTuple):
    """A tap on a button of a check-in."""

    person: Person
    check_in: int
    verb: str
    message: Message


class Due(NamedTuple):
    """A check-in that the product promises: asked at `at`, and not at `until` or later."""

    kind: str
    role: str
    at: datetime
    until: datetime


class Vitals(NamedTuple):
    """What a process holds: resident memory in bytes, and the numbers of its open files, of the
    tasks of its event loop, and of its connections.
    """

    memory: int
    files: int
    tasks: int
    connections: int


@dataclass
class Report:
    """What was found.

    statuses, digests: the number of check-ins and of digests by status.
    copies: the number of further copies by kind of habit, or "digest".
    """

    statuses: Counter[str] = field(default_factory=Counter)
    copies: Counter[str] = field(default_factory=Counter)
    digests: Counter[str] = field(default_factory=Counter)


def dues(life: Life, until: datetime) -> list[Due]:
    """All check-ins of a person up to `until`, in order, computed from product.md §1."""
    days = (until.astimezone(ZoneInfo(life.zone)).date() - _first_day(life)).days + 2
    promised = _promises(life.zone, life.wake, life.sleep, _first_day(life), days)
    return [each for each in promised if life.since < each.at <= until]


@lru_cache(64)
def _promises(
    zone_name: str, wake_hour: int, sleep_hour: int, first: date, days: int
) -> tuple[Due, ...]:
    """The questions that are due for a person with these hours whose first day is `first`.

    Cached, because thousands of people may have the same hours.
    """
    zone = ZoneInfo(zone_name)
    wake, sleep = wake_hour * 60, sleep_hour * 60
    found = []
    for number in range(days):
        midnight = datetime.combine(first + timedelta(days=number), time(0))

        def at(minute: int, midnight: datetime = midnight) -> datetime:
            return (midnight + timedelta(minutes=minute)).replace(tzinfo=zone).astimezone(UTC)

        def due(kind: str, role: str, minute: int, grace: int | None, at: Any = at) -> Due:
            return Due(
                kind, role, at(minute), at(sleep if grace is None else min(minute + grace, sleep))
            )

        water = [
            wake + 30 + 150 * glass for glass in range(6) if wake + 30 + 150 * glass <= sleep - 90
        ]
        found += [due("hydration", "question", minute, 30) for minute in water]
        found.append(due("probiotic", "question", wake + 300, 240))
        found.append(due("meditation", "question", wake + 60, 120))
        found.append(due("bedtime", "wind_down", sleep - 45, None))
        if number > 0:
            found.append(due("bedtime", "question", wake + 15, 240))
    return tuple(sorted(found, key=lambda each: each.at))


def _first_day(life: Life) -> date:
    """The day on which the person came; it ends at 04:00."""
    return (life.since.astimezone(ZoneInfo(life.zone)) - timedelta(hours=4)).date()


def digest_dues(life: Life, until: datetime) -> list[datetime]:
    """The due times of the digests: Sundays at 18:00 from the second day on."""
    zone = ZoneInfo(life.zone)
    days = (until - life.since).days + 2
    dates = (_first_day(life) + timedelta(days=each) for each in range(1, days + 1))
    instants = (
        datetime.combine(day, time(18), zone).astimezone(UTC)
        for day in dates
        if day.isoweekday() == 7
    )
    return [each for each in instants if life.since < each <= until]


def most_in_a_second(calls: Iterable[Call], methods: Iterable[str] = COUNTED) -> int:
    """The largest number of calls that the server received within one second of real time."""
    counted = frozenset(methods)
    return most_within(1.0, [call.monotonic for call in calls if call.method in counted])


def most_within(seconds: float, instants: Iterable[float]) -> int:
    """The largest number of these instants in any window of this length."""
    times = sorted(instants)
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


class Checker:
    """Checks one server and one database. lives, taps: what the test has done, recorded by it."""

    def __init__(
        self, server: BotApiServer, database_url: str, lives: list[Life], taps: list[Tapped]
    ) -> None:
        self._server = server
        url = make_url(database_url)
        self._is_sqlite = url.get_backend_name() == "sqlite"
        driver = "sqlite" if self._is_sqlite else "postgresql+psycopg"
        # Without WAL, a bot that writes all the time can lock out a reader of its SQLite file for
        # many seconds.
        patience = {"timeout": 60} if self._is_sqlite else {}
        self._engine = create_engine(
            url.set(drivername=driver), poolclass=NullPool, connect_args=patience
        )
        self._lives = lives
        self._taps = taps
        self._secrets = {server.token, server.token.partition(":")[2], url.password or server.token}

    async def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of a query. Instants are aware, in UTC, in the values and in the result."""
        bound = {
            name: value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
            if self._is_sqlite and isinstance(value, datetime)
            else value
            for name, value in values.items()
        }

        def read() -> list[dict[str, Any]]:
            with self._engine.connect() as connection:
                found = connection.execute(text(statement), bound).mappings().all()
            return [{name: _plain(name, value) for name, value in row.items()} for row in found]

        return await asyncio.to_thread(read)

    async def waiting(self, now: datetime) -> list[str]:
        """What the bot still has to do by itself; empty when it is idle.

        The query is often run and uses only indexes. The unconfirmed updates are read first, then
        the database in one statement. An update is confirmed only after its effect is committed.
        In the other order, an update whose effect is committed and which is confirmed between the
        two reads would be missed, and its pending edit, too.
        """
        unconfirmed = ["updates"] if self._server.updates.pending else []
        planned = "status = 'planned' AND (send_after <= :now OR attempts > 0)"
        sending = " + ".join(
            f"(SELECT count(*) FROM {{0}} WHERE status = '{status}')"
            for status in ("claimed", "ambiguous")
        )
        found = await self.rows(
            f"""SELECT
            (SELECT count(*) FROM reminders WHERE next_due_at <= :now) AS reminders,
            (SELECT count(*) FROM users WHERE next_digest_at <= :now) AS weeks,
            (SELECT count(*) FROM check_ins WHERE repeat_at <= :now) AS repeats,
            (SELECT count(*) FROM check_ins WHERE {planned}) AS planned,
            {sending.format("check_ins")} AS sending,
            (SELECT count(*) FROM digests WHERE {planned}) AS digests,
            {sending.format("digests")} AS telling,
            (SELECT count(*) FROM redraws WHERE draw_after <= :now) AS redraws,
            (SELECT count(*) FROM redraws WHERE draw_after > :now) AS "later edits" """,
            now=now,
        )
        return [name for name, count in found[0].items() if count] + unconfirmed

    def sends(self) -> dict[int, list[Call]]:
        """The accepted sends of each check-in, recognised by its Yes button."""
        found: defaultdict[int, list[Call]] = defaultdict(list)
        for call in self._server.accepted("sendMessage"):
            for data in _buttons(call):
                if data.startswith("v1:yes:"):
                    found[int(data.rpartition(":")[2])].append(call)
        return found

    async def check(
        self,
        now: datetime,
        log: str = "",
        *,
        may_copy: bool = False,
        may_misfire: bool = False,
        may_cancel: bool = False,
        silent_since: Mapping[int, datetime] | None = None,
        away: Away = (),
        vitals: Sequence[Vitals] = (),
    ) -> Report:
        """Check everything so far against the invariants; AssertionError with all violations.

        may_copy: further copies are allowed, because an answer was lost or the process that had
            claimed a check-in died.
        may_misfire: check-ins may misfire, because the bot could not send in time.
        may_cancel: check-ins may be cancelled, because a habit was done already or a person left.
        silent_since: people who must not get a message, and from which instant on.
        away: periods in which the bot did not run, or which a change of the clock skipped; of each
            reminder only the latest check-in in such a period is due.
        vitals: what the process held while it was idle, in order.
        """
        wrong: list[str] = []
        report = Report()
        rows = {row["id"]: row for row in await self.rows(_CHECK_INS)}
        sends = self.sends()
        told = self._taken_taps()
        self._all_there(rows, now, wrong, frozenset(silent_since or ()), away)
        wrong += _caught_up_more_than_once(rows, sends, away)
        by_user = {life.person.id: life for life in self._lives}
        ahead = await self._ahead(rows)
        promised = self._promised(rows)
        for row in rows.values():
            report.statuses[row["status"]] += 1
            life = by_user[row["user_id"]]
            tapped = told.get(row["id"], [])
            laters = sum(each.verb in LATER for each in tapped)
            calls = sends.get(row["id"], [])
            # By default only a wind-down is repeated. A question is asked again only after a Later.
            asks = row["ask"] if row["role"] == "wind_down" else 1 + laters
            wrong += _ending(
                row, calls, now, may_copy, may_misfire, may_cancel or row["id"] in ahead
            )
            report.copies[row["kind"]] += max(0, len(calls) - asks)
            most = asks * (2 if may_copy and row["kind"] != "hydration" else 1)
            if len(calls) > most:
                wrong.append(
                    f"I2 {_named(row)} was sent {len(calls)} times, at most {most}: {_at(calls)}"
                )
            wrong += _in_time(row, life, promised[life.person.id], calls, is_snoozed=laters > 0)
        for unknown in sends.keys() - rows.keys():
            wrong.append(
                f"I1 a check-in was sent that was not planned: {unknown} {_at(sends[unknown])}"
            )
        await self._taps_recorded(rows, told, sends, wrong)
        await self._digests(now, wrong, report, away, may_copy=may_copy, may_misfire=may_misfire)
        for user_id, since in (silent_since or {}).items():
            sent = self._server.accepted("sendMessage", user_id)
            if late := [call for call in sent if call.at >= since]:
                wrong.append(f"I4 {user_id} was written to after {since}: {_at(late)}")
        if any(secret in log for secret in self._secrets):
            wrong.append("I7 the log contains a secret")
        wrong += _grown(vitals)
        assert not wrong, self._told(wrong, rows)
        return report

    def _all_there(
        self,
        rows: Mapping[int, Any],
        now: datetime,
        wrong: list[str],
        silent: frozenset[int],
        away: Away,
    ) -> None:
        of_user = _grouped(rows.values(), lambda row: row["user_id"])
        for life in self._lives:
            if life.person.id in silent:
                continue
            expected = Counter(
                (each.kind, each.role, each.at) for each in _asked_for(dues(life, now), away)
            )
            there = Counter(
                (row["kind"], row["role"], row["due_at"])
                for row in of_user.get(life.person.id, ())
                if row["due_at"] <= now
            )
            wrong += [
                f"I1 {life.person.id} is missing {_due(each)}"
                for each in (expected - there).elements()
            ]
            wrong += [
                f"I1 {life.person.id} has one too many {_due(each)}"
                for each in (there - expected).elements()
            ]

    def _promised(self, rows: Mapping[int, Any]) -> dict[int, list[Due]]:
        latest = max(
            (row["due_at"] for row in rows.values()), default=datetime.min.replace(tzinfo=UTC)
        )
        return {life.person.id: dues(life, latest) if rows else [] for life in self._lives}

    def _taken_taps(self) -> dict[int, list[Tapped]]:
        told: defaultdict[int, list[Tapped]] = defaultdict(list)
        for each in self._taps:
            told[each.check_in].append(each)
        return told

    async def _taps_recorded(
        self,
        rows: Mapping[int, Any],
        told: Mapping[int, Sequence[Tapped]],
        sends: Mapping[int, Sequence[Call]],
        wrong: list[str],
    ) -> None:
        counted = await self.rows(
            "SELECT check_in_id, count(*) AS written, sum(CASE WHEN undone_at IS NULL THEN 1 ELSE "
            "0 END) AS standing "
            "FROM entries WHERE check_in_id IS NOT NULL GROUP BY check_in_id"
        )
        entries = {row["check_in_id"]: (row["written"], row["standing"]) for row in counted}
        for number, taps in told.items():
            row, reply, yeses = rows[number], None, 0
            for each in taps:
                if each.verb == "undo":
                    reply = None
                elif reply is None and each.verb in REPLIES:
                    reply = REPLIES[each.verb]
                    yeses += reply == "yes" and row["role"] == "question"
            if row["reply"] != reply:
                wrong.append(f"I6 {_named(row)} has the reply {row['reply']}, they tapped {reply}")
            expected = (yeses, int(reply == "yes" and row["role"] == "question")) if yeses else None
            if entries.pop(number, None) != expected:
                wrong.append(
                    f"I6 {_named(row)} lacks the entries of its taps: (written, not undone) = "
                    f"{expected}"
                )
            shown, undo = _offered(taps[-1].message, number), [f"v1:undo:{number}"]
            # If a question was asked twice, only the newest message has the Undo button, and the
            # other one has no button of this check-in.
            is_elsewhere = not shown and any(
                _offered(each, number) == undo for each in self._messages(sends, number)
            )
            if reply is not None and shown != undo and not is_elsewhere:
                wrong.append(
                    f"I6 {_named(row)}: the message still shows {taps[-1].message.text!r} {shown}"
                )
        wrong += [f"I6 {_named(rows[number])} has entries that nobody tapped" for number in entries]

    def _messages(self, sends: Mapping[int, Sequence[Call]], check_in: int) -> list[Message]:
        """All messages that asked this check-in and have not been deleted."""
        chats = self._server.chats.by_id
        found = [
            chats[int(call.chat_id or 0)].messages.get(call.message_id or 0)
            for call in sends.get(check_in, ())
        ]
        return [message for message in found if message is not None]

    async def _ahead(self, rows: Mapping[int, Any]) -> set[int]:
        """The questions about water that need not be asked: when they were to be sent, at least as
        much had been drunk that day as if all slots up to this one had been answered with yes.
        """
        counted = """
            SELECT user_id, day, amount, recorded_at, undone_at FROM entries
            WHERE amount IS NOT NULL
        """
        entries = _grouped(
            await self.rows(counted), lambda each: (each["user_id"], str(each["day"]))
        )
        found, places = set(), Counter[tuple[int, str]]()
        for row in sorted(rows.values(), key=lambda row: row["due_at"]):
            if row["kind"] == "hydration":
                of_day = row["user_id"], str(row["day"])
                places[of_day] += 1
                before = [
                    each["amount"]
                    for each in entries.get(of_day, ())
                    if each["recorded_at"] <= row["send_after"]
                    and (each["undone_at"] is None or each["undone_at"] > row["send_after"])
                ]
                if sum(before) >= GLASS * min(places[of_day], GLASSES):
                    found.add(row["id"])
        return found

    async def _digests(
        self,
        now: datetime,
        wrong: list[str],
        report: Report,
        away: Away,
        *,
        may_copy: bool,
        may_misfire: bool,
    ) -> None:
        rows = await self.rows("SELECT user_id, due_at, status FROM digests")
        of_user = _grouped(rows, lambda row: row["user_id"])
        sent = [
            call
            for method in ("sendMessage", "sendPhoto")
            for call in self._server.accepted(method)
        ]
        told_to = _grouped(sent, lambda call: call.chat_id if _has_source(call) else None)
        for life in self._lives:
            who = life.person.id
            expected = [
                each.at for each in _asked_for([_week(at) for at in digest_dues(life, now)], away)
            ]
            there = sorted(row["due_at"] for row in of_user.get(who, ()))
            if there != expected:
                wrong.append(
                    f"I1 {who} has digests for {list(map(str, there))}, not "
                    f"{list(map(str, expected))}"
                )
            told = sum(row["status"] != "misfired" for row in of_user.get(who, ()))
            calls = told_to.get(who, [])
            report.copies["digest"] += max(0, len(calls) - told)
            if not told <= len(calls) <= told * (1 + may_copy):
                wrong.append(f"I2 {who} got {len(calls)} digests for {told} weeks: {_at(calls)}")
        for row in rows:
            report.digests[row["status"]] += 1
            if row["status"] not in {"sent", "uncertain"} | (
                {"misfired"} if may_misfire else set()
            ):
                wrong.append(
                    f"I1 the digest of {row['user_id']} due {row['due_at']} is {row['status']}"
                )

    def _told(self, wrong: Sequence[str], rows: Mapping[int, Any]) -> str:
        """All violations, and the transcripts of the first two people concerned."""
        named = [life for life in self._lives if any(str(life.person.id) in line for line in wrong)]
        shown = "\n\n".join(
            f"what {life.person.id} saw:\n{life.person.transcript()[-3000:]}" for life in named[:2]
        )
        return f"{len(wrong)} violations:\n" + "\n".join(wrong[:40]) + f"\n\n{shown}"


_CHECK_INS = """
    SELECT c.id, c.user_id, c.day, h.kind, r.role, c.due_at, c.send_after, c.status, c.ask, c.reply
    FROM check_ins c
        JOIN habits h ON h.id = c.habit_id
        JOIN reminders r ON r.id = c.reminder_id
    ORDER BY c.id
"""
_DELIVERED = {"sent", "unanswered", "replied"}


def _week(at: datetime) -> Due:
    return Due("", "digest", at, at)


def _asked_for(due: Sequence[Due], away: Away) -> list[Due]:
    """The check-ins that are asked of those that were due: of each reminder only the latest in each
    period in which the bot was away.
    """
    found = list(due)
    for since, until in away:
        latest = {(each.kind, each.role): each.at for each in found if since < each.at <= until}
        found = [
            each
            for each in found
            if not since < each.at <= until or latest[each.kind, each.role] == each.at
        ]
    return found


def _caught_up_more_than_once(
    rows: Mapping[int, Any], sends: Mapping[int, Sequence[Call]], away: Away
) -> list[str]:
    """Habits for which more than one missed check-in was sent after the same absence."""
    caught_up: defaultdict[tuple[int, str, datetime], list[Any]] = defaultdict(list)
    for row in rows.values():
        for since, until in away:
            if since < row["due_at"] <= until and any(
                call.at >= until for call in sends.get(row["id"], ())
            ):
                caught_up[row["user_id"], row["kind"], until].append(row)
    return [
        f"I2 caught up more than once: {', '.join(map(_named, found))}"
        for found in caught_up.values()
        if len(found) > 1
    ]


def _grown(vitals: Sequence[Vitals]) -> list[str]:
    """Whether a process holds more than it may.

    Memory is compared from the middle on, when caches are filled. Files and tasks come and go, so
    the smallest numbers of an early and of a late period are compared.
    """
    if not vitals:
        return []
    early, late = vitals[: max(1, len(vitals) // 4)], vitals[2 * len(vitals) // 3 :]
    is_bounded = (
        late[-1].memory <= vitals[len(vitals) // 2].memory * GROWTH
        and min(each.files for each in late) <= min(each.files for each in early) + MORE_FILES
        and min(each.tasks for each in late) <= min(each.tasks for each in early) + MORE_TASKS
        and max(each.connections for each in vitals) <= MOST_CONNECTIONS
    )
    if is_bounded:
        return []
    return [f"I8 an idle process has grown: {[tuple(each) for each in vitals]}"]


def _ending(
    row: Any,
    calls: Sequence[Call],
    now: datetime,
    may_copy: bool,
    may_misfire: bool,
    may_cancel: bool,
) -> list[str]:
    status = row["status"]
    if status in _DELIVERED:
        return [] if calls else [f"I1 {_named(row)} was never sent"]
    if status == "planned":
        return [] if row["send_after"] > now else [f"I1 {_named(row)} is stuck"]
    if status == "uncertain":
        return [] if may_copy else [f"I1 {_named(row)} has no reason to be uncertain"]
    if status in {"misfired", "cancelled"}:
        is_allowed = may_misfire if status == "misfired" else may_cancel
        wrong = [] if is_allowed else [f"I1 {_named(row)} has no reason for its status"]
        if calls:
            wrong.append(f"I2 {_named(row)} was sent nevertheless: {_at(calls)}")
        return wrong
    return [f"I1 {_named(row)} is stuck"]


def _in_time(
    row: Any, life: Life, promised: Sequence[Due], calls: Sequence[Call], *, is_snoozed: bool
) -> list[str]:
    which = row["kind"], row["role"]
    untils = [
        each.until
        for each in promised
        if (each.kind, each.role) == which and each.at <= row["due_at"]
    ]
    until = untils[-1] if untils and not is_snoozed else datetime.max.replace(tzinfo=UTC)
    return [
        f"I3 {_named(row)} was sent at {call.at}, not from {row['due_at']} to {until}"
        for call in calls
        if not row["due_at"] <= call.at < until or life.is_quiet_at(call.at)
    ]


def _buttons(call: Call) -> list[str]:
    markup = call.parameters.get("reply_markup") or {}
    return [
        button.get("callback_data", "")
        for row in markup.get("inline_keyboard", [])
        for button in row
    ]


def _offered(message: Message, check_in: int) -> list[str]:
    """The data of a message's buttons for this check-in; a card may have those of others, too."""
    carried = [button.data or "" for row in message.buttons for button in row]
    return [data for data in carried if data.endswith(f":{check_in}")]


def _has_source(call: Call) -> bool:
    """Whether a message is a digest."""
    return any(data.startswith("v1:source:") for data in _buttons(call))


def _grouped(items: Iterable[Item], by: Callable[[Item], Any]) -> dict[Any, list[Item]]:
    found: defaultdict[Any, list[Item]] = defaultdict(list)
    for each in items:
        found[by(each)].append(each)
    return dict(found)


def _plain(name: str, value: Any) -> Any:
    if name.endswith(("_at", "_after", "_until")) and value is not None:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    return value


def _named(row: Any) -> str:
    what = f"{row['kind']} {row['role']} of {row['user_id']}"
    return f"check-in {row['id']} ({what}, {row['due_at']}, {row['status']})"


def _due(each: tuple[str, str, datetime]) -> str:
    return f"{each[0]} {each[1]} at {each[2]}"


def _at(calls: Iterable[Call]) -> str:
    return ", ".join(f"#{call.message_id} at {call.at:%d %H:%M:%S.%f}" for call in calls)
