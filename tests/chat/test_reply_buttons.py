"""Taps on check-ins: a tap counts once, for its day, and is answered in words where it does not."""

from typing import Any

import pytest

from reminder_bot.chat import reply_buttons
from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.intake import Doubt
from reminder_bot.engine.replying import ReplyOutcome, Result
from tests.chat.cards import ANA, TEN, row
from tests.chat.conversation import Conversation, Row, labels

OLD_BUTTON = "This button is from an older message"


def check_ins(talk: Conversation) -> list[Row]:
    return talk.rows("SELECT * FROM check_ins ORDER BY due_at, id")


def entries(talk: Conversation) -> list[Any]:
    """Amounts that count."""
    return [
        row["amount"] for row in talk.rows("SELECT amount FROM entries WHERE undone_at IS NULL")
    ]


async def test_an_answer_edits_its_message_and_sends_no_new_one(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 07:30")
    count = len(settled.person.messages)

    toast = await settled.tap("Yes")

    assert (question.text, toast) == ("💧 07:30 a glass · 250 of 1,250 ml today", "")
    assert len(settled.person.messages) == count


async def test_a_second_tap_counts_nothing_and_says_why(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 07:30")
    check_in = check_ins(settled)[0]["id"]
    await settled.tap("Yes")

    toast = await settled.tap_raw(f"v1:no:{check_in}", question)

    assert toast == "That is noted already. Undo changes it."
    assert check_ins(settled)[0]["reply"] == "yes"
    assert entries(settled) == [250]


async def test_500_ml_records_500_ml(settled: Conversation) -> None:
    await settled.asked("2026-03-02 07:30")

    await settled.tap("+500 ml")

    assert entries(settled) == [500]


async def test_more_on_what_is_no_water_records_a_plain_yes(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")
    check_in = check_ins(settled)[-1]["id"]

    await settled.tap_raw(f"v1:more:{check_in}", question)

    assert entries(settled) == [None]


async def test_undo_says_so_where_there_is_nothing_to_undo(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 07:30")

    toast = await settled.tap_raw(f"v1:undo:{check_ins(settled)[0]['id']}", question)

    assert toast == "Nothing to undo here."
    assert labels(question)[0] == ["Yes", "No", "Later"]


async def test_undo_works_until_the_day_ends_and_then_points_to_today(
    settled: Conversation,
) -> None:
    await settled.asked("2026-03-02 07:30")
    await settled.tap("Yes")
    settled.move_to("2026-03-03 04:00")

    toast = await settled.tap("Undo")

    assert toast == "That day has ended. /today corrects it."
    assert entries(settled) == [250]


async def test_later_is_refused_with_the_last_possible_time(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 22:15")
    wind_down = check_ins(settled)[-1]["id"]

    toast = await settled.tap_raw(f"v1:1h:{wind_down}", question)

    assert toast == "That would be in your quiet hours. The latest is 22:59."
    assert check_ins(settled)[-1]["status"] == "sent"


async def test_a_tap_counts_for_the_day_it_was_asked_up_to_fourteen_days_back(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 08:00")
    check_in = check_ins(settled)[-1]["id"]
    settled.move_to("2026-03-17 03:59")

    await settled.tap_raw(f"v1:yes:{check_in}", question)

    assert [row["day"] for row in settled.rows("SELECT day FROM entries")] == ["2026-03-02"]


async def test_a_tap_that_comes_later_than_that_is_answered_with_the_reason(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 08:00")
    check_in = check_ins(settled)[-1]["id"]
    settled.move_to("2026-03-17 04:00")

    toast = await settled.tap_raw(f"v1:yes:{check_in}", question)

    assert toast == "That was more than 14 days ago, so it stays as it is."
    assert entries(settled) == []


async def test_only_the_first_quiet_minutes_begin_with_what_to_do_if_they_feel_bad(
    settled: Conversation,
) -> None:
    first = await settled.asked("2026-03-02 08:00")
    said = await settled.tap("Start 5 min", first)
    await settled.asked("2026-03-02 08:05")
    second = await settled.asked("2026-03-03 08:00")

    said_again = await settled.tap("🧘 Start 5 min", second)

    assert said == "If it feels bad, stop. Eyes open or a slow walk is as good."
    assert said_again == ""


async def test_the_timer_is_for_quiet_minutes_alone(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 07:30")

    toast = await settled.tap_raw(f"v1:timer:{check_ins(settled)[0]['id']}", question)

    assert toast.startswith(OLD_BUTTON)
    assert check_ins(settled)[0]["status"] == "sent"


@pytest.mark.parametrize("verb", ["yes", "no", "skip", "undo", "later", "back", "15m", "timer"])
async def test_a_button_of_no_check_in_says_that_it_is_old(
    verb: str, settled: Conversation
) -> None:
    question = await settled.asked("2026-03-02 08:00")
    before = settled.state()

    for argument in (":999", ":x", ""):
        toast = await settled.tap_raw(f"v1:{verb}{argument}", question)
        assert toast.startswith(OLD_BUTTON), argument

    assert settled.state() == before


@pytest.mark.parametrize("verb", ["yes", "no", "skip", "undo", "later", "15m"])
async def test_nobody_can_answer_for_another_person(verb: str, settled: Conversation) -> None:
    await settled.asked("2026-03-02 08:00")
    ben = settled.server.person(8, "Ben")
    card = await settled.set_up(ben)
    anas = settled.rows("SELECT * FROM check_ins WHERE user_id = 7")

    toast = await settled.tap_raw(f"v1:{verb}:{anas[-1]['id']}", card, ben)

    assert toast.startswith(OLD_BUTTON)
    assert settled.rows("SELECT * FROM check_ins WHERE user_id = 7") == anas


async def test_on_a_card_of_two_each_button_answers_its_own_row(settled: Conversation) -> None:
    await settled.do("times/3/all/earlier")  # quiet minutes at 07:30, with the glass of water
    card = await settled.asked("2026-03-02 07:30")
    assert labels(card)[0] == ["💧 Yes", "💧 No", "💧 Later"]

    await settled.tap("🧘 No", card)

    answers = {row["habit_id"]: row["reply"] for row in check_ins(settled)}
    assert answers == {1: None, 3: "no"}
    assert labels(card)[:2] == [["💧 Yes", "💧 No", "💧 Later"], ["💧 +500 ml"]]


SILENT = {
    ReplyOutcome.RECORDED,
    ReplyOutcome.UNDONE,
    ReplyOutcome.SNOOZED,
    ReplyOutcome.SHOWN,
}


@pytest.mark.parametrize("outcome", ReplyOutcome)
def test_a_tap_that_did_not_change_its_message_says_why(outcome: ReplyOutcome) -> None:
    check_in = row(HabitKind.HYDRATION).check_in
    result = Result(outcome, check_in, at=TEN, doubt=Doubt.SIP, amount=12)

    words = reply_buttons.toast(ANA, result)

    assert (words == "") == (outcome in SILENT)


def test_every_reply_has_a_button() -> None:
    assert set(reply_buttons.REPLIES.values()) == set(Reply)
