"""Every kind of message as the person reads it, short enough for a lock screen, and safe
whatever is put in.
"""

import re
from dataclasses import replace
from datetime import date, time, timedelta
from html import unescape
from html.parser import HTMLParser
from itertools import combinations
from typing import Any

import pytest

from reminder_bot import texts
from reminder_bot.chat import keyboards
from reminder_bot.chat.keyboards import food_of
from reminder_bot.chat.messages import card_text
from reminder_bot.content import FOOTER, fact_of, facts, foods
from reminder_bot.domain.adherence import Adherence
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.food import Diet
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.suggestion import Change, Suggestion
from reminder_bot.texts.translation import PSEUDO, translation
from reminder_bot.texts.understanding import quoted
from tests.chat.cards import ANA, TEN, card, row

ENGLISH = translation("en")
YES: dict[str, Any] = {
    "reply": Reply.YES,
    "status": Status.REPLIED,
    "replied_at": TEN + timedelta(minutes=32),
}


def read(*rows: Any, user: Any = ANA) -> str:
    return card_text(card(*rows, user=user), TEN + timedelta(minutes=32))


# Check-ins


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (row(HabitKind.HYDRATION, done_ml=500), "💧 A glass of water? · 2 of 6 today"),
        (row(HabitKind.MEDITATION), "🧘 A few quiet minutes?"),
        (row(HabitKind.MEDITATION, ask=2, timer_minutes=5), "🧘 5 minutes are over. Done?"),
        (row(HabitKind.PROBIOTIC), "🥛 Something fermented today?"),
        (row(HabitKind.FIBRE), "🌾 Some fibre today: beans, oats, vegetables?"),
        (row(HabitKind.SUGAR), "🍎 Easy on sugar today?"),
        (row(HabitKind.SKINCARE), "🧴 Gentle skincare done?"),
        (row(HabitKind.BREAK), "🍃 A short break, just to breathe?"),
        (row(HabitKind.CUSTOM, words="Walk after lunch"), "⭐ Walk after lunch?"),
        (row(HabitKind.BEDTIME, slot=time(7, 15)), "🌙 Asleep by 23:00 last night?"),
        (
            row(
                HabitKind.BEDTIME,
                Role.WIND_DOWN,
                slot=time(22, 15),
                send_after=TEN + timedelta(hours=12, minutes=15),
            ),
            "🌙 22:15. Asleep by 23:00 gives you 8 h. Time to wind down.",
        ),
    ],
    ids=[
        "water",
        "quiet",
        "timer",
        "food",
        "fibre",
        "sugar",
        "skin",
        "break",
        "own",
        "bed",
        "wind down",
    ],
)
def test_the_questions(shown: Any, text: str) -> None:
    assert read(shown) == text


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (
            row(HabitKind.HYDRATION, done_ml=750, amount=250, **YES),
            "💧 10:32 a glass · 3 of 6 today",
        ),
        (
            row(HabitKind.HYDRATION, done_ml=1000, amount=500, **YES),
            "💧 10:32 500 ml · 4 of 6 today",
        ),
        (row(HabitKind.MEDITATION, **YES), "🧘 10:32 · done for today"),
        (row(HabitKind.PROBIOTIC, **YES), "🥛 10:32 · done for today"),
        (row(HabitKind.BEDTIME, **YES), "🌙 Asleep by 23:00 last night: yes."),
        (row(HabitKind.BEDTIME, Role.WIND_DOWN, **YES), "🌙 Good night."),
        (row(HabitKind.MEDITATION, **YES | {"reply": Reply.NO}), "🧘 Noted."),
        (row(HabitKind.MEDITATION, **YES | {"reply": Reply.SKIPPED}), "🧘 Skipped today."),
        (
            row(
                HabitKind.MEDITATION,
                status=Status.PLANNED,
                ask=2,
                send_after=TEN + timedelta(hours=1),
            ),
            "🧘 Back at 11:00.",
        ),
        (row(HabitKind.MEDITATION, amount=5, **YES), "🧘 10:32 · 5 min"),
        (
            row(
                HabitKind.MEDITATION,
                status=Status.PLANNED,
                ask=2,
                timer_minutes=5,
                send_after=TEN + timedelta(minutes=37),
            ),
            "🧘 5 quiet minutes, until 10:37.",
        ),
    ],
    ids=[
        "a glass",
        "more",
        "quiet",
        "food",
        "bed",
        "good night",
        "no",
        "skip",
        "later",
        "timed",
        "timer",
    ],
)
def test_the_results(shown: Any, text: str) -> None:
    assert read(shown) == text


