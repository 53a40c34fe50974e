"""Whatever a server answers and whatever updates it delivers, the bot lives and serves the next."""

import pytest

from tests.simulation.mutations import run


def check(seed: int, count: int) -> None:
    result = run(seed, count)

    assert result.wrong == "", "\n".join(result.traces)


def test_sixty_mutated_answers_and_updates_do_no_harm() -> None:
    check(seed=1, count=60)


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(2, 12))
def test_thousands_of_mutated_answers_and_updates_do_no_harm(seed: int) -> None:
    check(seed, count=200)
