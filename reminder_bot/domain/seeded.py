"""Choose one of several things by a seed.

The seed and the id are hashed, so the choice is the same on every machine and Python version, and
it does not depend on the order of the candidates.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Protocol, TypeVar

__all__ = ["choose_by_seed"]


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_T = TypeVar("_T", bound=_Identified)


def choose_by_seed(candidates: Iterable[_T], seed: int) -> _T:
    """One of the candidates, always the same one for a seed; ValueError when there is none."""
    return min(candidates, key=lambda each: blake2b(f"{seed} {each.id}".encode()).digest())