def test_an_answer_for_an_earlier_day_says_so() -> None:
    late = YES | {"replied_at": TEN + timedelta(days=2)}

    assert (
        read(row(HabitKind.HYDRATION, done_ml=250, amount=250, **late))
        == "💧 10:00 a glass · 1 of 6 that day"
    )
    assert read(row(HabitKind.MEDITATION, **late)) == "🧘 10:00 · done for that day"


def test_two_check_ins_are_two_lines() -> None:
    assert read(row(HabitKind.HYDRATION), row(HabitKind.MEDITATION, **YES)) == (
        "💧 A glass of water? · 0 of 6 today\n🧘 10:32 · done for today"
    )


def test_a_food_names_its_allergen_until_a_diet_is_set() -> None:
    kefir = next(each for each in foods() if each.kind == "fermented" and "dairy" in each.tags)

    assert "Contains milk" in read(row(HabitKind.PROBIOTIC, food_id=kefir.id))
    assert "Contains" not in read(
        row(HabitKind.PROBIOTIC, food_id=kefir.id), user=replace(ANA, diet=frozenset({"low-salt"}))
    )


# What a message may hold (voice.md); a translation may be half as long again.
PROBIOTIC, QUESTION, WIND_DOWN, MORNING, RESULT, SHORT, ERROR = 160, 120, 140, 80, 100, 60, 120
FERMENTED = [food for food in foods() if food.kind == "fermented"]
DIETS = [frozenset(each) for size in range(len(Diet) + 1) for each in combinations(Diet, size)]
LANGUAGES = pytest.mark.parametrize("language", ["en", PSEUDO])


def visible(text: str) -> int:
    """How long a message is for who reads it."""
    return len(unescape(re.sub(r"<[^>]*>", "", text)))


def fits(text: str, limit: int, language: str) -> bool:
    return visible(text) <= (limit if language == "en" else limit * 1.5)


@LANGUAGES
@pytest.mark.parametrize("kind", [each for each in HabitKind if each is not HabitKind.PROBIOTIC])
def test_every_question_fits_a_lock_screen(kind: HabitKind, language: str) -> None:
    shown = read(row(kind, done_ml=3250, words="W" * 40), user=replace(ANA, language=language))

    assert fits(shown, MORNING if kind is HabitKind.BEDTIME else QUESTION, language), shown


@LANGUAGES
def test_the_evening_prompt_and_the_timer_fit_a_lock_screen(language: str) -> None:
    user = replace(ANA, language=language, weekday_hours=DayHours(time(6, 50), time(23, 15)))
    prompt = read(
        row(HabitKind.BEDTIME, Role.WIND_DOWN, send_after=TEN + timedelta(hours=12)), user=user
    )
    timer = read(row(HabitKind.MEDITATION, ask=2, timer_minutes=5), user=user)

    assert fits(prompt, WIND_DOWN, language), prompt
    assert fits(timer, QUESTION, language), timer


