"""Amounts of water that are asked back before they are recorded, because they are implausible or
could harm: the bounds are product decisions, the warning is a safety text (`texts.safety`).
"""

from enum import IntEnum
from typing import NamedTuple

__all__ = ["NOTHING_DRUNK", "Doubt", "Drunk", "doubt_about"]

SMALLEST_ML = 30
MOST_AN_HOUR_ML = 1000
MOST_A_DAY_ML = 3500


class Doubt(IntEnum):
    """Why an amount is asked back. The larger ones are the more serious."""

    SIP = 1
    IN_AN_HOUR = 2
    IN_A_DAY = 3


class Drunk(NamedTuple):
    """What is recorded for a day, and how much of it was recorded within the last hour."""

    day_ml: int
    hour_ml: int


NOTHING_DRUNK = Drunk(0, 0)


def doubt_about(amount_ml: int, drunk: Drunk, accepted: Doubt | None = None) -> Doubt | None:
    """Why a further amount is asked back; None if it can be recorded.

    accepted: what the user has confirmed. It covers what is no more serious.
    """
    doubt = None
    if drunk.day_ml + amount_ml > MOST_A_DAY_ML:
        doubt = Doubt.IN_A_DAY
    elif drunk.hour_ml + amount_ml > MOST_AN_HOUR_ML:
        doubt = Doubt.IN_AN_HOUR
    elif amount_ml < SMALLEST_ML:
        doubt = Doubt.SIP
    return doubt if doubt is not None and doubt > (accepted or 0) else None
