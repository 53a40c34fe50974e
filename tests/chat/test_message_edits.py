"""Messages are brought up to date with what is recorded: all of them, whatever became of one."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest

from reminder_bot.chat import message_edits
from reminder_bot.simulator import Fault, Message
from reminder_bot.storage.database import Database
from tests.chat.conversation import Conversation, entries, labels, open_conversation
from tests.support.people import SetClock
from tests.support.waiting import until


def add_pending_edit(talk: Conversation, user_id: int, message: Message, view: str = "") -> None:
    """Record a pending edit, as a tap leaves it that was interrupted by a crash."""
    talk.execute(
        "INSERT INTO redraws (user_id, message_id, view, version, attempts, draw_after)"
        " VALUES (?, ?, ?, 1, 0, '2026-03-02 06:00:00.000000')",
        user_id,
        message.message_id,
        view,
    )


def pending(talk: Conversation) -> list[int]:
    return [row["message_id"] for row in talk.rows("SELECT message_id FROM redraws")]


class ErasingClock(SetClock):
    """Does something once, when it is read next: between two reads of the editor."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__(clock.at)
        self.ahead: list[Callable[[], None]] = []

    def now(self) -> datetime:
        while self.ahead:
            self.ahead.pop()()
        return super().now()


async def test_the_edits_of_others_are_made_when_somebody_is_erased_meanwhile(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """Whose edit comes first is gone when it is to be made: the next one is made all the same."""
    clocks: list[ErasingClock] = []

    def erasing(clock: SetClock) -> SetClock:
        clocks.append(ErasingClock(clock))
        return clocks[0]

    async with open_conversation(sqlite, erasing) as talk:
        ana, ben = talk.person, talk.server.person(8, "Ben")
        cards = [await talk.set_up(person) for person in (ana, ben)]
        for person, card in zip((ana, ben), cards, strict=True):
            add_pending_edit(talk, person.id, card)
        talk.execute("UPDATE users SET setup_view = 'no'")
        clocks[0].ahead.append(lambda: talk.execute("DELETE FROM users WHERE id = 7"))

        await talk.editor.step(talk.now)

        assert [row["id"] for row in talk.rows("SELECT id FROM users")] == [8]
        assert labels(cards[1]) == [], "Ben's card shows that the first answer was declined"
        assert labels(cards[0]) != [], "nothing is written to somebody who is erased"
        assert pending(talk) == []
        assert "edit_unreadable" not in caplog.text


async def test_an_edit_that_telegram_did_not_take_is_made_when_it_is_back(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    away = settled.server.faults.add("editMessageText", Fault.server_error(), times=None)
    await settled.tap("Yes")
    assert labels(question) != [["Undo"]]
    settled.server.faults.lift(away)

    await settled.tick("2026-03-02 07:31")

    assert labels(question) == [["Undo"]]
    assert pending(settled) == []


@pytest.mark.parametrize(
    ("fault", "is_made"),
    [(Fault.delay_after(1.0), True), (Fault.server_error().after(1.0), False)],
    ids=["made", "not made"],
)
async def test_an_edit_is_made_again_if_another_one_was_made_meanwhile(
    settled: Conversation, fault: Fault, is_made: bool
) -> None:
    """The other one may have arrived first. An edit that was not made cannot hide the other."""
    question = await settled.asked("2026-03-02 07:30")
    settled.server.faults.add("editMessageText", Fault.server_error())
    await settled.tap("Yes")
    settled.move_to("2026-03-02 07:31")
    held = settled.server.faults.add("editMessageText", fault)
    editing = asyncio.create_task(settled.editor.step(settled.now))
    await until(lambda: held.applied > 0)

    settled.execute("DELETE FROM redraws")
    await editing

    assert pending(settled) == ([question.message_id] if is_made else [])


async def test_an_answer_whose_message_is_gone_is_shown_on_a_new_silent_one(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    check_in = settled.rows("SELECT id FROM check_ins")[0]["id"]
    await settled.person.delete(question)

    await settled.tap_raw(f"v1:yes:{check_in}", question)

    shown = settled.person.newest
    assert shown.text == "💧 07:30 a glass · 250 of 1,250 ml today"
    assert labels(shown) == [["Undo"]]
    assert shown.is_silent
    (row,) = settled.rows("SELECT message_id FROM check_ins")
    assert row["message_id"] == shown.message_id


async def test_a_question_whose_message_is_gone_needs_no_new_one(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 07:30")
    check_in = settled.rows("SELECT id FROM check_ins")[0]["id"]
    await settled.person.delete(question)
    count = len(settled.person.messages)

    await settled.tap_raw(f"v1:later:{check_in}", question)

    assert len(settled.person.messages) == count
    assert pending(settled) == []


async def test_what_nobody_answered_loses_its_buttons(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")

    await settled.tick("2026-03-03 04:00")

    assert labels(question) == []


async def test_a_tidy_chat_loses_questions_that_nobody_answered(
    settled: Conversation,
) -> None:
    await settled.do("settings/tidy")
    question = await settled.asked("2026-03-02 08:00")

    await settled.tick("2026-03-03 04:00")

    assert question not in settled.person.messages
    (row,) = settled.rows("SELECT message_id FROM check_ins WHERE habit_id = 3")
    assert row["message_id"] is None


async def test_a_tidy_chat_keeps_what_was_answered_and_what_is_open(
    settled: Conversation,
) -> None:
    await settled.do("settings/tidy")
    answered = await settled.asked("2026-03-02 07:30")
    await settled.tap("Yes", answered)
    waiting = await settled.asked("2026-03-02 08:00")
    await settled.tap("Later", waiting)
    await settled.tap("15 min", waiting)
    await settled.tick("2026-03-02 08:15")
    still_open = await settled.asked("2026-03-02 12:00")

    await settled.tick("2026-03-02 12:05")

    there = settled.person.messages
    assert answered in there
    assert still_open in there
    assert waiting not in there, "it was asked again on another message"


async def test_a_message_too_old_to_delete_loses_its_buttons(settled: Conversation) -> None:
    await settled.do("settings/tidy")
    question = await settled.asked("2026-03-02 08:00")
    settled.server.faults.add(
        "deleteMessage",
        Fault.refusal(400, "Bad Request: message can't be deleted for everyone"),
        times=None,
    )

    await settled.tick("2026-03-03 04:00")

    assert question in settled.person.messages
    assert labels(question) == []


async def test_a_removal_that_is_not_wanted_any_more_leaves_the_message(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 08:00")

    await settled.editor.remove(7, question.message_id, lambda: False)

    assert question in settled.person.messages
    assert labels(question) != []


async def test_a_removal_that_is_not_wanted_any_more_leaves_the_buttons_of_an_old_message(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 08:00")
    too_old = Fault.refusal(400, "Bad Request: message can't be deleted for everyone")
    settled.server.faults.add("deleteMessage", too_old)
    answers = iter([True, False])

    await settled.editor.remove(7, question.message_id, lambda: next(answers))

    assert question in settled.person.messages
    assert labels(question) != []


async def test_a_question_asked_again_leaves_no_buttons_on_its_older_message(
    settled: Conversation,
) -> None:
    older = await settled.asked("2026-03-02 08:00")
    await settled.tap("Later", older)
    await settled.tap("15 min", older)

    newer = await settled.asked("2026-03-02 08:15")

    assert newer is not older
    assert labels(newer)[0] == ["Yes", "No", "Later"]
    assert labels(older) == []


async def test_an_answer_on_the_newer_message_shows_on_that_one(settled: Conversation) -> None:
    older = await settled.asked("2026-03-02 08:00")
    await settled.tap("Later", older)
    await settled.tap("15 min", older)
    newer = await settled.asked("2026-03-02 08:15")

    await settled.tap("Yes", newer)

    assert newer.text == "🧘 08:15 · done for today"
    assert labels(newer) == [["Undo"]]
    assert labels(older) == []


async def test_a_second_copy_of_a_question_shows_the_answer_that_was_given_on_the_first(
    settled: Conversation,
) -> None:
    """Telegram may deliver a question twice, where the answer to its first send was lost."""
    await settled.tick("2026-03-02 08:00")
    await settled.tap("Yes")
    copy = await settled.send("/help")
    add_pending_edit(settled, 7, copy)
    settled.execute(
        "UPDATE redraws SET check_in_id = (SELECT id FROM check_ins WHERE habit_id = 3)"
    )

    assert await settled.editor.step(settled.now) == 1

    assert copy.text == "🧘 08:00 · done for today"
    assert labels(copy) == []


async def test_an_edit_of_an_unknown_zone_is_postponed_by_an_hour(
    settled: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    add_pending_edit(settled, 7, question)
    settled.execute("UPDATE users SET zone = 'Mars/Olympus'")

    await settled.editor.step(settled.now)

    (row,) = settled.rows("SELECT draw_after FROM redraws")
    assert row["draw_after"].startswith("2026-03-02 07:30")
    (logged,) = [record for record in caplog.records if record.msg == "edit_unreadable"]
    assert vars(logged)["user"] == 7


async def test_a_screen_of_what_is_gone_says_so(settled: Conversation) -> None:
    message = await settled.send("/settings")
    add_pending_edit(settled, 7, message, "/habit/99")

    await settled.editor.step(settled.now)

    assert message.text == "This is not there any more. /settings shows what is."


async def test_a_screen_whose_message_is_gone_is_not_sent_anew(settled: Conversation) -> None:
    message = await settled.send("/settings")
    await settled.person.delete(message)
    count = len(settled.person.messages)

    await settled.tap_raw("v1:go:diet", message)

    assert len(settled.person.messages) == count
    assert pending(settled) == []


async def test_an_edit_that_is_not_due_yet_waits(settled: Conversation) -> None:
    message = await settled.send("/settings")
    add_pending_edit(settled, 7, message, "/diet")
    settled.execute("UPDATE redraws SET draw_after = '2026-03-02 06:02:00.000000'")

    await settled.editor.step(settled.now)
    assert pending(settled) == [message.message_id]
    settled.move_to("2026-03-02 07:02")
    await settled.editor.step(settled.now)

    assert message.text.startswith("Diet")
    assert pending(settled) == []


async def test_a_reply_is_recorded_even_if_its_message_cannot_be_built(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    monkeypatch.setattr(message_edits, "_load_edit", lambda *_: 1 / 0)

    await settled.tap("Yes", question)

    assert entries(settled) == [("hydration", 250)]
    assert pending(settled) == [question.message_id]
