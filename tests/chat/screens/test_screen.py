"""What holds for every screen: where paths lead, and for how long typed words are meant for one."""

import re

import pytest

from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, labels

OLD_BUTTON = "This button is from an older message."
STEPS = {"1 h": 60, "30 min": 30, "250 ml": 250}
"""What a button with − or + names: minutes or millilitres."""


def stepping(message: Message) -> list[str]:
    """The buttons that make something earlier or later, smaller or larger by what they name."""
    return [each for row in labels(message) for each in row if re.match("[−+] \\d", each)]


def numbers(message: Message) -> list[int]:
    """The numbers that a message says, with times as minutes."""
    found = re.findall(r"(\d+):(\d\d)|(\d+)", message.text)
    return [int(hour or 0) * 60 + int(minute or number) for hour, minute, number in found]


async def test_a_button_shows_the_next_screen_in_the_same_message(settled: Conversation) -> None:
    screen = await settled.send("/settings")
    count = len(settled.person.messages)

    await settled.tap("Diet", screen)

    assert screen.text.startswith("Diet")
    assert len(settled.person.messages) == count


async def test_back_leads_to_where_one_came_from(settled: Conversation) -> None:
    screen = await settled.send("/settings")
    before = labels(screen)
    await settled.tap("Week", screen)

    await settled.tap("Back", screen)

    assert labels(screen) == before


@pytest.mark.parametrize(
    "path",
    ["week", "habit/1", *(f"times/{reminder}/all" for reminder in (1, 2, 3, 4, 5))],
)
@pytest.mark.parametrize(("first", "way"), [("+", 1), ("−", -1)])
async def test_plus_makes_it_later_or_larger_by_what_it_names_and_minus_the_opposite(
    path: str, first: str, way: int, settled: Conversation
) -> None:
    settled.execute("UPDATE users SET wake = '06:00:00.000000'")  # no time is refused
    screen = await settled.go(path)
    minus, plus = stepping(screen)
    before = numbers(screen)

    await settled.tap(plus if first == "+" else minus, screen)

    steps = [now - was for was, now in zip(before, numbers(screen), strict=True)]
    assert (minus[0], plus[0], minus[2:]) == ("−", "+", plus[2:])
    assert set(steps) - {0} == {way * STEPS[plus[2:]]}


@pytest.mark.parametrize("group", ["wd", "we"])
async def test_plus_and_minus_move_the_times_of_a_group_of_days(
    group: str, settled: Conversation
) -> None:
    screen = await settled.go(f"times/3/{group}")
    minus, plus = stepping(screen)
    days = {"wd": "Mon–Fri", "we": "Weekend"}[group]

    await settled.tap(plus, screen)
    assert f"{days}: 08:30" in screen.text
    await settled.tap(minus, screen)
    await settled.tap(minus, screen)

    assert f"{days}: 07:30" in screen.text


@pytest.mark.parametrize(
    "path",
    [
        "nowhere",
        "habit",
        "habit/x",
        "habit/99",
        "habit/-1",
        "habit/1234567890123456789",
        "times/1",
        "times/1/weekday",
        "times/99/all",
        "slot/1/always",
        "today/yesterday",
        "today/2026-03-03",
        "hours/everyday",
        "hours/all/2500",
        "hours/all/0700/0800",
        "zone/mars",
        "zone/clock/99999",
        "zone/clock/x",
        "moved/Mars/Olympus",
        "water/x",
    ],
)
async def test_a_path_that_leads_nowhere_is_an_old_button(path: str, settled: Conversation) -> None:
    screen = await settled.send("/settings")
    shown, before = screen.version, settled.state()

    assert await settled.tap_raw(f"v1:go:{path}", screen) == OLD_BUTTON

    assert screen.version == shown
    assert settled.state() == before


