"""Which question a bare yes or no is for: the newest card, or else it is asked back."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from reminder_bot.domain.check_in import CheckIn, Reply, Status
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.typed_answer import NEW_FOR, is_answerable, meant
from tests.chat.cards import TEN, row

NOW = TEN + timedelta(hours=2)
MINUTE = timedelta(minutes=1)


def shown(id_: int, minutes_ago: float, message: int | None = None, **values: Any) -> CheckIn:
    """A question that was sent so long ago; `values` are fields of CheckIn."""
    check_in = row(HabitKind.PROBIOTIC, id=id_).check_in
    sent = {"sent_at": NOW - minutes_ago * MINUTE, "message_id": message or id_}
    return replace(check_in, **{**sent, "closes_at": NOW + timedelta(hours=1), **values})


def ids(seen: list[CheckIn], now: datetime = NOW) -> tuple[int | None, list[int]]:
    found = meant(seen, now)
    return None if found.check_in is None else found.check_in.id, [
        each.id for each in found.candidates
    ]


def test_nothing_is_meant_if_nothing_is_open() -> None:
    answered = shown(1, 5, reply=Reply.YES, status=Status.REPLIED)

    assert ids([]) == (None, [])
    assert ids([answered, shown(2, 90, closes_at=NOW)]) == (None, [])


def test_the_only_question_is_meant_however_old_it_is() -> None:
    assert ids([shown(1, 600)]) == (1, [1])


def test_the_newest_card_is_meant_for_half_an_hour() -> None:
    half = NEW_FOR / MINUTE

    assert ids([shown(1, 120), shown(2, half)]) == (2, [1, 2])
    assert ids([shown(1, 120), shown(2, half + 0.1)]) == (None, [1, 2])


def test_an_evening_prompt_is_a_card_too() -> None:
    assert ids([shown(1, 120), shown(2, 5, role=Role.WIND_DOWN)]) == (2, [1, 2])


def test_a_card_with_two_open_rows_is_asked_about() -> None:
    assert ids([shown(1, 5, message=9), shown(2, 5, message=9)]) == (None, [1, 2])


def test_an_older_question_is_never_meant_by_itself() -> None:
    answered = shown(2, 5, reply=Reply.NO, status=Status.REPLIED)

    assert ids([shown(1, 20), answered]) == (None, [1])


def test_a_question_that_may_have_arrived_may_be_meant() -> None:
    lost = shown(2, 0, status=Status.AMBIGUOUS, sent_at=None, send_after=NOW - 5 * MINUTE)

    assert ids([shown(1, 20), lost]) == (2, [1, 2])


@pytest.mark.parametrize(
    ("status", "ask", "expected"),
    [
        (Status.SENT, 1, True),
        (Status.UNCERTAIN, 1, True),
        (Status.PLANNED, 2, True),  # snoozed
        (Status.PLANNED, 1, False),
        (Status.CLAIMED, 1, False),
        (Status.UNANSWERED, 1, False),
        (Status.MISFIRED, 1, False),
    ],
)
def test_what_somebody_has_seen_can_be_answered(status: Status, ask: int, expected: bool) -> None:
    assert is_answerable(shown(1, 5, status=status, ask=ask), NOW) is expected
