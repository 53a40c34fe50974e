"""Who wants to see no numbers sees no sums, streaks, bars or pictures, wherever they look."""

import re

import pytest

from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, entries, labels

# A sum, an amount, a share or a streak; times and dates are no such numbers.
NUMBERS = re.compile(r"\d+ of \d+|\d ?ml|\d l\b|\d days? in a row|\d min\b|\d %")


@pytest.fixture
async def plain(settled: Conversation) -> Conversation:
    await settled.do("settings/without_numbers")
    return settled


def shows_none(*messages: Message) -> bool:
    return all(NUMBERS.search(each.text) is None and each.file is None for each in messages)


async def test_a_question_and_its_answer_show_none(plain: Conversation) -> None:
    question = await plain.asked("2026-03-02 07:30")
    assert question.text == "💧 A glass of water?"

    await plain.tap("+500 ml", question)

    assert question.text == "💧 07:30 · done"
    assert entries(plain) == [("hydration", 500)], "it is counted all the same"


async def test_quiet_minutes_show_none(plain: Conversation) -> None:
    question = await plain.asked("2026-03-02 08:00")
    await plain.tap("Start 5 min", question)
    await plain.tick("2026-03-02 08:05")

    await plain.tap("Yes")

    assert plain.person.newest.text == "🧘 08:05 · done"


@pytest.mark.parametrize("words", ["/water", "/water 300", "500", "2 glasses"])
async def test_what_is_typed_is_shown_without_numbers(words: str, plain: Conversation) -> None:
    answer = await plain.send(words)
    assert answer.text == "💧 07:01 · done"

    await plain.tap("Undo", answer)

    assert answer.text == "💧 Taken back"


async def test_minutes_that_were_asked_back_are_shown_without_numbers(plain: Conversation) -> None:
    answer = await plain.send("5")

    await plain.tap("5 minutes", answer)

    assert answer.text == "🧘 07:01 · done"


async def test_the_day_says_done_or_open(plain: Conversation) -> None:
    assert "💧 Water · open" in (await plain.send("/today")).text
    await plain.send("/water")

    day = await plain.send("/today")

    assert "💧 Water · done" in day.text
    assert shows_none(day)


async def test_the_statistics_and_the_digest_show_none(plain: Conversation) -> None:
    for day in (2, 3, 4, 5):
        plain.move_to(f"2026-03-0{day} 07:30")
        await plain.send("/water")

    statistics = await plain.send("/stats")
    await plain.tick("2026-03-08 18:00")
    digest = plain.person.newest
    again = await plain.send("/digest")

    assert statistics.text == "Numbers are off. /settings shows them again."
    for each in (digest, again):
        title, *_ = each.text.splitlines()
        assert re.fullmatch(r"Your week, \d Mar to \d Mar", title)
        assert "General information" in each.text or "medical advice" in each.text
        assert "kept" not in each.text
        assert each.file is None
        assert ["Source", "Not for me"] in labels(each)


async def test_a_limit_is_still_told_when_it_is_reached(plain: Conversation) -> None:
    await plain.do("habit/1/limit")
    plain.execute("UPDATE habits SET goal_ml = 500 WHERE id = 1")

    assert (await plain.send("250")).text == "💧 07:01 · done"
    assert (await plain.send("250")).text == "💧 07:01 · done · your limit for today is reached"
