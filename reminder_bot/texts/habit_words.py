"""What each kind of habit says: its name, its question, and its result after a yes.

A new kind needs a class here and a case in `words_of`. mypy reports what is missing: a sentence of
the class, or the case.
"""

from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from html import escape
from typing import NamedTuple, assert_never

from reminder_bot.domain.card import Row
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.food import Food
from reminder_bot.domain.habit import Habit, HabitKind, Measure
from reminder_bot.domain.user import User
from reminder_bot.texts import foods, formats, water
from reminder_bot.texts.translation import Translation

__all__ = ["HabitWords", "Shown", "done_at", "plain_done", "words_of"]

LONGEST_SLEEP_TOLD = timedelta(hours=9)  # more is not advised, so the prompt does not praise it


class Shown(NamedTuple):
    """A check-in that is about to be shown: what its sentences may need.

    food: the one that is suggested, if the kind suggests foods. at: for a question, the present
    instant; for a result, when it was recorded.
    """

    user: User
    row: Row
    food: Food | None
    at: datetime

    @property
    def is_of_today(self) -> bool:
        return self.user.hours.day_of(self.at) == self.row.check_in.day


class HabitWords(ABC):
    """The sentences of one kind of habit. They return HTML, except for `name` and `about`."""

    @abstractmethod
    def name(self, t: Translation) -> str: ...

    @abstractmethod
    def about(self, t: Translation) -> str:
        """What the habit is, in a few words, beside the button that adds it."""

    @abstractmethod
    def question(self, t: Translation, shown: Shown) -> str:
        """At most 120 characters, for a lock screen."""

    def done(self, t: Translation, shown: Shown) -> str:
        """The line after a yes to the question, at most 100 characters."""
        clock, row = formats.clock(shown.at, shown.user), shown.row
        if shown.user.is_without_numbers:
            return _with(plain_done(t, clock), _of_goal(t, shown))
        match row.habit.kind.spec.measure:
            case Measure.MILLILITRES:
                amount = self.amount_at(t, clock, row.check_in.amount, row.habit)
                return _with(amount, _of_goal(t, shown))
            case Measure.MINUTES if row.check_in.amount:
                return t.gettext("{time} · {minutes} min").format(
                    time=clock, minutes=row.check_in.amount
                )
            case Measure.MINUTES | Measure.DONE:
                return done_at(t, clock, is_today=shown.is_of_today)
            case _:
                assert_never(row.habit.kind.spec.measure)

    def amount_at(self, t: Translation, clock: str, amount_ml: int | None, habit: Habit) -> str:
        """How much was recorded and when. No amount means a portion."""
        return water.ml_at(t, clock, amount_ml or habit.portion_ml or 0)

    def timer_runs(self, t: Translation, minutes: int, until: str) -> str:
        """The line after the timer was started."""
        return t.gettext("{minutes} min, until {time}.").format(minutes=minutes, time=until)

    # What only some kinds say. A test asks each kind for those that its specification needs.

    def try_now(self, t: Translation) -> str:
        """The question of the set-up's last card, for the kinds that are tried there."""
        raise NotImplementedError(f"{type(self).__name__} has no question to try")

    def wind_down(self, t: Translation, shown: Shown) -> str:
        """The evening prompt, at most 140 characters, for the kinds that have a wind-down."""
        raise NotImplementedError(f"{type(self).__name__} has no evening prompt")

    def night_before(self, t: Translation, lights_out_by: str) -> str:
        """The row of /today, for the kinds that are about last night. lights_out_by: the planned
        sleep time of that night.
        """
        raise NotImplementedError(f"{type(self).__name__} has no words for the night before")


def words_of(kind: HabitKind) -> HabitWords:
    match kind:
        case HabitKind.HYDRATION:
            return Water()
        case HabitKind.PROBIOTIC:
            return FermentedFood()
        case HabitKind.MEDITATION:
            return QuietMinutes()
        case HabitKind.BEDTIME:
            return Bedtime()
        case HabitKind.FIBRE:
            return Fibre()
        case HabitKind.SUGAR:
            return LessSugar()
        case HabitKind.SKINCARE:
            return Skincare()
        case HabitKind.BREAK:
            return StressBreak()
        case HabitKind.CUSTOM:
            return OwnHabit()
        case _:
            assert_never(kind)


def done_at(t: Translation, clock: str, *, is_today: bool = True) -> str:
    if is_today:
        return t.gettext("{time} · done for today").format(time=clock)
    return t.gettext("{time} · done for that day").format(time=clock)


def plain_done(t: Translation, clock: str) -> str:
    """The line after a yes for a user who wants to see no numbers."""
    return t.gettext("{time} · done").format(time=clock)


def _with(words: str, more: str) -> str:
    return f"{words} · {more}" if more else words


def _of_goal(t: Translation, shown: Shown) -> str:
    """How much of the day's goal is reached, for a kind that is counted in millilitres; empty for
    any other, and for a user who wants to see no numbers, unless their limit is reached.
    """
    row = shown.row
    if row.habit.goal_ml is None:
        return ""
    if shown.user.is_without_numbers and not water.is_limit_reached(row.done_ml, row.habit):
        return ""
    return water.of_goal(t, row.done_ml, row.habit, is_today=shown.is_of_today)


