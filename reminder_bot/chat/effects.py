"""Effects: what follows the commit of an update, as data: answers, edits, new messages.

A handler runs in a transaction and can't call Telegram. It returns effects, and `EffectRunner`
carries them out after the commit. A crash in between loses them, so an edit that must not be lost
is also recorded as a pending edit in the same transaction.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from reminder_bot import texts
from reminder_bot.bot_api.sender import ReplyMarkup, Sender
from reminder_bot.bot_api.transport import File
from reminder_bot.chat.keyboards import location_keyboard, remove_keyboard
from reminder_bot.chat.message_edits import LoadedEdit, MessageEditor
from reminder_bot.chat.screens.screen import Screen
from reminder_bot.clock import Clock
from reminder_bot.content.zone_at import ZoneMap
from reminder_bot.engine.messenger import OutcomeKind
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.pending_edits import PendingEdit
from reminder_bot.storage.users import update_user
from reminder_bot.texts.translation import translation

__all__ = [
    "AnswerTap",
    "AskLocation",
    "EditButtons",
    "EditText",
    "Effect",
    "EffectRunner",
    "Effects",
    "LookUpZone",
    "MakeEdit",
    "PutLocationAway",
    "React",
    "RemoveMessage",
    "SendDigest",
    "SendFiles",
    "SendScreen",
    "SendSetup",
    "SendStats",
    "SendText",
    "ShowStats",
    "ToNewcomer",
    "edits",
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnswerTap:
    """Answer a tap, which stops the spinner on its button, with a toast or an alert."""

    callback_id: str
    text: str = ""
    is_alert: bool = False


@dataclass(frozen=True, slots=True)
class SendText:
    """Send a text. reply_to: the message that it replies to; such a reply makes no sound."""

    chat_id: int
    text: str
    keyboard: ReplyMarkup | None = None
    reply_to: int | None = None


@dataclass(frozen=True, slots=True)
class EditText:
    user_id: int
    message_id: int
    text: str
    keyboard: ReplyMarkup


@dataclass(frozen=True, slots=True)
class EditButtons:
    user_id: int
    message_id: int
    keyboard: ReplyMarkup


@dataclass(frozen=True, slots=True)
class MakeEdit:
    """Make a pending edit now. loaded: what the message must show, None if not read yet."""

    pending: PendingEdit
    loaded: LoadedEdit | None = None


@dataclass(frozen=True, slots=True)
class RemoveMessage:
    """Delete a message, or only its buttons if it is too old for Telegram to delete it."""

    user_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class React:
    user_id: int
    message_id: int
    emoji: str


@dataclass(frozen=True, slots=True)
class SendScreen:
    """Send a screen as a new message.

    replaces: a message to delete. screen: what to show if `path` does not determine it.
    """

    user_id: int
    path: str
    replaces: int | None = None
    screen: Screen | None = None


@dataclass(frozen=True, slots=True)
class SendSetup:
    """Send the set-up card as a new message. replaces: a message to delete."""

    user_id: int
    replaces: int | None = None


@dataclass(frozen=True, slots=True)
class SendStats:
    user_id: int


@dataclass(frozen=True, slots=True)
class ShowStats:
    """Show another picture of the statistics in the same message."""

    user_id: int
    message_id: int
    view: str


@dataclass(frozen=True, slots=True)
class SendDigest:
    user_id: int
    digest_id: int


@dataclass(frozen=True, slots=True)
class SendFiles:
    """Send files one after the other, the caption with the first."""

    user_id: int
    files: tuple[File, ...]
    caption: str


@dataclass(frozen=True, slots=True)
class AskLocation:
    """Show the button that shares a location, which Telegram allows on a reply keyboard only."""

    user_id: int
    language: str


@dataclass(frozen=True, slots=True)
class LookUpZone:
    """Look up the zone at a location in degrees, then do what `then` returns; it runs in a
    transaction of its own, with the zone, None if there is none, or no such place.

    Nothing waits for it but the later effects of the same person.
    """

    user_id: int
    location: tuple[float, float] | None = field(repr=False)
    then: "Callable[[Connection, str | None, datetime], Effects]"


@dataclass(frozen=True, slots=True)
class PutLocationAway:
    """Remove the reply keyboard, then delete `message_ids`.

    Only a new message can remove a reply keyboard; it is deleted as well.
    """

    user_id: int
    text: str
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ToNewcomer:
    """An answer to somebody who was not a user when they wrote. It has a budget (`updates`)."""

    answer: "SendText | SendSetup"


Effect = (
    AnswerTap
    | SendText
    | EditText
    | EditButtons
    | MakeEdit
    | RemoveMessage
    | React
    | SendScreen
    | SendSetup
    | SendStats
    | ShowStats
    | SendDigest
    | SendFiles
    | AskLocation
    | LookUpZone
    | PutLocationAway
    | ToNewcomer
)
Effects = list[Effect]


def edits(pending: tuple[PendingEdit, ...]) -> Effects:
    return [MakeEdit(each) for each in pending]


class EffectRunner:
    """Carries out effects."""

    def __init__(
        self, database: Database, sender: Sender, editor: MessageEditor, clock: Clock
    ) -> None:
        self._database = database
        self._sender = sender
        self._editor = editor
        self._clock = clock
        self.zone_map = ZoneMap()

    async def run(self, effect: Effect, user_id: int | None = None) -> None:
        """Carry out one effect. user_id: whose update it follows."""
        sender, new_messages = self._sender, self._editor.new_messages
        match effect:
            case AnswerTap(callback_id, text, is_alert):
                await sender.answer(callback_id, text, is_alert=is_alert, user_id=user_id)
            case SendText():
                await self._send_text(effect)
            case EditText(user_id, message_id, text, keyboard):
                await sender.edit(user_id, message_id, text, keyboard)
            case EditButtons(user_id, message_id, keyboard):
                await sender.edit_buttons(user_id, message_id, keyboard)
            case MakeEdit(pending, loaded):
                await self._editor.edit(pending, loaded)
            case RemoveMessage(user_id, message_id):
                await self._editor.remove(user_id, message_id)
            case React(user_id, message_id, emoji):
                await sender.react(user_id, message_id, emoji)
            case SendScreen(user_id, path, replaces, screen):
                await new_messages.send_screen(user_id, path, replaces, screen)
            case SendSetup(user_id, replaces):
                await new_messages.send_setup(user_id, replaces)
            case SendStats(user_id):
                await new_messages.send_stats(user_id)
            case ShowStats(user_id, message_id, view):
                await new_messages.show_stats(user_id, message_id, view)
            case SendDigest(user_id, digest_id):
                await new_messages.send_digest(user_id, digest_id)
            case SendFiles():
                await self._send_files(effect)
            case AskLocation():
                await self._ask_location(effect)
            case LookUpZone(_, location, then):
                zone = None if location is None else await self.zone_map.zone_at(*location)
                for each in await self._database.write(then, zone, self._clock.now()):
                    await self.run(each)
            case PutLocationAway():
                await self._put_location_away(effect)
            case ToNewcomer(answer):
                await self.run(answer)
            case _:
                assert_never(effect)

    async def _send_text(self, effect: SendText) -> None:
        if effect.reply_to is None:
            await self._sender.say(effect.chat_id, effect.text, reply_markup=effect.keyboard)
            return
        reply = {"message_id": effect.reply_to, "allow_sending_without_reply": True}
        await self._sender.say(
            effect.chat_id,
            effect.text,
            reply_markup=effect.keyboard,
            disable_notification=True,
            reply_parameters=reply,
        )

    async def _send_files(self, effect: SendFiles) -> None:
        caption = effect.caption
        for file in effect.files:
            await self._sender.send_file(effect.user_id, file, caption)
            caption = ""

    async def _ask_location(self, effect: AskLocation) -> None:
        t = translation(effect.language)
        keyboard = location_keyboard(texts.zones.share_location_button(t), texts.buttons.cancel(t))
        outcome = await self._sender.say(
            effect.user_id, texts.zones.ask_location(t), reply_markup=keyboard
        )
        if outcome.kind is OutcomeKind.SENT:
            await self._database.write(
                update_user, effect.user_id, helper_message_id=outcome.message_id
            )

    async def _put_location_away(self, effect: PutLocationAway) -> None:
        said = await self._sender.say(
            effect.user_id, effect.text, reply_markup=remove_keyboard, disable_notification=True
        )
        for message_id in (*effect.message_ids, said.message_id):
            if message_id is not None:
                await self._sender.delete(effect.user_id, message_id)
