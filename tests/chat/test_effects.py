"""Effects: each kind is carried out, by the calls to Telegram that it stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_args

import pytest

from reminder_bot.bot_api.transport import File
from reminder_bot.chat.effects import (
    AnswerTap,
    AskLocation,
    EditButtons,
    EditText,
    Effect,
    LookUpZone,
    MakeEdit,
    PutLocationAway,
    React,
    RemoveMessage,
    SendDigest,
    SendFiles,
    SendScreen,
    SendSetup,
    SendStats,
    SendText,
    ShowStats,
    ToNewcomer,
)
from reminder_bot.chat.keyboards import button, inline
from reminder_bot.simulator import Message
from reminder_bot.storage.pending_edits import record_pending_edit
from tests.chat.conversation import Conversation, labels

KEYBOARD = inline([[button("Today", "v1:go:today")]])
FILES = (File("a.csv", b"a", "text/csv"), File("b.json", b"b", "application/json"))


@dataclass(frozen=True)
class Scene:
    """A conversation with an answer, a digest, the statistics, a screen and an unanswered tap."""

    question: Message
    stats: Message
    screen: Message
    words: Message
    callback_id: str
    pending: Any


async def scene(talk: Conversation) -> Scene:
    question = await talk.asked("2026-03-02 12:00")
    await talk.tap("Yes")
    await talk.tick("2026-03-08 18:00")
    stats = await talk.send("/stats")
    screen = await talk.send("/settings")
    words = await talk.person.send("hello")
    tap = await talk.person.tap_raw("v1:stats:weeks", stats.message_id)
    talk.server.updates.drop()
    pending = await talk.bench.database.write(
        record_pending_edit, 7, screen.message_id, talk.now, None, "/diet"
    )
    talk.server.calls.clear()
    return Scene(question, stats, screen, words, tap.update["callback_query"]["id"], pending)


CALLS: dict[type, tuple[Callable[[Scene], Effect], list[str]]] = {
    AnswerTap: (lambda scene: AnswerTap(scene.callback_id, "Done"), ["answerCallbackQuery"]),
    SendText: (lambda scene: SendText(7, "Hello"), ["sendMessage"]),
    EditText: (
        lambda scene: EditText(7, scene.question.message_id, "Hello", KEYBOARD),
        ["editMessageText"],
    ),
    EditButtons: (
        lambda scene: EditButtons(7, scene.question.message_id, KEYBOARD),
        ["editMessageReplyMarkup"],
    ),
    MakeEdit: (lambda scene: MakeEdit(scene.pending), ["editMessageText"]),
    RemoveMessage: (lambda scene: RemoveMessage(7, scene.words.message_id), ["deleteMessage"]),
    React: (lambda scene: React(7, scene.words.message_id, "👌"), ["setMessageReaction"]),
    SendScreen: (lambda scene: SendScreen(7, "diet"), ["sendMessage"]),
    SendSetup: (lambda scene: SendSetup(7), ["sendMessage"]),
    SendStats: (lambda scene: SendStats(7), ["sendPhoto"]),
    ShowStats: (lambda scene: ShowStats(7, scene.stats.message_id, "weeks"), ["editMessageMedia"]),
    SendDigest: (lambda scene: SendDigest(7, 1), ["sendPhoto"]),
    SendFiles: (lambda scene: SendFiles(7, FILES, "Yours"), ["sendDocument", "sendDocument"]),
    AskLocation: (lambda scene: AskLocation(7, "en"), ["sendMessage"]),
    # No place on earth, so that no process has to be started.
    LookUpZone: (
        lambda scene: LookUpZone(
            7, (91.0, 0.0), lambda _connection, _zone, _now: [SendText(7, "?")]
        ),
        ["sendMessage"],
    ),
    PutLocationAway: (
        lambda scene: PutLocationAway(7, "Thanks", (scene.words.message_id,)),
        ["sendMessage", "deleteMessage", "deleteMessage"],
    ),
    ToNewcomer: (lambda scene: ToNewcomer(SendText(7, "Hello")), ["sendMessage"]),
}


def test_every_kind_of_effect_has_a_case_here() -> None:
    assert set(CALLS) == set(get_args(Effect))


@pytest.mark.parametrize("kind", CALLS, ids=lambda kind: kind.__name__)
async def test_an_effect_is_carried_out_by_its_calls(kind: type, settled: Conversation) -> None:
    make, methods = CALLS[kind]
    effect = make(await scene(settled))

    await settled.effects.run(effect)

    calls = settled.server.log
    assert [call.method for call in calls] == methods
    assert all(call.accepted for call in calls), [call.description for call in calls]


async def test_a_reply_to_a_message_is_silent_and_a_new_text_is_not(settled: Conversation) -> None:
    words = await settled.person.send("hello")

    await settled.effects.run(SendText(7, "A reply", KEYBOARD, reply_to=words.message_id))
    reply = settled.person.newest
    await settled.effects.run(SendText(7, "A text", KEYBOARD))

    assert reply.reply_to is words
    assert reply.is_silent
    assert labels(reply) == [["Today"]]
    assert not settled.person.newest.is_silent
    assert labels(settled.person.newest) == [["Today"]]


async def test_the_caption_of_files_is_on_the_first_one(settled: Conversation) -> None:
    await settled.effects.run(SendFiles(7, FILES, "Yours"))

    assert [message.text for message in settled.person.messages[-2:]] == ["Yours", ""]


async def test_the_message_that_asks_for_a_location_is_recorded(settled: Conversation) -> None:
    await settled.effects.run(AskLocation(7, "en"))

    assert settled.user["helper_message_id"] == settled.person.newest.message_id
    assert settled.person.keyboard is not None


async def test_a_message_that_telegram_keeps_loses_its_buttons(settled: Conversation) -> None:
    screen = await settled.send("/settings")
    settled.move_to("2026-03-05 07:01")

    await settled.effects.run(RemoveMessage(7, screen.message_id))

    assert screen in settled.person.messages
    assert screen.buttons == []
