"""Bringing messages up to date with what is recorded.

Whatever changes a message owes it a new look in the same transaction (storage.pending_edits). The handler
of a tap draws at once; what it could not draw, because Telegram or the process was away, this step
makes good, and so what nobody tapped: many are read together, sent side by side, and settled
together. A message is always drawn from the record, never from what a tap hoped for.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from reminder_bot import texts
from reminder_bot.bot_api.rate_limiter import Priority
from reminder_bot.bot_api.sender import NO_BUTTONS, Sender, always
from reminder_bot.chat import keyboards
from reminder_bot.chat.keyboards import Keyboard
from reminder_bot.chat.messages import Messages, card_text
from reminder_bot.chat.onboarding import setup_card
from reminder_bot.chat.screens.menu import SCREENS
from reminder_bot.chat.screens.screen import NoSuchScreen, Screen
from reminder_bot.chat.screens.stats import stats_of
from reminder_bot.clock import Clock
from reminder_bot.domain.card import Card
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import UNREADABLE_RETRY
from reminder_bot.engine.messenger import EditOutcome, OutcomeKind
from reminder_bot.storage import check_ins, digests, pending_edits
from reminder_bot.storage.cards import list_cards, list_cards_on
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.pending_edits import PendingEdit
from reminder_bot.storage.users import find_user, list_users, update_user
from reminder_bot.texts.translation import translation

__all__ = ["SCREEN", "MessageEditor"]

log = logging.getLogger(__name__)

# A view that begins so is the path of a screen.
SCREEN = "/"
BATCH = 100
# When Telegram is back after any absence, what was tapped shows within a minute; given up after
# about a day.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=3), timedelta(seconds=30)
DOUBLED, TRIES = 4, 2880
# What an unknown zone and the like raise; an OSError may be the database's, too.
UNREADABLE = (ValueError, KeyError, OSError)


class _Look(NamedTuple):
    """How a message should look by the record: a screen, the set-up card, a card, the card of
    what was answered on another message, or its words without buttons."""

    pending_edit: PendingEdit
    user: User
    screen: Screen | None
    setup: tuple[str, Keyboard] | None
    card: Card | None
    elsewhere: Card | None


class MessageEditor:
    """Draws messages that are owed a new look."""

    def __init__(
        self, database: Database, sender: Sender, messages: Messages, clock: Clock
    ) -> None:
        self._database = database
        self._sender = sender
        self._messages = messages
        self._clock = clock
        # Who drew a message last, while anybody does: who waits at the gate looks here when it is
        # their turn.
        self._drawn_by: dict[tuple[int, int], object] = {}

    async def step(self, now: datetime) -> int:
        """One round: draw what is owed by `now`; returns how many messages."""
        async with self._database.read() as connection:
            next_at = await pending_edits.find_next_pending_edit(connection)
        drawn = 0
        while next_at is not None and next_at <= now:
            async with self._database.read() as connection:
                owed = await pending_edits.list_due_pending_edits(connection, now, BATCH)
            await self._draw_all(owed, Priority.TIDYING)
            drawn += len(owed)
            if len(owed) < BATCH:
                break
        return drawn

    async def draw(self, pending_edit: PendingEdit, priority: Priority = Priority.REPLY) -> None:
        """Draw one message as it should look now, and settle what was owed."""
        await self._draw_all([pending_edit], priority)

    async def _draw_all(self, owed: list[PendingEdit], priority: Priority) -> None:
        messages, mark = [(each.user_id, each.message_id) for each in owed], object()
        self._drawn_by.update(dict.fromkeys(messages, mark))  # before they are read
        try:
            await self._draw_as(mark, owed, priority)
        finally:
            for each in messages:
                if self._drawn_by.get(each) is mark:
                    del self._drawn_by[each]

    async def _draw_as(self, mark: object, owed: list[PendingEdit], priority: Priority) -> None:
        now = self._clock.now()
        try:
            async with self._database.read() as connection:
                looks = await self._looks(connection, owed, now)
        except UNREADABLE as error:
            if isinstance(error, ConnectionError | TimeoutError):
                raise  # the database is away: all stay owed
            if len(owed) == 1:
                await self._put_off(owed[0], error)
            else:  # one of them: the others are drawn
                for each in owed:
                    await self._draw_as(mark, [each], priority)
            return
        drawn = await asyncio.gather(
            *(self._draw_unless_newer(mark, each, priority, now) for each in looks),
            return_exceptions=True,
        )
        settled = [
            (look.pending_edit, each)
            for look, each in zip(looks, drawn, strict=True)
            if isinstance(each, EditOutcome)
        ]
        if settled:
            async with self._database.write() as connection:
                for pending_edit, drawing in settled:
                    await self._settle(connection, pending_edit, drawing)
        for look, failure in zip(looks, drawn, strict=True):
            if isinstance(failure, UNREADABLE) and not isinstance(
                failure, ConnectionError | TimeoutError
            ):
                await self._put_off(look.pending_edit, failure)
            elif isinstance(failure, BaseException):
                raise failure

    async def _draw_unless_newer(
        self, mark: object, look: _Look, priority: Priority, now: datetime
    ) -> EditOutcome | None:
        """None where somebody drew the message anew meanwhile: a tap does not wait for those who
        wait here.
        """

        def is_newest() -> bool:
            return self._drawn_by.get((look.user.id, look.pending_edit.message_id)) is mark

        drawing = await self._draw(look, priority, now, is_newest)
        if is_newest():
            return drawing
        if drawing is EditOutcome.EDITED:  # side by side: the older look may have arrived last
            async with self._database.write() as connection:
                await self._settle(connection, look.pending_edit, drawing)
        return None

    async def _put_off(self, pending_edit: PendingEdit, error: Exception) -> None:
        log.error(
            "cannot be drawn user=%d: %s; next try in an hour",
            pending_edit.user_id,
            str(error)[:200],
        )
        async with self._database.write() as connection:
            await pending_edits.postpone_pending_edit(
                connection, pending_edit, self._clock.now() + UNREADABLE_RETRY
            )

    async def _looks(
        self, connection: Connection, owed: list[PendingEdit], now: datetime
    ) -> list[_Look]:
        """How these messages should look by the record; those of people who have left are left
        out.
        """
        users = await list_users(connection, {each.user_id for each in owed})
        cards = await list_cards_on(connection, [(each.user_id, each.message_id) for each in owed])
        looks = []
        for each in owed:
            user = users.get(each.user_id)
            if user is None:
                continue
            screen = setup = card = elsewhere = None
            if each.view.startswith(SCREEN):
                screen = await self._screen(connection, user, each, now)
            elif each.message_id == user.setup_message_id:
                setup = await setup_card(connection, user, now)
            else:
                card = cards.get((each.user_id, each.message_id))
                elsewhere = (
                    await self._answered_elsewhere(connection, each) if card is None else None
                )
            looks.append(_Look(each, user, screen, setup, card, elsewhere))
        return looks

    async def _draw(
        self, look: _Look, priority: Priority, now: datetime, is_newest: Callable[[], bool]
    ) -> EditOutcome:
        pending_edit, user, screen, setup, card, elsewhere = look
        if user.is_tidy and _is_litter(pending_edit, card, now):
            return await self._throw_away(user, pending_edit, card, is_newest)
        edit = partial(
            self._sender.edit,
            user.id,
            pending_edit.message_id,
            priority=priority,
            is_wanted=is_newest,
        )
        if screen is not None:
            drawing = await edit(*screen[:2])
        elif setup is not None:
            drawing = await edit(*setup)
        elif card is not None:
            drawing = await edit(card_text(card, now), self._keyboard(card, now, pending_edit.view))
        elif elsewhere is not None:
            drawing = await edit(card_text(elsewhere, now), keyboards.inline([]))
        else:
            drawing = await self._strip(user.id, pending_edit.message_id, is_newest)
        if drawing is EditOutcome.MESSAGE_GONE and screen is None:
            drawing = await self._anew(user, setup, card, now)
        return drawing

    async def _screen(
        self, connection: Connection, user: User, pending_edit: PendingEdit, now: datetime
    ) -> Screen:
        """The screen that a message is owed; words that it is gone, where it is."""
        try:
            return await SCREENS.show(connection, user, pending_edit.view.removeprefix(SCREEN), now)
        except NoSuchScreen:
            return Screen(
                texts.errors.screen_gone(translation(user.language)), keyboards.inline([])
            )

    async def _strip(
        self, user_id: int, message_id: int, is_wanted: Callable[[], bool]
    ) -> EditOutcome:
        """Take the buttons off a message and leave its words."""
        return await self._sender.edit_buttons(
            user_id, message_id, NO_BUTTONS, Priority.TIDYING, is_wanted
        )

    async def remove(
        self, user_id: int, message_id: int, is_wanted: Callable[[], bool] = always
    ) -> EditOutcome:
        """Delete a message; one that Telegram keeps, because it is two days old, loses its
        buttons.
        """
        drawing = await self._sender.delete(user_id, message_id, is_wanted)
        is_kept = drawing is EditOutcome.MESSAGE_GONE
        return await self._strip(user_id, message_id, is_wanted) if is_kept else drawing

    async def _throw_away(
        self,
        user: User,
        pending_edit: PendingEdit,
        card: Card | None,
        is_newest: Callable[[], bool],
    ) -> EditOutcome:
        """Delete what nobody answered, for who likes a tidy chat; what Telegram keeps loses its
        buttons.
        """
        drawing = await self.remove(user.id, pending_edit.message_id, is_newest)
        if drawing is not EditOutcome.NOT_SENT and card is not None:
            async with self._database.write() as connection:
                for row in card.rows:
                    await check_ins.update_check_in(connection, row.check_in.id, message_id=None)
        return drawing

    async def send_screen(
        self, user_id: int, path: str, replaces: int | None = None, screen: Screen | None = None
    ) -> None:
        """Send a screen as a new message; the one it replaces goes."""
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            if user is None:
                return
            try:
                screen = screen or await SCREENS.show(connection, user, path, now)
            except NoSuchScreen:
                return
        outcome = await self._sender.say(user_id, screen.text, reply_markup=screen.keyboard)
        if outcome.kind is not OutcomeKind.SENT or outcome.message_id is None:
            return
        if screen.is_asking:
            async with self._database.write() as connection:
                await SCREENS.expect(connection, user, path, now, outcome.message_id)
        if replaces is not None:
            await self._sender.delete(user_id, replaces)

    async def send_stats(self, user_id: int) -> None:
        """Send the statistics; without the picture where it can't be drawn."""
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            if user is None or user.zone is None:
                return
            stats = await stats_of(connection, user, "week", now)
        picture = await self._messages.render(stats.draw)
        if picture is not None:
            outcome = await self._sender.show(user_id, picture, stats.caption, stats.keyboard)
            if outcome.kind is not OutcomeKind.REFUSED:
                return
        await self._sender.say(user_id, stats.caption)

    async def turn_stats(self, user_id: int, message_id: int, view: str) -> None:
        """Show another picture of the statistics in the same message."""
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            if user is None or user.zone is None:
                return
            stats = await stats_of(connection, user, view, now)
        picture = await self._messages.render(stats.draw)
        if picture is not None:
            await self._sender.edit_picture(
                user_id, message_id, picture, stats.caption, stats.keyboard
            )

    async def send_digest(self, user_id: int, digest_id: int) -> None:
        """Send a digest once more, as it was told, and keep Telegram's name of its picture."""
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            digest = await digests.find_digest(connection, digest_id, user_id)
        if user is None or digest is None:
            return
        outcome = await self._messages.tell_again(user, digest)
        if outcome.file_id is not None and digest.file_id is None:
            async with self._database.write() as connection:
                await digests.update_digest(connection, digest.id, file_id=outcome.file_id)

    async def send_setup(
        self, user_id: int, replaces: int | None = None, *, is_silent: bool = False
    ) -> None:
        """Send the set-up card as a new message; the one it replaces goes."""
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            if user is None:
                return
            text, keyboard = await setup_card(connection, user, now)
        outcome = await self._sender.say(
            user_id, text, reply_markup=keyboard, disable_notification=is_silent
        )
        if outcome.kind is not OutcomeKind.SENT:
            return
        async with self._database.write() as connection:
            await update_user(connection, user_id, setup_message_id=outcome.message_id)
            if replaces is not None:
                await pending_edits.delete_pending_edit(connection, user_id, replaces)
        if replaces is not None:
            await self._sender.delete(user_id, replaces)

    async def _answered_elsewhere(
        self, connection: Connection, pending_edit: PendingEdit
    ) -> Card | None:
        """The card of a check-in that was answered on another message than this one."""
        if pending_edit.check_in_id is None or pending_edit.view == pending_edits.ASKED_AGAIN:
            return None
        found = await list_cards(connection, [pending_edit.check_in_id])
        return found[0] if found and found[0].rows[0].check_in.reply is not None else None

    def _keyboard(self, card: Card, now: datetime, view: str) -> Keyboard:
        return keyboards.of_card(translation(card.user.language), card, now, view)

    async def _anew(
        self, user: User, setup: tuple[str, Keyboard] | None, card: Card | None, now: datetime
    ) -> EditOutcome:
        """The message is gone: what a person did is shown on a new one, all else needs no
        message any more.
        """
        if setup is not None:
            await self.send_setup(user.id)
            return EditOutcome.EDITED
        done = (
            [row for row in card.rows if row.check_in.reply or row.check_in.is_snoozed]
            if card
            else []
        )
        if card is None or not done:
            return EditOutcome.EDITED
        shown = replace(card, rows=tuple(done))
        outcome = await self._sender.say(
            user.id,
            card_text(shown, now),
            reply_markup=self._keyboard(shown, now, ""),
            disable_notification=True,
        )
        if outcome.kind is OutcomeKind.NOT_SENT:
            return EditOutcome.NOT_SENT
        if outcome.kind is OutcomeKind.SENT:
            async with self._database.write() as connection:
                for row in done:
                    await check_ins.update_check_in(
                        connection, row.check_in.id, message_id=outcome.message_id
                    )
        return EditOutcome.EDITED

    async def _settle(
        self, connection: Connection, pending_edit: PendingEdit, drawing: EditOutcome
    ) -> None:
        now = self._clock.now()
        if drawing is EditOutcome.NOT_SENT and pending_edit.attempts < TRIES:
            wait = min(FIRST_WAIT * 2 ** min(pending_edit.attempts, DOUBLED), LONGEST_WAIT)
            await pending_edits.postpone_pending_edit(connection, pending_edit, now + wait)
        elif (
            not await pending_edits.settle_pending_edit(connection, pending_edit)
            and drawing is EditOutcome.EDITED
        ):
            await self._draw_newest_last(connection, pending_edit, now)

    async def _draw_newest_last(
        self, connection: Connection, pending_edit: PendingEdit, now: datetime
    ) -> None:
        """The message changed while this look was on its way, and the newer one may have arrived
        first.
        """
        if await pending_edits.renew_pending_edit(
            connection, pending_edit, now
        ) or pending_edit.view.startswith(SCREEN):
            return
        if await find_user(connection, pending_edit.user_id) is not None:
            await pending_edits.record_pending_edit(
                connection,
                pending_edit.user_id,
                pending_edit.message_id,
                now,
                pending_edit.check_in_id,
            )


def _is_litter(pending_edit: PendingEdit, card: Card | None, now: datetime) -> bool:
    """Whether a message shows only what nobody answered, and will not be answered on it."""
    if pending_edit.view == pending_edits.ASKED_AGAIN:
        return True
    return card is not None and not any(
        row.check_in.reply is not None or row.check_in.is_snoozed or keyboards.still_asks(row, now)
        for row in card.rows
    )
