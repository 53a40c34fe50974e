"""The one change that a digest suggests: well founded, possible, and not outdated."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.hours import DayHours, Hours
from reminder_bot.domain.suggestion import Asked, Change, Suggestion, suggest

WATER, FOOD, QUIET, BED = (
    HabitKind.HYDRATION,
    HabitKind.PROBIOTIC,
    HabitKind.MEDITATION,
    HabitKind.BEDTIME,
)
USUAL = DayHours(time(7), time(23))
WEEK = Hours("UTC", USUAL, USUAL)
THREE = time(15)
GLASSES = frozenset({time(7, 30), time(10), time(12, 30), THREE, time(17, 30), time(20)})


def asked(
    waits: Sequence[int | None], kind: HabitKind = QUIET, slot: time = THREE, reminder_id: int = 4
) -> list[Asked]:
    """The questions of a slot, one a day; minutes until each answer, None for no answer."""
    due = [datetime.combine(date(2026, 3, 1 + day), slot, UTC) for day in range(len(waits))]
    return [
        Asked(reminder_id, kind, slot, at, None if wait is None else at + timedelta(minutes=wait))
        for at, wait in zip(due, waits, strict=True)
    ]


def suggested(
    *questions: Asked,
    slots: frozenset[time] = frozenset({THREE}),
    repeats: int = 0,
    hours: Hours = WEEK,
) -> Suggestion | None:
    return suggest(questions, {4: (slots,) * 7}, {4: repeats}, hours)


def test_among_equals_the_earlier_slot_is_changed_whichever_habit_comes_first() -> None:
    ten, days = time(10), 5
    first, second = asked([None] * days), asked([None] * days, slot=ten, reminder_id=5)
    slots = {4: ({THREE},) * 7, 5: ({ten},) * 7}

    found = suggest([*first, *second], slots, {4: 0, 5: 0}, WEEK)

    assert found == Suggestion(Change.REPEAT, 5, QUIET, ten)


# Moving


@pytest.mark.parametrize(
    ("waits", "to"),
    [
        ([40, 40, 40], time(15, 30)),
        ([60, 60, 60], time(16)),
        ([50, 60, 300], time(16)),  # the median decides
        ([45, 130, 140, 150], time(17, 30)),
        ([40, 40, 40, 1, 1, 1, 1], time(15, 30)),  # quick answers don't count
    ],
)
def test_a_slot_answered_late_three_times_moves_to_when_the_answers_come(
    waits: list[int], to: time
) -> None:
    assert suggested(*asked(waits)) == Suggestion(Change.MOVE, 4, QUIET, THREE, to)


def test_times_at_the_weekend_do_not_stop_a_weekday_slot_from_moving() -> None:
    weekdays, weekend = frozenset({THREE}), frozenset({time(16)})

    found = suggest(asked([60, 60, 60]), {4: (weekdays,) * 5 + (weekend,) * 2}, {4: 0}, WEEK)

    assert found == Suggestion(Change.MOVE, 4, QUIET, THREE, time(16))


@pytest.mark.parametrize(
    "waits", [[40, 40], [39, 39, 39, 39, 39, 39, 39], [40, 40, 39], [40, 40, None, None, None]]
)
def test_fewer_than_three_late_answers_move_nothing(waits: list[int | None]) -> None:
    assert suggested(*asked(waits)) is None


@pytest.mark.parametrize(
    ("neighbour", "is_moved"),
    [(time(16, 44), False), (time(16, 45), True), (time(15, 16), False), (time(15, 15), True)],
)
def test_a_slot_keeps_three_quarters_of_an_hour_from_its_neighbours(
    neighbour: time, is_moved: bool
) -> None:
    found = suggested(*asked([60, 60, 60]), slots=frozenset({THREE, neighbour}))

    assert (found is not None) is is_moved


@pytest.mark.parametrize(
    ("slot", "is_moved"), [(time(21, 30), True), (time(22), False), (time(22, 30), False)]
)
def test_a_slot_is_not_moved_into_quiet_hours(slot: time, is_moved: bool) -> None:
    found = suggested(*asked([60, 60, 60], slot=slot), slots=frozenset({slot}))

    assert (found is not None) is is_moved


@pytest.mark.parametrize("wait", [10 * 60, 17 * 60, 24 * 60, 30 * 60])
def test_an_answer_of_the_next_day_moves_nothing(wait: int) -> None:
    """Otherwise 15:00 would be moved to an earlier time, or to 15:00."""
    assert suggested(*asked([wait] * 5)) is None


def test_distances_to_neighbours_are_measured_across_midnight() -> None:
    owl = DayHours(time(11), time(3))
    at_ten_past = frozenset({time(22, 30), time(0, 10)})

    found = suggested(
        *asked([80] * 3, slot=time(22, 30)), slots=at_ten_past, hours=Hours("UTC", owl, owl)
    )

    assert found is None


def test_the_weekends_quiet_hours_count_too() -> None:
    early = Hours("UTC", USUAL, DayHours(time(7), time(21)))

    assert (
        suggested(*asked([60, 60, 60], slot=time(20)), slots=frozenset({time(20)}), hours=early)
        is None
    )


# Dropping and repeating


@pytest.mark.parametrize(("silences", "is_dropped"), [(4, False), (5, True), (7, True)])
def test_a_glass_that_is_never_answered_is_dropped(silences: int, is_dropped: bool) -> None:
    found = suggested(*asked([None] * silences, WATER), slots=GLASSES)

    assert found == (Suggestion(Change.DROP, 4, WATER, THREE) if is_dropped else None)


@pytest.mark.parametrize(
    ("slots", "is_dropped"), [({THREE}, False), ({THREE, time(20)}, False), (GLASSES, True)]
)
def test_the_last_two_glasses_of_a_day_are_never_dropped(
    slots: frozenset[time], is_dropped: bool
) -> None:
    found = suggested(*asked([None] * 7, WATER), slots=frozenset(slots))

    assert (found is not None) is is_dropped


@pytest.mark.parametrize(
    ("silences", "repeats", "is_repeated"), [(5, 0, True), (4, 0, False), (7, 1, False)]
)
def test_another_question_that_is_never_answered_is_repeated(
    silences: int, repeats: int, is_repeated: bool
) -> None:
    found = suggested(*asked([None] * silences, FOOD), repeats=repeats)

    assert found == (Suggestion(Change.REPEAT, 4, FOOD, THREE) if is_repeated else None)


def test_one_answer_among_silences_is_enough_to_suggest_nothing() -> None:
    assert suggested(*asked([None, None, None, None, None, None, 5], WATER), slots=GLASSES) is None


# All changes


@pytest.mark.parametrize("waits", [[60] * 7, [None] * 7])
def test_nothing_is_suggested_about_bedtime(waits: list[int | None]) -> None:
    assert suggested(*asked(waits, BED)) is None


def test_nothing_is_suggested_about_a_slot_that_is_gone() -> None:
    assert suggested(*asked([60] * 7), slots=frozenset({time(16)})) is None
    assert suggest(asked([60] * 7), {}, {}, WEEK) is None


def test_a_week_that_went_well_brings_no_suggestion() -> None:
    assert suggested(*asked([1, 2, 3, 4, 5, 6, 7])) is None
    assert suggested() is None


def test_the_change_with_most_evidence_is_suggested_the_earlier_slot_of_equals() -> None:
    late, silent = asked([60] * 4, WATER, time(10)), asked([None] * 6, WATER, THREE)
    as_silent = asked([None] * 6, WATER, time(20))

    assert suggested(*late, *silent, slots=GLASSES) == Suggestion(Change.DROP, 4, WATER, THREE)
    assert suggested(*as_silent, *silent, slots=GLASSES) == Suggestion(Change.DROP, 4, WATER, THREE)


times = st.times().map(lambda each: each.replace(second=0, microsecond=0))


@given(
    change=st.sampled_from(Change),
    reminder_id=st.integers(1, 2**62),
    kind=st.sampled_from(HabitKind),
    slot=times,
    to=st.none() | times,
)
def test_a_suggestion_is_stored_in_one_short_line(
    change: Change, reminder_id: int, kind: HabitKind, slot: time, to: time | None
) -> None:
    suggestion = Suggestion(change, reminder_id, kind, slot, to)

    assert Suggestion.parse(suggestion.format()) == suggestion
    assert len(suggestion.format()) <= 80


@example(waits=[40, 465, 465], kind=WATER, slots=frozenset([time(23, 1)]), repeats=0)
@given(
    waits=st.lists(st.none() | st.integers(0, 14 * 1440), max_size=14),
    kind=st.sampled_from(HabitKind),
    slots=st.frozensets(times, min_size=1, max_size=8),
    repeats=st.integers(0, 3),
)
def test_what_is_suggested_can_always_be_done(
    waits: list[int | None], kind: HabitKind, slots: frozenset[time], repeats: int
) -> None:
    slot = min(slots)

    found = suggested(*asked(waits, kind, slot), slots=slots, repeats=repeats)

    assert found is None or found.slot == slot
    if found is not None and found.change is Change.MOVE:
        assert found.to is not None
        assert found.to not in slots
        assert not USUAL.are_quiet_at(found.to)
        assert found.to > slot


# Stopping


def nights(replies: str, kind: HabitKind = BED) -> list[Asked]:
    """The mornings of a week: y for yes, n for no, . for no answer."""
    given = {"y": Reply.YES, "n": Reply.NO, ".": None}
    questions = asked([None if each == "." else 1 for each in replies], kind)
    return [
        each._replace(reply=given[reply]) for each, reply in zip(questions, replies, strict=True)
    ]


def test_after_a_week_of_noes_about_the_night_it_offers_to_stop_asking() -> None:
    stop = Suggestion(Change.STOP, 4, BED, THREE)

    assert suggested(*nights("nnnnnnn")) == suggested(*nights("nnnnnn")) == stop
    assert Suggestion.parse(stop.format()) == stop


@pytest.mark.parametrize("replies", ["nnnnn", "nnnnnny", "nnnnnn.", "......", "yyyyyyy"])
def test_fewer_noes_are_no_reason_to_stop(replies: str) -> None:
    assert suggested(*nights(replies)) is None


def test_only_about_the_night_it_offers_to_stop() -> None:
    assert suggested(*nights("nnnnnnn", QUIET)) is None