@LANGUAGES
@pytest.mark.parametrize("is_new", [True, False], ids=["new", "known"])
@pytest.mark.parametrize("food", FERMENTED, ids=lambda food: str(food.id))
def test_every_food_idea_fits_a_lock_screen_whatever_the_diet(
    food: Any, is_new: bool, language: str
) -> None:
    asked = row(HabitKind.PROBIOTIC, food_id=food.id, has_new_food=is_new)

    for diet in DIETS:
        shown = read(asked, user=replace(ANA, language=language, diet=diet))
        assert fits(shown, PROBIOTIC, language), shown


@pytest.mark.parametrize("food", FERMENTED, ids=lambda food: str(food.id))
def test_what_to_mind_with_a_new_food_is_said_or_stands_behind_a_button(food: Any) -> None:
    asked = row(HabitKind.PROBIOTIC, food_id=food.id, has_new_food=True)
    labels = [
        each["text"]
        for line in keyboards.of_card(ENGLISH, card(asked), TEN)["inline_keyboard"]
        for each in line
    ]

    shown = unescape(read(asked))
    is_said_whole = all(
        each in shown for each in texts.foods.caveat(ENGLISH, food).rstrip(".").split(". ")
    )

    assert is_said_whole is ("Good to know" not in labels)


@pytest.mark.parametrize("food", foods(), ids=lambda food: str(food.id))
def test_what_to_mind_with_a_food_is_never_cut_short(food: Any) -> None:
    """An alert holds 200 characters."""
    assert texts.foods.caveat(ENGLISH, food) == (food.caveat or "")


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
        {"status": Status.PLANNED, "ask": 2, "send_after": TEN + timedelta(hours=1)},
        {
            "status": Status.PLANNED,
            "ask": 2,
            "send_after": TEN + timedelta(hours=1),
            "timer_minutes": 5,
        },
    ],
    ids=["no", "skipped", "later", "timer"],
)
def test_no_skipped_and_later_are_a_few_words(
    kind: HabitKind, values: dict[str, Any], language: str
) -> None:
    shown = read(row(kind, words="W" * 40, **values), user=replace(ANA, language=language))

    assert fits(shown, SHORT, language), shown


@LANGUAGES
@pytest.mark.parametrize(
    "say",
    [
        texts.water.not_an_amount,
        texts.zones.no_such_city,
        texts.hours.not_two_times,
        texts.habits.not_times,
        texts.pauses.not_days,
    ],
)
def test_what_is_not_understood_is_told_briefly(say: Any, language: str) -> None:
    shown = say(translation(language), quoted("<" * 500))

    assert fits(shown, ERROR, language), shown


HOSTILE_WORDS = [
    "<b>bold</b>",
    "&" * 40,
    "<" * 40,
    "\u202eevil\u2066",
    "{0} {typed} %s",
    "</i><script>",
    "א" * 40,
    "💧" * 40,
    "_*[x](tg://user?id=1)`",
]


@pytest.mark.parametrize("typed", HOSTILE_WORDS)
def test_the_words_of_an_own_habit_are_never_markup_and_never_too_long(typed: str) -> None:
    words = quoted(typed, 40)
    asked = row(HabitKind.CUSTOM, words=words)
    hours = digest(
        Figures(
            (HabitWeek(HabitKind.CUSTOM, Adherence(1, 2), Adherence(1, 2), (), words),),
            3,
            date(2026, 3, 3),
        )
    )

    for shown in (
        read(asked),
        texts.names.with_sign(ENGLISH, asked.habit),
        texts.digest.caption(ENGLISH, hours, facts()[0]),
    ):
        assert_html(shown)
        assert words in unescape(shown)
    assert visible(read(asked)) <= QUESTION


def test_a_discreet_question_says_nothing_of_what_it_is_about() -> None:
    assert texts.check_in.discreet(ENGLISH, 1) == "🔔 A short question for you."
    assert texts.check_in.discreet(ENGLISH, 3) == "🔔 3 short questions for you."


# The digest

