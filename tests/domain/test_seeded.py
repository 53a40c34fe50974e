"""One of several things, chosen by a seed."""

from dataclasses import dataclass

import pytest

from reminder_bot.domain.seeded import choose_by_seed


@dataclass(frozen=True)
class Thing:
    id: str


A, B, C = Thing("a"), Thing("b"), Thing("c")


def test_the_choice_for_a_seed_is_the_same_on_every_machine_and_in_any_order() -> None:
    chosen = [choose_by_seed([A, B, C], seed).id for seed in range(12)]

    assert "".join(chosen) == "ccbbabbbccbc"
    assert chosen == [choose_by_seed([C, B, A], seed).id for seed in range(12)]


def test_choosing_from_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        choose_by_seed([], seed=1)
