"""A check-in's line: each question and result as it is read, within the limits of a lock screen."""

from dataclasses import replace
from datetime import time, timedelta
from html import unescape
from typing import Any

import pytest

from reminder_bot.chat.messages import card_text
from reminder_bot.content import foods
from reminder_bot.domain.card import Row
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.user import User
from reminder_bot.texts import check_in
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import quoted
from tests.chat.cards import ANA, TEN, card, row
from tests.texts.reading import ENGLISH, HOSTILE, LANGUAGES, assert_html, fits, visible

YES: dict[str, Any] = {
    "reply": Reply.YES,
    "status": Status.REPLIED,
    "replied_at": TEN + timedelta(minutes=32),
}
LATER: dict[str, Any] = {"status": Status.PLANNED, "ask": 2}
WIND_DOWN_AT = TEN + timedelta(hours=12, minutes=15)

# The longest that a message may be (voice.md).
QUESTION, WIND_DOWN, MORNING, RESULT, SHORT = 120, 140, 80, 100, 60


def read(row: Row, user: User = ANA) -> str:
    return check_in.line(translation(user.language), user, row, None, TEN + timedelta(minutes=32))


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (row(HabitKind.HYDRATION, done_ml=500), "💧 A glass of water? · 500 of 1,500 ml today"),
        (row(HabitKind.HYDRATION, done_ml=499), "💧 A glass of water? · 499 of 1,500 ml today"),
        (row(HabitKind.MEDITATION, ask=2, timer_minutes=5), "🧘 5 minutes are over. Done?"),
        (
            row(HabitKind.BEDTIME, Role.WIND_DOWN, slot=time(22, 15), send_after=WIND_DOWN_AT),
            "🌙 22:15. Lights out by 23:00 gives you 8 h. Time to wind down.",
        ),
        (row(HabitKind.CUSTOM, words="Salt & <b>pepper"), "⭐ Salt &amp; &lt;b&gt;pepper?"),
    ],
    ids=["water", "half a glass", "timer", "wind down", "own words"],
)
def test_a_question_says_where_things_stand(shown: Any, text: str) -> None:
    assert read(shown) == text


@pytest.mark.parametrize(
    ("wake", "sentence"),
    [
        (time(6, 30), "Lights out by 23:00 gives you 7.5 h."),
        (time(8), "Lights out by 23:00 gives you 9 h."),
        (time(8, 30), "Lights out by 23:00, as planned?"),
    ],
)
def test_more_than_nine_hours_of_sleep_are_no_gift(wake: time, sentence: str) -> None:
    user = replace(ANA, weekday_hours=DayHours(wake, time(23)))

    prompt = read(row(HabitKind.BEDTIME, Role.WIND_DOWN, send_after=WIND_DOWN_AT), user=user)

    assert sentence in prompt


def test_the_evening_prompt_counts_to_the_next_morning_and_the_question_asks_back() -> None:
    """Monday 2 March: the night to Tuesday is a weekday's, the night before began on Sunday."""
    user = replace(ANA, weekend_hours=DayHours(time(9), time(1)))

    prompt = read(row(HabitKind.BEDTIME, Role.WIND_DOWN, send_after=WIND_DOWN_AT), user=user)
    question = read(row(HabitKind.BEDTIME), user=user)

    assert "Lights out by 23:00 gives you 8 h." in prompt
    assert question == "🌙 Lights out by 01:00 last night?"


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (
            row(HabitKind.HYDRATION, done_ml=750, amount=250, **YES),
            "💧 10:32 a glass · 750 of 1,500 ml today",
        ),
        (
            row(HabitKind.HYDRATION, done_ml=1000, amount=500, **YES),
            "💧 10:32 500 ml · 1,000 of 1,500 ml today",
        ),
        (row(HabitKind.MEDITATION, **YES), "🧘 10:32 · done for today"),
        (row(HabitKind.MEDITATION, amount=5, **YES), "🧘 10:32 · 5 min"),
        (row(HabitKind.BEDTIME, **YES), "🌙 Lights out by 23:00 last night: yes."),
        (row(HabitKind.BEDTIME, Role.WIND_DOWN, **YES), "🌙 Good night."),
        (row(HabitKind.MEDITATION, **YES | {"reply": Reply.NO}), "🧘 Noted."),
        (row(HabitKind.MEDITATION, **YES | {"reply": Reply.SKIPPED}), "🧘 Skipped today."),
        (
            row(HabitKind.MEDITATION, send_after=TEN + timedelta(hours=1), **LATER),
            "🧘 Back at 11:00.",
        ),
        (
            row(
                HabitKind.MEDITATION,
                timer_minutes=5,
                send_after=TEN + timedelta(minutes=37),
                **LATER,
            ),
            "🧘 5 quiet minutes, until 10:37.",
        ),
    ],
    ids=["glass", "more", "quiet", "timed", "bed", "good night", "no", "skip", "later", "timer"],
)
def test_a_result_says_what_was_recorded(shown: Any, text: str) -> None:
    assert read(shown) == text


def test_an_answer_for_an_earlier_day_says_so() -> None:
    late = YES | {"replied_at": TEN + timedelta(days=2)}

    water = read(row(HabitKind.HYDRATION, done_ml=250, amount=250, **late))
    quiet = read(row(HabitKind.MEDITATION, **late))

    assert water == "💧 10:00 a glass · 250 of 1,500 ml that day"
    assert quiet == "🧘 10:00 · done for that day"