WEEK = Figures(
    (
        HabitWeek(HabitKind.HYDRATION, Adherence(5, 7), Adherence(3, 6)),
        HabitWeek(HabitKind.PROBIOTIC, Adherence(1, 1), Adherence(0, 0)),
        HabitWeek(HabitKind.MEDITATION, Adherence(0, 0), Adherence(0, 0)),
    ),
    answers=20,
    best_day=date(2026, 3, 3),
)


def digest(figures: Figures, fact_id: str | None = None) -> Digest:
    return Digest(
        1, 7, date(2026, 3, 7), TEN, TEN, TEN, Status.SENT, 0, fact_id or facts()[0].id, figures
    )


def test_a_week_as_it_is_told() -> None:
    fact = facts()[0]

    lines = texts.digest.caption(ENGLISH, digest(WEEK), fact).splitlines()

    assert lines[:5] == [
        "<b>Your week, 1 Mar to 7 Mar</b> · 6 of 8 kept",
        "💧 Water: 5 of 7 days (last week 3 of 6)",
        "🥛 Fermented food: 1 of 1 day",
        "🧘 Quiet minutes: not asked",
        "Best day: Tuesday",
    ]
    assert lines[5] == ""
    assert lines[-1].startswith("<i>")


def test_an_empty_week_is_kind_and_short() -> None:
    lines = texts.digest.caption(
        ENGLISH, digest(replace(WEEK, answers=0, best_day=None)), facts()[0]
    ).splitlines()

    assert lines[1:3] == [
        "A quiet week. That's fine: the next one starts today.",
        "One tap when a question comes is enough.",
    ]
    assert not any("of 7" in line for line in lines)


SUGGESTIONS = [
    Suggestion(Change.MOVE, 4, HabitKind.HYDRATION, time(15), time(16, 30)),
    Suggestion(Change.DROP, 4, HabitKind.HYDRATION, time(15)),
    Suggestion(Change.REPEAT, 4, HabitKind.PROBIOTIC, time(12)),
]


@LANGUAGES
@pytest.mark.parametrize("fact", facts(), ids=lambda fact: str(fact.id))
def test_every_fact_fits_the_fullest_week(fact: Any, language: str) -> None:
    """Nine habits, each with last week beside it, one in forty characters of somebody's own, and
    a suggestion.
    """
    t = translation(language)
    full = Figures(
        tuple(
            HabitWeek(kind, Adherence(6, 7), Adherence(5, 7), (), "&" * 40) for kind in HabitKind
        ),
        answers=60,
        best_day=date(2026, 3, 4),
    )
    for each in SUGGESTIONS:
        told = texts.digest.caption(t, replace(digest(full, fact.id), suggestion=each), fact)

        assert visible(told) <= (1000 if language == "en" else 1500)
        for part in (
            (fact.text, FOOTER, texts.digest.suggestion(ENGLISH, each)) if language == "en" else ()
        ):
            assert part in unescape(told)
        assert_html(told)


@pytest.mark.parametrize(
    ("suggested", "said", "button"),
    [
        (SUGGESTIONS[0], "💧 You answer 15:00 late. Move it to 16:30?", "Move to 16:30"),
        (SUGGESTIONS[1], "💧 15:00 went unanswered all week. Leave it out?", "Leave it out"),
        (
            SUGGESTIONS[2],
            "🥛 12:00 went unanswered all week. Ask once more half an hour later?",
            "Ask once more",
        ),
    ],
)
def test_a_suggestion_is_a_question_with_a_button(
    suggested: Suggestion, said: str, button: str
) -> None:
    told = replace(digest(WEEK), suggestion=suggested)
    labels = [line[0]["text"] for line in keyboards.of_digest(ENGLISH, told)["inline_keyboard"]]

    assert said in texts.digest.caption(ENGLISH, told, facts()[0]).splitlines()
    assert labels[0] == button


