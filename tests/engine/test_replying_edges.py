"""Taps that cross a send, and corrections around the end of a day, seen from the chat."""

from collections.abc import AsyncIterator

import pytest

from reminder_bot.storage.database import Database
from tests.chat.conversation import Conversation, Row, labels, open_conversation

DAY_ENDS = "2026-03-03 03:00:00.000000"  # four in Berlin


@pytest.fixture
async def talk(sqlite: Database) -> AsyncIterator[Conversation]:
    """Ana, who was asked about quiet minutes at eight on Monday."""
    async with open_conversation(sqlite) as talk:
        await talk.settle()
        await talk.tick("2026-03-02 08:00")
        yield talk


def question(talk: Conversation) -> Row:
    (row,) = talk.rows("SELECT * FROM check_ins WHERE habit_id = 3")
    return row


async def later(talk: Conversation) -> None:
    await talk.tap("Later", talk.person.newest)


# Which message shows a check-in


each_button = pytest.mark.parametrize("button", ["Yes", "Later"])
not_on_record = pytest.mark.parametrize("status", ["claimed", "ambiguous", "uncertain"])


@each_button
@not_on_record
async def test_a_tap_before_the_send_is_on_record_says_which_message_shows_it(
    status: str, button: str, talk: Conversation
) -> None:
    talk.execute("UPDATE check_ins SET status = ?, message_id = NULL", status)

    await talk.tap(button, talk.person.newest)

    assert question(talk)["message_id"] == talk.person.newest.message_id


@each_button
@not_on_record
async def test_a_tap_on_the_newer_message_of_a_send_not_on_record_says_that_it_shows_it(
    status: str, button: str, talk: Conversation
) -> None:
    newest = talk.person.newest.message_id
    talk.execute("UPDATE check_ins SET status = ?, message_id = ?", status, newest - 1)

    await talk.tap(button, talk.person.newest)

    assert question(talk)["message_id"] == newest


async def test_a_yes_before_the_send_is_on_record_can_be_undone_in_its_own_message_only(
    talk: Conversation,
) -> None:
    await later(talk)
    older = talk.person.newest
    await talk.tap("15 min", older)
    newer = await talk.asked("2026-03-02 08:15")
    in_flight = "UPDATE check_ins SET status = 'claimed', message_id = ? WHERE habit_id = 3"
    talk.execute(in_flight, older.message_id)

    await talk.tap("Yes", newer)

    assert (labels(older), labels(newer)) == ([], [["Undo"]])


@not_on_record
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_snooze_before_the_send_is_on_record_counts(
    status: str, is_first: bool, talk: Conversation
) -> None:
    card = talk.person.newest
    await later(talk)
    recorded = None if is_first else card.message_id - 1
    in_flight = "UPDATE check_ins SET status = ?, message_id = ? WHERE habit_id = 3"
    talk.execute(in_flight, status, recorded)

    await talk.tap("15 min", card)

    assert card.text == "🧘 Back at 08:15."
    assert (question(talk)["status"], question(talk)["message_id"]) == ("planned", card.message_id)


async def test_a_snooze_in_the_older_message_of_a_send_in_flight_is_refused(
    talk: Conversation,
) -> None:
    card = talk.person.newest
    await later(talk)
    talk.execute("UPDATE check_ins SET status = 'claimed' WHERE habit_id = 3")

    await talk.tap("15 min", card)

    assert question(talk)["status"] == "claimed"


@each_button
async def test_a_tap_on_the_older_message_of_a_send_in_flight_changes_nothing(
    button: str, talk: Conversation
) -> None:
    newest = talk.person.newest.message_id
    talk.execute("UPDATE check_ins SET status = 'claimed', message_id = ?", newest + 1)

    await talk.tap(button, talk.person.newest)

    assert question(talk)["message_id"] == newest + 1


async def test_a_message_on_record_stays_when_another_copy_is_tapped(talk: Conversation) -> None:
    newest = talk.person.newest.message_id
    talk.execute("UPDATE check_ins SET message_id = ?", newest - 1)

    await later(talk)

    assert question(talk)["message_id"] == newest - 1


# A correction reopens the question


async def test_a_cleared_answer_opens_a_closed_question_until_the_day_ends(
    talk: Conversation,
) -> None:
    talk.execute("UPDATE check_ins SET closes_at = '2026-03-02 09:00:00.000000'")  # ten in Berlin
    await talk.tap("Yes")
    talk.move_to("2026-03-02 10:00")

    await talk.do("today/2026-03-02/3/clear")

    assert (question(talk)["status"], question(talk)["closes_at"]) == ("sent", DAY_ENDS)


async def test_a_cleared_answer_leaves_an_open_question_its_own_end(talk: Conversation) -> None:
    talk.execute("UPDATE check_ins SET closes_at = '2026-03-02 09:00:00.000000'")
    await talk.tap("Yes")
    talk.move_to("2026-03-02 09:59")

    await talk.do("today/2026-03-02/3/clear")

    row = question(talk)
    assert (row["status"], row["closes_at"]) == ("sent", "2026-03-02 09:00:00.000000")


async def test_an_answer_cleared_after_the_day_leaves_the_question_unanswered(
    talk: Conversation,
) -> None:
    closes_at = question(talk)["closes_at"]
    await talk.tap("Yes")
    talk.move_to("2026-03-03 04:00")

    await talk.do("today/2026-03-02/3/clear")

    row = question(talk)
    assert (row["status"], row["reply"], row["closes_at"]) == ("unanswered", None, closes_at)


async def test_undo_of_a_closed_question_opens_it_until_the_day_ends(talk: Conversation) -> None:
    talk.execute("UPDATE check_ins SET closes_at = '2026-03-02 09:00:00.000000'")
    await talk.tap("Yes")
    talk.move_to("2026-03-02 10:00")

    await talk.tap("Undo")

    assert (question(talk)["status"], question(talk)["closes_at"]) == ("sent", DAY_ENDS)


async def test_the_last_minute_before_sleep_is_the_last_for_later(talk: Conversation) -> None:
    talk.move_to("2026-03-02 21:59")

    await later(talk)
    toast = await talk.tap("1 h")

    assert toast == ""
    assert question(talk)["send_after"] == "2026-03-02 21:59:00.000000"


async def test_a_minute_later_it_is_refused(talk: Conversation) -> None:
    talk.move_to("2026-03-02 22:00")

    await later(talk)
    toast = await talk.tap("1 h")

    assert "22:59" in toast
    assert question(talk)["status"] == "sent"


async def test_a_second_later_keeps_its_number_of_asks(talk: Conversation) -> None:
    await later(talk)
    await talk.tap("15 min")

    await talk.tap_raw(f"v1:1h:{question(talk)['id']}", talk.person.newest)

    assert (question(talk)["ask"], question(talk)["status"]) == (2, "planned")
    assert question(talk)["send_after"] == "2026-03-02 08:00:00.000000"
