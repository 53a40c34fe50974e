"""Fetching updates: nothing is confirmed to Telegram before its effect is committed.

    fetch a batch ──▶ take it, in one transaction ──▶ fetch the next, with the offset that confirms
       │    ▲            ├─ the database is away: try again until it is back
       │    │            ├─ it has failed: take its halves, one after the other
       │    │            └─ a single update has failed three times: skip it and log an error
       └────┘ no answer: wait 1 s, 2 s, … 30 s, but only until another call is answered

Some errors only look like an unavailable database: a file that cannot be read, a statement that
takes too long. If the database answers after each of three tries, the updates of each sender are
taken separately, so that the others do not wait. A single update is skipped then only if its error
is none of the database's.

A transaction for each update would cost ten times the processor time for a hundred taps.

A poll may wait for its answer for a minute, and longer if the answer is lost. So other calls tell
how Telegram is (`note_call`): an answer to one of them ends the wait after a failed poll. If one of
them fails and a later one is answered, the poll that was in progress is begun anew, because its
connection may have been lost as well.

Telegram keeps unconfirmed updates for a day, so it serves as the bot's inbox. An offset is sent
once and then dropped: after a week without updates Telegram continues at a random number, and an
old, higher offset would make it discard the lower ones. An offset that could not be sent, because
this process was not allowed to poll for a while, is still sent for OFFSET_LASTS. Without it,
Telegram would deliver the batch again, and the taps would be answered twice. It does no harm if
another process has confirmed more meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from reminder_bot.bot_api.answers import MAX_ID
from reminder_bot.bot_api.errors import as_timedelta
from reminder_bot.bot_api.transport import PerhapsSent, Transport, call
from reminder_bot.clock import boot_time
from reminder_bot.storage.database import is_away, is_database_error

__all__ = ["ALLOWED_UPDATES", "Poller", "RawUpdate"]

log = logging.getLogger(__name__)

RawUpdate = dict[str, Any]
"""The JSON of an update. Its `update_id` is a valid number; everything else may be wrong."""

# chat.updates handles each of these kinds.
ALLOWED_UPDATES = ["message", "callback_query", "my_chat_member"]
TRIES = 3
# All in seconds.
LONG_POLL = 50  # the longest that Telegram keeps
# Between two polls of which one has failed, or brought nothing new at once.
SHORTEST_WAIT, LONGEST_WAIT = 1.0, 30.0
LONGEST_RETRY_AFTER = 300.0  # whatever a server says: nothing else would end the silence
LONGEST_WAIT_FOR_DATABASE = 5.0
SHORTEST_WAIT_AFTER_CONFLICT = 3.0
STANDING_BY = 1.0  # between two checks whether this process may poll
OFFSET_LASTS = 3600.0  # far less than the week after which Telegram's numbers may be lower


async def _never_up() -> bool:
    """For a poller without a database to ask: every failure of this kind is waited out."""
    return False


class Poller:
    """Polls until it is stopped.

    take: commits the effects of some updates together, in their order, or raises.
    is_database_up: asked after a failure that looks like an unavailable database.
    is_slow: whether an update takes long to take. It is taken by itself, and so are the others of
    its sender, so that other people's updates of the same poll do not wait for it.
    on_answer: called after each poll that Telegram answered.
    may_poll: False while another replica polls; None if there is none. It is called before each
    poll, during a long one, and right before the request leaves, because a process may be suspended
    at any point and resume when another replica polls.
    refused_wait: seconds between two polls while Telegram refuses the token.
    """

    def __init__(
        self,
        bot: Bot,
        take: Callable[[Sequence[RawUpdate]], Awaitable[None]],
        *,
        is_database_up: Callable[[], Awaitable[bool]] = _never_up,
        is_slow: Callable[[RawUpdate], bool] = lambda _: False,
        on_answer: Callable[[], None] = lambda: None,
        may_poll: Callable[[], bool] | None = None,
        refused_wait: float = 30.0,
    ) -> None:
        self._bot = bot
        self._take = take
        self._is_database_up = is_database_up
        self._is_slow = is_slow
        self._on_answer = on_answer
        self._may_poll = may_poll or (lambda: True)
        # None: nobody else polls, so nothing has to be checked during a poll.
        self._check_every = None if may_poll is None else STANDING_BY
        self._refused_wait = refused_wait
        assert isinstance(bot.request, Transport)
        self._transport = bot.request.for_polling(read_timeout=LONG_POLL + 15)
        self._stopping = asyncio.Event()
        self._offset: int | None = None
        self._offset_until = 0.0
        self._answered_at = boot_time()
        self.is_refused = False
        self._last_ids: list[int] = []
        # See `note_call`.
        self._go_on = asyncio.Event()
        self._begun_at = 0.0
        self._is_backing_off = False
        self._may_be_lost = False

    @property
    def silent_for(self) -> float:
        """Seconds since Telegram last answered a poll without an error."""
        return boot_time() - self._answered_at

    def stop(self) -> None:
        self._stopping.set()

    def note_call(self, is_answered: bool) -> None:
        """Tell the poller whether Telegram answered a call of the others."""
        if not is_answered:
            self._may_be_lost = True
        elif self._is_backing_off or (
            self._may_be_lost and boot_time() - self._begun_at >= SHORTEST_WAIT
        ):
            self._go_on.set()

    async def run(self) -> None:
        await self._transport.initialize()
        wait = SHORTEST_WAIT
        try:
            while not self._stopping.is_set():
                if not self._may_poll():
                    await self._pause(STANDING_BY)
                    continue
                try:
                    wait = await self._poll(wait)
                except Exception:  # a fault of ours: the updates of the others must still come
                    log.exception("polling_failed")
                    await self._pause(wait)
            await self._confirm_last()
        finally:
            await self._transport.shutdown()

    async def _poll(self, wait: float) -> float:
        """Poll once and handle what came; after a failure, wait first.

        wait: the seconds to wait after a failure. Returns those of the next one.
        """
        self._begin()
        batch, error = await self._fetch()
        if error is not None:
            is_answered = await self._back_off(error, wait)
            return SHORTEST_WAIT if is_answered else min(wait * 2, LONGEST_WAIT)
        if batch and await self._handle(batch):
            self._offset = max(int(each["update_id"]) for each in batch) + 1
            self._offset_until = boot_time() + OFFSET_LASTS
        await self._pause_if_nothing_is_new(batch)
        return SHORTEST_WAIT

    def _begin(self) -> None:
        self._begun_at = boot_time()
        self._may_be_lost = False
        self._go_on.clear()

    async def _back_off(self, error: TelegramError, wait: float) -> bool:
        """Wait after a failed poll; returns whether another call was answered meanwhile."""
        seconds = self._wait_after(error, wait)
        self._go_on.clear()
        # These are answers of Telegram: it asks for the wait.
        self._is_backing_off = not isinstance(error, InvalidToken | Conflict | RetryAfter)
        try:
            await self._pause(min(seconds, SHORTEST_WAIT) if self._is_backing_off else seconds)
            if self._is_backing_off and seconds > SHORTEST_WAIT and not self._go_on.is_set():
                await self._wait_for_first(self._go_on, self._stopping, seconds - SHORTEST_WAIT)
        finally:
            self._is_backing_off = False
        return self._go_on.is_set()

    async def _pause_if_nothing_is_new(self, batch: Sequence[RawUpdate]) -> None:
        """Wait after a poll that was answered at once with nothing new, which a server may do again
        and again.
        """
        ids = [each["update_id"] for each in batch]
        is_new, self._last_ids = bool(ids) and ids != self._last_ids, ids
        left = self._begun_at + SHORTEST_WAIT - boot_time()
        if not is_new and left > 0 and not self._go_on.is_set():
            await self._pause(left)

    @staticmethod
    async def _wait_for_first(one: asyncio.Event, other: asyncio.Event, seconds: float) -> None:
        """Wait until one of two events is set, for `seconds` at most."""
        waits = [asyncio.ensure_future(each.wait()) for each in (one, other)]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _fetch(self) -> tuple[list[RawUpdate], TelegramError | None]:
        """The updates of one poll, or its error.

        The poll is cancelled if the process is to stop or to stand by, or if its answer may have
        been lost; its updates stay at Telegram.
        """
        poll = asyncio.create_task(self._get_updates(LONG_POLL))
        stop = asyncio.create_task(self._stopping.wait())
        go_on = asyncio.create_task(self._go_on.wait())
        try:
            while self._may_poll() and not (stop.done() or go_on.done() or poll.done()):
                await asyncio.wait(
                    {poll, stop, go_on},
                    timeout=self._check_every,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            if not poll.done():
                return [], None
            batch = poll.result()
        except TelegramError as error:
            return [], error
        finally:
            for task in (poll, stop, go_on):
                task.cancel()
            await asyncio.gather(poll, stop, go_on, return_exceptions=True)
        self._offset = None
        self._answered_at = boot_time()
        self.is_refused = False
        self._on_answer()
        return batch, None

    async def _get_updates(self, timeout: int, limit: int = 100) -> list[RawUpdate]:
        if boot_time() > self._offset_until:
            self._offset = None
        found: Any = await call(
            self._transport,
            f"{self._bot.base_url}/getUpdates",
            may_send=self._may_poll,
            offset=self._offset,
            timeout=timeout,
            limit=limit,
            allowed_updates=ALLOWED_UPDATES,
        )
        if not isinstance(found, list):
            raise PerhapsSent("getUpdates answered something that is not a list")
        batch = [each for each in found if _is_update(each)]
        if found and not batch:
            raise PerhapsSent("getUpdates answered something that is not a list of updates")
        return batch

    def _wait_after(self, error: TelegramError, wait: float) -> float:
        if isinstance(error, InvalidToken):
            self.is_refused = True
            hint = "not ready, still trying: check REMINDER_BOT_TOKEN with @BotFather"
            log.error("token_refused", extra={"hint": hint})
            return self._refused_wait
        if isinstance(error, Conflict):
            hint = "another program polls with this token: stop it, or give this one its own token"
            log.error("polling_conflict", extra={"hint": hint})
            return max(wait, SHORTEST_WAIT_AFTER_CONFLICT)
        if isinstance(error, RetryAfter):
            asked = as_timedelta(error.retry_after).total_seconds()
            return max(wait, min(asked, LONGEST_RETRY_AFTER))
        if self.silent_for > LONG_POLL:
            log.warning(
                "telegram_silent",
                extra={"seconds": round(self.silent_for), "reason": error.message[:120]},
            )
        return wait

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _handle(self, batch: Sequence[RawUpdate]) -> bool:
        """Take all updates of a batch; False if some are left because the process is to stop."""
        slow: dict[int, list[RawUpdate]] = {
            _sender_id(raw): [] for raw in batch if self._is_slow(raw)
        }
        others: list[RawUpdate] = []
        for raw in batch:
            slow.get(_sender_id(raw), others).append(raw)
        parts = [self._take_singly(each) for each in slow.values()]
        if others:
            parts.append(self._take_all(others))
        return all(await asyncio.gather(*parts))

    async def _take_singly(self, raws: Sequence[RawUpdate]) -> bool:
        for raw in raws:
            if not await self._take_all([raw]):
                return False
        return True

    async def _take_all(self, raws: Sequence[RawUpdate]) -> bool:
        """Take updates or skip them; False if some are left because the process is to stop.

        An update that always fails must not keep the later ones waiting, so it is skipped.
        """
        tries, tries_while_up, wait = 0, 0, SHORTEST_WAIT
        while (error := await self._error_of(raws)) is not None:
            seems_away = is_away(error)
            is_suspect = not seems_away or tries_while_up >= TRIES
            if is_suspect and len(raws) > 1:
                return await (self._take_senders(raws) if seems_away else self._take_halves(raws))
            if not is_suspect or (seems_away and is_database_error(error)):
                if self._stopping.is_set():
                    return False
                log.warning(
                    "updates_wait_for_database",
                    extra={"count": len(raws), "first": raws[0]["update_id"], "reason": error},
                )
                await self._pause(wait)
                wait = min(wait * 2, LONGEST_WAIT_FOR_DATABASE)
                tries_while_up = tries_while_up + 1 if await self._is_database_up() else 0
                continue
            tries += 1
            if seems_away or tries == TRIES:
                log.error(
                    "update_put_aside",
                    exc_info=error,
                    extra={"update": raws[0]["update_id"], "reason": error},
                )
                break
        return True

    async def _error_of(self, raws: Sequence[RawUpdate]) -> Exception | None:
        """Take updates; returns the error if that fails."""
        try:
            await self._take(raws)
        except Exception as error:
            return error
        return None

    async def _take_halves(self, raws: Sequence[RawUpdate]) -> bool:
        middle = len(raws) // 2
        return await self._take_all(raws[:middle]) and await self._take_all(raws[middle:])

    async def _take_senders(self, raws: Sequence[RawUpdate]) -> bool:
        """Take the updates of each sender separately, or one after the other if there is one."""
        by_sender: dict[int, list[RawUpdate]] = {}
        for raw in raws:
            by_sender.setdefault(_sender_id(raw), []).append(raw)
        if len(by_sender) == 1:
            return await self._take_singly(raws)
        return all(await asyncio.gather(*map(self._take_all, by_sender.values())))

    async def _confirm_last(self) -> None:
        """Confirm the last batch. An update that this call returns is left for the next start."""
        if self._offset is None or not self._may_poll():
            return
        try:
            async with asyncio.timeout(5):
                await self._get_updates(0, limit=1)
        except (TelegramError, TimeoutError):
            pass  # the batch is delivered again and changes nothing


def _is_update(raw: Any) -> bool:
    if not isinstance(raw, dict):
        return False
    number = raw.get("update_id")
    return type(number) is int and 0 < number < MAX_ID


def _sender_id(raw: RawUpdate) -> int:
    """The id of the user that an update is from; 0 if it names none."""
    for part in raw.values():
        if isinstance(part, dict) and isinstance(part.get("from"), dict):
            user_id = part["from"].get("id")
            return user_id if isinstance(user_id, int) else 0
    return 0
