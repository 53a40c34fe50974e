"""Amounts that are asked back before they are recorded."""

import pytest

from reminder_bot.domain.intake import NOTHING_DRUNK, Doubt, Drunk, doubt_about


@pytest.mark.parametrize(
    ("amount", "drunk", "doubt"),
    [
        (30, NOTHING_DRUNK, None),
        (29, NOTHING_DRUNK, Doubt.SIP),
        (1, NOTHING_DRUNK, Doubt.SIP),
        (1000, NOTHING_DRUNK, None),
        (1001, NOTHING_DRUNK, Doubt.IN_AN_HOUR),
        (500, Drunk(3000, 500), None),
        (501, Drunk(1500, 500), Doubt.IN_AN_HOUR),
        (12, Drunk(1000, 1000), Doubt.IN_AN_HOUR),
        (501, Drunk(3000, 0), Doubt.IN_A_DAY),
        (2000, Drunk(3000, 1000), Doubt.IN_A_DAY),
    ],
)
def test_an_amount_is_doubted(amount: int, drunk: Drunk, doubt: Doubt | None) -> None:
    assert doubt_about(amount, drunk) is doubt


@pytest.mark.parametrize("accepted", Doubt)
def test_what_was_confirmed_covers_what_is_no_more_serious(accepted: Doubt) -> None:
    doubts = {
        Doubt.SIP: (12, NOTHING_DRUNK),
        Doubt.IN_AN_HOUR: (500, Drunk(1000, 1000)),
        Doubt.IN_A_DAY: (500, Drunk(3500, 1000)),
    }

    for doubt, (amount, drunk) in doubts.items():
        left = doubt_about(amount, drunk, accepted)
        assert left is (doubt if doubt > accepted else None)
