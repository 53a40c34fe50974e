"""The set-up, from /start to the first answer: with the zone by clock, city or location, and with
restarts at every step.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from reminder_bot.content import SAFETY_FIRST, SAFETY_MORE
from reminder_bot.domain.zone import lived_in
from reminder_bot.simulator import Message, Person
from tests.support.nursery import ForkedWorld
from tests.support.world import World, labels, local

SEASONS = ("2026-01-20", "2026-07-01")


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[World]:
    """A running bot at 12:00 in Berlin on a working day."""
    async with ForkedWorld(folder) as world:
        world.move_to(local("2026-03-02 12:00", "Europe/Berlin"))
        await world.start()
        yield world
        assert "Traceback" not in world.log(), world.log()


async def at_zone_step(world: World, id: int, language: str = "de") -> Person:
    person = world.server.person(id, language_code=language)
    await person.send("/start")
    await person.expect("Small daily habits")
    await person.tap("Start")
    await person.expect("What time is it")
    return person


async def zone_of(world: World, person: Person) -> object:
    [(zone,)] = await world.rows("SELECT zone FROM users WHERE id = :id", id=person.id)
    return zone


async def test_a_zone_is_set_by_its_clock_time_in_a_few_taps(world: World) -> None:
    ana = await at_zone_step(world, 1)
    assert "12:00" in labels(ana.newest)
    for forged in ("--60", "9999", "60/1", "1e3", "-", "60:0"):
        await (await ana.tap_raw(f"v1:clock:{forged}", ana.newest.message_id)).answered()
    await (await ana.tap_raw("v1:zone:Mars/Phobos", ana.newest.message_id)).answered()
    await ana.tap("12:00")
    cities = await ana.expect("Which of these cities")
    assert any(label.startswith("Berlin") for label in labels(cities))
    await ana.tap("Back")
    await ana.expect("What time is it")
    await ana.tap("Other")
    all_clocks = await ana.expect(lambda message: len(labels(message)) > 20)
    assert {"11:00", "16:30", "16:45", "Mon 00:00", "Tue 00:00"} <= labels(
        all_clocks
    )  # the day line runs between
    await ana.tap("16:45")  # one zone has it: Kathmandu
    await ana.expect("Kathmandu: 16:45")

    assert await zone_of(world, ana) == "Asia/Kathmandu"
    await ana.tap("Back")
    await ana.expect("What time is it")
    await ana.tap("13:00")
    same_clock = await ana.expect("Which of these cities")
    assert len(labels(same_clock)) > 5
    await ana.tap("Back")
    await ana.expect("What time is it")
    await ana.tap("12:00")
    await ana.expect("Which of these cities")
    await ana.tap(next(label for label in labels(ana.newest) if label.startswith("Berlin")))
    await ana.expect("Berlin: 12:00")
    await ana.tap("7 – 23")
    await ana.expect("Which should I help with?")
    await ana.tap("Ready")
    plan = await ana.expect("All set.")
    assert await zone_of(world, ana) == "Europe/Berlin"
    assert "today at 12:30" in plan.text


async def test_a_zone_is_set_by_a_typed_city(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.send("Atlantis")
    lost = await ana.expect("can't find “Atlantis”")
    assert "like Lisbon" in lost.text
    await ana.send("Springfield")
    await ana.expect("Which one is it?")
    assert len(labels(ana.newest)) > 2, "two places of one name must be told apart"
    await ana.tap("Back")
    await ana.expect("What time is it")
    await ana.tap("Type a city")
    await ana.expect("Send me the name of a city")
    await ana.send("san jose")
    await ana.expect("Which one is it?")
    costa_rica = next(label for label in labels(ana.newest) if "CR" in label)
    await ana.tap(costa_rica)
    await ana.expect("San José: is it 05:00 now?")
    await ana.tap("Yes")
    await ana.expect("San José: 05:00")

    assert await zone_of(world, ana) == "America/Costa_Rica"
    cards = [message for message in ana.messages if message.from_bot]
    assert len(cards) == 1, ana.transcript()  # one card, below what was typed


async def test_a_zone_is_set_by_a_location_that_is_not_kept(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.tap("📍 Location")
    await ana.until(lambda: ana.keyboard is not None)
    assert ana.keyboard is not None
    assert ana.keyboard[0][0].asks_location
    cancel = ana.keyboard[1][0].text
    await world.server.updates.confirmed()
    await world.until(lambda: helper_is_known(world), "the helper to be known")
    await ana.send(cancel)
    await ana.until(lambda: ana.keyboard is None)
    await ana.until(lambda: len(ana.messages) == 2)  # /start and the card
    assert await zone_of(world, ana) is None

    await ana.tap("📍 Location")
    await ana.until(lambda: ana.keyboard is not None)
    await world.until(lambda: helper_is_known(world), "the helper to be known")
    place = await ana.share_location(-41.28664, 174.77557)
    await ana.expect("Auckland: is it 00:00 now?")
    await ana.tap("Yes")
    await ana.expect("Auckland: 00:00")
    await ana.until(
        lambda: ana.keyboard is None and place not in ana.messages and len(ana.messages) == 2
    )

    assert await zone_of(world, ana) == "Pacific/Auckland"
    assert "41.28" not in world.log()
    assert b"41.28" not in (world.folder / "bot.sqlite3").read_bytes()


async def helper_is_known(world: World) -> bool:
    return await world.rows("SELECT count(*) FROM users WHERE helper_message_id IS NOT NULL") == [
        (1,)
    ]


async def test_hours_are_set_by_a_tap_or_by_typing(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.send("Berlin")
    await ana.expect("Berlin: is it")
    await ana.tap("Yes")
    await ana.expect("When do you get up")
    await ana.send("25:00")
    lost = await ana.expect("I can't read “25:00”")
    assert "07:00 23:00" in lost.text
    assert len(lost.text) <= 120
    await ana.send("9 to 16")
    await ana.expect("at least 8 hours awake")
    await ana.tap("Other")
    await ana.expect("When do you get up?")
    await ana.tap("14:00")
    sleeps = await ana.expect("When do you want to be asleep?")
    assert "06:00" in labels(sleeps)
    await ana.tap("Back")
    await ana.expect("When do you get up?")
    await ana.tap("Back")
    await ana.expect("When do you get up, and")
    await ana.send("6:30 22:15")
    await ana.expect("Which should I help with?")
    await ana.tap("Ready")
    plan = await ana.expect("All set.")

    assert "quiet from 22:15 to 06:30" in plan.text
    assert await world.rows("SELECT wake, sleep FROM users") == [
        ("06:30:00.000000", "22:15:00.000000")
    ]


@pytest.mark.crash
async def test_a_kill_at_every_step_resumes_at_the_same_step(world: World) -> None:
    ana = world.server.person(1, language_code="de")

    async def killed_then(act: Callable[[], Awaitable[object]], says: str) -> None:
        await world.kill()
        await act()
        await world.start()
        await ana.expect(says)

    await killed_then(lambda: ana.send("/start"), "Small daily habits")
    await killed_then(lambda: ana.tap("Start"), "What time is it")
    await killed_then(lambda: ana.send("Berlin"), "Berlin: is it")
    await killed_then(lambda: ana.tap("Yes"), "When do you get up, and")
    await killed_then(lambda: ana.tap("Other"), "When do you get up?")
    await killed_then(lambda: ana.tap("07:00"), "When do you want to be asleep?")
    await killed_then(lambda: ana.send("/start"), "When do you want to be asleep?")
    await killed_then(lambda: ana.tap("23:00"), "Which should I help with?")
    await killed_then(lambda: ana.tap("✓ 🧘 Quiet minutes"), "Which should I help with?")
    assert "🧘 Quiet minutes" in labels(ana.newest)
    await killed_then(lambda: ana.tap("Ready"), "All set.")
    await killed_then(lambda: ana.tap("Yes"), "💧 12:00 a glass · 250 of 1,250 ml today")

    cards = [message for message in ana.messages if message.from_bot]
    await ana.until(lambda: len([message for message in ana.messages if message.from_bot]) == 1)
    assert cards[-1].text.startswith("All set.")


async def test_start_again_resumes_or_shows_today_and_erases_nothing(world: World) -> None:
    ana = world.server.person(1)
    await ana.send("/start")
    await ana.expect("Small daily habits")
    await ana.send("hello?")  # words in place of a tap move the card below them
    await ana.expect("Small daily habits")
    await ana.tap("Start")
    await ana.expect("What time is it")
    await ana.send("/start")
    await ana.expect("What time is it")
    await ana.send("Berlin")
    await ana.expect("Berlin: is it")
    await ana.tap("Yes")
    await ana.expect("When do you get up")
    await ana.tap("7 – 23")
    await ana.expect("Which should I help with?")
    await ana.tap("vegan")
    await ana.expect(lambda message: "✓ vegan" in labels(message))
    await ana.send("/start")
    again = await ana.expect("Which should I help with?")
    assert "✓ vegan" in labels(again)
    await ana.tap("Ready")
    await ana.expect("All set.")
    world.move_to(local("2026-03-02 12:30", "Europe/Berlin"))
    await ana.expect("A glass of water?")
    await (await ana.tap("Yes")).answered()
    before = await world.rows("SELECT count(*) FROM entries")

    await ana.send("/start")

    today = await ana.expect("Today, Monday 2 Mar")
    assert "💧 Water · 250 of 1,250 ml" in today.text
    assert await world.rows("SELECT count(*) FROM entries") == before == [(1,)]


async def test_a_night_workers_day_goes_over_midnight(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.send("Berlin")
    await ana.expect("Berlin: is it")
    await ana.tap("Yes")
    await ana.expect("When do you get up")
    await ana.send("14:00 06:00")
    await ana.expect("Which should I help with?")
    await ana.tap("Ready")
    plan = await ana.expect("All set.")
    assert "today at 14:30" in plan.text
    assert "quiet from 06:00 to 14:00" in plan.text

    asked = []
    for at, sign in (
        ("02 14:30", "💧"),
        ("02 15:00", "🧘"),
        ("02 17:00", "💧"),
        ("02 19:00", "🥛"),
        ("03 00:30", "💧"),
        ("03 03:00", "💧"),
        ("03 05:15", "🌙"),
        ("03 14:15", "🌙"),
    ):
        asked.append((await world.asked(ana, f"2026-03-{at}", sign)).text)
    assert asked[-2].startswith("🌙 05:15. Lights out by 06:00 gives you 8 h.")
    assert asked[-1] == "🌙 Lights out by 06:00 last night?"
    # Nothing was asked in quiet hours.
    for call in world.server.accepted("sendMessage", ana.id):
        if "v1:yes" in str(call.parameters):
            minute = f"{call.at.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}"
            assert not "06:00" <= minute < "14:00"


# Every zone that people live in

SIDE_BY_SIDE = 40


@lru_cache
def future(zone: str, now: datetime) -> tuple[timedelta | None, ...]:
    """The offsets of a zone for four years, every twelve hours. Zones with the same offsets are one
    choice.
    """
    clock = ZoneInfo(zone)
    instants = (now + number * timedelta(hours=12) for number in range(2 * 366 * 4))
    return tuple(instant.astimezone(clock).utcoffset() for instant in instants)


async def first_answer(world: World, person: Person, zone: str) -> tuple[int, bool]:
    """Do the set-up with taps only, after Telegram's START. Returns the number of taps, and whether
    the clock was among the first choices.
    """
    # The whole hour, so that `future` is cached. No zone changes its offset within this hour.
    now = world.now().replace(minute=0, second=0, microsecond=0)
    shows, with_day = (
        f"{world.now().astimezone(ZoneInfo(zone)):{form}}" for form in ("%H:%M", "%a %H:%M")
    )
    taps = 0

    async def tap(button: str, says: str) -> Message:
        nonlocal taps
        taps += 1
        await person.tap(button)
        return await person.expect(says)

    await person.send("/start")
    await person.expect("Small daily habits")
    card = await tap("Start", "What time is it")
    is_shown = bool({shows, with_day} & labels(card))
    if not is_shown:
        taps += 1
        await person.tap("Other")
        card = await person.expect(lambda message: len(labels(message)) > 20)
    taps += 1
    await person.tap(with_day if with_day in labels(card) else shows)
    card = await person.expect(
        lambda message: re.search("Which of these|Your phone", message.text) is not None
    )
    if "Which of these" in card.text:
        choices = [button.data or "" for row in card.buttons for button in row]
        fits = [
            each
            for each in choices
            if each.startswith("v1:zone:") and future(each[8:], now) == future(zone, now)
        ]
        assert len(fits) == 1, f"{zone} is not among {choices}"
        card = await tap(fits[0], "Your phone says")
    assert f": {shows}. Your phone says {shows}." in card.text, card.text
    assert f'<tg-time unix="{int(world.now().timestamp()) // 100}' in card.html, card.html
    await tap("7 – 23", "Which should I help with?")
    await tap("Ready", "All set.")
    await tap("Yes", "a glass · 250 of 1,250 ml today")
    return taps, is_shown


async def all_answer(world: World, day: str, zones: Iterable[str]) -> None:
    """Let one person in each of these zones do the set-up, SIDE_BY_SIDE at a time."""
    now = datetime.fromisoformat(f"{day} 11:00").replace(tzinfo=UTC)
    wanted = dict(enumerate(dict.fromkeys(zones), 1))
    people = [world.server.person(id, language_code="en") for id in wanted]
    taken: list[tuple[int, bool]] = []
    for start in range(0, len(people), SIDE_BY_SIDE):
        # Set again for each group: the minute on the buttons must be the current one at each tap.
        world.move_to(now + timedelta(minutes=20))
        some = people[start : start + SIDE_BY_SIDE]
        taken += await asyncio.gather(
            *(first_answer(world, each, wanted[each.id]) for each in some)
        )

    chosen: dict[int, str] = dict(await world.rows("SELECT id, zone FROM users"))
    assert [
        zone for id, zone in wanted.items() if future(chosen[id], now) != future(zone, now)
    ] == []
    counts = dict(zip(wanted.values(), taken, strict=True))
    assert {
        zone: taps for zone, (taps, is_shown) in counts.items() if taps > (6 if is_shown else 8)
    } == {}
    assert any(is_shown for _, is_shown in taken)


@pytest.mark.sweep
@pytest.mark.timeout(400)
@pytest.mark.parametrize("day", SEASONS)
async def test_from_every_zone_that_people_live_in_the_first_answer_is_a_few_taps_away(
    day: str, world: World
) -> None:
    await all_answer(world, day, lived_in())


# The steps


async def tapped(person: Person, button: str, says: str) -> Message:
    await (await person.tap(button)).answered()
    return await person.expect(says)


async def test_every_step_can_be_skipped_or_taken_back(world: World) -> None:
    ana = await at_zone_step(world, 1)
    assert "Skip" not in labels(ana.newest), "nothing can be asked without a zone"
    welcome = await tapped(ana, "Back", "Small daily habits")
    assert labels(welcome) == {"Start"}, "the first step leads nowhere back"
    await tapped(ana, "Start", "What time is it")
    await ana.send("Berlin")
    await ana.expect("Berlin: is it")
    hours = await tapped(ana, "Yes", "When do you get up, and")
    assert {"Back", "Skip"} <= labels(hours)
    await tapped(ana, "Back", "What time is it")
    await ana.send("Lisbon")
    await ana.expect("Lisbon: is it 11:00 now?")
    await ana.tap("Yes")
    await ana.expect("Lisbon: 11:00. Your phone says 11:00. If they differ, go back.")
    habits = await tapped(ana, "Skip", "Up at 07:00, asleep by 23:00.")  # what was skipped to
    assert {"Back", "Skip", "Ready", "Health notes"} <= labels(habits)
    await tapped(ana, "Back", "When do you get up, and")
    await tapped(ana, "6 – 22", "Up at 06:00, asleep by 22:00.")
    await tapped(ana, "✓ 💧 Water", "Which should I help with?")
    await tapped(ana, "vegan", "Which should I help with?")
    plan = await tapped(ana, "Skip", "All set.")

    assert "About 10 short messages a day, quiet from 22:00 to 06:00." in plan.text
    assert await world.rows(
        "SELECT diet, count(*) FROM users JOIN habits ON users.id = user_id GROUP BY diet"
    ) == [("", 4)]


async def test_habits_and_diet_are_chosen_by_toggles(world: World) -> None:
    ana = await at_zone_step(world, 1)
    await ana.send("Berlin")
    await ana.expect("Berlin: is it")
    await ana.tap("Yes")
    await ana.expect("When do you get up, and")
    card = await tapped(ana, "8 – 24", "Which should I help with?")
    assert "General information, not medical advice." in card.text
    assert labels(card) >= {
        "✓ 💧 Water",
        "✓ 🥛 Fermented food",
        "✓ 🧘 Quiet minutes",
        "✓ 🌙 Bedtime",
    }
    assert labels(card) >= {"vegan", "no dairy", "no gluten", "More"}
    for off in ("✓ 💧 Water", "✓ 🥛 Fermented food", "✓ 🧘 Quiet minutes", "✓ 🌙 Bedtime"):
        await tapped(ana, off, "Which should I help with?")
    await tapped(ana, "Ready", "Choose at least one.")
    await tapped(ana, "🥛 Fermented food", "Which should I help with?")
    await tapped(ana, "🌙 Bedtime", "Which should I help with?")
    await tapped(ana, "vegan", "Which should I help with?")
    await tapped(ana, "no gluten", "Which should I help with?")
    await tapped(ana, "More", "What shall I leave out?")
    await tapped(ana, "low salt", "What shall I leave out?")
    await tapped(ana, "Back", "Which should I help with?")
    notes = await tapped(ana, "Health notes", "Health notes")
    assert [each for each in SAFETY_FIRST if each not in notes.text] == []
    more = await tapped(ana, "More", "More health notes")
    assert [each for each in SAFETY_MORE if each not in more.text] == []
    await tapped(ana, "Back", "• On a fluid limit")
    back = await tapped(ana, "Back", "Which should I help with?")
    assert labels(back) >= {
        "💧 Water",
        "✓ 🥛 Fermented food",
        "✓ 🌙 Bedtime",
        "✓ vegan",
        "✓ no gluten",
        "More (1 ticked)",
    }
    plan = await tapped(ana, "Ready", "All set.")

    assert "About 3 short messages a day" in plan.text
    assert "🥛 Try it now: something fermented today?" in plan.text
    assert await world.rows("SELECT diet FROM users") == [("low-salt no-gluten vegan",)]
    assert await world.rows("SELECT kind FROM habits ORDER BY kind") == [
        ("bedtime",),
        ("probiotic",),
    ]


async def test_the_first_answer_is_given_at_once_and_can_be_undone(world: World) -> None:
    ana, ben = world.server.person(1, "Ana"), world.server.person(2, "Ben")
    plan = await world.set_up(ana)
    assert "Try it now: had a glass of water?" in plan.text
    await tapped(ana, "Yes", "💧 12:00 a glass · 250 of 1,250 ml today")
    twice = await (await ana.tap_raw("v1:try:yes", plan.message_id)).answered()
    assert twice is None
    await tapped(ana, "Undo", "Try it now")
    assert await world.rows("SELECT count(*) FROM entries WHERE undone_at IS NULL") == [(0,)]
    await tapped(ana, "Yes", "💧 12:00 a glass · 250 of 1,250 ml today")
    await world.set_up(ben)
    not_yet = await tapped(ben, "Not yet", "All set.")
    assert "Try it now" not in not_yet.text
    assert not_yet.buttons == []

    assert await world.rows("SELECT user_id, amount FROM entries WHERE undone_at IS NULL") == [
        (1, 250)
    ]
    await ana.send("/today")
    await ana.expect("💧 Water · 250 of 1,250 ml")


async def test_the_plan_can_be_changed_from_its_own_card(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    card = await tapped(ana, "Back", "Which should I help with?")
    assert "✓ 🧘 Quiet minutes" in labels(card)
    await tapped(ana, "✓ 🧘 Quiet minutes", "Which should I help with?")
    await tapped(ana, "Back", "When do you get up, and")
    await tapped(ana, "6 – 22", "Up at 06:00, asleep by 22:00.")
    again = await ana.expect(lambda message: "🌙 Bedtime" in str(labels(message)), new=False)
    assert "✓ 💧 Water" in labels(again)
    await tapped(ana, "✓ 🧘 Quiet minutes", "Which should I help with?")
    plan = await tapped(ana, "Ready", "All set.")

    assert "About 9 short messages a day, quiet from 22:00 to 06:00." in plan.text
    assert "today at 14:00" in plan.text
    kinds = "SELECT kind FROM habits WHERE removed_at IS NULL ORDER BY kind"
    assert await world.rows(kinds) == [("bedtime",), ("hydration",), ("probiotic",)]


# A set-up that is not finished

NUDGE = "Your reminders are one minute away."


def shown(person: Person) -> list[Message]:
    return [message for message in person.messages if message.from_bot]


def is_moved(person: Person, nudge: Message) -> bool:
    """Whether the only card is below the place of the nudge, which is deleted."""
    return [message.message_id > nudge.message_id for message in shown(person)] == [True]


def nudges(person: Person) -> list[Message]:
    return [message for message in person.messages if NUDGE in message.text]


async def test_a_person_who_stops_half_way_is_nudged_once_and_continues_there(
    world: World,
) -> None:
    stops = {
        1: ("Small daily habits", []),
        2: ("What time is it", ["Start"]),
        3: ("Which of these cities", ["Start", "13:00"]),
        4: ("When do you get up, and", ["Start", "16:30"]),
        5: ("When do you get up?", ["Start", "16:30", "Other"]),
        6: ("When do you want to be asleep?", ["Start", "16:30", "Other", "07:00"]),
        7: ("Which should I help with?", ["Start", "16:30", "7 – 23"]),
    }
    halves = [world.server.person(id, f"P{id}") for id in stops]
    done, gone, away = (world.server.person(id, f"P{id}") for id in (11, 12, 13))
    for person in (*halves, gone, away):
        await person.send("/start")
        await person.expect("Small daily habits")
        for button in stops.get(person.id, ("", []))[1]:
            await (await person.tap(button)).answered()
            await person.expect(lambda message: bool(message.history))
        assert stops.get(person.id, ("Small",))[0] in person.newest.text
    await world.set_up(done)
    await gone.send("/delete")
    await gone.expect("This deletes all")
    await tapped(gone, "Delete all", "Deleted:")
    await away.block()
    await world.kill()
    await world.start()

    def asks_about_food(message: Message) -> bool:
        return message.text.startswith("🥛") and bool(message.buttons) and not message.history

    begun = world.now()
    world.move_by(timedelta(days=1))
    for person in halves:
        nudge = await person.expect(NUDGE)
        assert begun + timedelta(hours=23, minutes=59) < nudge.date
        assert nudge.is_silent
        assert labels(nudge) == {"Go on"}
        if person.id % 2:
            await (await person.tap("Go on", nudge)).answered()
            await person.until(partial(is_moved, person, nudge))
            assert stops[person.id][0] in person.newest.text
    for days in (1, 5):
        world.move_by(timedelta(days=days))
        await done.expect(asks_about_food)

    assert [len(nudges(person)) for person in halves] == [each % 2 == 0 for each in stops]
    said = [
        call.chat_id
        for call in world.server.accepted("sendMessage")
        if NUDGE in call.parameters["text"]
    ]
    assert sorted(map(str, said)) == [str(id) for id in stops], (
        "each once; nobody who finished, left, or was erased"
    )


async def test_a_nudge_waits_for_the_morning_of_those_whose_zone_is_known(world: World) -> None:
    world.move_to(local("2026-03-02 23:30", "Europe/Berlin"))
    ana = await at_zone_step(world, 1)
    await ana.send("Berlin")
    await ana.expect("Berlin: is it")
    await ana.tap("Yes")
    await ana.expect("When do you get up, and")

    world.move_to(local("2026-03-03 23:31", "Europe/Berlin"))
    await world.until(lambda: is_put_off(world), "the nudge to be put off")
    assert nudges(ana) == []
    world.move_to(local("2026-03-04 07:00", "Europe/Berlin"))
    await ana.expect(NUDGE)


async def is_put_off(world: World) -> bool:
    morning = f"{local('2026-03-04 07:00', 'Europe/Berlin'):%Y-%m-%d %H:%M}"
    return str((await world.rows("SELECT CAST(send_after AS TEXT) FROM notices"))[0][0]).startswith(
        morning
    )


async def test_an_old_plan_neither_restarts_the_set_up_nor_stops_a_reminder(world: World) -> None:
    ana = world.server.person(1)
    plan = await world.set_up(ana)
    back = next(each.data for line in plan.buttons for each in line if each.text == "Back")
    assert back is not None
    await world.asked(ana, "2026-03-02 12:30", "💧")

    await (await ana.tap_raw(back, plan.message_id)).answered()

    await ana.until(lambda: not plan.buttons)
    assert plan.text.startswith("All set.")
    await world.asked(ana, "2026-03-02 15:00", "💧")
