"""Choose what to show next: what was shown least often, and among equals by a seed.

Nothing repeats before everything was shown, even when the candidates change in between. The seed
and the id are hashed, so the choice is the same on every machine and Python version, and it does
not depend on the order of the candidates.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Protocol, TypeVar

__all__ = ["choose_by_seed", "least_often_shown"]


class _Identified(Protocol):
    @property
    def id(self) -> str: ...


_T = TypeVar("_T", bound=_Identified)


def least_often_shown(candidates: Iterable[_T], shown: Sequence[str]) -> list[_T]:
    """The candidates that were shown least often.

    The one shown last is left out, unless it is the only one. shown: ids in the order they were
    shown, with repeats; ids of other things are ignored.
    """
    candidates = list(candidates)
    times_shown = Counter(shown)
    fewest = min((times_shown[each.id] for each in candidates), default=0)
    rarest = [each for each in candidates if times_shown[each.id] == fewest]
    last_shown = shown[-1:]
    return [each for each in rarest if each.id not in last_shown] or rarest


def choose_by_seed(candidates: Iterable[_T], seed: int) -> _T:
    """One of the candidates, always the same one for a seed; ValueError when there is none."""
    return min(candidates, key=lambda each: blake2b(f"{seed} {each.id}".encode()).digest())
