"""What happens with each update: who may, what it means, what is answered.

    update ─▶ one short transaction (its number and its effect together) ─▶ commit ─▶ calls to Telegram

`take` returns when the effect is committed, so that the poller may confirm; it raises when it is
not. The calls that follow run behind it, one person's in order, everybody's side by side. A
redelivered update changes nothing and is answered again.

python-telegram-bot reads the updates; its Application is not used, because it swallows what a
handler raises, and then a tap would be confirmed and lost while the database is away.
"""

import asyncio
import logging
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from telegram import CallbackQuery, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import Tap, read
from reminder_bot.bot_api.sender import Sender
from reminder_bot.chat import digest_buttons, onboarding, reply_buttons
from reminder_bot.chat.commands import After, Commands
from reminder_bot.chat.keyboards import food_of, inline, location_keyboard, remove_keyboard
from reminder_bot.chat.message_edits import SCREEN, MessageEditor
from reminder_bot.chat.screens.menu import SCREENS
from reminder_bot.chat.screens.screen import NoSuchScreen, ScreenResult
from reminder_bot.chat.screens.stats import VIEWS
from reminder_bot.clock import Clock
from reminder_bot.content import fact_of, facts
from reminder_bot.content.zone_at import zone_at
from reminder_bot.domain.check_in import CheckIn, Reply
from reminder_bot.domain.habit import GLASS_ML, HabitKind
from reminder_bot.domain.user import Setup, User
from reminder_bot.engine import configuring, planning, replying
from reminder_bot.engine.messenger import OutcomeKind
from reminder_bot.storage import users
from reminder_bot.storage.check_ins import find_by_message, find_newest_open
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.pending_edits import PendingEdit, delete_pending_edit, record_pending_edit
from reminder_bot.storage.updates import record_update
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import looks_like_amount, quoted, read_amount_ml, read_answer

__all__ = ["Chat"]

log = logging.getLogger(__name__)

LONGEST_TEXT = 200

# Verbs that change nothing: they are done again when an update comes twice, and need no
# transaction.
LOOKS = frozenset({"source", "food", "stats", "digest"})
# Verbs of messages that are drawn from the record alone.
CARDS = reply_buttons.VERBS | onboarding.VERBS


