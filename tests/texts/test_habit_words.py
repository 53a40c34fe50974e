"""The words of each kind of habit, as they are read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from reminder_bot.content import foods as all_foods
from reminder_bot.domain.check_in import Reply, Status
from reminder_bot.domain.habit import OFFERED_AT_SETUP, HabitKind, Measure, Role
from reminder_bot.texts import check_in, foods, help, setup
from reminder_bot.texts.habit_words import HabitWords, Shown, done_at, plain_done, words_of
from reminder_bot.texts.translation import Translation
from tests.chat.cards import ANA, TEN, row
from tests.texts.reading import ENGLISH


class Words(NamedTuple):
    """What a kind is called and says. question, done: as a card shows them at 10:32."""

    name: str
    about: str
    question: str
    done: str = "10:32 · done for today"


WORDS = {
    HabitKind.HYDRATION: Words(
        "Water",
        "a glass now and then; tea, milk and soup count",
        "💧 A glass of water? · 0 of 1,500 ml today",
        "10:32 a glass · 0 of 1,500 ml today",
    ),
    HabitKind.PROBIOTIC: Words(
        "Fermented food", "most days, with an idea", "🥛 Something fermented today?"
    ),
    HabitKind.MEDITATION: Words(
        "Quiet minutes", "a few quiet minutes, with a timer", "🧘 A few quiet minutes?"
    ),
    HabitKind.BEDTIME: Words(
        "Bedtime",
        "a line in the evening, a question next morning",
        "🌙 Lights out by 23:00 last night?",
        "Lights out by 23:00 last night: yes.",
    ),
    HabitKind.FIBRE: Words(
        "Fibre",
        "beans, oats, vegetables, with an idea",
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


@pytest.mark.parametrize("sentence", ["name", "about", "question"])
def test_no_two_kinds_say_the_same(sentence: str) -> None:
    """Without the sign, which stands before a question. Kinds that suggest a food may ask the same,
    because the question of `texts.foods` is for all of them.
    """
    kinds = [kind for kind in HabitKind if sentence != "question" or not kind.spec.food_kind]
    said = [getattr(words(kind), sentence).removeprefix(kind.spec.sign) for kind in kinds]

    assert sorted(said) == sorted(set(said))


# What only some kinds say: which of them, and how.
SOME: dict[str, tuple[set[HabitKind], Callable[[HabitKind], str]]] = {
    "try_now": (
        {kind for kind in HabitKind if kind.spec.is_tried_at_setup},
        lambda kind: words_of(kind).try_now(ENGLISH),
    ),
    "wind_down": (
        {kind for kind in HabitKind if Role.WIND_DOWN in kind.spec.roles},
        lambda kind: words_of(kind).wind_down(ENGLISH, Shown(ANA, row(kind), None, TEN)),
    ),
    "night_before": (
        {kind for kind in HabitKind if kind.spec.is_about_last_night},
        lambda kind: words_of(kind).night_before(ENGLISH, "23:00"),
    ),
}


@pytest.mark.parametrize("sentence", SOME)
@pytest.mark.parametrize("kind", HabitKind)
def test_a_kind_says_what_its_specification_needs_and_no_more(
    kind: HabitKind, sentence: str
) -> None:
    """Where this fails, the class lacks the sentence, or has it though the specification says that
    it is never shown.
    """
    kinds, say = SOME[sentence]
    if kind in kinds:
        assert say(kind)
    else:
        with pytest.raises(NotImplementedError, match=type(words_of(kind)).__name__):
            say(kind)


@pytest.mark.parametrize("kind", SOME["try_now"][0])
def test_a_question_to_try_says_that_it_is_one(kind: HabitKind) -> None:
    assert words_of(kind).try_now(ENGLISH).startswith("Try it now: ")


@pytest.mark.parametrize("kind", SOME["night_before"][0])
def test_a_yes_about_last_night_is_not_said_to_be_of_today(kind: HabitKind) -> None:
    assert "today" not in words(kind).done


@pytest.mark.parametrize("kind", [kind for kind in HabitKind if kind.spec.food_kind])
def test_a_kind_that_suggests_a_food_says_what_to_mind_with_it(kind: HabitKind) -> None:
    """`texts.foods.ask` names the food, its allergens and its caveat, and decides whether the
    button "Good to know" is needed.
    """
    for food in all_foods():
        shown = Shown(ANA, row(kind, has_new_food=True, food_id=food.id), food, TEN)

        assert words_of(kind).question(ENGLISH, shown) == foods.ask(ENGLISH, food, is_new=True)


@pytest.mark.parametrize("kind", OFFERED_AT_SETUP)
@pytest.mark.parametrize(
    "text",
    [setup.description(ENGLISH), setup.welcome(ENGLISH), help.how_it_works(ENGLISH)],
    ids=["description", "welcome", "help"],
)
def test_what_everybody_is_asked_about_is_named_at_first(text: str, kind: HabitKind) -> None:
    assert words_of(kind).name(ENGLISH).lower() in text


def test_each_kind_has_a_class_of_its_own() -> None:
    assert len({type(words_of(kind)) for kind in HabitKind}) == len(HabitKind)


# A kind with another measure needs no further words.


def test_a_kind_in_millilitres_says_how_much_of_its_goal_is_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measured(HabitKind.FIBRE, Measure.MILLILITRES, monkeypatch)

    shown = line(HabitKind.FIBRE, **YES)

    assert shown == "🌾 10:32 250 ml · 0 of 1,500 ml today"


def test_a_kind_in_minutes_has_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    measured(HabitKind.FIBRE, Measure.MINUTES, monkeypatch)
    started: dict[str, Any] = {"status": Status.PLANNED, "ask": 2, "timer_minutes": 5}

    assert line(HabitKind.FIBRE, **started) == "🌾 5 min, until 10:00."
    assert line(HabitKind.FIBRE, timer_minutes=5) == "🌾 5 minutes are over. Done?"
    assert line(HabitKind.FIBRE, amount=5, **YES) == "🌾 10:32 · 5 min"


def measured(kind: HabitKind, measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kind, "spec", replace(kind.spec, measure=measure))


def test_a_day_that_is_over_is_not_called_today() -> None:
    assert plain_done(ENGLISH, "10:32") == "10:32 · done"
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