@pytest.mark.parametrize("language", ["en", PSEUDO])
@pytest.mark.parametrize("fact", facts(), ids=lambda fact: str(fact.id))
def test_every_fact_fits_a_digest_with_how_certain_it_is(fact: Any, language: str) -> None:
    t = translation(language)

    told = texts.digest.caption(t, digest(WEEK, fact.id), fact)

    assert texts.names.certainty(t, fact.certainty) in told
    assert told.count("(" + texts.names.certainty(t, fact.certainty)) == 1
    assert len(told) <= texts.digest.LONGEST_CAPTION * (1 if language == "en" else 1.5)
    assert_html(told)


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: str(fact.id))
def test_every_source_can_be_shown(fact: Any) -> None:
    assert_html(texts.digest.source(fact.source))
    assert fact.source.title.split()[0] in texts.digest.source(fact.source)


# The rest


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            texts.setup.welcome(ENGLISH),
            "<b>Small daily habits for gut and skin.</b>\n"
            "I remind you of water, fermented food, quiet minutes and bedtime. You answer with "
            "one tap.\n"
            "Once a week you see how it went. Your answers stay on this server: /privacy",
        ),
        (texts.check_in.recorded_already(ENGLISH), "That is noted already. Undo changes it."),
        (texts.check_in.nothing_to_undo(ENGLISH), "Nothing to undo here."),
        (texts.check_in.day_is_over(ENGLISH), "That day has ended. /today corrects it."),
        (texts.check_in.too_old(ENGLISH), "That was more than 14 days ago, so it stays as it is."),
        (
            texts.check_in.too_late_to_snooze(ENGLISH, "22:59"),
            "That would be in your quiet hours. The latest is 22:59.",
        ),
        (texts.errors.old_button(ENGLISH), "This button is from an older message."),
        (texts.strangers.not_invited(ENGLISH), "This bot is private. Its host can add you."),
        (
            texts.strangers.in_private(ENGLISH, "gut_bot"),
            "I talk in private only: https://t.me/gut_bot",
        ),
        (
            texts.errors.unknown_command(ENGLISH),
            "I don't know this command. /help lists what I can do.",
        ),
        (
            texts.own_data.deleted(ENGLISH, 1),
            "Deleted: 1 row. Nothing is known of you here any more. /start begins anew.",
        ),
        (
            texts.own_data.deleted(ENGLISH, 12),
            "Deleted: 12 rows. Nothing is known of you here any more. /start begins anew.",
        ),
        (texts.formats.hours_pair(time(7), time(23)), "7 – 23"),
        (texts.formats.hours_pair(time(8), time(0)), "8 – 24"),
        (texts.formats.hours_pair(time(6, 30), time(22, 15)), "6:30 – 22:15"),
    ],
)
def test_short_words_as_they_are_read(text: str, wanted: str) -> None:
    assert text == wanted


SUNDAY = TEN + timedelta(days=6, hours=8)


def plan(first_at: Any = TEN, user: Any = ANA, t: Any = ENGLISH) -> str:
    return texts.setup.plan(t, user, first_at, SUNDAY, 10, TEN)


def test_the_plan_says_when_it_begins_how_much_and_when_it_is_quiet() -> None:
    assert plan(TEN + timedelta(hours=2)).splitlines()[:4] == [
        "<b>All set.</b>",
        "The next reminder comes today at 12:00.",
        "About 10 short messages a day, quiet from 23:00 to 07:00.",
        "Your week comes on Sunday, 8 Mar, at 18:00.",
    ]


@pytest.mark.parametrize(
    ("ahead", "when"),
    [(timedelta(days=1), "tomorrow at 10:00"), (timedelta(days=3), "on Thursday at 10:00")],
)
def test_the_next_reminder_is_named_by_its_day(ahead: timedelta, when: str) -> None:
    assert f"The next reminder comes {when}." in plan(TEN + ahead)


def test_short_or_long_sleep_is_noticed_in_one_line() -> None:
    short = replace(ANA, weekday_hours=DayHours(time(6), time(1)))

    assert "That is 5 h of sleep; 7 to 9 is advised for most adults." in plan(None, short)


