"""A budget of answers: at most so many a minute to one chat, and to all together."""

import random
from collections import Counter

from reminder_bot.chat.budgets import MINUTE, Budget, Pace


def test_no_minute_has_more_than_the_budget_and_none_is_kept_back_for_longer() -> None:
    chance = random.Random(1)
    budget = Budget(each=3, together=10)
    given: list[tuple[float, int]] = []
    now = 0.0
    for _ in range(3000):
        now += chance.expovariate(1.0)
        chat = chance.randrange(8)
        recent = [to for at, to in given if at > now - MINUTE]
        is_possible = len(recent) < 10 and recent.count(chat) < 3

        assert budget.spend(chat, now) is is_possible
        if is_possible:
            given.append((now, chat))

    assert len(given) > 400
    assert set(Counter(to for _, to in given)) == set(range(8))


def test_nothing_is_kept_of_chats_whose_minute_is_over() -> None:
    budget = Budget(each=1, together=5)
    for chat in range(1000):
        budget.spend(chat, chat * MINUTE)

    assert len(budget._spent) == 1
    assert len(budget._spent_on) <= 2


def test_answers_at_a_pace_wait_for_each_other_and_not_too_long() -> None:
    pace = Pace(each=2, a_second=4, longest=0.5)

    assert [pace.spend(chat, 100.0) for chat in (1, 1, 1, 2, 3)] == [0.0, 0.25, None, 0.5, None]
    assert pace.spend(3, 100.75) == 0.0
