"""How fast messages may leave, and which of them cost nothing."""

from bisect import bisect_left
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.send_rate import (
    AT_ONCE,
    FREE_RATE,
    SendRate,
    free_permits,
    place_in,
    spread,
)

PAID = SendRate(300, is_paid=True)


def unpaid_instants(pace: SendRate, starts: list[float], turns: int) -> list[float]:
    """When the unpaid of these stretches of turns leave; what is free is carried from one to the
    next.
    """
    unpaid_at, found = 0.0, []
    for starts_at in starts:
        are_free, free_in = free_permits(unpaid_at - starts_at, turns, pace)
        unpaid_at = starts_at + free_in
        found += [
            starts_at + number * pace.every for number, is_free in enumerate(are_free) if is_free
        ]
    return found


def most_in_a_second(instants: list[float]) -> int:
    return max(bisect_left(instants, at + 1.0) - number for number, at in enumerate(instants))


def test_without_payment_every_turn_is_unpaid() -> None:
    are_free, _ = free_permits(0.0, 100, SendRate())

    assert are_free == (True,) * 100


def test_who_does_not_pay_uses_up_what_is_free() -> None:
    """For another replica that does."""
    _, free_in = free_permits(-5.0, 15, SendRate())

    assert free_in >= 15 / FREE_RATE


def test_what_is_used_up_is_there_again_soon_after() -> None:
    """However long nothing was paid for."""
    free_in = 0.0
    for _ in range(1000):
        free_in = free_permits(free_in, 3, SendRate())[1] - 3 * SendRate().every

    assert free_in < 0.2


def test_after_a_rest_a_few_leave_together_for_nothing() -> None:
    are_free, _ = free_permits(-60.0, 10, PAID)

    assert are_free[: AT_ONCE + 1] == (True,) * AT_ONCE + (False,)


def test_who_keeps_to_the_free_rate_pays_next_to_nothing() -> None:
    starts = [number / 25 for number in range(250)]

    assert len(unpaid_instants(PAID, starts, 1)) == 250


@given(
    st.lists(st.floats(0, 0.5), min_size=1, max_size=40), st.integers(1, 60), st.integers(31, 1000)
)
def test_no_sliding_second_has_more_unpaid_turns_than_the_free_rate(
    gaps: list[float], turns: int, rate: int
) -> None:
    pace = SendRate(rate, is_paid=True)
    starts, at = [], 0.0
    for gap in gaps:
        at += gap
        starts.append(at)
        at += turns * pace.every

    assert most_in_a_second(unpaid_instants(pace, starts, turns)) <= FREE_RATE


def test_a_long_rush_gets_nearly_all_that_is_free() -> None:
    unpaid = unpaid_instants(PAID, [0.0], 3000)

    assert len(unpaid) / (3000 * PAID.every) > 0.85 * FREE_RATE


@pytest.mark.parametrize(("due", "rate"), [(1, 30), (1800, 30), (60_000, 1000)])
def test_what_leaves_within_the_minute_is_not_spread(due: int, rate: int) -> None:
    assert spread(due, rate) == timedelta(0)


@pytest.mark.parametrize(("due", "rate"), [(1801, 30), (10_000, 30), (60_001, 1000)])
def test_what_takes_longer_is_spread_over_a_little_less_than_it_takes(due: int, rate: int) -> None:
    assert 0.9 * due / rate < spread(due, rate).total_seconds() < due / rate


@given(st.integers(0, 2**52), st.integers(1, 10**6))
def test_a_place_lies_within_the_length_and_is_the_same_every_time(
    user_id: int, seconds: int
) -> None:
    length = timedelta(seconds=seconds)

    place = place_in(length, user_id)

    assert timedelta(0) <= place <= length
    assert place_in(length, user_id) == place


@pytest.mark.parametrize("step", [1, 2, 7, 1000, 2**20])
def test_places_are_even_however_the_numbers_were_given_out(step: int) -> None:
    places = [place_in(timedelta(hours=1), 6_000_000_000 + step * number) for number in range(6000)]

    of_minute = [0] * 60
    for place in places:
        of_minute[int(place.total_seconds() // 60)] += 1

    assert max(of_minute) <= 1.5 * min(of_minute)
