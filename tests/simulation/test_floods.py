"""Whoever floods the bot, others get their answers and reminders as if nobody did."""

import pytest

from tests.simulation.floods import FLOODS, flood

# In seconds: what a flood may cost others.
COST = 0.5


def check(name: str, seconds: float) -> None:
    _, without = flood("")

    wrong, waits = flood(name, seconds)

    assert wrong == ""
    assert len(waits) == len(without)
    assert max(waits) <= max(without) + COST


def test_somebody_who_writes_200_times_a_second_costs_others_half_a_second_at_most() -> None:
    check("words", 1.0)


@pytest.mark.sweep
@pytest.mark.parametrize("name", FLOODS)
def test_no_kind_of_flood_costs_others_more_than_half_a_second(name: str) -> None:
    check(name, 4.0)