class Water(HabitWords):
    def name(self, t: Translation) -> str:
        return t.gettext("Water")

    def about(self, t: Translation) -> str:
        return t.gettext("a glass now and then; tea, milk and soup count")

    def question(self, t: Translation, shown: Shown) -> str:
        question = t.gettext("A glass of water?")
        return _with(question, _of_goal(t, shown))

    def amount_at(self, t: Translation, clock: str, amount_ml: int | None, habit: Habit) -> str:
        return water.amount_at(t, clock, amount_ml, habit.portion_ml)

    def try_now(self, t: Translation) -> str:
        return t.gettext("Try it now: had a glass of water?")


class FermentedFood(HabitWords):
    def name(self, t: Translation) -> str:
        return t.gettext("Fermented food")

    def about(self, t: Translation) -> str:
        return t.gettext("most days, with an idea")

    def question(self, t: Translation, shown: Shown) -> str:
        if shown.food is None:
            return foods.question(t, "fermented")
        return foods.ask(t, shown.food, is_new=shown.row.has_new_food)

    def try_now(self, t: Translation) -> str:
        return t.gettext("Try it now: something fermented today?")


class QuietMinutes(HabitWords):
    def name(self, t: Translation) -> str:
        return t.gettext("Quiet minutes")

    def about(self, t: Translation) -> str:
        return t.gettext("a few quiet minutes, with a timer")

    def question(self, t: Translation, shown: Shown) -> str:
        return t.gettext("A few quiet minutes?")

    def timer_runs(self, t: Translation, minutes: int, until: str) -> str:
        return t.gettext("{minutes} quiet minutes, until {time}.").format(
            minutes=minutes, time=until
        )

    def try_now(self, t: Translation) -> str:
        return t.gettext("Try it now: a few quiet minutes today?")


class Bedtime(HabitWords):
    """A prompt in the evening, a question the next morning.

    It asks about the light and not about sleep, because nobody decides when they fall asleep, and
    trying harder keeps people awake.
    """

    def name(self, t: Translation) -> str:
        return t.gettext("Bedtime")

    def about(self, t: Translation) -> str:
        return t.gettext("a line in the evening, a question next morning")

    def question(self, t: Translation, shown: Shown) -> str:
        return t.gettext("Lights out by {time} last night?").format(time=self._last_bedtime(shown))

    def done(self, t: Translation, shown: Shown) -> str:
        return t.gettext("Lights out by {time} last night: yes.").format(
            time=self._last_bedtime(shown)
        )

    def night_before(self, t: Translation, lights_out_by: str) -> str:
        return t.gettext("Lights out by {time} the night before").format(time=lights_out_by)

    def wind_down(self, t: Translation, shown: Shown) -> str:
        """It says how long the planned sleep is."""
        user, day = shown.user, shown.row.check_in.day
        sleeps_at, wakes_at = user.hours.sleeps_at(day), user.hours.wakes_at(day + ONE_DAY)
        now = formats.clock(shown.row.check_in.send_after, user)
        if wakes_at - sleeps_at > LONGEST_SLEEP_TOLD:
            return t.gettext("{now}. Lights out by {time}, as planned? Time to wind down.").format(
                now=now, time=formats.clock(sleeps_at, user)
            )
        return t.gettext(
            "{now}. Lights out by {time} gives you {hours} h. Time to wind down."
        ).format(
            now=now,
            time=formats.clock(sleeps_at, user),
            hours=formats.hours_long(wakes_at - sleeps_at),
        )

    def _last_bedtime(self, shown: Shown) -> str:
        """The planned sleep time of the night that the morning's question is about."""
        last_night = shown.row.check_in.day - ONE_DAY
        return formats.clock(shown.user.hours.sleeps_at(last_night), shown.user)


class Fibre(HabitWords):
    def name(self, t: Translation) -> str:
        return t.gettext("Fibre")

    def about(self, t: Translation) -> str:
        return t.gettext("beans, oats, vegetables, with an idea")

    def question(self, t: Translation, shown: Shown) -> str:
        if shown.food is None:
            return t.gettext("Some fibre today: beans, oats, vegetables?")
        return foods.ask(t, shown.food, is_new=shown.row.has_new_food)


class LessSugar(HabitWords):
    def name(self, t: Translation) -> str:
        return t.gettext("Less sugar")

    def about(self, t: Translation) -> str:
        return t.gettext("one question in the evening")

    def question(self, t: Translation, shown: Shown) -> str:
        return t.gettext("Easy on sugar today?")


class Skincare(HabitWords):
    def name(self, t: Translation) -> str:
        return t.gettext("Gentle skincare")

    def about(self, t: Translation) -> str:
        return t.gettext("mild and fragrance-free, in the evening")

    def question(self, t: Translation, shown: Shown) -> str:
        return t.gettext("Gentle skincare done?")


class StressBreak(HabitWords):
    def name(self, t: Translation) -> str:
        return t.gettext("Stress break")

    def about(self, t: Translation) -> str:
        return t.gettext("a breath in the afternoon")

    def question(self, t: Translation, shown: Shown) -> str:
        return t.gettext("A short break, just to breathe?")


class OwnHabit(HabitWords):
    """A habit that the user has named; `names.habit` uses that name."""

    def name(self, t: Translation) -> str:
        return t.gettext("Your own")

    def about(self, t: Translation) -> str:
        return t.gettext("in your words, once a day")

    def question(self, t: Translation, shown: Shown) -> str:
        return f"{escape(shown.row.habit.words or '', quote=False)}?"
