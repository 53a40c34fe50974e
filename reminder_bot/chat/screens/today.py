"""/today and /water: what was done on a day, with buttons to record or correct it.

The screen goes back fourteen days.

Bedtime's row is about the night before the day, because that is what its morning question asks.
"""

from datetime import date

from reminder_bot import texts
from reminder_bot.chat.keyboards import MORE_WATER_ML, Button, inline
from reminder_bot.chat.screens.asked_back import amount_path
from reminder_bot.chat.screens.screen import (
    NoSuchScreen,
    Screen,
    ScreenResult,
    Visit,
    closing,
    do,
    go,
)
from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import LARGEST_ENTRY_ML, HabitKind
from reminder_bot.domain.intake import Doubt
from reminder_bot.domain.reminder import counted_day
from reminder_bot.engine import entries
from reminder_bot.engine.entries import DayRow
from reminder_bot.storage.entries import list_entries

__all__ = ["NAMES", "act", "read", "show"]

NAMES = frozenset({"today", "water"})


def show(visit: Visit) -> Screen:
    return _water(visit) if visit.name == "water" else _day(visit)


def _day(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    today = user.hours.day_of(visit.now)
    day = _day_of(visit, today)
    rows = entries.rows_of(visit.connection, user, day, visit.now)
    lines = [f"<b>{texts.today.title(t, day, is_today=day == today)}</b>"]
    lines += [
        f"{_label(visit, row, day)} · {_standing(visit, row, is_today=day == today)}"
        for row in rows
    ]
    if not rows:
        lines.append(texts.today.no_habit_is_on(t))
    if user.paused_at is not None:
        lines.append(texts.today.paused(t))
    back, ahead = day - ONE_DAY, day + ONE_DAY
    pages: list[Button] = []
    if entries.is_open_to_back_fill(user, back, visit.now):
        pages.append(go(f"‹ {texts.formats.short_date(t, back)}", f"today/{back}"))
    if day < today:
        pages.append(
            go(
                f"{texts.formats.short_date(t, ahead)} ›",
                f"today/{ahead}" if ahead < today else "today",
            )
        )
    return Screen(
        "\n".join(lines),
        inline([*(_buttons(visit, row, day) for row in rows), [*pages, closing(t)]]),
    )


def _label(visit: Visit, row: DayRow, day: date) -> str:
    if not row.habit.kind.spec.is_about_last_night:
        return texts.names.with_sign(visit.t, row.habit)
    last_night = counted_day(row.habit.kind, day)
    slept = texts.formats.clock(visit.user.hours.sleeps_at(last_night), visit.user)
    words = texts.habit_words.words_of(row.habit.kind).night_before(visit.t, slept)
    return f"{row.habit.kind.spec.sign} {words}"


def _day_of(visit: Visit, today: date) -> date:
    if not visit.arguments:
        return today
    try:
        day = date.fromisoformat(visit.argument(0))
    except ValueError:
        raise NoSuchScreen from None
    if not entries.is_open_to_back_fill(visit.user, day, visit.now):
        raise NoSuchScreen
    return day


def _standing(visit: Visit, row: DayRow, *, is_today: bool) -> str:
    t = visit.t
    if row.habit.goal_ml and visit.user.is_without_numbers:
        if row.entries:
            return texts.today.done(t)
    elif row.habit.goal_ml:
        return texts.today.amount_of_goal(t, row, is_today=is_today)
    if row.answer is not None:
        return texts.names.reply(t, row.answer)
    if row.check_in is not None and not row.check_in.is_open(visit.now):
        return texts.today.no_answer(t)
    return texts.today.still_open(t) if is_today else texts.today.not_asked(t)


def _buttons(visit: Visit, row: DayRow, day: date) -> list[Button]:
    t, base = visit.t, f"today/{day}/{row.habit.id}"
    sign = row.habit.kind.spec.sign
    if row.habit.goal_ml:
        portion = row.habit.portion_ml or 0
        more = [
            do(f"{sign} {texts.water.more_button(t, each)}", f"{base}/{each}")
            for each in sorted({portion, MORE_WATER_ML})
        ]
        return [
            *more,
            *([do(texts.today.take_last_back_button(t), f"{base}/less")] if row.entries else []),
        ]
    yes, no = row.answer is Reply.YES, row.answer is Reply.NO
    buttons = [
        do(
            f"{sign} {texts.buttons.ticked(texts.buttons.yes(t), yes)}",
            f"{base}/{'clear' if yes else 'yes'}",
        )
    ]
    if row.check_in is not None:
        buttons.append(
            do(texts.buttons.ticked(texts.buttons.no(t), no), f"{base}/{'clear' if no else 'no'}")
        )
    return buttons


def act(visit: Visit) -> ScreenResult:
    return _do_water(visit) if visit.name == "water" else _do_day(visit)


def _do_day(visit: Visit) -> ScreenResult:
    today = visit.user.hours.day_of(visit.now)
    day = _day_of(visit, today)
    habit_id, what = visit.number(1), visit.argument(2)
    of_day = entries.rows_of(visit.connection, visit.user, day, visit.now)
    rows = {row.habit.id: row for row in of_day}
    if habit_id not in rows:
        raise NoSuchScreen
    row, path = rows[habit_id], "today" if day == today else f"today/{day}"
    arguments = (visit.connection, visit.user, row)
    if what == "less":
        return ScreenResult(path, pending_edits=entries.undo_newest(*arguments, visit.now))
    if row.habit.goal_ml:
        amount = visit.number(2)
        if not 0 < amount <= LARGEST_ENTRY_ML:
            raise NoSuchScreen
        recorded = entries.record_amount(*arguments, amount, visit.now, day=day)
        if recorded.doubt is not None:
            return ScreenResult(_asked_back(row, amount, recorded.doubt, day, is_from_today=True))
        return ScreenResult(path)
    answers = {"yes": Reply.YES, "no": Reply.NO, "clear": None}
    if what not in answers or (what == "no" and row.check_in is None):
        raise NoSuchScreen
    return ScreenResult(
        path, pending_edits=entries.record_answer(*arguments, day, answers[what], visit.now)
    )


# The message that answers /water: it shows the entry and can undo it.


def _water(visit: Visit) -> Screen:
    t, user = visit.t, visit.user
    today = user.hours.day_of(visit.now)
    done = {
        each.id: each for each in list_entries(visit.connection, user.id, today - ONE_DAY, today)
    }
    rows = entries.rows_of(visit.connection, user, today, visit.now)
    water = next((row for row in rows if row.habit.kind is HabitKind.HYDRATION), None)
    if water is None:
        raise NoSuchScreen
    progress = f" · {texts.water.of_goal(t, water.done_ml, water.habit, is_today=True)}"
    is_plain = user.is_without_numbers
    if is_plain and not texts.water.is_limit_reached(water.done_ml, water.habit):
        progress = ""
    entry = done.get(visit.number(0))
    more = [
        do(texts.water.more_button(t, each), f"water/{each}")
        for each in sorted({water.habit.portion_ml or MORE_WATER_ML, MORE_WATER_ML})
    ]
    if entry is None:
        return Screen(f"💧 {texts.today.taken_back(t)}{progress}", inline([more]))
    at = texts.formats.clock(entry.recorded_at, user)
    what = (
        texts.habit_words.plain_done(t, at)
        if is_plain
        else texts.water.amount_at(t, at, entry.amount, water.habit.portion_ml)
    )
    return Screen(
        f"💧 {what}{progress}",
        inline([[do(texts.buttons.undo(t), f"water/{entry.id}/undo")], more]),
    )


def _do_water(visit: Visit) -> ScreenResult:
    user, today = visit.user, visit.user.hours.day_of(visit.now)
    if len(visit.arguments) == 2:
        done = list_entries(visit.connection, user.id, today, today)
        entry_id = visit.number(0)
        entry = next((each for each in done if each.id == entry_id), None)
        if visit.argument(1) != "undo":
            raise NoSuchScreen
        undone = (
            entries.undo_entry(visit.connection, user, entry, visit.now)
            if entry is not None
            else ()
        )
        return ScreenResult(f"water/{entry_id}", pending_edits=undone)
    rows = entries.rows_of(visit.connection, user, today, visit.now)
    water = next((row for row in rows if row.habit.kind is HabitKind.HYDRATION), None)
    amount = visit.number(0)
    if water is None or not 0 < amount <= LARGEST_ENTRY_ML:
        raise NoSuchScreen
    recorded = entries.record_amount(visit.connection, user, water, amount, visit.now, day=today)
    if recorded.doubt is not None:
        return ScreenResult(_asked_back(water, amount, recorded.doubt, today))
    return ScreenResult(f"water/{recorded.entry_id}")


def _asked_back(
    row: DayRow, amount: int, doubt: Doubt, day: date, *, is_from_today: bool = False
) -> str:
    last = max((each.id for each in row.entries), default=0)
    return amount_path(amount, doubt, day, last, is_from_today=is_from_today)


def read(visit: Visit, text: str) -> ScreenResult | str:
    """No screen here asks for text."""
    return texts.errors.not_understood(visit.t)
