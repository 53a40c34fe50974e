"""Taking turns: what was shown least often comes next, and chance decides among equals.

So nothing repeats before everything was shown, also when the choice grows or shrinks on the way.
Chance is a hash of the seed and the id: the same on every machine and version of Python, and
whatever the order of the candidates.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Protocol, TypeVar

__all__ = ["drawn", "least_shown"]


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Identified)


def least_shown(candidates: Iterable[T], shown: Sequence[str]) -> list[T]:
    """The candidates that were shown least often, without the last one shown unless it is the only
    one.

    shown: ids in the order they were shown, repeats included; ids that are no candidates count
    nothing.
    """
    candidates = list(candidates)
    times = Counter(shown)
    least = min((times[one.id] for one in candidates), default=0)
    fewest = [one for one in candidates if times[one.id] == least]
    return [one for one in fewest if one.id not in shown[-1:]] or fewest


def drawn(candidates: Iterable[T], seed: int) -> T:
    """One of the candidates, always the same for one seed; ValueError when there is none."""
    return min(candidates, key=lambda one: blake2b(f"{seed} {one.id}".encode()).digest())
