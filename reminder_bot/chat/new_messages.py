"""Messages that somebody asked for: a screen, the set-up card, the statistics, an old digest.

Each is built from the database right before it is sent. The message that it replaces is deleted
afterwards, so that a crash leaves two messages rather than none. Of two set-up cards the older one
is then deleted by a pending edit; two screens both work, so the older one stays.
"""

from datetime import datetime

from reminder_bot.bot_api.sender import Sender
from reminder_bot.chat.keyboards import Keyboard
from reminder_bot.chat.messages import Messages
from reminder_bot.chat.onboarding import setup_card
from reminder_bot.chat.screens.menu import SCREENS
from reminder_bot.chat.screens.screen import NoSuchScreen, Screen
from reminder_bot.chat.screens.stats import Stats, stats_of
from reminder_bot.clock import Clock
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.user import User
from reminder_bot.engine.messenger import EditOutcome, OutcomeKind
from reminder_bot.engine.replying import HEAD_START
from reminder_bot.storage import digests
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.pending_edits import (
    REPLACED,
    delete_pending_edit,
    record_pending_edit,
)
from reminder_bot.storage.users import find_user, record_asking_message, update_user

__all__ = ["NewMessages"]


class NewMessages:
    def __init__(
        self, database: Database, sender: Sender, messages: Messages, clock: Clock
    ) -> None:
        self._database = database
        self._sender = sender
        self._messages = messages
        self._clock = clock

    async def send_screen(
        self, user_id: int, path: str, replaces: int | None = None, screen: Screen | None = None
    ) -> None:
        """Send a screen.

        replaces: a message to delete. screen: what to show if `path` does not determine it.

        That a screen asks for text is recorded before it is sent, because the person may answer it
        before its message is recorded.
        """
        now = self._clock.now()
        user, screen = await self._database.read(_load_screen, user_id, path, screen, now)
        if user is None or screen is None:
            return
        if screen.is_asking:
            await self._database.write(SCREENS.expect, user, path, now)
        outcome = await self._sender.say(user_id, screen.text, reply_markup=screen.keyboard)
        if outcome.kind is not OutcomeKind.SENT or outcome.message_id is None:
            return
        if screen.is_asking:
            await self._database.write(record_asking_message, user_id, path, outcome.message_id)
        if replaces is not None:
            await self._sender.delete(user_id, replaces)

    async def send_setup(
        self, user_id: int, replaces: int | None = None, *, is_silent: bool = False
    ) -> None:
        """Send the set-up card. replaces: a message to delete."""
        card = await self._database.read(_load_setup, user_id, self._clock.now())
        if card is None:
            return
        text, keyboard = card
        outcome = await self._sender.say(
            user_id, text, reply_markup=keyboard, disable_notification=is_silent
        )
        if outcome.kind is not OutcomeKind.SENT:
            return
        now = self._clock.now()
        await self._database.write(_record_setup, user_id, outcome.message_id, replaces, now)
        if replaces is None:
            return
        # If it can't be deleted now, its pending edit deletes it later.
        if await self._sender.delete(user_id, replaces) is not EditOutcome.NOT_SENT:
            await self._database.write(delete_pending_edit, user_id, replaces)

    async def send_stats(self, user_id: int) -> None:
        """Send the statistics, without the picture if it can't be rendered."""
        stats = await self._database.read(_load_stats, user_id, "week", self._clock.now())
        if stats is None:
            return
        picture = await self._messages.render(stats.make_svg)
        if picture is not None:
            outcome = await self._sender.show(user_id, picture, stats.caption, stats.keyboard)
            if outcome.kind is not OutcomeKind.REFUSED:
                return
        # There is no picture, or Telegram refused it.
        await self._sender.say(user_id, stats.caption)

    async def show_stats(self, user_id: int, message_id: int, view: str) -> None:
        """Show another picture of the statistics in the same message."""
        stats = await self._database.read(_load_stats, user_id, view, self._clock.now())
        picture = None if stats is None else await self._messages.render(stats.make_svg)
        if stats is not None and picture is not None:
            await self._sender.edit_picture(
                user_id, message_id, picture, stats.caption, stats.keyboard
            )

    async def send_digest(self, user_id: int, digest_id: int) -> None:
        """Send a digest again as it was, and record the file id of its picture.

        A digest that was sent discreetly has none until it is opened.
        """
        found = await self._database.read(_load_digest, user_id, digest_id)
        if found is None:
            return
        user, digest = found
        outcome = await self._messages.send_digest_again(user, digest)
        if outcome.file_id is not None and outcome.file_id != digest.file_id:
            await self._database.write(digests.record_file_id, digest.id, outcome.file_id)


def _load_screen(
    connection: Connection, user_id: int, path: str, screen: Screen | None, now: datetime
) -> tuple[User | None, Screen | None]:
    user = find_user(connection, user_id)
    if user is None or screen is not None:
        return user, screen
    try:
        return user, SCREENS.show(connection, user, path, now)
    except NoSuchScreen:
        return user, None


def _load_setup(connection: Connection, user_id: int, now: datetime) -> tuple[str, Keyboard] | None:
    user = find_user(connection, user_id)
    return None if user is None else setup_card(connection, user, now)


def _record_setup(
    connection: Connection,
    user_id: int,
    message_id: int | None,
    replaces: int | None,
    now: datetime,
) -> None:
    update_user(connection, user_id, setup_message_id=message_id)
    if replaces is not None:
        record_pending_edit(connection, user_id, replaces, now + HEAD_START, view=REPLACED)


def _load_stats(connection: Connection, user_id: int, view: str, now: datetime) -> Stats | None:
    user = find_user(connection, user_id)
    if user is None or user.zone is None:
        return None
    return stats_of(connection, user, view, now)


def _load_digest(
    connection: Connection, user_id: int, digest_id: int
) -> tuple[User, Digest] | None:
    user = find_user(connection, user_id)
    digest = digests.find_digest(connection, digest_id, user_id)
    return None if user is None or digest is None else (user, digest)
