"""The weekly digest: its caption line by line, always with the fact and the footer, within 1,000
characters.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from html import unescape
from typing import Any

import pytest

from reminder_bot.chat import keyboards
from reminder_bot.content import facts
from reminder_bot.domain.adherence import Adherence
from reminder_bot.domain.check_in import Status
from reminder_bot.domain.digest import Digest, Figures, HabitWeek
from reminder_bot.domain.fact import Fact, Source
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.suggestion import Change, Suggestion
from reminder_bot.texts import digest, names
from reminder_bot.texts.translation import translation
from reminder_bot.texts.understanding import quoted
from tests.chat.cards import ANA, TEN
from tests.texts.reading import BRACKETED, ENGLISH, HOSTILE, LANGUAGES, assert_html, visible

FOOTER = (
    "General information, not medical advice. Studies describe groups, not you. "
    "Keep prescribed treatment going and ask a professional about symptoms that last."
)
WEEK = Figures(
    (
        HabitWeek(HabitKind.HYDRATION, Adherence(5, 7), Adherence(3, 6)),
        HabitWeek(HabitKind.PROBIOTIC, Adherence(1, 1), Adherence(0, 0)),
        HabitWeek(HabitKind.MEDITATION, Adherence(0, 0), Adherence(0, 0)),
    ),
    answers=20,
    best_day=date(2026, 3, 3),
)
FULLEST = Figures(
    tuple(HabitWeek(kind, Adherence(6, 7), Adherence(5, 7), (), "&" * 40) for kind in HabitKind),
    answers=60,
    best_day=date(2026, 3, 4),
)
SUGGESTIONS = {
    Change.MOVE: Suggestion(Change.MOVE, 4, HabitKind.HYDRATION, time(15), time(16, 30)),
    Change.DROP: Suggestion(Change.DROP, 4, HabitKind.HYDRATION, time(15)),
    Change.REPEAT: Suggestion(Change.REPEAT, 4, HabitKind.PROBIOTIC, time(12)),
    Change.STOP: Suggestion(Change.STOP, 4, HabitKind.BEDTIME, time(7, 15)),
}
every_fact = pytest.mark.parametrize("fact", facts(), ids=lambda fact: str(fact.id))


def week(figures: Figures = WEEK, suggestion: Suggestion | None = None) -> Digest:
    fact_id = facts()[0].id
    return Digest(
        1,
        7,
        date(2026, 3, 7),
        TEN,
        TEN,
        TEN,
        Status.SENT,
        0,
        fact_id,
        figures,
        suggestion=suggestion,
    )


# The caption


@every_fact
def test_without_numbers_it_holds_the_fact_the_suggestion_and_the_footer(fact: Fact) -> None:
    told = week(suggestion=SUGGESTIONS[Change.MOVE])

    lines = digest.caption_without_numbers(ENGLISH, told, fact).splitlines()

    assert lines[:3] == [
        "<b>Your week, 1 Mar to 7 Mar</b>",
        "💧 You answer 15:00 late. Move it to 16:30?",
        "",
    ]
    assert lines[-1] == f"<i>{FOOTER}</i>"
    assert fact.text in unescape(lines[3])
    assert visible("\n".join(lines)) <= 1024


def test_without_numbers_an_empty_week_gets_its_kind_words() -> None:
    told = week(Figures((), answers=0, best_day=None))

    assert "A quiet week." in digest.caption_without_numbers(ENGLISH, told, facts()[0])


def test_a_week_as_it_is_told() -> None:
    fact = facts()[0]

    lines = digest.caption(ENGLISH, week(), fact).splitlines()

    assert lines == [
        "<b>Your week, 1 Mar to 7 Mar</b> · 6 of 8 kept",
        "💧 Water: 5 of 7 days (last week 3 of 6)",
        "🥛 Fermented food: 1 of 1 day",
        "🧘 Quiet minutes: not counted",
        "Best day: Tuesday",
        "",
        f"{fact.text} ({names.certainty(ENGLISH, fact.certainty)})",
        fact.takeaway,
        "",
        f"<i>{FOOTER}</i>",
    ]


def test_an_empty_week_is_kind_and_has_no_figures_but_the_fact_and_the_footer() -> None:
    figures = replace(WEEK, answers=0, best_day=None)

    told = digest.caption(ENGLISH, week(figures), facts()[0])

    assert told.splitlines()[:3] == [
        "<b>Your week, 1 Mar to 7 Mar</b>",
        "A quiet week. That's fine: the next one starts today.",
        "One tap when a question comes is enough.",
    ]
    assert "5 of 7" not in told
    assert facts()[0].text in told
    assert FOOTER in told


def test_where_nothing_was_due_the_title_has_no_sum() -> None:
    figures = replace(WEEK, habits=WEEK.habits[2:])

    assert digest.caption(ENGLISH, week(figures), facts()[0]).startswith(
        "<b>Your week, 1 Mar to 7 Mar</b>\n"
    )


@LANGUAGES
@every_fact
def test_every_fact_is_told_whole_with_how_certain_it_is_and_the_footer(
    fact: Fact, language: str
) -> None:
    t = translation(language)

    told = digest.caption(t, week(), fact)

    assert_html(told)
    assert told.count("(" + names.certainty(t, fact.certainty)) == 1
    assert fact.text in unescape(told)
    assert FOOTER in told
    assert visible(told) <= digest.LONGEST_CAPTION * (1 if language == "en" else 1.5)


@LANGUAGES
@every_fact
def test_every_fact_and_the_footer_fit_the_fullest_week(fact: Fact, language: str) -> None:
    """Nine habits, each with last week beside it, one in forty characters of somebody's own."""
    t = translation(language)

    for suggestion in SUGGESTIONS.values():
        told = digest.caption(t, week(FULLEST, suggestion), fact)

        assert_html(told)
        assert visible(told) <= digest.LONGEST_CAPTION * (1 if language == "en" else 1.5)
        assert fact.text in unescape(told)
        assert FOOTER in told
        assert digest.suggestion(t, suggestion) in told


