"""The words of each kind of habit, as they are read."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.texts import check_in
from reminder_bot.texts.habit_words import HabitWords, done_at, words_of
from reminder_bot.texts.translation import Translation
from tests.chat.cards import ANA, TEN, row
from tests.texts.reading import ENGLISH

if TYPE_CHECKING:
    from reminder_bot.texts.habit_words import Shown


class Words(NamedTuple):
    """What a kind is called and says. question, done: as a card shows them at 10:32."""

    name: str
    about: str
    question: str
    done: str = "10:32 · done for today"


WORDS = {
    HabitKind.HYDRATION: Words(
        "Water",
        "a glass now and then, counted to your goal",
        "💧 A glass of water? · 0 of 6 today",
        "10:32 a glass · 0 of 6 today",
    ),
    HabitKind.PROBIOTIC: Words(
        "Fermented food", "once a day, with an idea", "🥛 Something fermented today?"
    ),
    HabitKind.MEDITATION: Words(
        "Quiet minutes", "a few quiet minutes, with a timer", "🧘 A few quiet minutes?"
    ),
    HabitKind.BEDTIME: Words(
        "Bedtime",
        "a line in the evening, a question next morning",
        "🌙 Asleep by 23:00 last night?",
        "Asleep by 23:00 last night: yes.",
    ),
    HabitKind.FIBRE: Words(
        "Fibre",
        "beans, oats, vegetables, once a day",
        "🌾 Some fibre today: beans, oats, vegetables?",
    ),
    HabitKind.SUGAR: Words("Less sugar", "one question in the evening", "🍎 Easy on sugar today?"),
    HabitKind.SKINCARE: Words(
        "Gentle skincare",
        "mild and fragrance-free, in the evening",
        "🧴 Gentle skincare done?",
    ),
    HabitKind.BREAK: Words(
        "Stress break", "a breath in the afternoon", "🍃 A short break, just to breathe?"
    ),
    HabitKind.CUSTOM: Words("Your own", "in your words, once a day", "⭐ Walk after lunch?"),
}
YES: dict[str, Any] = {
    "reply": Reply.YES,
    "status": Status.REPLIED,
    "replied_at": TEN + timedelta(minutes=32),
}


def line(kind: HabitKind, **values: Any) -> str:
    shown = row(kind, words="Walk after lunch", **values)
    return check_in.line(ENGLISH, ANA, shown, None, TEN)


def words(kind: HabitKind) -> Words:
    spoken = words_of(kind)
    sign, done = line(kind, **YES).split(" ", 1)
    assert sign == kind.spec.sign
    return Words(spoken.name(ENGLISH), spoken.about(ENGLISH), line(kind), done)


def test_every_kind_has_its_words() -> None:
    assert {kind: words(kind) for kind in HabitKind} == WORDS


@pytest.mark.parametrize("kind", HabitKind)
def test_a_kind_has_a_question_to_try_where_its_specification_says_so(kind: HabitKind) -> None:
    if kind.spec.is_tried_at_setup:
        assert words_of(kind).try_now(ENGLISH).startswith("Try it now: ")
    else:
        with pytest.raises(NotImplementedError, match=type(words_of(kind)).__name__):
            words_of(kind).try_now(ENGLISH)


def test_a_day_that_is_over_is_not_called_today() -> None:
    assert done_at(ENGLISH, "10:32") == "10:32 · done for today"
    assert done_at(ENGLISH, "10:32", is_today=False) == "10:32 · done for that day"


if TYPE_CHECKING:
    # mypy refuses a kind that lacks one of its sentences. If it took such a class for right, it
    # would report an unused `type: ignore`.

    class Named(HabitWords):
        def name(self, t: Translation) -> str: ...

    class Asking(HabitWords):
        def question(self, t: Translation, shown: Shown) -> str: ...

    class WithoutName(Asking):
        def about(self, t: Translation) -> str: ...

    class WithoutAbout(Asking, Named): ...

    class WithoutQuestion(Named):
        def about(self, t: Translation) -> str: ...

    WithoutName()  # type: ignore[abstract]
    WithoutAbout()  # type: ignore[abstract]
    WithoutQuestion()  # type: ignore[abstract]
