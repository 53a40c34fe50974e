"""Which users may be asked, and their settings."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import Setup, User
from tests.chat.cards import ANA, TEN


def test_a_user_who_finished_the_set_up_is_asked() -> None:
    assert ANA.is_asked


@pytest.mark.parametrize(
    "change",
    [
        {"zone": None},
        {"paused_at": TEN},
        {"unreachable_at": TEN},
        *({"setup": each} for each in Setup if each != "done"),
    ],
    ids=str,
)
def test_a_user_who_is_not_set_up_paused_or_unreachable_is_not_asked(
    change: dict[str, Any],
) -> None:
    assert not replace(ANA, **change).is_asked


def test_without_a_zone_there_are_no_hours() -> None:
    with pytest.raises(ValueError, match="user 7 has no zone yet: ask for it before planning"):
        _ = replace(ANA, zone=None).hours


def test_the_weekend_has_the_hours_of_working_days_unless_others_are_set() -> None:
    lazy = DayHours(time(9), time(1))

    assert ANA.hours.weekend == ANA.weekday_hours
    assert replace(ANA, weekend_hours=lazy).hours.weekend == lazy


def test_a_new_user_has_the_usual_settings() -> None:
    new = User(7, "en", Setup.WELCOME, None, DayHours(time(7), time(23)))

    assert (new.digest_weekday, new.digest_at) == (7, time(18))
    assert not any([new.is_discreet, new.is_tidy, new.is_dark, new.wants_infants])
    assert not new.is_without_numbers
    assert not any([new.diet, new.unwanted_topics, new.awaits, new.setup_view])