def test_where_there_is_no_room_the_takeaway_goes_first_and_then_habits_share_a_line() -> None:
    fact = facts()[0]
    four = Figures(FULLEST.habits[:4], 60, FULLEST.best_day)

    short = digest.caption(ENGLISH, week(four), replace(fact, text="W" * 50, takeaway="T" * 50))
    longer = digest.caption(ENGLISH, week(four), replace(fact, text="W" * 550, takeaway="T" * 50))
    longest = digest.caption(ENGLISH, week(four), replace(fact, text="W" * 650, takeaway="T" * 50))

    assert "T" * 50 in short
    assert "T" * 50 not in longer
    assert "💧 Water: 6 of 7 days (last week 5 of 7)" in longer
    assert "💧 6 of 7 · 🥛 6 of 7 · 🧘 6 of 7 · 🌙 6 of 7" in longest
    assert all(len(each) <= 1000 and FOOTER in each for each in (short, longer, longest))


def test_on_one_line_what_was_not_asked_says_so() -> None:
    fact = replace(facts()[0], text="W" * 800)

    assert "💧 5 of 7 · 🥛 1 of 1 · 🧘 not counted" in digest.caption(ENGLISH, week(), fact)


@pytest.mark.parametrize("typed", HOSTILE)
def test_the_words_of_an_own_habit_are_never_markup(typed: str) -> None:
    words = quoted(typed, 40)
    own = HabitWeek(HabitKind.CUSTOM, Adherence(1, 2), Adherence(1, 2), (), words)

    told = digest.caption(ENGLISH, week(Figures((own,), 3, None)), facts()[0])

    assert_html(told)
    assert words in unescape(told)


