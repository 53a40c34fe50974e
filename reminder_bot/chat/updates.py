"""Takes the updates of a poll: checks who sent them, handles them, carries out the effects.

    updates ─▶ one short transaction (their numbers and their changes) ─▶ commit ─▶ effects

`take` returns when the transaction is committed, so that the poller may confirm the updates; if it
is not, `take` raises. The effects (calls to Telegram) are carried out afterwards: taps are answered
first, because somebody looks at a spinner; all else follows in order for one person, concurrently
for different people. An update that is delivered again changes nothing and is answered again.

Telegram accepts about one message a second in a chat. So answers wait for each other, and of
somebody who writes faster than that only MOST_WAITING updates wait to be answered. What came beyond
that takes effect all the same; a message says that it was not answered. Newcomers, people who are
not invited, and groups have budgets (`budgets`), so that no crowd of them uses up the token's rate.
Newcomers are answered at a steady pace besides: after an outage many may have written. Those who
sent /start do not wait for those who sent anything else.

Updates are read from their JSON (`received`); one that cannot be read is left out, with a line in
the log. The Application of python-telegram-bot is not used: it swallows what a handler raises, and
a tap would be confirmed and lost while the database is away.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, assert_never

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import read
from reminder_bot.bot_api.poller import RawUpdate
from reminder_bot.bot_api.received import Membership, Message, Tapped, Unreadable, read_update
from reminder_bot.bot_api.sender import Sender
from reminder_bot.chat import taps, typed
from reminder_bot.chat.batches import run_batch
from reminder_bot.chat.budgets import Budget, Pace
from reminder_bot.chat.effects import (
    AnswerTap,
    Effect,
    EffectRunner,
    Effects,
    LookUpZone,
    MakeEdit,
    React,
    SendSetup,
    SendText,
    ToNewcomer,
)
from reminder_bot.chat.message_edits import MessageEditor
from reminder_bot.chat.requests import (
    Incoming,
    IncomingMembership,
    IncomingMessage,
    IncomingTap,
)
from reminder_bot.chat.screens.screen import asking_path
from reminder_bot.clock import Clock
from reminder_bot.storage.database import Database
from reminder_bot.texts.translation import translation

__all__ = ["Chat", "is_slow"]

log = logging.getLogger(__name__)

# How many updates of one person wait to be answered, and how many of their taps.
MOST_WAITING = 8
MOST_TAPS_WAITING = 20
# How many newcomers are answered in a second, if they sent /start and if they sent anything else,
# and for how many seconds their answers may wait.
STARTS_A_SECOND, OTHERS_A_SECOND, NEWCOMERS_WAIT = 8, 4, 12.0


class _Direct(NamedTuple):
    """An update that is answered without the database.

    outsider: the chat of the answer, if it goes to a group or to somebody who is not invited.
    """

    user_id: int
    effects: Effects
    language: str
    outsider: int | None = None


class Chat:
    """Takes updates. It keeps nothing in memory but the effects that are in progress."""

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
        self._editor = message_editor
        self._effects = EffectRunner(database, sender, message_editor, clock)
        # People whose location is being looked up; further ones of theirs are ignored meanwhile.
        self._locating: set[int] = set()
        self._clock = clock
        self.username = username
        self._allowed_users = allowed_users
        self._outsiders = Budget(each=3, together=20)
        self._starts = Pace(each=5, a_second=STARTS_A_SECOND, longest=NEWCOMERS_WAIT)
        self._strangers = Pace(each=10, a_second=OTHERS_A_SECOND, longest=NEWCOMERS_WAIT)
        self._answering: dict[asyncio.Task[None], int] = {}  # with the user of each
        self._taps_waiting: Counter[int] = Counter()
        # By chat: the effects of the newest update, which end after those of all earlier ones.
        self._following: dict[int, asyncio.Task[None]] = {}
        # By chat: how many updates wait for their effects, and where it was said that some have
        # none.
        self._waiting: Counter[int] = Counter()
        self._told: set[int] = set()

    async def take(self, raws: Sequence[RawUpdate]) -> None:
        """Commit what updates change, all of them or none, and start their effects."""
        found = [self._read(raw) for raw in raws]
        batch = [each for each in found if isinstance(each, Incoming)]
        effects = iter(
            await self._database.write(run_batch, batch, self._clock.now()) if batch else []
        )
        following: list[tuple[Incoming | _Direct, Effects, float]] = []
        for each in found:
            if each is None:
                continue
            its = each.effects if isinstance(each, _Direct) else next(effects)
            wait = self._wait_within_budget(each, its)
            if wait is None:
                continue
            for effect in its:
                if isinstance(effect, AnswerTap):
                    self._answer(each.user_id, effect)
            rest: Effects = [effect for effect in its if not isinstance(effect, AnswerTap)]
            rest = self._without_further_locations(each.user_id, rest)
            if rest:
                following.append((each, rest, wait))
        for each, rest, wait in following:
            self._follow(each, rest, wait)

    @property
    def is_idle(self) -> bool:
        return not self._answering and not self._following and self._editor.is_idle

    async def close(self) -> None:
        """End the process that looks up zones."""
        await self._effects.zone_map.close()

    async def finish(self) -> None:
        """Wait for the effects that are in progress."""
        while self._answering or self._following:
            await asyncio.wait({*self._answering, *self._following.values()})
        await self._editor.finish()

    def _wait_within_budget(self, each: Incoming | _Direct, effects: Effects) -> float | None:
        """How many seconds the answer to an update has to wait; None if it exceeds a budget."""
        now = asyncio.get_running_loop().time()
        if isinstance(each, _Direct) and each.outsider is not None:
            return 0.0 if self._outsiders.spend(each.outsider, now) else None
        to_newcomer = next((one for one in effects if isinstance(one, ToNewcomer)), None)
        if to_newcomer is None:
            return 0.0
        is_start = isinstance(to_newcomer.answer, SendSetup)
        return (self._starts if is_start else self._strangers).spend(each.user_id, now)

    def _answer(self, user_id: int, effect: AnswerTap) -> None:
        """Answer a tap. Of somebody who taps all the time, only some are answered."""
        if self._taps_waiting[user_id] >= MOST_TAPS_WAITING:
            return
        self._taps_waiting[user_id] += 1
        task = asyncio.create_task(self._run(user_id, effect))
        self._answering[task] = user_id
        task.add_done_callback(self._answered)

    def _answered(self, task: "asyncio.Task[None]") -> None:
        _count_down(self._taps_waiting, self._answering.pop(task))

    def _follow(self, each: Incoming | _Direct, effects: Effects, wait: float) -> None:
        """Carry out effects after those of earlier updates in the same chat, unless too many
        updates wait there already. wait: seconds until then, at least.
        """
        user_id = each.user_id
        outsider = each.outsider if isinstance(each, _Direct) else None
        chat_id = user_id if outsider is None else outsider
        if self._waiting[chat_id] >= MOST_WAITING:
            # Edits are pending in the database and are made later. A reaction is no answer.
            is_noticed = any(not isinstance(effect, MakeEdit | React) for effect in effects)
            if not is_noticed or chat_id in self._told:
                return
            self._told.add(chat_id)
            language = each.language if not isinstance(each, IncomingMembership) else "en"
            effects = [SendText(chat_id, texts.errors.too_fast(translation(language)))]
        before = self._following.get(chat_id)
        task = asyncio.create_task(self._run_after(before, user_id, effects, wait))
        self._following[chat_id] = task
        self._waiting[chat_id] += 1

        def done(_: object) -> None:
            _count_down(self._waiting, chat_id)
            if self._following.get(chat_id) is task:
                del self._following[chat_id]
                self._told.discard(chat_id)

        task.add_done_callback(done)

    async def _run_after(
        self, before: "asyncio.Task[None] | None", user_id: int, effects: Effects, wait: float
    ) -> None:
        if wait > 0:
            await asyncio.sleep(wait)
        if before is not None:
            await asyncio.wait([before])  # unlike awaiting it, this raises none of its errors
            # What edits must show may have changed during the wait: let it be read again.
            effects = [
                replace(each, loaded=None) if isinstance(each, MakeEdit) else each
                for each in effects
            ]
        if len(effects) == 1:
            await self._run(user_id, effects[0])
        else:
            await asyncio.gather(*(self._run(user_id, each) for each in effects))

    def _without_further_locations(self, user_id: int, effects: Effects) -> Effects:
        """The effects without the location of somebody whose last one is still being looked up."""
        if not any(isinstance(each, LookUpZone) for each in effects):
            return effects
        if user_id in self._locating:
            return [each for each in effects if not isinstance(each, LookUpZone)]
        self._locating.add(user_id)
        return effects

    async def _run(self, user_id: int, effect: Effect) -> None:
        try:
            await self._effects.run(effect, user_id)
        except Exception as error:
            log.error("effect_failed", exc_info=error, extra={"user": user_id, "error": error})
        finally:
            if isinstance(effect, LookUpZone):
                self._locating.discard(user_id)

    def _is_allowed(self, user_id: int) -> bool:
        return not self._allowed_users or user_id in self._allowed_users

    # Reading updates: what is to be handled, what is answered at once, and None for the rest

    def _read(self, raw: RawUpdate) -> Incoming | _Direct | None:
        update_id = raw["update_id"]
        try:
            update = read_update(raw)
        except Unreadable as error:
            log.warning("update_unreadable", extra={"update": update_id, "reason": str(error)})
            return None
        match update:
            case Tapped():
                return self._read_tap(update_id, update)
            case Membership(chat_id, is_private, is_blocked):
                return IncomingMembership(update_id, chat_id, is_blocked) if is_private else None
            case Message():
                return self._read_message(update_id, update)
            case None:
                return None
            case _:
                assert_never(update)

    def _read_tap(self, update_id: int, tapped: Tapped) -> Incoming | _Direct:
        user_id, callback_id = tapped.sender.id, tapped.callback_id
        language = tapped.sender.language
        t = translation(language)
        if not self._is_allowed(user_id):
            words = texts.strangers.not_invited(t)
            return _Direct(user_id, [AnswerTap(callback_id, words)], language, outsider=user_id)
        tap, message_id = read(tapped.data), tapped.message_id
        if tap is None or message_id is None or tapped.chat_id != user_id:
            return _Direct(user_id, [AnswerTap(callback_id, texts.errors.old_button(t))], language)
        incoming = IncomingTap(update_id, user_id, tap, message_id, callback_id, language)
        if tap.verb in taps.READ_ONLY_HANDLERS:
            return _Direct(user_id, taps.run_read_only_tap(incoming), language)
        return incoming

    def _read_message(self, update_id: int, message: Message) -> IncomingMessage | _Direct | None:
        """A message of an allowed person in a private chat; others are told how to get there."""
        sender, text = message.sender, message.text
        if sender is None or sender.is_bot:
            return None
        user_id, language = sender.id, sender.language
        t = translation(language)
        if not message.is_private:
            if not self._is_addressed(text):
                return None
            chat_id, answer = message.chat_id, texts.strangers.in_private(t, self.username)
            return _Direct(user_id, [SendText(chat_id, answer)], language, outsider=chat_id)
        if not self._is_allowed(user_id):
            command, _ = typed.command_of(text)
            if command != "start":
                return None
            words = texts.strangers.not_invited(t)
            return _Direct(user_id, [SendText(user_id, words)], language, outsider=user_id)
        return IncomingMessage(
            update_id,
            user_id,
            text,
            message.message_id,
            message.reply_to,
            language,
            has_location=message.has_location,
            location=message.location,
            asking_path=asking_path(message.buttons),
        )

    def _is_addressed(self, text: str) -> bool:
        """Whether a command in a group is meant for this bot."""
        if not self.username or not text.startswith("/"):
            return False
        return text.split()[0].endswith(f"@{self.username}") or "@" not in text


def is_slow(raw: RawUpdate) -> bool:
    """Whether handling an update takes up to a second: a request for all data."""
    message = raw.get("message")
    if not isinstance(message, dict):
        return False
    text = message.get("text")
    return isinstance(text, str) and text.lower().startswith("/export")


def _count_down(counts: Counter[int], key: int) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]
