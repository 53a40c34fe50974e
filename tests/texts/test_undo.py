"""What /undo answers."""

import pytest

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.texts import undo
from tests.texts.reading import ENGLISH

WATER = Habit(1, HabitKind.HYDRATION, 1500, 250)
QUIET = Habit(2, HabitKind.MEDITATION)


@pytest.mark.parametrize(
    ("habit", "reply", "amount_ml", "wanted"),
    [
        (WATER, Reply.YES, 250, "💧 Taken back: 10:32 a glass"),
        (WATER, Reply.YES, 500, "💧 Taken back: 10:32 500 ml"),
        (WATER, Reply.NO, None, "💧 Taken back: 10:32 no"),
        (Habit(3, HabitKind.FIBRE, 750, 250), Reply.YES, 250, "🌾 Taken back: 10:32 250 ml"),
        (QUIET, Reply.YES, 5, "🧘 Taken back: 10:32 yes"),
        (QUIET, Reply.SKIPPED, None, "🧘 Taken back: 10:32 skipped"),
    ],
)
def test_what_was_taken_back_is_named(
    habit: Habit, reply: Reply, amount_ml: int | None, wanted: str
) -> None:
    assert undo.taken_back(ENGLISH, habit, "10:32", reply, amount_ml) == wanted


def test_where_nothing_was_answered_it_points_to_other_days() -> None:
    assert undo.nothing_today(ENGLISH) == (
        "Nothing to take back today. /today corrects other days."
    )
