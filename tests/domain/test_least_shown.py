"""Which of several things is shown next: the rarest, and among equals by a seed."""

from dataclasses import dataclass

import pytest

from reminder_bot.domain.least_shown import choose_by_seed, least_often_shown


@dataclass(frozen=True)
class Thing:
    id: str


A, B, C = Thing("a"), Thing("b"), Thing("c")


@pytest.mark.parametrize(
    ("shown", "next_ones"),
    [
        ("", [A, B, C]),
        ("a", [B, C]),
        ("ab", [C]),
        ("abc", [A, B]),  # all equal: not the last one again
        ("abca", [B, C]),
        ("aab", [C]),
        ("abcaab", [C]),
        ("xyx", [A, B, C]),  # shown things that are no longer candidates
    ],
)
def test_what_was_shown_least_often_comes_next_but_not_twice_in_a_row(
    shown: str, next_ones: list[Thing]
) -> None:
    assert least_often_shown([A, B, C], shown) == next_ones


def test_the_only_candidate_may_be_shown_again() -> None:
    assert least_often_shown([A], ["a", "a"]) == [A]


def test_without_candidates_nothing_is_shown() -> None:
    assert least_often_shown([], ["a"]) == []


def test_the_choice_for_a_seed_is_the_same_on_every_machine_and_in_any_order() -> None:
    chosen = [choose_by_seed([A, B, C], seed).id for seed in range(12)]

    assert "".join(chosen) == "ccbbabbbccbc"
    assert chosen == [choose_by_seed([C, B, A], seed).id for seed in range(12)]


def test_choosing_from_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="empty"):
        choose_by_seed([], seed=1)
