"""Amounts that could harm are asked back, whichever way they come, and recorded by a tap alone.

On Monday 2 March 2026 in Berlin; the last hour began at 06:01.
"""

from typing import Any

import pytest

from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, entries, labels

LOT = "500 ml more makes over a litre within an hour. Shall I note it?"
DANGEROUS = (
    "That is a lot. Drinking far beyond thirst can be dangerous: headache, vomiting or confusion "
    "is an emergency."
)
LITRE = [("hydration", 500)] * 2


def carried(message: Message, label: str) -> str:
    return next(each.data or "" for row in message.buttons for each in row if each.text == label)


async def drunk(talk: Conversation, litres: float, at: str = "2026-03-02 06:00") -> None:
    """Note what was drunk long ago."""
    talk.move_to(at)
    talk.execute(
        "INSERT INTO entries (user_id, habit_id, day, amount, recorded_at) VALUES (7, 1, "
        "'2026-03-02', ?, '2026-03-02 04:00:00.000000')",
        round(litres * 1000),
    )


@pytest.mark.parametrize("path", ["water/500", "today/2026-03-02/1/500", "today/2026-02-28/1/500"])
async def test_ten_taps_within_a_minute_are_asked_back_after_a_litre(
    path: str, settled: Conversation
) -> None:
    screen = await settled.send("/today")

    for _ in range(10):
        await settled.tap_raw(f"v1:do:{path}", screen)

    assert entries(settled) == LITRE
    assert screen.text == LOT
    assert labels(screen) == [["Note 500 ml", "Don't note it"]]


async def test_messages_in_one_batch_are_asked_back_after_a_litre(
    settled: Conversation,
) -> None:
    for _ in range(7):  # of more, not all are answered
        await settled.person.send("/water 500")

    await settled.take_together()

    assert entries(settled) == LITRE
    assert settled.person.newest.text == LOT


async def questions(talk: Conversation, count: int) -> list[Message]:
    """So many open questions about water, as after a day without an answer."""
    found = []
    for at in ("07:30", "10:00", "12:30", "15:00", "17:30")[:count]:
        found.append(await talk.asked(f"2026-03-02 {at}"))
        talk.execute("UPDATE check_ins SET status = 'sent', closes_at = '2026-03-03 03:00'")
    return found


async def test_taps_on_several_cards_in_one_batch_are_asked_back_after_a_litre(
    settled: Conversation,
) -> None:
    settled.execute("DELETE FROM habits WHERE kind <> 'hydration'")
    cards = await questions(settled, 4)
    taps = [
        await settled.person.tap_raw(carried(card, "+500 ml"), card.message_id) for card in cards
    ]

    await settled.take_together()

    assert entries(settled) == LITRE
    assert [labels(card) for card in cards] == [
        [["Undo"]],
        [["Undo"]],
        [["Note 500 ml", "Don't note it"]],
        [["Note 500 ml", "Don't note it"]],
    ]
    assert [tap.toast.text if tap.toast else "" for tap in taps] == ["", "", LOT, LOT]
    assert taps[-1].toast is not None
    assert taps[-1].toast.is_alert
    assert LOT in cards[-1].text


async def test_a_yes_counts_like_any_amount(settled: Conversation) -> None:
    settled.execute("DELETE FROM habits WHERE kind <> 'hydration'")
    for card in await questions(settled, 5):
        await settled.tap("Yes", card)

    assert entries(settled) == [("hydration", 250)] * 4


