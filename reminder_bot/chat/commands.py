"""What each command does; those that only open a screen stand in `menu.OPENS`.

A command's effect is in the caller's transaction; what it says follows after the commit and may be
lost to a crash, because asking again is one word.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.bot_api.sender import Sender
from reminder_bot.chat.export_files import files_of
from reminder_bot.chat.keyboards import button, inline
from reminder_bot.chat.message_edits import MessageEditor
from reminder_bot.chat.screens.menu import OPENS, SCREENS
from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import GLASS_ML, HabitKind
from reminder_bot.domain.user import Setup, User
from reminder_bot.engine import configuring, entries, replying
from reminder_bot.storage import digests, exports, users
from reminder_bot.storage.check_ins import find_newest_open
from reminder_bot.storage.database import Connection
from reminder_bot.storage.pending_edits import PendingEdit
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import quoted, read_amount_ml, read_days

__all__ = ["After", "Commands"]

After = list[Callable[[], Awaitable[object]]]
# What may be asked for before the first contact is through.
ALWAYS = frozenset({"start", "help", "privacy", "delete", "export"})


class Commands:
    """Answers commands; `run` returns the calls to make after the commit."""

    def __init__(self, sender: Sender, message_editor: MessageEditor) -> None:
        self._sender = sender
        self._message_editor = message_editor

    async def run(
        self,
        connection: Connection,
        user: User,
        command: str,
        argument: str,
        message_id: int,
        now: datetime,
    ) -> After:
        """`message_id` is the command's own message, to be acknowledged on."""
        t = translation(user.language)
        await SCREENS.leave(connection, user)
        if user.setup is not Setup.DONE and command not in ALWAYS:
            return [lambda: self._message_editor.send_setup(user.id, user.setup_message_id)]
        if command in OPENS:
            return self._open(user, OPENS[command])
        match command:
            case "start":
                if user.setup is Setup.DONE:
                    return self._open(user, "today")
                return [lambda: self._message_editor.send_setup(user.id, user.setup_message_id)]
            case "help":
                return [self._saying(user, texts.help.how_it_works(t))]
            case "privacy":
                return [self._saying(user, texts.own_data.privacy(t))]
            case "water":
                return await self._water(connection, user, argument, message_id, now)
            case "undo":
                return await self._undo(connection, user, now)
            case "pause":
                return await self._pause(connection, user, argument, now)
            case "resume":
                is_paused = user.paused_at is not None
                await configuring.resume(connection, user, now)
                return [
                    self._saying(
                        user,
                        texts.pauses.resumed(t) if is_paused else texts.pauses.not_paused(t),
                    )
                ]
            case "stats":
                return [lambda: self._message_editor.send_stats(user.id)]
            case "digest":
                return await self._digest(connection, user)
            case "export":
                return await self._export(connection, user, now)
            case "delete":
                return await self._ask_erase(connection, user)
        return [self._saying(user, texts.errors.unknown_command(t))]

    def _saying(self, user: User, words: str) -> Callable[[], Awaitable[object]]:
        return lambda: self._sender.say(user.id, words)

    def _open(self, user: User, path: str) -> After:
        return [lambda: self._message_editor.send_screen(user.id, path)]

    def _draw(self, owed: tuple[PendingEdit, ...]) -> After:
        return [lambda each=each: self._message_editor.draw(each) for each in owed]  # type: ignore[misc]

    async def _water(
        self, connection: Connection, user: User, argument: str, message_id: int, now: datetime
    ) -> After:
        """A glass, or the amount that was named; it answers the open question, where there is
        one: that shows it.
        """
        t = translation(user.language)
        today = user.hours.day_of(now)
        rows = await entries.rows_of(connection, user, today)
        water = next((row for row in rows if row.habit.kind is HabitKind.HYDRATION), None)
        if water is None:
            return [self._saying(user, texts.water.not_among_habits(t))]
        portion = water.habit.portion_ml or GLASS_ML
        amount = read_amount_ml(argument, portion) if argument else portion
        if amount is None:
            return [self._saying(user, texts.water.not_an_amount(t, quoted(argument)))]
        question = await find_newest_open(connection, user.id, HabitKind.HYDRATION)
        if question is not None and question.day == today and question.is_open(now):
            result = await replying.reply(connection, user, question, Reply.YES, now, amount=amount)
            return [
                lambda: self._sender.react(user.id, message_id, "👌"),
                *self._draw(result.pending_edits),
            ]
        entry_id = await entries.note(connection, user, water.habit, today, amount, now)
        return self._open(user, f"water/{entry_id}")

    async def _undo(self, connection: Connection, user: User, now: datetime) -> After:
        t = translation(user.language)
        undone = await entries.undo_last(connection, user, now)
        if undone is None:
            return [self._saying(user, texts.undo.nothing_today(t))]
        words = texts.undo.taken_back(
            t, undone.habit, texts.formats.clock(undone.at, user), undone.reply, undone.amount
        )
        return [*self._draw(undone.pending_edits), self._saying(user, words)]

    async def _pause(
        self, connection: Connection, user: User, argument: str, now: datetime
    ) -> After:
        if argument:
            days = read_days(argument)
            if days is None:
                return [
                    self._saying(
                        user, texts.pauses.not_days(translation(user.language), quoted(argument))
                    )
                ]
            await configuring.pause(connection, user, days, now)
        return self._open(user, "pause")

    async def _digest(self, connection: Connection, user: User) -> After:
        t = translation(user.language)
        digest = await digests.find_last_digest(connection, user.id)
        if digest is not None:
            return [lambda: self._message_editor.send_digest(user.id, digest.id)]
        due_at = await digests.find_digest_at(connection, user.id)
        return [self._saying(user, texts.digest.not_yet(t, user, due_at))]

    async def _export(self, connection: Connection, user: User, now: datetime) -> After:
        rows = await exports.list_rows(connection, user.id)
        day = user.hours.day_of(now) if user.zone is not None else now.date()
        t = translation(user.language)
        table, as_json = files_of(rows, day)

        async def hand_over() -> None:  # one after the other, the words with the first
            await self._sender.send_file(user.id, table, texts.own_data.exported(t))
            await self._sender.send_file(user.id, as_json, "")

        return [hand_over]

    async def _ask_erase(self, connection: Connection, user: User) -> After:
        t = translation(user.language)
        rows = await users.count_rows(connection, user.id)
        keyboard = inline(
            [
                [
                    button(texts.own_data.delete_button(t), data("erase", "yes"), "danger"),
                    button(texts.own_data.keep_button(t), data("erase", "no")),
                ]
            ]
        )
        return [
            lambda: self._sender.say(
                user.id, texts.own_data.ask_delete(t, rows), reply_markup=keyboard
            )
        ]
