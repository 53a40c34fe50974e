"""What a message that says "Back at 08:15." says once that is no longer true, and its buttons.

However a snooze ends, the message that announced it tells what happened. All are about the quiet
minutes, which are asked about at 08:00.
"""

from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, labels


async def snoozed(talk: Conversation) -> Message:
    """The message of a question that comes back at 08:15."""
    question = await talk.asked("2026-03-02 08:00")
    await talk.tap("Later", question)
    await talk.tap("15 min", question)
    assert question.text == "🧘 Back at 08:15."
    return question


async def shown_at(talk: Conversation, at: str) -> None:
    """A round at this time, and one in which edits are made."""
    await talk.tick(f"2026-03-02 {at}")
    await talk.tick(f"2026-03-02 {at}")


async def test_it_says_that_it_was_asked_again_and_loses_its_button(settled: Conversation) -> None:
    older = await snoozed(settled)

    await shown_at(settled, "08:15")

    newer = settled.person.newest
    assert newer is not older
    assert ["Yes", "No", "Later"] in labels(newer)
    assert older.text == "🧘 Asked again at 08:15."
    assert labels(older) == []


async def test_it_stays_true_and_without_buttons_when_the_newer_copy_is_answered(
    settled: Conversation,
) -> None:
    older = await snoozed(settled)
    await shown_at(settled, "08:15")
    newer = settled.person.newest

    await settled.tap("Yes", newer)

    assert older.text == "🧘 Asked again at 08:15."
    assert labels(older) == []
    assert labels(newer) == [["Undo"]]


async def test_a_discreet_one_names_no_habit(settled: Conversation) -> None:
    settled.execute("UPDATE users SET is_discreet = 1")
    question = await settled.asked("2026-03-02 08:00")
    await settled.tap("Open", question)
    await settled.tap("Later", question)
    await settled.tap("15 min", question)

    await shown_at(settled, "08:15")

    assert question.text == "🔔 Asked again at 08:15."


async def test_a_late_tap_on_the_older_copy_is_shown_on_both(settled: Conversation) -> None:
    older = await snoozed(settled)
    await shown_at(settled, "08:15")
    newer = settled.person.newest

    await settled.tap_raw(str(newer.buttons[0][0].data), older)

    assert newer.text.startswith("🧘 08:15")
    assert older.text == newer.text
    assert (labels(older), labels(newer)) == ([], [["Undo"]])


async def test_a_typed_answer_is_shown_on_it(settled: Conversation) -> None:
    message = await snoozed(settled)

    await settled.send("yes", reply_to=message)

    assert message.text.startswith("🧘 08:00")
    assert labels(message) == [["Undo"]]


async def test_an_answer_before_its_time_is_shown_on_it_and_it_does_not_come_back(
    settled: Conversation,
) -> None:
    message = await snoozed(settled)
    await settled.tap("Undo", message)
    await settled.tap("Later", message)

    await settled.tap("Skip today", message)
    await shown_at(settled, "08:15")

    assert message.text == "🧘 Skipped today."
    assert settled.person.newest is message


async def test_what_was_done_meanwhile_is_not_asked_again(settled: Conversation) -> None:
    message = await snoozed(settled)
    habit = settled.rows("SELECT id FROM habits WHERE kind = 'meditation'")[0]["id"]
    await settled.do(f"today/2026-03-02/{habit}/yes")

    await shown_at(settled, "08:15")

    assert message.text == "🧘 Not asked again."
    assert labels(message) == []


async def test_in_a_pause_it_is_not_asked_again(settled: Conversation) -> None:
    message = await snoozed(settled)
    await settled.send("/pause 3d")

    await shown_at(settled, "08:15")

    assert message.text == "🧘 Not asked again."
    assert labels(message) == []


async def test_a_habit_that_is_removed_is_not_asked_again(settled: Conversation) -> None:
    message = await snoozed(settled)
    habit = settled.rows("SELECT id FROM habits WHERE kind = 'meditation'")[0]["id"]
    await settled.do(f"habit/{habit}/remove")

    await shown_at(settled, "08:01")

    assert message.text == "🧘 Not asked again."
    assert labels(message) == []


async def test_a_bot_that_comes_back_too_late_does_not_ask_again(settled: Conversation) -> None:
    message = await snoozed(settled)

    await settled.tick("2026-03-03 06:00")
    await settled.tick("2026-03-03 06:00")

    assert message.text == "🧘 Not asked again."
    assert labels(message) == []