async def test_a_card_that_asks_back_notes_it_with_one_tap_or_goes_back(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    await drunk(settled, 1, at="2026-03-02 07:31")
    settled.execute("UPDATE entries SET recorded_at = '2026-03-02 06:20:00.000000'")
    before = labels(question)
    await settled.tap("+500 ml", question)

    await settled.tap("Don't note it", question)
    assert labels(question) == before
    assert question.text == "💧 A glass of water? · 1,000 of 1,250 ml today"

    await settled.tap("+500 ml", question)
    sure = carried(question, "Note 500 ml")
    for _ in range(3):
        await settled.tap_raw(sure, question)
    assert entries(settled) == [("hydration", 1000), ("hydration", 500)]
    assert labels(question) == [["Undo"]]


async def test_ten_taps_on_what_asks_back_record_once(settled: Conversation) -> None:
    asked_back = await settled.send("1.5 l")
    note_it = carried(asked_back, "Note 1,500 ml")

    for _ in range(10):
        await settled.tap_raw(note_it, asked_back)

    assert entries(settled) == [("hydration", 1500)]
    assert "1,500 ml" in asked_back.text


async def test_what_is_asked_back_is_not_lost(settled: Conversation) -> None:
    """It stands in the buttons: neither time nor a restart matters."""
    asked_back = await settled.send("12 ml")
    assert asked_back.text == "12 ml is only a sip. Shall I note it?"
    settled.move_to("2026-03-02 20:00")
    assert entries(settled) == []

    await settled.tap("Note 12 ml", asked_back)

    assert entries(settled) == [("hydration", 12)]


@pytest.mark.parametrize(("words", "kept"), [("yes", [("hydration", 1500)]), ("no", [])])
async def test_it_can_be_answered_in_words(
    words: str, kept: list[Any], settled: Conversation
) -> None:
    await settled.send("1.5 l")

    await settled.send(words)

    assert entries(settled) == kept


@pytest.mark.parametrize("words", ["/water 501", "501", "501 ml"])
async def test_more_than_three_and_a_half_litres_a_day_are_warned_of(
    words: str, settled: Conversation
) -> None:
    await drunk(settled, 3)
    settled.move_to("2026-03-02 20:00")

    answer = await settled.send(words)

    assert answer.text == DANGEROUS
    assert entries(settled) == [("hydration", 3000)]


async def test_what_became_more_serious_since_it_was_asked_back_is_asked_again(
    settled: Conversation,
) -> None:
    asked_back = await settled.send("1.5 l")
    await drunk(settled, 2.5)

    await settled.tap("Note 1,500 ml", asked_back)

    assert entries(settled) == [("hydration", 2500)]
    assert asked_back.text == DANGEROUS


async def test_five_glasses_are_a_lot(settled: Conversation) -> None:
    asked_back = await settled.send("5")

    await settled.tap("5 glasses", asked_back)

    assert entries(settled) == []
    assert asked_back.text == LOT.replace("500", "1,250")


async def test_within_the_bounds_nothing_is_asked_back(settled: Conversation) -> None:
    for at in range(8, 15):
        settled.move_to(f"2026-03-02 {at:02}:00")
        await settled.send("500")

    assert len(entries(settled)) == 7


# A limit


async def test_nothing_is_asked_about_a_limit(settled: Conversation) -> None:
    await settled.do("habit/1/limit")
    count = len(settled.person.messages)

    for at in ("07:30", "10:00", "12:30"):
        await settled.tick(f"2026-03-02 {at}")

    assert not [each for each in settled.person.messages[count:] if "💧" in each.text]
    assert "💧 Water · not asked" in (await settled.send("/habits")).text


async def test_a_question_that_waits_to_be_asked_again_is_not_asked_about_a_limit(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    await settled.tap("Later", question)
    await settled.tap("15 min", question)
    await settled.do("habit/1/limit")
    count = len(settled.person.messages)

    await settled.tick("2026-03-02 07:45")

    assert len(settled.person.messages) == count


async def test_a_limit_says_what_is_left_and_when_it_is_reached(settled: Conversation) -> None:
    await settled.do("habit/1/limit")
    said = []
    for at in ("08:00", "10:00", "12:00"):
        settled.move_to(f"2026-03-02 {at}")
        said.append((await settled.send("500 ml")).text)

    day = await settled.send("/today")

    assert said == [
        "💧 08:00 500 ml · 750 ml left today",
        "💧 10:00 500 ml · 250 ml left today",
        "💧 12:00 500 ml · your limit for today is reached",
    ]
    assert "💧 Water · your limit for today is reached" in day.text


async def test_a_day_is_never_kept_for_how_much_was_drunk_of_a_limit(
    settled: Conversation,
) -> None:
    settled.move_to("2026-03-02 08:00")
    await settled.send("1 l")
    settled.move_to("2026-03-02 10:00")
    await settled.send("1 l")
    assert "1 of 1 kept" in (await settled.send("/stats")).text

    await settled.do("habit/1/limit")

    assert (await settled.send("/stats")).text == "Not much to show yet. Come back tomorrow."


async def test_a_limit_is_the_number_that_somebody_was_given(settled: Conversation) -> None:
    screen = await settled.go("habit/1")
    await settled.tap("Limit: off", screen)
    await settled.tap("− 50 ml", screen)

    assert "Limit 1,200 ml a day" in screen.text
    await settled.do("hours/all/0800-0000")
    assert settled.rows("SELECT goal_ml FROM habits WHERE id = 1") == [{"goal_ml": 1200}]

    await settled.tap("Limit: on", screen)
    question = await settled.asked("2026-03-02 08:30")
    assert "💧 A glass of water?" in question.text