@pytest.mark.parametrize(
    "path",
    [
        "own",
        "add/custom",
        "add/cigars",
        "moved/Europe/Berlin",
        "settings",
        "settings/loud",
        "settings/zone",
        "hours/all",
        "hours/all/0700",
        "hours/everyday/0600-2200",
        "hours/all/0700-9900",
        "week/day/0",
        "week/day/8",
        "week/hour",
        "week/hour/noon",
        "diet/carnivore",
        "diet",
        "facts/astrology",
        "pause/2",
        "pause/-1",
        "pause",
        "zone/clock/x",
        "zone/set/Mars/Olympus",
        "zone/Berlin",
        "habit/1",
        "habit/1/goal",
        "habit/1/goal/up",
        "habit/3/glass",
        "habit/3/goal/more",
        "times/1/all",
        "times/1/all/b0900",
        "times/1/all/a2500",
        "times/1/all/x",
        "today/2026-03-02/1",
        "today/2026-03-02/1/0",
        "today/2026-03-02/1/2001",
        "today/2026-03-02/2/250",
        "today/2026-03-02/2/no",
        "today/2026-03-02/99/yes",
        "today/2026-03-03/2/yes",
        "water/0",
        "water/2001",
        "water/1/redo",
    ],
)
async def test_what_no_button_says_is_not_done(path: str, settled: Conversation) -> None:
    screen = await settled.send("/settings")
    before = settled.state()

    assert await settled.tap_raw(f"v1:do:{path}", screen) == OLD_BUTTON

    assert settled.state() == before


async def test_a_path_too_long_to_be_kept_leads_nowhere(settled: Conversation) -> None:
    screen = await settled.send("/settings")

    toast = await settled.tap_raw("v1:go:moved/America/North_Dakota/New_Salem", screen)
    assert toast == ""
    assert "Keep New Salem time" in labels(screen)[0]
    assert await settled.tap_raw(f"v1:go:today/{'x' * 34}", screen) == OLD_BUTTON


async def test_what_is_anothers_is_not_there(settled: Conversation) -> None:
    ben = settled.server.person(8, "Ben")
    await settled.set_up(ben)
    screen, before = await settled.send("/settings", ben), settled.state()

    for data in ("go:habit/1", "go:times/1/all", "do:habit/1/remove", "do:times/1/all/later"):
        assert await settled.tap_raw(f"v1:{data}", screen, ben) == OLD_BUTTON, data
    await settled.tap_raw("v1:do:today/2026-03-02/1/250", screen, ben)

    assert settled.state() == before


async def test_words_are_awaited_for_ten_minutes(settled: Conversation) -> None:
    await settled.go("own")
    settled.move_to("2026-03-02 07:10")
    settled.bench.clock.at = settled.now.replace(second=59)

    await settled.send("Walk after lunch")

    assert [row["words"] for row in settled.rows("SELECT words FROM habits WHERE words > ''")]


async def test_after_ten_minutes_words_are_not_for_the_screen_any_more(
    settled: Conversation,
) -> None:
    await settled.go("own")
    settled.move_to("2026-03-02 07:11")

    answer = await settled.send("Walk after lunch")

    assert "I didn't get that" in answer.text
    assert len(settled.rows("SELECT * FROM habits")) == 4


async def test_on_another_screen_words_are_not_awaited_any_more(settled: Conversation) -> None:
    screen = await settled.go("own")

    await settled.tap("Back", screen)

    assert settled.user["awaits"] == ""
    assert settled.user["awaits_message_id"] is None
    assert settled.user["awaits_until"] is None


async def test_close_ends_the_waiting_for_words(settled: Conversation) -> None:
    screen = await settled.send("/settings")
    await settled.tap("Pause", screen)
    await settled.tap("Back", screen)
    await settled.tap("Pause", screen)

    await settled.tap_raw("v1:close", screen)

    assert settled.user["awaits"] == ""
    assert screen not in settled.person.messages


async def test_words_that_reply_to_another_message_are_not_for_the_screen(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 08:00")
    await settled.go("own")

    await settled.send("yes", reply_to=question)

    assert question.text == "🧘 08:00 · done for today"
    assert settled.rows("SELECT * FROM habits WHERE words > ''") == []


async def test_the_screen_that_took_words_moves_below_them(settled: Conversation) -> None:
    screen = await settled.go("pause")

    below = await settled.send("5d")

    assert screen not in settled.person.messages
    assert "Paused until Saturday 7 Mar" in below.text


async def test_what_the_words_were_about_may_be_gone(settled: Conversation) -> None:
    await settled.go("times/3/all")
    settled.execute("DELETE FROM habits WHERE id = 3")

    answer = await settled.send("9:30")

    assert "I didn't get that" in answer.text or "as an amount" in answer.text
