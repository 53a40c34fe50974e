"""How fast messages may leave: evenly, and above Telegram's free rate only for money.

Telegram takes about 30 messages a second from a bot for nothing, and up to 1,000 where the host
pays for what goes beyond (0.1 Star a message). Turns come evenly: a burst would be squeezed
together with the next on its way. A few may leave together after a rest, so that a reply and its
reminder do not wait for each other.
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
# Seconds between two turns that cost nothing, where others are paid for: with a few at once before
# them, no sliding second has more than the free rate.
_UNPAID_EVERY = 1.03 / (FREE_RATE - AT_ONCE + 1)
_GOLDEN = 2_654_435_769  # 2^32 by the golden ratio: Knuth's multiplicative hashing


@dataclass(frozen=True, slots=True)
class SendRate:
    """So many messages a second; `is_paid`: what exceeds the free rate is paid for."""

    rate: int = FREE_RATE
    is_paid: bool = False

    @property
    def every(self) -> float:
        """Seconds from one turn to the next where several processes take them.

        A hair more than the rate says: each is late by some milliseconds of its own, and what was
        late is nearer to the next.
        """
        return 1.03 / self.rate


def free_permits(free_in: float, turns: int, pace: SendRate) -> tuple[tuple[bool, ...], float]:
    """Which of the coming turns are within the free rate, and when the next unpaid one would be
    even.

    unpaid_in: that of before, in seconds from the first turn. Who does not pay uses it up for those
    who do.
    """
    if not pace.is_paid:
        used_up = max(free_in, 0.0) + turns * _UNPAID_EVERY
        return (True,) * turns, min(used_up, turns * pace.every + AT_ONCE * _UNPAID_EVERY)
    are_free = []
    for number in range(turns):
        at = number * pace.every
        is_free = free_in - (AT_ONCE - 1) * _UNPAID_EVERY <= at
        if is_free:
            free_in = max(free_in, at) + _UNPAID_EVERY
        are_free.append(is_free)
    return tuple(are_free), free_in


def spread(due: int, rate: int) -> timedelta:
    """Over how long so many check-ins of one minute leave; nothing where the rate sends them within
    the minute.

    A little less than they take, so that the last places are not left behind the queue.

    >>> spread(10_000, 30)
    datetime.timedelta(seconds=316, microseconds=666667)
    """
    return timedelta(seconds=0.95 * due / rate) if due > 60 * rate else timedelta(0)


def place_in(length: timedelta, user_id: int) -> timedelta:
    """A user's own place in it, the same every day; neighbouring numbers lie far apart, and all
    of them evenly.
    """
    return length * (user_id * _GOLDEN % 2**32 / 2**32)
