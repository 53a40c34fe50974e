"""How fast messages may be sent: at even intervals, and above Telegram's free rate only if paid.

Telegram accepts about 30 messages a second from a bot for free, and up to 1,000 if the host pays
for those above 30 (0.1 Star a message). Permits are given at even intervals, because the delays of
the network can make two bursts arrive together, and so exceed the limit. If no permit was used for
a while, `AT_ONCE` of them may be used together, so that a reply and its reminder do not wait for
each other.

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
        """Seconds from one permit to the next when several processes share the rate.

        3 % more than 1 / rate: each process sends some milliseconds late, and processes that are
        late by different amounts would otherwise exceed the rate for a moment.
        """
        return 1.03 / self.rate


def free_permits(free_in: float, count: int, send_rate: SendRate) -> tuple[tuple[bool, ...], float]:
    """For each of the next `count` permits whether it is free, and the `free_in` after them.

    free_in: seconds from the first of these permits until the next free one is due; negative if it
    has been due for a while. The returned one counts from the same instant.
    """
    if send_rate.is_paid:
        return _mark_free(free_in, count, send_rate)
    # This replica does not pay, so all of its permits are free. They reduce what a replica that
    # pays has for free, because both use the same token.
    used_up = max(free_in, 0.0) + count * _FREE_INTERVAL
    # Capped, because `_FREE_INTERVAL` is longer than the interval between these permits: while this
    # replica is busy, the next free permit would otherwise move further and further away.
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
    """The window over which `due` check-ins of one minute are spread; zero if the rate sends all of
    them within the minute.

    5 % shorter than sending them takes, so that some always wait and no permit stays unused.

    >>> spread(10_000, 30)
    datetime.timedelta(seconds=316, microseconds=666667)
    """
    return timedelta(seconds=0.95 * due / rate) if due > 60 * rate else timedelta(0)


def place_in(length: timedelta, user_id: int) -> timedelta:
    """When in a window of this length a user's check-ins are sent, from its beginning.

    It is the same every day. Users with neighbouring ids are far apart, and all together fill the
    window evenly.
    """
    return length * (user_id * _GOLDEN % 2**32 / 2**32)
