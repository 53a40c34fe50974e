"""How often one chat gets a message, and which chats Telegram has halted.

Telegram accepts about one message a second in a chat, and short bursts above that. So a chat gets
one a second on average, and up to `BURST` at once after a pause: an answer, its edit and its
reaction belong together. Edits and deletions count as well. A message that the bot starts by itself
may use one place more than the burst, because somebody who writes without a pause would otherwise
never get a reminder; but these come at least a second apart.

After a 429 the bot cannot tell whether Telegram means the chat or the token: the answers are equal.
The limit of a chat is met far more often, so only the chat is halted at first. If a second chat
meets a 429 within `TOGETHER` seconds, both mean the token. Calls that belong to no chat are halted
together, like one more chat.

All instants are event-loop time (`loop.time()`), unless a clock is given.
"""

from typing import NamedTuple

from reminder_bot.clock import Clock

__all__ = ["BURST", "CHAT_INTERVAL", "TOGETHER", "ChatPace"]

# In seconds, on average between two messages to a chat.
CHAT_INTERVAL = 1.0
BURST = 3
# In seconds. A token that is over its limit meets the second 429 within the same second or two.
TOGETHER = 5.0
# How many chats are remembered before those whose time has passed are dropped.
MANY = 120


class _Times(NamedTuple):
    """due_at: when the next message is due if they come evenly. starts_at: when the bot may start
    another message by itself.
    """

    due_at: float
    starts_at: float

    def busy_for(self, now: float, is_started: bool) -> float:
        if is_started:
            return max(self.due_at - BURST * CHAT_INTERVAL, self.starts_at) - now
        return self.due_at - (BURST - 1) * CHAT_INTERVAL - now


class _AllTimes(dict[int, _Times]):
    """The times of each chat, without those that have passed for long."""

    drop_at = MANY

    def note(self, chat_id: int, now: float, is_started: bool) -> None:
        """Record that a chat gets a message now."""
        if len(self) > self.drop_at:
            for chat in [chat for chat, each in self.items() if max(each) <= now]:
                del self[chat]
            # Twice as many: looking through all of them at each message would take too long.
            self.drop_at = max(MANY, 2 * len(self))
        last = self.get(chat_id, _Times(now, now))
        starts_at = now + CHAT_INTERVAL if is_started else last.starts_at
        self[chat_id] = _Times(max(last.due_at, now) + CHAT_INTERVAL, starts_at)


class _Halt(NamedTuple):
    since: float
    until: float


class ChatPace:
    """clock: a wall clock that is moved from outside (demo, tests). The seconds between messages
    may then be over by that clock as well.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock
        self._times = _AllTimes()
        self._wall_times = _AllTimes()
        self._halts: dict[int | None, _Halt] = {}

    def busy_for(self, chat_id: int, now: float, *, is_started: bool) -> float:
        """Seconds until a chat may get another message; 0 or less if it may get one now.

        is_started: whether the bot starts the message by itself.
        """
        paced_for = halted_for = 0.0
        if (times := self._times.get(chat_id)) is not None:
            paced_for = times.busy_for(now, is_started)
        if self._clock is not None and (times := self._wall_times.get(chat_id)) is not None:
            wall_now = self._clock.now().timestamp()
            paced_for = min(paced_for, times.busy_for(wall_now, is_started))
        if self._halts:
            halted_for = self.halted_for(chat_id, now)
        return max(paced_for, halted_for)

    def note_message(self, chat_id: int, now: float, *, is_started: bool) -> None:
        """Record that a chat gets a message now."""
        self._times.note(chat_id, now, is_started)
        if self._clock is not None:
            self._wall_times.note(chat_id, self._clock.now().timestamp(), is_started)

    def halt(self, chat_id: int | None, now: float, seconds: float) -> bool:
        """Halt a chat after a 429; returns whether the token is meant, and so all chats.

        chat_id: None for a call that belongs to no chat.
        """
        self._halts = {
            chat: halt
            for chat, halt in self._halts.items()
            if max(halt.until, halt.since + TOGETHER) > now
        }
        means_all = any(
            chat != chat_id and now - halt.since < TOGETHER for chat, halt in self._halts.items()
        )
        until = max(now + seconds, self._halts.get(chat_id, _Halt(now, now)).until)
        self._halts[chat_id] = _Halt(now, until)
        return means_all

    def halted_for(self, chat_id: int | None, now: float) -> float:
        """Seconds left of a chat's halt; 0 if there is none."""
        halt = self._halts.get(chat_id)
        return 0.0 if halt is None else max(0.0, halt.until - now)

    def lift(self) -> None:
        """End the halts of all chats."""
        self._halts.clear()
