"""Bringing messages up to date with what is recorded.

Whatever changes a message owes it a new look in the same transaction (storage.redraws). The handler of a
tap draws at once; what it could not draw, because Telegram or the process was away, this step makes good.
A message is always drawn from the record, never from what a tap hoped for.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime, timedelta

from reminder_bot.chat import command_texts, keyboards, texts
from reminder_bot.chat.gate import Rank
from reminder_bot.chat.keyboards import Keyboard
from reminder_bot.chat.language import translation
from reminder_bot.chat.menu import SCREENS
from reminder_bot.chat.messenger import TelegramMessenger, card_text
from reminder_bot.chat.onboarding import setup_card
from reminder_bot.chat.screens import NoSuchScreen, Screen
from reminder_bot.chat.stats import stats_of
from reminder_bot.clock import Clock
from reminder_bot.domain.card import Card
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import UNREADABLE_RETRY
from reminder_bot.engine.messaging import Drawing, Fate
from reminder_bot.storage import check_ins, digests, redraws
from reminder_bot.storage.cards import find_card, list_cards
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.redraws import Redraw
from reminder_bot.storage.users import find_user, update_user

__all__ = ["SCREEN", "Drawer"]

log = logging.getLogger(__name__)

# A view that begins so is the path of a screen.
SCREEN = "/"
BATCH, SIDE_BY_SIDE = 60, 10
# When Telegram is back after any absence, what was tapped shows within a minute; given up after about a day.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=3), timedelta(seconds=30)
DOUBLED, TRIES = 4, 2880


class Drawer:
    """Draws messages that are owed a new look."""

    def __init__(self, database: Database, messenger: TelegramMessenger, clock: Clock) -> None:
        self._database = database
        self._messenger = messenger
        self._clock = clock

    async def step(self, now: datetime) -> int:
        """One round: draw what is owed by `now`; returns how many messages."""
        async with self._database.read() as connection:
            next_at = await redraws.find_next_redraw(connection)
            if next_at is None or next_at > now:
                return 0
            owed = await redraws.list_due_redraws(connection, now, BATCH)
        for start in range(0, len(owed), SIDE_BY_SIDE):
            await asyncio.gather(*(self.draw(each, Rank.TIDYING) for each in owed[start : start + SIDE_BY_SIDE]))
        return len(owed)

    async def draw(self, redraw: Redraw, rank: Rank = Rank.REPLY) -> None:
        """Draw one message as it should look now, and settle what was owed."""
        try:
            await self._draw(redraw, rank)
        except (ValueError, KeyError, OSError) as error:  # an unknown zone; the others' are drawn
            if isinstance(error, ConnectionError | TimeoutError):
                raise  # the database is away: it stays owed
            log.error("cannot be drawn user=%d: %s; next try in an hour", redraw.user_id, str(error)[:200])
            async with self._database.write() as connection:
                await redraws.postpone_redraw(connection, redraw, self._clock.now() + UNREADABLE_RETRY)

    async def _draw(self, redraw: Redraw, rank: Rank) -> None:
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await find_user(connection, redraw.user_id)
            if user is None:
                return
            screen = await self._screen(connection, user, redraw, now)
            is_setup = screen is None and redraw.message_id == user.setup_message_id
            setup = await setup_card(connection, user, now) if is_setup else None
            is_card = screen is None and not is_setup
            card = await find_card(connection, user.id, redraw.message_id) if is_card else None
            elsewhere = await self._answered_elsewhere(connection, redraw) if is_card and card is None else None
        if user.is_tidy and _is_litter(redraw, card, now):
            await self._throw_away(user, redraw, card)
            return
        if screen is not None:
            drawing = await self._messenger.edit(user.id, redraw.message_id, *screen[:2], rank=rank)
        elif setup is not None:
            drawing = await self._messenger.edit(user.id, redraw.message_id, *setup, rank=rank)
        elif card is not None:
            drawing = await self._messenger.edit(
                user.id, redraw.message_id, card_text(card, now), self._keyboard(card, now, redraw.view), rank=rank
            )
        elif elsewhere is not None:
            nothing = keyboards.inline([])
            drawing = await self._messenger.edit(
                user.id, redraw.message_id, card_text(elsewhere, now), nothing, rank=rank
            )
        else:
            drawing = await self._messenger.strip(user.id, redraw.message_id)
        if drawing is Drawing.MESSAGE_GONE and screen is None:
            drawing = await self._anew(user, setup, card, now)
        await self._settle(redraw, drawing, now)

    async def _screen(self, connection: Connection, user: User, redraw: Redraw, now: datetime) -> Screen | None:
        """The screen that a message is owed; None where it shows no screen, or one that is gone."""
        if not redraw.view.startswith(SCREEN):
            return None
        try:
            return await SCREENS.show(connection, user, redraw.view.removeprefix(SCREEN), now)
        except NoSuchScreen:
            return Screen(command_texts.screen_gone(translation(user.language)), keyboards.inline([]))

    async def remove(self, user_id: int, message_id: int) -> Drawing:
        """Delete a message; one that Telegram keeps, because it is two days old, loses its buttons."""
        drawing = await self._messenger.delete(user_id, message_id)
        return await self._messenger.strip(user_id, message_id) if drawing is Drawing.MESSAGE_GONE else drawing

    async def _throw_away(self, user: User, redraw: Redraw, card: Card | None) -> None:
        """Delete what nobody answered, for who likes a tidy chat; what Telegram keeps loses its buttons."""
        if await self.remove(user.id, redraw.message_id) is Drawing.TRY_LATER:
            await self._settle(redraw, Drawing.TRY_LATER, self._clock.now())
            return
        async with self._database.write() as connection:
            for row in card.rows if card is not None else ():
                await check_ins.update_check_in(connection, row.check_in.id, message_id=None)
            await redraws.settle_redraw(connection, redraw)

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
        outcome = await self._messenger.say(user_id, screen.text, reply_markup=screen.keyboard)
        if outcome.fate is not Fate.SENT or outcome.message_id is None:
            return
        if screen.is_asking:
            async with self._database.write() as connection:
                await SCREENS.expect(connection, user, path, now, outcome.message_id)
        if replaces is not None:
            await self._messenger.delete(user_id, replaces)

    async def send_stats(self, user_id: int) -> None:
        """Send the statistics; without the picture where it can't be drawn."""
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            if user is None or user.zone is None:
                return
            stats = await stats_of(connection, user, "week", now)
        picture = await self._messenger.paint(stats.draw)
        if picture is not None:
            outcome = await self._messenger.show(user_id, picture, stats.caption, stats.keyboard)
            if outcome.fate is not Fate.REFUSED:
                return
        await self._messenger.say(user_id, stats.caption)

    async def turn_stats(self, user_id: int, message_id: int, view: str) -> None:
        """Show another picture of the statistics in the same message."""
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            if user is None or user.zone is None:
                return
            stats = await stats_of(connection, user, view, now)
        picture = await self._messenger.paint(stats.draw)
        if picture is not None:
            await self._messenger.edit_picture(user_id, message_id, picture, stats.caption, stats.keyboard)

    async def send_digest(self, user_id: int, digest_id: int) -> None:
        """Send a digest once more, as it was told, and keep Telegram's name of its picture."""
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            digest = await digests.find_digest(connection, digest_id, user_id)
        if user is None or digest is None:
            return
        outcome = await self._messenger.tell_again(user, digest)
        if outcome.file_id is not None and digest.file_id is None:
            async with self._database.write() as connection:
                await digests.update_digest(connection, digest.id, file_id=outcome.file_id)

    async def send_setup(self, user_id: int, replaces: int | None = None, *, is_silent: bool = False) -> None:
        """Send the set-up card as a new message; the one it replaces goes."""
        now = self._clock.now()
        async with self._database.read() as connection:
            user = await find_user(connection, user_id)
            if user is None:
                return
            text, keyboard = await setup_card(connection, user, now)
        outcome = await self._messenger.say(user_id, text, reply_markup=keyboard, disable_notification=is_silent)
        if outcome.fate is not Fate.SENT:
            return
        async with self._database.write() as connection:
            await update_user(connection, user_id, setup_message_id=outcome.message_id)
            if replaces is not None:
                await redraws.forget_redraw(connection, user_id, replaces)
        if replaces is not None:
            await self._messenger.delete(user_id, replaces)

    async def _answered_elsewhere(self, connection: Connection, redraw: Redraw) -> Card | None:
        """The card of a check-in that was answered on another message than this one."""
        if redraw.check_in_id is None or redraw.view == redraws.ASKED_AGAIN:
            return None
        found = await list_cards(connection, [redraw.check_in_id])
        return found[0] if found and found[0].rows[0].check_in.reply is not None else None

    def _keyboard(self, card: Card, now: datetime, view: str) -> Keyboard:
        return keyboards.of_card(translation(card.user.language), card, now, view)

    async def _anew(self, user: User, setup: tuple[str, Keyboard] | None, card: Card | None, now: datetime) -> Drawing:
        """The message is gone: what a person did is shown on a new one, all else needs no message any more."""
        if setup is not None:
            await self.send_setup(user.id)
            return Drawing.DRAWN
        done = [row for row in card.rows if row.check_in.reply or row.check_in.is_snoozed] if card else []
        if card is None or not done:
            return Drawing.DRAWN
        shown = replace(card, rows=tuple(done))
        outcome = await self._messenger.say(
            user.id, card_text(shown, now), reply_markup=self._keyboard(shown, now, ""), disable_notification=True
        )
        if outcome.fate is Fate.TRY_LATER:
            return Drawing.TRY_LATER
        if outcome.fate is Fate.SENT:
            async with self._database.write() as connection:
                for row in done:
                    await check_ins.update_check_in(connection, row.check_in.id, message_id=outcome.message_id)
        return Drawing.DRAWN

    async def _settle(self, redraw: Redraw, drawing: Drawing, now: datetime) -> None:
        async with self._database.write() as connection:
            if drawing is Drawing.TRY_LATER and redraw.attempts < TRIES:
                wait = min(FIRST_WAIT * 2 ** min(redraw.attempts, DOUBLED), LONGEST_WAIT)
                await redraws.postpone_redraw(connection, redraw, now + wait)
            elif not await redraws.settle_redraw(connection, redraw) and drawing is Drawing.DRAWN:
                await self._draw_newest_last(connection, redraw, now)

    async def _draw_newest_last(self, connection: Connection, redraw: Redraw, now: datetime) -> None:
        """The message changed while this look was on its way, and the newer one may have arrived first."""
        if await redraws.owe_again(connection, redraw, now) or redraw.view.startswith(SCREEN):
            return
        if await find_user(connection, redraw.user_id) is not None:
            await redraws.owe_redraw(connection, redraw.user_id, redraw.message_id, now, redraw.check_in_id)


def _is_litter(redraw: Redraw, card: Card | None, now: datetime) -> bool:
    """Whether a message shows only what nobody answered, and will not be answered on it."""
    if redraw.view == redraws.ASKED_AGAIN:
        return True
    return card is not None and not any(
        row.check_in.reply is not None or row.check_in.is_snoozed or texts.status_is_open(row, now) for row in card.rows
    )