def test_a_fact_is_never_markup() -> None:
    fact = replace(facts()[0], text="pH < 5 & <b>", takeaway="<i> & so on")

    told = digest.caption(ENGLISH, week(), fact)

    assert_html(told)
    assert "pH &lt; 5 &amp; &lt;b&gt;" in told
    assert "&lt;i&gt; &amp; so on" in told


def test_a_caption_is_translated_line_by_line() -> None:
    told = digest.caption(BRACKETED, week(), facts()[0])

    assert [line for line in told.splitlines() if line and "[" not in line] == []


# The suggestion


@pytest.mark.parametrize(
    ("change", "said", "button"),
    [
        (Change.MOVE, "💧 You answer 15:00 late. Move it to 16:30?", "Move to 16:30"),
        (Change.DROP, "💧 15:00 went unanswered all week. Leave it out?", "Leave it out"),
        (
            Change.REPEAT,
            "🥛 12:00 went unanswered all week. Ask once more half an hour later?",
            "Ask once more",
        ),
        (Change.STOP, "🌙 Trouble sleeping? I can stop asking.", "Stop asking"),
    ],
)
def test_a_suggestion_is_a_question_with_a_button(change: Change, said: str, button: str) -> None:
    suggestion = SUGGESTIONS[change]
    told = week(suggestion=suggestion)
    labels = [line[0]["text"] for line in keyboards.of_digest(ENGLISH, told)["inline_keyboard"]]

    assert ["Best day: Tuesday", "", said, ""] == digest.caption(
        ENGLISH, told, facts()[0]
    ).splitlines()[4:8]
    assert digest.suggestion(ENGLISH, suggestion) == said
    assert digest.apply_button(ENGLISH, suggestion) == button == labels[0]


def test_every_change_has_a_suggestion() -> None:
    assert set(SUGGESTIONS) == set(Change)


# The rest


@every_fact
def test_every_source_can_be_shown(fact: Fact) -> None:
    cited = digest.source(fact.source)

    assert_html(cited)
    assert fact.source.title.split()[0] in cited


def source(**values: Any) -> Source:
    unknown: dict[str, Any] = dict.fromkeys(["authors", "year", "published_by", "doi", "pmid"])
    given = {"title": "Skin & <gut>", "url": "https://a.b/c"}
    return Source(**(given | unknown | values))


def test_a_source_is_cited_with_all_that_is_known() -> None:
    known = source(authors="Rossi", year=2020, published_by="J", url="https://a.b/?c=1&d=2")

    assert digest.source(known) == (
        "Rossi (2020). Skin &amp; &lt;gut&gt;. J\nhttps://a.b/?c=1&amp;d=2"
    )
    assert digest.source(source()) == "Skin &amp; &lt;gut&gt;\nhttps://a.b/c"
    assert digest.source(source(year=2020)).startswith("(2020). Skin &amp; &lt;gut&gt;\n")


def test_digest_before_the_first_says_when_it_comes() -> None:
    sunday = datetime(2026, 3, 8, 17, tzinfo=UTC)

    assert digest.not_yet(ENGLISH, ANA, sunday) == (
        "Your first week comes on Sunday 8 Mar at 18:00."
    )
    assert digest.not_yet(ENGLISH, ANA, None) == "Your week comes again when the pause is over."


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (digest.discreet(ENGLISH), "🔔 Your week is ready."),
        (
            digest.week_title(ENGLISH, date(2026, 2, 28), date(2026, 3, 6)),
            "Your week, 28 Feb to 6 Mar",
        ),
        (digest.suggestion_applied(ENGLISH), "Done. /habits shows it."),
        (digest.suggestion_outdated(ENGLISH), "That has changed since. /habits shows how it is."),
        (digest.source_button(ENGLISH), "Source"),
        (digest.not_for_me_button(ENGLISH), "Not for me"),
        (
            digest.topic_left_out(ENGLISH, "Sleep"),
            "No more about: Sleep. /settings has it back.",
        ),
        (digest.last_topic_stays(ENGLISH), "It is the last topic you left on, so it stays."),
    ],
)
def test_short_words_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted
