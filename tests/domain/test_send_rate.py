"""How fast messages may leave, and which of them are free."""

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


def free_instants(send_rate: SendRate, starts: list[float], count: int) -> list[float]:
    """When the free permits of these batches may be used, where each batch goes on from the last
    one.
    """
    free_at, found = 0.0, []
    for starts_at in starts:
        are_free, free_in = free_permits(free_at - starts_at, count, send_rate)
        free_at = starts_at + free_in
        found += [
            starts_at + number * send_rate.every
            for number, is_free in enumerate(are_free)
            if is_free
        ]
    return found


def most_in_a_second(instants: list[float]) -> int:
    return max(bisect_left(instants, at + 1.0) - number for number, at in enumerate(instants))


def test_without_payment_every_permit_is_free() -> None:
    are_free, _ = free_permits(0.0, 100, SendRate())

    assert are_free == (True,) * 100


def test_without_payment_the_free_rate_is_used_up_for_a_replica_that_pays() -> None:
    _, free_in = free_permits(-5.0, 15, SendRate())

    assert free_in >= 15 / FREE_RATE


def test_however_long_nothing_was_paid_for_a_free_permit_is_due_soon() -> None:
    free_in = 0.0
    for _ in range(1000):
        free_in = free_permits(free_in, 3, SendRate())[1] - 3 * SendRate().every

    assert free_in < 0.2


def test_after_a_rest_a_few_are_free_together() -> None:
    are_free, _ = free_permits(-60.0, 10, PAID)

    assert are_free[: AT_ONCE + 1] == (True,) * AT_ONCE + (False,)


def test_below_the_free_rate_nothing_is_paid_for() -> None:
    starts = [number / 25 for number in range(250)]

    assert len(free_instants(PAID, starts, 1)) == 250


@given(
    st.lists(st.floats(0, 0.5), min_size=1, max_size=40), st.integers(1, 60), st.integers(31, 1000)
)
def test_no_sliding_second_has_more_free_permits_than_the_free_rate(
    gaps: list[float], count: int, rate: int
) -> None:
    send_rate = SendRate(rate, is_paid=True)
    starts, at = [], 0.0
    for gap in gaps:
        at += gap
        starts.append(at)
        at += count * send_rate.every

    assert most_in_a_second(free_instants(send_rate, starts, count)) <= FREE_RATE


def test_a_long_rush_gets_nearly_all_free_permits() -> None:
    free = free_instants(PAID, [0.0], 3000)

    assert len(free) / (3000 * PAID.every) > 0.85 * FREE_RATE


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
