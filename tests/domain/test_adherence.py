"""Which days count, which are kept, and how many in a row."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminder_bot.domain.adherence import (
    NOT_DUE,
    Adherence,
    Ask,
    Cell,
    DayRecord,
    Gap,
    Mark,
    Verdict,
    adherence,
    cell,
    streak,
    verdict,
)
from reminder_bot.domain.check_in import Reply, Status

DAY = date(2026, 3, 2)
YES, NO, SKIP = (Ask(Status.REPLIED, reply) for reply in (Reply.YES, Reply.NO, Reply.SKIPPED))
SILENCE, MISFIRED, UNCERTAIN = (
    Ask(status) for status in (Status.UNANSWERED, Status.MISFIRED, Status.UNCERTAIN)
)
CANCELLED, OPEN = Ask(Status.CANCELLED), Ask(Status.SENT, is_open=True)
GLASS = Ask(Status.REPLIED, Reply.YES, 250)
KEPT, MISSED, NEUTRAL, NOTHING = Verdict.KEPT, Verdict.MISSED, Verdict.NEUTRAL, Verdict.NOT_DUE


def water(
    asks: Iterable[Ask], amount: int = 0, *, goal: int = 1250, portion: int = 250
) -> DayRecord:
    """A day of water. amount: also what was drunk without being asked."""
    return DayRecord(tuple(asks), amount, 1 if amount else 0, goal, portion)


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (DayRecord([YES], entry_count=1), KEPT),
        (DayRecord([NO]), MISSED),
        (DayRecord([SILENCE]), MISSED),
        (DayRecord([SKIP]), NEUTRAL),
        (DayRecord([UNCERTAIN]), NOTHING),
        (DayRecord([CANCELLED]), NOTHING),
        (DayRecord(), NOTHING),
        # The question can still be answered.
        (DayRecord([OPEN]), NEUTRAL),
        (DayRecord([Ask(Status.SENT)]), MISSED),
        # The bot was late for a part of the day.
        (DayRecord([MISFIRED]), NEUTRAL),
        (DayRecord([MISFIRED, SILENCE]), NEUTRAL),
        # One check-in that reached the person makes the day count.
        (DayRecord([UNCERTAIN, NO]), MISSED),
        # Done without being asked, or before being asked.
        (DayRecord([CANCELLED], entry_count=1), KEPT),
        (DayRecord([], entry_count=1), KEPT),
        (DayRecord([MISFIRED], entry_count=1), KEPT),
        # A kept day stays kept, whatever is skipped afterwards.
        (DayRecord([YES, SKIP], entry_count=1), KEPT),
        (DayRecord([NO, SKIP]), NEUTRAL),
    ],
)
def test_a_day_is_kept_missed_or_neutral(record: DayRecord, wanted: Verdict) -> None:
    assert verdict(record) is wanted


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        # It is kept by reaching the goal, not by a yes.
        (water([GLASS] * 4 + [NO, NO], 1000), MISSED),
        (water([GLASS] * 5 + [NO], 1250), KEPT),
        (water([SKIP], 1250), KEPT),
        (water([GLASS, SKIP], 250), NEUTRAL),
        # Five glasses are asked for, and five are the goal.
        (water([SILENCE] * 5), MISSED),
        (water([SILENCE] * 4), NEUTRAL),
        (water([SILENCE] * 4 + [UNCERTAIN]), NEUTRAL),
        # What was drunk without being asked counts, and less was asked because of it.
        (water([SILENCE] * 2, 750), MISSED),
        (water([SILENCE] * 2, 749), NEUTRAL),
        # The rest of a glass of which only a part was drunk could have been drunk.
        (water([Ask(Status.REPLIED, Reply.YES, 100)] * 5, 500), MISSED),
        (water([Ask(Status.REPLIED, Reply.YES, 100)] * 4, 400), NEUTRAL),
        (water([Ask(Status.REPLIED, Reply.YES, 500)] + [SILENCE] * 3, 500), MISSED),
        (water([Ask(Status.REPLIED, Reply.YES, 500)] + [SILENCE] * 2, 500), NEUTRAL),
        # The goal and the glass are those of the day.
        (water([SILENCE] * 4, goal=1000), MISSED),
        (water([SILENCE] * 4, portion=330), MISSED),
        # How little somebody drinks of a limit is no success, and how much is none either.
        (replace(water([GLASS] * 8, 2000), is_limit=True), NOTHING),
        (replace(water([SILENCE] * 6), is_limit=True), NOTHING),
    ],
)
def test_water_is_judged_by_what_the_questions_of_the_day_could_reach(
    record: DayRecord, wanted: Verdict
) -> None:
    assert verdict(record) is wanted


@pytest.mark.parametrize("gap", Gap)
def test_a_day_with_less_asked_is_neutral_unless_it_was_kept(gap: Gap) -> None:
    gaps = frozenset({gap})

    assert verdict(DayRecord([NO], gaps=gaps)) is NEUTRAL
    assert verdict(replace(water([NO] * 6), gaps=gaps)) is NEUTRAL
    assert verdict(DayRecord([NO], entry_count=1, gaps=gaps)) is KEPT
    assert verdict(replace(water([], 1250), gaps=gaps)) is KEPT


@pytest.mark.parametrize("record", [DayRecord([NO]), DayRecord([SILENCE]), water([NO] * 6)])
def test_a_day_that_is_not_over_is_not_missed(record: DayRecord) -> None:
    assert verdict(replace(record, is_over=False)) is NOTHING
    assert cell(replace(record, is_over=False)) == NOT_DUE
    assert verdict(replace(record, amount=1250, entry_count=1, is_over=False)) is KEPT


@given(st.integers(1, 16), st.integers(500, 3500), st.sampled_from([150, 200, 250, 330, 500]))
def test_who_is_ahead_of_the_schedule_and_asked_less_for_it_is_judged_all_the_same(
    slots: int, goal: int, portion: int
) -> None:
    """A question is left out if the day already holds the share of the goal up to it. Whatever is
    drunk, and whenever: if the goal can be reached with all questions, so it can with the others.
    """
    if slots * portion < goal:
        return
    for ahead in range(slots):
        drunk = -(-goal * ahead // slots)  # rounded up
        day = water([SILENCE] * (slots - ahead), drunk, goal=goal, portion=portion)
        assert day.reachable_ml >= goal


@pytest.mark.parametrize(
    ("record", "wanted"),
    [
        (None, NOT_DUE),
        (DayRecord(), NOT_DUE),
        (DayRecord([MISFIRED]), NOT_DUE),
        (DayRecord([UNCERTAIN]), NOT_DUE),
        (water([CANCELLED]), NOT_DUE),
        (DayRecord([OPEN]), NOT_DUE),
        (DayRecord([YES], entry_count=1), Cell(Mark.KEPT, 1.0)),
        (water([YES] * 6, 2000), Cell(Mark.KEPT, 1.0)),
        (water([GLASS] + [NO] * 5, 250, goal=1000), Cell(Mark.PARTLY, 0.25)),
        (DayRecord([NO]), Cell(Mark.NO, 0.0)),
        (DayRecord([SKIP]), Cell(Mark.SKIPPED, 0.0)),
        (DayRecord([SILENCE]), Cell(Mark.UNANSWERED, 0.0)),
        (DayRecord([SILENCE, NO]), Cell(Mark.NO, 0.0)),
        (DayRecord([NO, SKIP]), Cell(Mark.SKIPPED, 0.0)),
        # Days that are not counted do not look like days that are.
        (DayRecord([NO], gaps=frozenset({Gap.PAUSED})), Cell(Mark.PAUSED, 0.0)),
        (DayRecord([NO], gaps=frozenset({Gap.FIRST})), NOT_DUE),
        (water([GLASS, SKIP], 250), Cell(Mark.SKIPPED, 0.0)),
        (water([GLASS, SILENCE], 250), NOT_DUE),
    ],
)
def test_a_cell_shows_what_the_day_counts_as(record: DayRecord | None, wanted: Cell) -> None:
    assert cell(record) == wanted


@st.composite
def any_record(draw: st.DrawFn) -> DayRecord:
    is_water = draw(st.booleans())
    asks = draw(st.lists(st.sampled_from([YES, NO, SKIP, SILENCE, MISFIRED, OPEN, GLASS])))
    return DayRecord(
        tuple(asks),
        draw(st.integers(0, 2000)) if is_water else 0,
        draw(st.integers(0, 2)),
        1250 if is_water else None,
        250 if is_water else None,
        draw(st.frozensets(st.sampled_from(Gap), max_size=1)),
        draw(st.booleans()),
    )


@given(st.lists(any_record(), max_size=7))
def test_a_sum_is_what_one_counts_in_the_picture(records: list[DayRecord]) -> None:
    marks = [cell(record).mark for record in records]
    kept = marks.count(Mark.KEPT)
    missed = sum(marks.count(mark) for mark in (Mark.PARTLY, Mark.NO, Mark.UNANSWERED))

    assert adherence(records) == Adherence(kept, kept + missed)


def days(story: str) -> dict[date, DayRecord]:
    """Days from DAY on: k kept, m missed, n neutral, p paused, t today (open), space no record."""
    records = {
        "k": DayRecord([YES], entry_count=1),
        "m": DayRecord([NO]),
        "n": DayRecord([SKIP]),
        "p": DayRecord([], gaps=frozenset({Gap.PAUSED})),
        "t": DayRecord([NO], is_over=False),
    }
    return {
        DAY + timedelta(days=number): records[each]
        for number, each in enumerate(story)
        if each != " "
    }


@pytest.mark.parametrize(
    ("story", "kept", "due", "share"),
    [
        ("kkkkkkk", 7, 7, 1.0),
        ("kppkppk", 3, 3, 1.0),
        ("kmnkmnk", 3, 5, 0.6),
        ("nn   nn", 0, 0, None),
        ("ppppppp", 0, 0, None),
        ("mmmmmmm", 0, 7, 0.0),
        ("kmt", 1, 2, 0.5),
        ("", 0, 0, None),
    ],
)
def test_a_week_is_days_kept_of_days_due(
    story: str, kept: int, due: int, share: float | None
) -> None:
    week = adherence(days(story).values())

    assert (week, week.share) == (Adherence(kept, due), share)


@pytest.mark.parametrize(
    ("story", "length", "is_ended"),
    [
        ("kkkk", 4, False),
        ("kkkt", 3, False),  # today is not over yet
        ("kkkm", 3, False),
        ("kkmkk", 4, False),  # one missed day does not end a streak
        ("kkmmkk", 2, True),  # two in a row do
        ("kkkmmk", 1, True),
        ("kmmkkk", 3, True),
        ("kkkmmt", 0, True),
        ("kkknnnkk", 5, False),  # neutral days neither count nor end it
        ("kkppppppkk", 4, False),
        ("kkmnmkk", 2, True),  # missed days around a neutral one are in a row
        ("kk   kk", 4, False),  # days without a record are neutral
        ("mmm", 0, True),
        ("", 0, False),
        ("n", 0, False),
    ],
)
def test_a_streak_counts_kept_days_and_ends_at_two_missed_in_a_row(
    story: str, length: int, is_ended: bool
) -> None:
    assert streak(days(story)) == (length, is_ended)
