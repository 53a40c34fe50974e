"""An entry is a value, and no later correction changes it."""

from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime

import pytest

from reminder_bot.domain.entry import Entry

GLASS = Entry(1, 2, date(2026, 3, 2), 250, datetime(2026, 3, 2, 12, tzinfo=UTC), None)


def test_an_entry_is_never_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        GLASS.amount = 500  # type: ignore[misc]

    assert GLASS.amount == 250