def test_a_question_about_fermented_food_suggests_one() -> None:
    [kefir] = [each for each in foods() if each.id == "kefir"]
    asked = row(HabitKind.PROBIOTIC, food_id="kefir", has_new_food=False)

    line = check_in.line(ENGLISH, ANA, asked, kefir, TEN)

    assert line.startswith(f"🥛 Something fermented today? {kefir.name}, maybe.")


def test_a_card_has_a_line_for_each_of_its_check_ins() -> None:
    two = card(row(HabitKind.HYDRATION), row(HabitKind.MEDITATION, **YES))

    assert card_text(two, TEN) == (
        "💧 A glass of water? · 0 of 1,500 ml today\n🧘 10:32 · done for today"
    )


def test_a_food_that_is_no_longer_known_is_left_out() -> None:
    asked = card(row(HabitKind.PROBIOTIC, food_id="no-such-food"))

    assert card_text(asked, TEN) == "🥛 Something fermented today?"


@pytest.mark.parametrize("typed", HOSTILE)
def test_the_words_of_an_own_habit_are_never_markup_and_never_too_long(typed: str) -> None:
    words = quoted(typed, 40)

    shown = read(row(HabitKind.CUSTOM, words=words))

    assert_html(shown)
    assert words in unescape(shown)
    assert visible(shown) <= QUESTION


def test_a_discreet_question_says_nothing_of_what_it_is_about() -> None:
    assert check_in.discreet(ENGLISH, 1) == "🔔 A short question for you."
    assert check_in.discreet(ENGLISH, 3) == "🔔 3 short questions for you."


def test_an_older_message_says_when_it_was_asked_again() -> None:
    water = row(HabitKind.HYDRATION)

    assert check_in.asked_again(ENGLISH, ANA, water, TEN) == "💧 Asked again at 10:00."
    discreet = replace(ANA, is_discreet=True)
    assert check_in.asked_again(ENGLISH, discreet, water, TEN) == "🔔 Asked again at 10:00."


# Lengths


@LANGUAGES
@pytest.mark.parametrize("kind", [each for each in HabitKind if each is not HabitKind.PROBIOTIC])
def test_every_question_fits_a_lock_screen(kind: HabitKind, language: str) -> None:
    shown = read(row(kind, done_ml=3250, words="W" * 40), user=replace(ANA, language=language))

    assert fits(shown, MORNING if kind is HabitKind.BEDTIME else QUESTION, language), shown


@LANGUAGES
def test_the_evening_prompt_and_the_timer_fit_a_lock_screen(language: str) -> None:
    user = replace(ANA, language=language, weekday_hours=DayHours(time(6, 50), time(23, 15)))

    prompt = read(row(HabitKind.BEDTIME, Role.WIND_DOWN, send_after=WIND_DOWN_AT), user=user)
    timer = read(row(HabitKind.MEDITATION, ask=2, timer_minutes=5), user=user)

    assert fits(prompt, WIND_DOWN, language), prompt
    assert fits(timer, QUESTION, language), timer


@LANGUAGES
@pytest.mark.parametrize("kind", list(HabitKind))
def test_every_result_fits_one_line(kind: HabitKind, language: str) -> None:
    user = replace(ANA, language=language)
    late = YES | {"replied_at": TEN + timedelta(days=2)}

    for given in (YES, late):
        shown = read(row(kind, done_ml=3250, amount=1750, words="W" * 40, **given), user=user)
        assert fits(shown, RESULT, language), shown


@LANGUAGES
@pytest.mark.parametrize("kind", list(HabitKind))
@pytest.mark.parametrize(
    "values",
    [
        YES | {"reply": Reply.NO},
        YES | {"reply": Reply.SKIPPED},
        LATER | {"send_after": TEN + timedelta(hours=1)},
        LATER | {"send_after": TEN + timedelta(hours=1), "timer_minutes": 5},
    ],
    ids=["no", "skipped", "later", "timer"],
)
def test_no_skipped_and_later_are_a_few_words(
    kind: HabitKind, values: dict[str, Any], language: str
) -> None:
    shown = read(row(kind, words="W" * 40, **values), user=replace(ANA, language=language))

    assert fits(shown, SHORT, language), shown


# Buttons and toasts


def test_each_choice_of_later_has_its_label() -> None:
    choices = [each for each in Later if each is not Later.TIMER]

    labels = [check_in.later_button(ENGLISH, each) for each in choices]

    assert labels == ["15 min", "1 h", "This evening"]


def test_the_timer_is_no_choice_of_later() -> None:
    with pytest.raises(ValueError, match="timer"):
        check_in.later_button(ENGLISH, Later.TIMER)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (check_in.good_night_button(ENGLISH), "Good night"),
        (check_in.start_timer_button(ENGLISH, 5), "Start 5 min"),
        (check_in.skip_today_button(ENGLISH), "Skip today"),
        (
            check_in.first_quiet_minutes(ENGLISH),
            "If it feels bad, stop. Eyes open or a slow walk is as good.",
        ),
        (check_in.recorded_already(ENGLISH), "That is noted already. Undo changes it."),
        (check_in.nothing_to_undo(ENGLISH), "Nothing to undo here."),
        (check_in.day_is_over(ENGLISH), "That day has ended. /today corrects it."),
        (check_in.too_old(ENGLISH), "That was more than 14 days ago, so it stays as it is."),
        (
            check_in.too_late_to_snooze(ENGLISH, "22:59"),
            "That would be in your quiet hours. The latest is 22:59.",
        ),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted
