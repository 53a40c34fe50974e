"""How many answers people get who are not users of the bot, and groups.

The answers to them come out of the token's rate, which the users need, and anybody can write to a
bot or add it to a group. What exceeds a budget is not answered.
"""

from collections import Counter, deque

__all__ = ["Budget", "Pace"]

MINUTE = 60.0  # seconds


class Budget:
    """At most `each` answers a minute to one of them, and `together` to all of them."""

    def __init__(self, *, each: int, together: int) -> None:
        self._each = each
        self._together = together
        self._spent: deque[tuple[float, int]] = deque()  # (when, to whom) of the last minute
        self._spent_on: Counter[int] = Counter()

    def spend(self, on: int, now: float) -> bool:
        """Whether one more answer is within the budget; if so, it is counted.

        on: the id of the chat. now: in seconds, of any clock that is never set back.
        """
        while self._spent and self._spent[0][0] <= now - MINUTE:
            _, last = self._spent.popleft()
            self._spent_on[last] -= 1
            if not self._spent_on[last]:
                del self._spent_on[last]
        if len(self._spent) >= self._together or self._spent_on[on] >= self._each:
            return False
        self._spent.append((now, on))
        self._spent_on[on] += 1
        return True


class Pace:
    """Answers that leave one after another, at most `a_second` of them.

    each: how many one person gets in a minute. longest: in seconds; what would have to wait longer
    is not answered.
    """

    def __init__(self, *, each: int, a_second: float, longest: float) -> None:
        self._budget = Budget(each=each, together=round(MINUTE * a_second))
        self._gap = 1 / a_second
        self._longest = longest
        self._next_at = 0.0

    def spend(self, on: int, now: float) -> float | None:
        """How many seconds one more answer has to wait; None if there is none.

        on, now: as for `Budget.spend`.
        """
        wait = max(0.0, self._next_at - now)
        if wait > self._longest or not self._budget.spend(on, now):
            return None
        self._next_at = now + wait + self._gap
        return wait