HOSTILE = ["<b>bold", "&amp;", "</i><script>", "\u202eevil", "%s {0} {typed}", '" onclick="']


@pytest.mark.parametrize("typed", HOSTILE)
@pytest.mark.parametrize(
    "say", [texts.water.not_an_amount, texts.zones.no_such_city, texts.hours.not_two_times]
)
def test_what_somebody_typed_is_never_markup(say: Any, typed: str) -> None:
    assert_html(say(ENGLISH, typed))


class _Strict(HTMLParser):
    """Telegram's HTML: few tags, each closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag in {"b", "i", "tg-time", "a"}, tag
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def assert_html(text: str) -> None:
    parser = _Strict()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    assert not re.search(r"&(?!(amp|lt|gt|quot|#\d+);)", text), "an ampersand that is no entity"


# The pseudo-language


def sentences(t: Any) -> list[str]:
    plain = [
        texts.buttons.yes,
        texts.buttons.no,
        texts.check_in.good_night_button,
        texts.buttons.later,
        texts.buttons.undo,
        texts.buttons.back,
        texts.check_in.skip_today_button,
        texts.check_in.recorded_already,
        texts.check_in.nothing_to_undo,
        texts.check_in.day_is_over,
        texts.check_in.too_old,
        texts.errors.old_button,
        texts.strangers.start_first,
        texts.strangers.not_invited,
        texts.errors.not_understood,
        texts.errors.no_open_question,
        texts.errors.unknown_command,
        texts.setup.start_button,
        texts.zones.ask_clock,
        texts.zones.ask_city_with_clock,
        texts.zones.ask_which_city,
        texts.zones.ask_city_name,
        texts.zones.no_zone_there,
        texts.buttons.other,
        texts.zones.type_city_button,
        texts.zones.ask_location,
        texts.buttons.cancel,
        texts.zones.location_found,
        texts.hours.ask_wake,
        texts.hours.ask_sleep,
        texts.hours.impossible,
        texts.digest.source_button,
        texts.own_data.delete_button,
        texts.own_data.keep_button,
        texts.own_data.kept,
    ]
    said = [say(t) for say in plain]
    said += [texts.check_in.later_button(t, each) for each in Later if each is not Later.TIMER]
    said += [texts.formats.weekday(t, day) for day in range(1, 8)]
    return (
        said
        + [texts.names.habit(t, kind) for kind in HabitKind]
        + [texts.water.more_button(t, 500)]
    )


def test_every_sentence_can_be_translated() -> None:
    """A sentence without brackets went past gettext."""
    said = sentences(translation(PSEUDO))

    assert [each for each in said if not (each.startswith("[") and each.endswith("]"))] == []


def test_the_pseudo_language_is_longer_by_two_fifths() -> None:
    plain, pseudo = sentences(ENGLISH), sentences(translation(PSEUDO))

    for source, longer in zip(plain, pseudo, strict=True):
        assert len(longer) >= len(source) * 1.4 - 3


def test_a_digest_and_a_plan_are_translated_line_by_line() -> None:
    t = translation(PSEUDO)
    told = texts.digest.caption(t, digest(WEEK), fact_of(facts()[0].id)) + plan(t=t)

    for line in filter(None, told.splitlines()):
        assert "[" in line, line


@pytest.mark.parametrize("code", ["en", "de", "pt-BR", "zz", "", "x" * 16])
def test_whoever_speaks_what_we_do_not_is_spoken_to_in_english(code: str) -> None:
    assert texts.buttons.yes(translation(code)) == "Yes"


def test_a_food_that_is_no_longer_known_is_left_out() -> None:
    assert food_of("no-such-food") is None
    assert read(row(HabitKind.PROBIOTIC, food_id="no-such-food")) == "🥛 Something fermented today?"