class Chat:
    """Takes updates one at a time; remembers only the calls that are still on their way."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        message_editor: MessageEditor,
        clock: Clock,
        *,
        username: str = "",
        allowed_users: frozenset[int] = frozenset(),
    ) -> None:
        self._database = database
        self._sender = sender
        self._message_editor = message_editor
        self._commands = Commands(sender, message_editor)
        self._clock = clock
        self.username = username
        self._allowed_users = allowed_users
        self._following: dict[int, asyncio.Task[None]] = {}

    async def take(self, update: Update) -> None:
        """Bring one update's effect into the database; the answers follow by themselves."""
        user_id = update.effective_user.id if update.effective_user else 0
        if update.callback_query is not None:
            after = await self._on_tap(update.update_id, update.callback_query)
        elif update.my_chat_member is not None:
            after = await self._on_membership(update.update_id, update.my_chat_member)
        elif update.message is not None:
            after = await self._on_message(update.update_id, update.message)
        else:
            return  # edited messages, channels: nothing that anyone asked of the bot
        if after:
            self._follow(user_id, after)

    @property
    def is_idle(self) -> bool:
        return not self._following

    async def finish(self) -> None:
        """Wait for the calls that are on their way."""
        while self._following:
            await asyncio.wait(set(self._following.values()))

    def _follow(self, user_id: int, after: After) -> None:
        before = self._following.get(user_id)

        async def run() -> None:
            if before is not None:
                await asyncio.wait([before])
            for outcome in await asyncio.gather(
                *(call() for call in after), return_exceptions=True
            ):
                if isinstance(outcome, Exception):
                    log.error("an answer failed: %s", type(outcome).__name__, exc_info=outcome)

        task = asyncio.create_task(run())
        self._following[user_id] = task

        def done(_: object) -> None:
            if self._following.get(user_id) is task:
                del self._following[user_id]

        task.add_done_callback(done)

    def _draw(self, owed: tuple[PendingEdit, ...]) -> After:
        return [lambda each=each: self._message_editor.draw(each) for each in owed]  # type: ignore[misc]

    # Taps

    async def _on_tap(self, update_id: int, query: CallbackQuery) -> After:
        user_id, t = query.from_user.id, translation(query.from_user.language_code or "en")
        if not self._is_allowed(user_id):
            return [lambda: self._sender.answer(query.id, texts.strangers.not_invited(t))]
        tap, message = read(query.data), query.message
        if tap is None or message is None or message.chat.id != user_id:
            return [lambda: self._sender.answer(query.id, texts.errors.old_button(t))]
        if tap.verb in LOOKS:
            return self._look(query, tap, message.message_id)
        now = self._clock.now()
        async with self._database.write() as connection:
            is_new = await record_update(connection, update_id, now)
            user = await users.find_user(connection, user_id)
            if user is None:
                return [lambda: self._sender.answer(query.id, texts.strangers.start_first(t))]
            if not is_new and tap.verb in CARDS:
                owed = (
                    await record_pending_edit(
                        connection, user_id, message.message_id, now + replying.HEAD_START
                    ),
                )
                return [lambda: self._sender.answer(query.id), *self._draw(owed)]
            if _has_lost_zone(user):
                user = await self._ask_zone_again(connection, user)
                words = texts.zones.ask_clock(translation(user.language))
                card = lambda: self._message_editor.send_setup(user.id, user.setup_message_id)  # noqa: E731
                return [lambda: self._sender.answer(query.id, words), card]
            if not is_new and tap.verb != "go":
                return [lambda: self._sender.answer(query.id)]  # done already; its look is owed
            user = await self._welcome_back(connection, user, now)
            return await self._tapped(connection, user, tap, query, message.message_id, now)

    async def _tapped(
        self,
        connection: Connection,
        user: User,
        tap: Tap,
        query: CallbackQuery,
        message_id: int,
        now: datetime,
    ) -> After:
        t = translation(user.language)
        if tap.verb in reply_buttons.VERBS and tap.argument:
            result = await reply_buttons.tapped(connection, user, tap, message_id, now)
            if result is not None:
                words = reply_buttons.toast(user, result)
                return [
                    lambda: self._sender.answer(query.id, words),
                    *self._draw(result.pending_edits),
                ]
        elif tap.verb == "erase":
            return await self._erase(connection, user, tap, query, message_id)
        elif tap.verb in {"go", "do"}:
            return await self._visit(connection, user, tap, query, message_id, now)
        elif tap.verb == "close":
            await SCREENS.leave(connection, user)
            return [
                lambda: self._sender.answer(query.id),
                lambda: self._message_editor.remove(user.id, message_id),
            ]
        elif tap.verb == "resume":
            card = lambda: self._message_editor.send_setup(user.id, user.setup_message_id)  # noqa: E731
            return [
                lambda: self._sender.answer(query.id),
                card,
                lambda: self._message_editor.remove(user.id, message_id),
            ]
        elif tap.verb in digest_buttons.VERBS:
            words, keyboard = await digest_buttons.tapped(connection, user, tap, now)
            changed: After = (
                [lambda: self._sender.edit_buttons(user.id, message_id, keyboard)]
                if keyboard is not None
                else []
            )
            return [lambda: self._sender.answer(query.id, words), *changed]
        elif _is_setup_card(user, message_id) and (
            tap.verb in onboarding.VERBS or tap.verb == "location"
        ):
            stale = await self._adopt_setup(connection, user, message_id)
            if tap.verb == "location" and user.setup is Setup.ZONE:
                return [
                    lambda: self._sender.answer(query.id),
                    lambda: self._ask_location(user),
                    *stale,
                ]
            await onboarding.tapped(connection, user, tap.verb, tap.argument, now)
            owed = (
                await record_pending_edit(
                    connection, user.id, message_id, now + replying.HEAD_START
                ),
            )
            return [lambda: self._sender.answer(query.id), *self._draw(owed), *stale]
        elif (
            tap.verb == "location"
            and user.awaits.startswith("zone")
            and user.awaits_message_id == message_id
        ):
            return [lambda: self._sender.answer(query.id), lambda: self._ask_location(user)]
        return [lambda: self._sender.answer(query.id, texts.errors.old_button(t))]

    async def _adopt_setup(self, connection: Connection, user: User, message_id: int) -> After:
        """A card newer than the one on record was sent right before a crash: it is the card, and
        the other one goes.
        """
        stale = user.setup_message_id
        if stale == message_id:
            return []
        await users.update_user(connection, user.id, setup_message_id=message_id)
        if stale is None:
            return []
        await delete_pending_edit(connection, user.id, stale)
        return [lambda: self._sender.delete(user.id, stale)]

    async def _visit(
        self,
        connection: Connection,
        user: User,
        tap: Tap,
        query: CallbackQuery,
        message_id: int,
        now: datetime,
    ) -> After:
        """Show another screen in the same message, or do what a button says and show what comes
        next.
        """
        try:
            onward = ScreenResult(tap.argument)
            if tap.verb == "do":
                onward = await SCREENS.act(connection, user, tap.argument, now)
            changed = await users.find_user(connection, user.id)
            assert changed is not None
            await SCREENS.enter(connection, changed, onward.path, now, message_id)
        except NoSuchScreen:
            return [
                lambda: self._sender.answer(
                    query.id, texts.errors.old_button(translation(user.language))
                )
            ]
        due = now + replying.HEAD_START
        owed = await record_pending_edit(
            connection, user.id, message_id, due, view=SCREEN + onward.path
        )
        answer = lambda: self._sender.answer(query.id, onward.words, is_alert=onward.is_alert)  # noqa: E731
        return [answer, *self._draw((owed, *onward.pending_edits))]

    def _look(self, query: CallbackQuery, tap: Tap, message_id: int) -> After:
        """Show something more about a message: a source, a caveat, another picture."""
        user_id, t = query.from_user.id, translation(query.from_user.language_code or "en")
        answered = lambda: self._sender.answer(query.id)  # noqa: E731
        match tap.verb:
            case "source" if tap.argument in {fact.id for fact in facts()}:
                reply = {"message_id": message_id, "allow_sending_without_reply": True}
                words = texts.digest.source(fact_of(tap.argument).source)
                say = lambda: self._sender.say(  # noqa: E731
                    user_id, words, disable_notification=True, reply_parameters=reply
                )
                return [answered, say]
            case "food" if (food := food_of(tap.argument)) is not None:
                return [
                    lambda: self._sender.answer(
                        query.id, texts.foods.caveat(t, food), is_alert=True
                    )
                ]
            case "stats" if tap.argument in VIEWS:
                return [
                    answered,
                    lambda: self._message_editor.turn_stats(user_id, message_id, tap.argument),
                ]
            case "digest" if (number := tap.number) is not None:
                return [answered, lambda: self._message_editor.send_digest(user_id, number)]
        return [lambda: self._sender.answer(query.id, texts.errors.old_button(t))]

    async def _erase(
        self, connection: Connection, user: User, tap: Tap, query: CallbackQuery, message_id: int
    ) -> After:
        t = translation(user.language)
        words = (
            texts.own_data.deleted(t, await users.erase(connection, user.id))
            if tap.argument == "yes"
            else texts.own_data.kept(t)
        )
        return [
            lambda: self._sender.answer(query.id),
            lambda: self._sender.edit(user.id, message_id, words, inline([])),
        ]

    # Messages

    async def _on_message(self, update_id: int, message: Message) -> After:
        """Hear who may write: somebody invited, in a chat of their own with the bot."""
        sender, text = message.from_user, message.text or ""
        if sender is None or sender.is_bot:
            return []
        language = sender.language_code or "en"
        t = translation(language)
        if message.chat.type != ChatType.PRIVATE:
            is_meant = text.startswith("/") and (
                text.split()[0].endswith(f"@{self.username}") or "@" not in text
            )
            words = texts.strangers.in_private(t, self.username)
            return (
                [lambda: self._sender.say(message.chat.id, words)]
                if is_meant and self.username
                else []
            )
        command, argument = _command(text)
        if not self._is_allowed(sender.id):
            return (
                [lambda: self._sender.say(sender.id, texts.strangers.not_invited(t))]
                if command == "start"
                else []
            )
        return await self._on_private(update_id, message, sender.id, language, command, argument)

    async def _on_private(
        self,
        update_id: int,
        message: Message,
        user_id: int,
        language: str,
        command: str,
        argument: str,
    ) -> After:
        # Looked up before the transaction: it takes a process of its own and a moment.
        place, text = message.location, message.text or ""
        zone = await zone_at(place.latitude, place.longitude) if place is not None else None
        now = self._clock.now()
        async with self._database.write() as connection:
            is_new = await record_update(connection, update_id, now)
            user = await users.find_user(connection, user_id)
            if user is None:
                return await self._on_stranger(connection, user_id, language, command, now)
            has_lost_zone = _has_lost_zone(user)
            if has_lost_zone:
                user = await self._ask_zone_again(connection, user)
            user = await self._welcome_back(connection, user, now)
            if command:
                if not is_new and command in {"water", "undo", "pause", "resume"}:
                    return []  # done already
                return await self._commands.run(
                    connection, user, command, argument, message.message_id, now
                )
            if has_lost_zone:
                return [lambda: self._message_editor.send_setup(user.id, user.setup_message_id)]
            if not is_new:
                return []
            if place is not None:
                return await self._on_location(connection, user, zone, message.message_id)
            if user.helper_message_id is not None and text == texts.buttons.cancel(
                translation(user.language)
            ):
                return await self._put_location_away(connection, user, message.message_id)
            return await self._on_text(connection, user, message, text[:LONGEST_TEXT], now)

    async def _on_stranger(
        self, connection: Connection, user_id: int, language: str, command: str, now: datetime
    ) -> After:
        """Begin with /start; nothing is kept of who sends anything else."""
        if command == "start":
            await users.insert_user(connection, user_id, language[:16], now)
            await onboarding.plan_nudge(connection, user_id, now)
            return [lambda: self._message_editor.send_setup(user_id)]
        tell = {"help": texts.help.how_it_works, "privacy": texts.own_data.privacy}.get(
            command, texts.strangers.start_first
        )
        words = tell(translation(language))
        return [lambda: self._sender.say(user_id, words)]

    async def _on_text(
        self, connection: Connection, user: User, message: Message, text: str, now: datetime
    ) -> After:
        t = translation(user.language)
        if user.setup in {Setup.ZONE, Setup.HOURS} and text:
            return await self._step_by_text(connection, user, text, now)
        if user.setup is not Setup.DONE:
            return [lambda: self._message_editor.send_setup(user.id, user.setup_message_id)]
        if not text:  # a sticker, a voice message
            return [lambda: self._sender.say(user.id, texts.errors.not_understood(t))]
        answer = read_answer(text)
        amount = read_amount_ml(text, await self._glass_ml(connection, user))
        if user.awaits and message.reply_to_message is None:
            is_amount = amount is not None and not text.strip().isdecimal()
            is_reply = (
                answer is not None
                or is_amount
                or await self._is_asked_since(connection, user, amount)
            )
            onward = await SCREENS.read(connection, user, text, now) if not is_reply else None
            if isinstance(onward, ScreenResult):
                return await self._go_onward(connection, user, onward)
            if onward is not None:
                return [lambda: self._sender.say(user.id, onward)]
        if answer is None and amount is None:
            words = (
                texts.water.not_an_amount(t, quoted(text))
                if looks_like_amount(text)
                else texts.errors.not_understood(t)
            )
            return [lambda: self._sender.say(user.id, words)]
        replied = message.reply_to_message
        check_in = await self._meant(
            connection, user, replied.message_id if replied else None, amount
        )
        if check_in is None:
            return [lambda: self._sender.say(user.id, texts.errors.no_open_question(t))]
        given = answer or Reply.YES
        result = await replying.reply(connection, user, check_in, given, now, amount=amount)
        words = reply_buttons.toast(user, result)
        said: After = [lambda: self._sender.say(user.id, words)] if words else []
        return [
            lambda: self._sender.react(user.id, message.message_id, "👌"),
            *self._draw(result.pending_edits),
            *said,
        ]

    async def _go_onward(self, connection: Connection, user: User, onward: ScreenResult) -> After:
        """The screen that asked goes below what was typed, showing what it changed."""
        await SCREENS.leave(connection, user)
        said: After = [lambda: self._sender.say(user.id, onward.words)] if onward.words else []
        old = user.awaits_message_id
        show = lambda: self._message_editor.send_screen(user.id, onward.path, old, onward.screen)  # noqa: E731
        return [*said, *self._draw(onward.pending_edits), show]

    async def _is_asked_since(self, connection: Connection, user: User, amount: int | None) -> bool:
        """Whether a number means the water that was asked about after a screen asked for words."""
        if amount is None or user.awaits_message_id is None:
            return False
        question = await find_newest_open(connection, user.id, HabitKind.HYDRATION)
        return question is not None and (question.message_id or 0) > user.awaits_message_id

    async def _glass_ml(self, connection: Connection, user: User) -> int:
        water = (await list_habits(connection, [user.id])).get(user.id, {}).get(HabitKind.HYDRATION)
        return GLASS_ML if water is None or water.portion_ml is None else water.portion_ml

    async def _meant(
        self, connection: Connection, user: User, message_id: int | None, amount: int | None
    ) -> CheckIn | None:
        """The check-in that typed words answer: the one replied to, else the newest open one;
        amounts mean water.
        """
        on_message = (
            await find_by_message(connection, user.id, message_id) if message_id is not None else []
        )
        if on_message:
            fitting = [
                each for each in on_message if amount is None or each.kind is HabitKind.HYDRATION
            ]
            return fitting[0] if fitting else None
        return await find_newest_open(
            connection, user.id, HabitKind.HYDRATION if amount is not None else None
        )

    # First contact

    async def _step_by_text(
        self, connection: Connection, user: User, text: str, now: datetime
    ) -> After:
        await onboarding.typed(connection, user, text, now)
        return await self._move_setup(connection, user, now)

    async def _move_setup(self, connection: Connection, user: User, now: datetime) -> After:
        """The card goes below what was typed; until then its old message owes the new look."""
        if user.setup_message_id is not None:
            await record_pending_edit(
                connection, user.id, user.setup_message_id, now + replying.HEAD_START
            )
        return [lambda: self._message_editor.send_setup(user.id, user.setup_message_id)]

    async def _ask_location(self, user: User) -> None:
        t = translation(user.language)
        keyboard = location_keyboard(texts.zones.share_location_button(t), texts.buttons.cancel(t))
        outcome = await self._sender.say(
            user.id, texts.zones.ask_location(t), reply_markup=keyboard
        )
        if outcome.kind is OutcomeKind.SENT:
            async with self._database.write() as connection:
                await users.update_user(connection, user.id, helper_message_id=outcome.message_id)

    async def _on_location(
        self, connection: Connection, user: User, zone: str | None, message_id: int
    ) -> After:
        after = await self._put_location_away(connection, user, message_id, found=zone is not None)
        if user.setup is Setup.DONE and user.helper_message_id is not None:
            return [*after, *await self._travel(connection, user, zone)]
        await onboarding.choose_zone(connection, user, zone, self._clock.now())
        if user.setup is not Setup.ZONE:
            return after
        return [*after, *await self._move_setup(connection, user, self._clock.now())]

    async def _travel(self, connection: Connection, user: User, zone: str | None) -> After:
        """A place shared from /timezone; one that comes unasked changes nothing."""
        if zone is None:
            return [
                lambda: self._sender.say(
                    user.id, texts.zones.no_zone_there(translation(user.language))
                )
            ]
        await configuring.set_zone(connection, user, zone, self._clock.now())
        return await self._go_onward(connection, user, ScreenResult(f"moved/{user.zone}"))

    async def _put_location_away(
        self, connection: Connection, user: User, message_id: int, *, found: bool = False
    ) -> After:
        """Delete the helper and what was shared; a reply keyboard only goes with a message that
        says so.
        """
        await users.update_user(connection, user.id, helper_message_id=None)
        t = translation(user.language)

        async def put_away() -> None:
            words = texts.zones.location_found(t) if found else texts.zones.location_not_shared(t)
            said = await self._sender.say(
                user.id, words, reply_markup=remove_keyboard, disable_notification=True
            )
            for each in (message_id, user.helper_message_id, said.message_id):
                if each is not None:
                    await self._sender.delete(user.id, each)

        return [put_away]

    # Who may, and who is there

    def _is_allowed(self, user_id: int) -> bool:
        return not self._allowed_users or user_id in self._allowed_users

    async def _on_membership(self, update_id: int, change: ChatMemberUpdated) -> After:
        """Blocked: silence until they come back. Unblocked: their reminders go on."""
        if change.chat.type != ChatType.PRIVATE:
            return []
        now = self._clock.now()
        async with self._database.write() as connection:
            is_new = await record_update(connection, update_id, now)
            user = await users.find_user(connection, change.chat.id)
            if user is None or not is_new:
                return []
            if change.new_chat_member.status == ChatMemberStatus.BANNED:
                await users.record_unreachable(connection, [user.id], now)
            elif not _has_lost_zone(user):
                await self._welcome_back(connection, user, now)
        return []

    async def _ask_zone_again(self, connection: Connection, user: User) -> User:
        """Their zone is not in the zone data (any more): until they say it again, nothing can be
        asked.
        """
        log.error("zone is unknown user=%d: they are asked for it again", user.id)
        await users.update_user(connection, user.id, zone=None, setup=Setup.ZONE, setup_view="")
        return replace(user, zone=None, setup=Setup.ZONE, setup_view="")

    async def _welcome_back(self, connection: Connection, user: User, now: datetime) -> User:
        """Whoever writes, taps or unblocks can be reached again."""
        if user.unreachable_at is None:
            return user
        await users.update_user(connection, user.id, unreachable_at=None)
        back = await users.find_user(connection, user.id)
        assert back is not None
        if back.is_asked:
            await planning.reschedule(connection, back, now)
        return back


def _command(text: str) -> tuple[str, str]:
    """A command and what follows it, both empty where the text is none.

    >>> _command("/Water@OurBot 2 dl")
    ('water', '2 dl')
    """
    if not text.startswith("/"):
        return "", ""
    first, argument = (*text.split(maxsplit=1), "")[:2]
    return first.removeprefix("/").partition("@")[0].lower(), argument[:LONGEST_TEXT]


def _is_setup_card(user: User, message_id: int) -> bool:
    """The card on record, or a newer one that a crash kept off the record."""
    if user.setup is Setup.DONE:
        return message_id == user.setup_message_id
    return message_id >= (user.setup_message_id or 0)


def _has_lost_zone(user: User) -> bool:
    try:
        return user.zone is not None and ZoneInfo(user.zone) is None
    except (ValueError, KeyError, OSError):
        return True
