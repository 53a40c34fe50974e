"""Edits of taps are settled together, and each of them once."""

from collections.abc import Sequence

import pytest

from reminder_bot.simulator import Message
from reminder_bot.storage import pending_edits
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.pending_edits import PendingEdit
from tests.chat.conversation import Conversation, labels, open_conversation
from tests.chat.test_message_edits import pending
from tests.support.waiting import until


@pytest.fixture
def settled_sizes(settled: Conversation, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many edits each transaction settles. Only `finish` ends the wait for further ones."""
    sizes: list[int] = []
    settle = pending_edits.settle_pending_edits

    def noted(connection: Connection, made: Sequence[PendingEdit]) -> set[pending_edits.Message]:
        sizes.append(len(made))
        return settle(connection, made)

    monkeypatch.setattr(pending_edits, "settle_pending_edits", noted)
    settled.editor.settling.settle_every = 3600.0
    return sizes


async def answer(talk: Conversation, question: Message, label: str, shows: str) -> None:
    """Tap a button, and wait until its edit was made and has ended; it may be unsettled.

    An edit that has not ended when the next one of its message begins is settled by itself.
    """
    await talk.person.tap(label, question)
    await talk.chat.take(talk.server.updates.pending)
    talk.server.updates.drop()
    await until(lambda: shows in labels(question)[0] and not talk.chat._following)


async def test_edits_that_are_made_shortly_after_one_are_settled_together(
    settled: Conversation, settled_sizes: list[int]
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    other = await settled.asked("2026-03-02 08:00")
    await answer(settled, question, "Yes", "Undo")
    await until(lambda: settled_sizes == [1])

    await answer(settled, question, "Undo", "Yes")
    await answer(settled, other, other.buttons[0][0].text, "Undo")
    assert len(pending(settled)) == 2
    await settled.chat.finish()

    assert settled_sizes == [1, 2]
    assert pending(settled) == []


async def test_where_the_clock_is_moved_each_edit_is_settled_at_once(
    settled: Conversation, settled_sizes: list[int]
) -> None:
    settled.editor.settling.settle_every = 0.0
    question = await settled.asked("2026-03-02 07:30")
    for number, (label, shows) in enumerate((("Yes", "Undo"), ("Undo", "Yes"), ("Yes", "Undo"))):
        await answer(settled, question, label, shows)
        await until(lambda: settled_sizes == [1] * (number + 1))  # noqa: B023

    assert pending(settled) == []


async def test_an_edit_that_a_newer_one_follows_is_not_settled_by_itself(
    settled: Conversation, settled_sizes: list[int]
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    await answer(settled, question, "Yes", "Undo")
    await until(lambda: settled_sizes == [1])
    for label, shows in (("Undo", "Yes"), ("Yes", "Undo"), ("Undo", "Yes")):
        await answer(settled, question, label, shows)
    await settled.chat.finish()

    assert settled_sizes == [1, 1]
    assert pending(settled) == []


async def test_an_edit_that_could_not_be_settled_is_made_again(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    with monkeypatch.context() as patched:
        patched.setattr(pending_edits, "settle_pending_edits", lambda *_: 1 / 0)
        await settled.tap("Yes")
    assert len(pending(settled)) == 1
    assert "edit_not_settled" in caplog.text

    await settled.tick("2026-03-02 07:31")

    assert pending(settled) == []
    assert labels(question) == [["Undo"]]


async def test_an_edit_that_cannot_be_settled_costs_no_other(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await settled.asked("2026-03-02 07:30")
    second = await settled.asked("2026-03-02 08:00")
    settle = pending_edits.settle_pending_edits

    def fails(connection: Connection, made: Sequence[PendingEdit]) -> set[pending_edits.Message]:
        if any(each.message_id == first.message_id for each in made):
            raise RuntimeError("cannot be settled")
        return settle(connection, made)

    settled.editor.settling.settle_every = 3600.0
    monkeypatch.setattr(pending_edits, "settle_pending_edits", fails)
    await answer(settled, first, "Yes", "Undo")
    await answer(settled, second, second.buttons[0][0].text, "Undo")

    await settled.chat.finish()

    assert pending(settled) == [first.message_id]


async def test_an_edit_whose_message_was_replaced_before_it_was_settled_is_not_made_again(
    sqlite: Database,
) -> None:
    """The set-up card is edited, then sent again below what was typed, and the old one deleted."""
    async with open_conversation(sqlite) as talk:
        talk.editor.settling.settle_every = 3600.0
        for words in ("/start", "[Start]", "[Back]", "[Start]", "Berlin"):
            if words.startswith("["):
                await talk.person.tap(words.strip("[]"))
            else:
                await talk.person.send(words)
            await talk.chat.take(talk.server.updates.pending)
            talk.server.updates.drop()
            await until(lambda: not talk.chat._following)
        await talk.chat.finish()

        assert pending(talk) == []
