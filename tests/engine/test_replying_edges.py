"""Taps that cross a send, and corrections around the end of a day, seen from the chat."""

from collections.abc import AsyncIterator

import pytest

from reminder_bot.domain.check_in import Status
from reminder_bot.engine.outcomes import Record
from reminder_bot.simulator import Message
from reminder_bot.storage.claims import OutcomeRow
from reminder_bot.storage.database import Database
from reminder_bot.storage.tables import check_ins
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
    again = "2026-03-02 07:30:00.000000"  # half past eight in Berlin
    talk.execute(
        "UPDATE check_ins SET status = 'claimed', send_after = ? WHERE habit_id = 3", again
    )

    await talk.tap("15 min", card)

    assert question(talk)["status"] == "claimed"


async def asked_twice(talk: Conversation, status: str, copies: int = 0) -> tuple[Message, Message]:
    """A message that says when it is asked again, and the one that asks again, which has not been
    recorded yet.
    """
    older = talk.person.newest
    await later(talk)
    await talk.tap("15 min", older)
    shown = list(older.versions)
    newer = await talk.asked("2026-03-02 08:15")
    older.versions[:] = shown
    talk.execute(
        "UPDATE check_ins SET status = ?, copies = ?, message_id = ?, repeat_at = NULL,"
        " claimed_by = NULL, ambiguous_at = send_after, sent_at = '2026-03-02 07:00:00.000000'"
        " WHERE habit_id = 3",
        status,
        copies,
        older.message_id,
    )
    return older, newer


@pytest.mark.parametrize(
    ("status", "copies"),
    [("claimed", 0), ("ambiguous", 0), ("uncertain", 1), ("planned", 1), ("misfired", 1)],
)
async def test_whatever_became_of_the_second_send_a_tap_on_it_takes_the_buttons_of_the_first(
    status: str, copies: int, talk: Conversation
) -> None:
    older, newer = await asked_twice(talk, status, copies)

    await talk.tap("Yes", newer)

    assert (labels(older), labels(newer)) == ([], [["Undo"]])


@pytest.mark.parametrize(
    ("status", "copies"), [("ambiguous", 0), ("uncertain", 1), ("planned", 1), ("misfired", 1)]
)
async def test_later_shows_that_the_second_send_arrived_so_no_copy_follows(
    status: str, copies: int, talk: Conversation
) -> None:
    older, newer = await asked_twice(talk, status, copies)

    await later(talk)
    await talk.tick("2026-03-02 08:17")

    assert talk.person.newest is newer
    assert labels(older) == []
    assert ["15 min", "1 h", "This evening"] in labels(newer)
    assert question(talk)["status"] == "sent"


@pytest.mark.parametrize("status", ["claimed", "ambiguous", "uncertain"])
async def test_the_first_question_can_be_put_off_before_its_send_is_on_record(
    status: str, talk: Conversation
) -> None:
    card = talk.person.newest
    in_flight = "UPDATE check_ins SET status = ?, message_id = NULL, sent_at = NULL"
    talk.execute(f"{in_flight} WHERE habit_id = 3", status)

    await later(talk)
    await talk.tap("15 min", card)

    assert card.text == "🧘 Back at 08:15."
    assert labels(card) == [["Undo"]]


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


# A card of two questions


@pytest.mark.parametrize(
    "verbs", [["yes", "undo"], ["yes"], ["later"], ["later", "15m"], ["later", "back"]]
)
async def test_taps_before_the_record_leave_the_other_question_its_buttons(
    verbs: list[str], talk: Conversation
) -> None:
    await talk.do("times/3/all/earlier")
    card = await talk.asked("2026-03-03 07:30")
    dispatcher = talk.bench.dispatcher
    ids = [
        row["id"]
        for row in talk.rows("SELECT id FROM check_ins WHERE message_id = ?", card.message_id)
    ]
    talk.execute(
        "UPDATE check_ins SET status = 'claimed', claimed_by = ?, message_id = NULL, sent_at = NULL"
        " WHERE message_id = ?",
        dispatcher._name,
        card.message_id,
    )
    for verb in verbs:
        await talk.tap_raw(f"v1:{verb}:{ids[0]}", card)

    rows: list[OutcomeRow] = [
        {
            "id": each,
            "status": Status.SENT,
            "claimed_by": None,
            "message_id": card.message_id,
            "sent_at": talk.now,
        }
        for each in ids
    ]
    sent = [(card.message_id, each) for each in ids]
    dispatcher._recorder.add(Record(check_ins, rows, talk.person.id, sent=sent))
    await dispatcher._recorder.write()
    for at in ("07:31", "07:32"):
        talk.move_to(f"2026-03-03 {at}")
        await talk.editor.step(talk.now)

    signs = {label[0] for row in labels(card) for label in row}
    assert {"💧", "🧘"} <= signs
