"""How fast messages may leave: evenly, and above Telegram's free rate only for money.

Telegram takes about 30 messages a second from a bot for free, and up to 1,000 where the host pays
for what exceeds that (0.1 Star a message). Permits to send come evenly, because the network would
squeeze a burst together with the next one. After a rest a few may be used at once, so that a reply
and its reminder do not wait for each other.

Free permits among paid ones are counted like a leaky bucket: each free one makes the next one due
`_FREE_INTERVAL` later, and one may be used up to `AT_ONCE - 1` intervals before it is due.
"""

from dataclasses import dataclass
from datetime import timedelta

__all__ = [
    "AT_ONCE",
    "FREE_RATE",
    "HIGHEST_PAID_RATE",
    "SendRate",
    "free_permits",
    "place_in",
    "spread",
]

FREE_RATE = 30
HIGHEST_PAID_RATE = 1000
AT_ONCE = 3
# Seconds between two free permits among paid ones. With `AT_ONCE` used together before them, no
# sliding second has more than the free rate.
_FREE_INTERVAL = 1.03 / (FREE_RATE - AT_ONCE + 1)
# Knuth's multiplicative hashing: 2^32 divided by the golden ratio.
_GOLDEN = 2_654_435_769


@dataclass(frozen=True, slots=True)
class SendRate:
    """rate: messages a second. is_paid: those above the free rate are paid for."""

    rate: int = FREE_RATE
    is_paid: bool = False

    @property
    def every(self) -> float:
        """Seconds from one permit to the next where several processes share the rate.

        A little more than 1 / rate: each process is late by some milliseconds of its own, which
        brings a message nearer to the next one.
        """
        return 1.03 / self.rate


def free_permits(free_in: float, count: int, send_rate: SendRate) -> tuple[tuple[bool, ...], float]:
    """For each of the next `count` permits whether it is free, and the `free_in` after them.

    free_in: seconds from the first of these permits until the next free one is due; negative after
    a rest. The returned one counts from the same instant.
    """
    if send_rate.is_paid:
        return _mark_free(free_in, count, send_rate)
    # Without payment all permits are free, and they use up what another replica, which pays, would
    # have for free.
    used_up = max(free_in, 0.0) + count * _FREE_INTERVAL
    highest = count * send_rate.every + AT_ONCE * _FREE_INTERVAL
    return (True,) * count, min(used_up, highest)


def _mark_free(free_in: float, count: int, send_rate: SendRate) -> tuple[tuple[bool, ...], float]:
    are_free = []
    for number in range(count):
        at = number * send_rate.every
        is_free = free_in - (AT_ONCE - 1) * _FREE_INTERVAL <= at
        if is_free:
            free_in = max(free_in, at) + _FREE_INTERVAL
        are_free.append(is_free)
    return tuple(are_free), free_in


def spread(due: int, rate: int) -> timedelta:
    """The window over which `due` check-ins of one minute leave; zero where the rate sends them
    within the minute.

    A little shorter than the time they take, so that the last of them do not leave behind the
    queue.

    >>> spread(10_000, 30)
    datetime.timedelta(seconds=316, microseconds=666667)
    """
    return timedelta(seconds=0.95 * due / rate) if due > 60 * rate else timedelta(0)


def place_in(length: timedelta, user_id: int) -> timedelta:
    """A user's place in such a window, the same every day. Neighbouring ids lie far apart, and all
    places are used evenly.
    """
    return length * (user_id * _GOLDEN % 2**32 / 2**32)
