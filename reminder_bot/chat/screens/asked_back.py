"""What is asked back because typed words could mean two things. Nothing is recorded before a tap.

    "5" ───▶ what/5/LAST          glasses, minutes or millilitres? ─┐
    "yes" ─▶ which/yes/LAST/ON    which of the open questions? ─────┴▶ noted/IDS or entry/ID,
                                                                       what was recorded, with Undo
    "12 ml", "5 glasses" ─▶ much/ML/DOUBT/FOR/LAST      an amount that is implausible or a lot

What was typed stands in the path, so a restart loses nothing. LAST is the newest entry or check-in
of that moment: what came later was not meant, and a second tap finds what the first one recorded.
ON is the card that was replied to, 0 for any. FOR is a check-in (c7) or a day (d260302, or t260302
if the screen of /today comes next). The answer may be typed as well.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from reminder_bot import texts
from reminder_bot.chat.keyboards import Button, food_of, in_rows, inline
from reminder_bot.chat.screens.screen import (
    LONGEST_PATH,
    NoSuchScreen,
    Screen,
    ScreenResult,
    Visit,
    do,
    go,
)
from reminder_bot.domain.card import Row
from reminder_bot.domain.check_in import CheckIn, Reply
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.entry import Entry
from reminder_bot.domain.habit import LARGEST_ENTRY_ML, HabitKind, Measure
from reminder_bot.domain.intake import Doubt
from reminder_bot.domain.typed_answer import is_answerable
from reminder_bot.engine import entries, replying
from reminder_bot.engine.entries import DayRow, Recorded
from reminder_bot.engine.replying import ReplyOutcome, Result
from reminder_bot.storage.cards import list_cards
from reminder_bot.storage.check_ins import find_by_message, find_check_in, list_shown
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.pending_edits import PendingEdit
from reminder_bot.texts.understanding import MOST_GLASSES, read_answer, read_choice, read_unit

__all__ = [
    "NAMES",
    "SMALLEST_ML",
    "act",
    "amount_path",
    "path_of",
    "read",
    "reply_path",
    "show",
    "what_path",
    "which_path",
]

NAMES = frozenset({"what", "which", "much", "noted", "entry"})
SMALLEST_ML = 50  # a smaller bare number may be anything
ALL = "all"


def show(visit: Visit) -> Screen:
    match visit.name:
        case "what":
            return _what(visit)
        case "which":
            return _which(visit)
        case "much":
            return _much(visit)
        case "noted":
            return _noted(visit)
        case _:
            return _entry(visit)


def act(visit: Visit) -> ScreenResult:
    match visit.name:
        case "what":
            return _record_amount(visit, visit.argument(2))
        case "which":
            return _record_replies(visit, visit.argument(3))
        case "much":
            return _record_doubtful(visit)
        case "noted":
            return _undo_reply(visit)
        case _:
            return _undo_entry(visit)


def read(visit: Visit, text: str) -> ScreenResult | str | None:
    match visit.name:
        case "what":
            unit = read_unit(text)
            return None if unit is None else _record_amount(visit, unit)
        case "which":
            return _read_which(visit, text)
        case "much":
            return _read_much(visit, text)
    raise NoSuchScreen


def path_of(recorded: Recorded) -> str:
    """The screen that shows what was recorded."""
    if recorded.check_in is not None:
        return f"noted/{recorded.check_in.id}"
    return _entry_path(recorded.habit.kind, recorded.entry_id)


def _entry_path(kind: HabitKind, entry_id: int | None) -> str:
    is_measured = kind.spec.measure is Measure.MILLILITRES
    return f"water/{entry_id}" if is_measured else f"entry/{entry_id}"


# A number without a unit


class _Option(NamedTuple):
    """What a number may mean."""

    label: str
    row: DayRow
    amount: int


def what_path(number: int, rows: list[DayRow]) -> str | None:
    """The screen that asks what a number means; None if nothing is measured. rows: today's."""
    if not any(row.habit.kind.spec.measure is not Measure.DONE for row in rows):
        return None
    last = max((each.id for row in rows for each in row.entries), default=0)
    return f"what/{number}/{last}"


def _options(visit: Visit) -> dict[str, _Option]:
    t, number = visit.t, visit.number(0)
    found: dict[str, _Option] = {}
    today = visit.user.hours.day_of(visit.now)
    for row in entries.rows_of(visit.connection, visit.user, today, visit.now):
        match row.habit.kind.spec.measure:
            case Measure.MILLILITRES:
                glasses = number * (row.habit.portion_ml or 0)
                if number <= MOST_GLASSES and 0 < glasses <= LARGEST_ENTRY_ML:
                    label = texts.asked_back.glasses_button(t, number)
                    found.setdefault("glasses", _Option(label, row, glasses))
                else:
                    label = texts.asked_back.ml_button(t, number)
                    found.setdefault("ml", _Option(label, row, number))
            case Measure.MINUTES:
                label = texts.asked_back.minutes_button(t, number)
                found.setdefault("minutes", _Option(label, row, number))
            case Measure.DONE:
                pass
    if not found or not 0 < number < SMALLEST_ML:
        raise NoSuchScreen
    return found


def _what(visit: Visit) -> Screen:
    number, last = visit.number(0), visit.number(1)
    choices = [
        do(each.label, f"what/{number}/{last}/{unit}") for unit, each in _options(visit).items()
    ]
    return Screen(
        texts.asked_back.what(visit.t, number), inline([choices, [_neither(visit)]]), is_asking=True
    )


def _neither(visit: Visit) -> Button:
    return go(texts.asked_back.neither_button(visit.t), "noted")


def _record_amount(visit: Visit, unit: str) -> ScreenResult:
    if unit == "none":
        return ScreenResult("noted")
    option = _options(visit).get(unit)
    if option is None:
        raise NoSuchScreen
    _, row, amount = option
    last = visit.number(1)
    for each in row.entries:
        if each.id > last and each.amount == amount:  # by an earlier tap
            return ScreenResult(_entry_path(row.habit.kind, each.id))
    # Who taps "12 ml" has confirmed that it is so little.
    recorded = entries.record_amount(
        visit.connection, visit.user, row, amount, visit.now, accepted=Doubt.SIP
    )
    if recorded.doubt is not None:
        today = visit.user.hours.day_of(visit.now)
        return ScreenResult(amount_path(amount, recorded.doubt, today, last))
    return ScreenResult(path_of(recorded), pending_edits=recorded.pending_edits)


# A yes or no with several open questions


def which_path(reply: Reply, candidates: Sequence[CheckIn], on: int = 0) -> str:
    """The screen that asks which of these questions is meant. on: the card that they are on."""
    return f"which/{reply}/{max(each.id for each in candidates)}/{on}"


def _reply_of(visit: Visit) -> Reply:
    if visit.argument(0) not in {Reply.YES, Reply.NO}:
        raise NoSuchScreen
    return Reply(visit.argument(0))


def _candidates(visit: Visit) -> dict[int, CheckIn]:
    """The questions that may be meant and are still open, by id."""
    last, on = visit.number(1), visit.number(2)
    if on:
        found = find_by_message(visit.connection, visit.user.id, on)
        return {each.id: each for each in found if each.reply is None}
    today = visit.user.hours.day_of(visit.now)
    shown = list_shown(visit.connection, visit.user.id, today - ONE_DAY, today)
    return {each.id: each for each in shown if each.id <= last and is_answerable(each, visit.now)}


def _names(visit: Visit, candidates: dict[int, CheckIn]) -> dict[HabitKind, str]:
    of_user = list_habits(visit.connection, [visit.user.id], with_removed=True)[visit.user.id]
    kinds = dict.fromkeys(each.kind for each in candidates.values())
    return {kind: texts.names.habit(visit.t, kind, of_user[kind].words) for kind in kinds}


def _which(visit: Visit) -> Screen:
    t, path = visit.t, "/".join(("which", *visit.arguments[:3]))
    _reply_of(visit)
    candidates = _candidates(visit)
    if not candidates:
        return Screen(texts.errors.no_open_question(t), inline([]))
    names = _names(visit, candidates)
    choices = [
        do(f"{each.kind.spec.sign} {names[each.kind]}", f"{path}/{each.id}")
        for each in candidates.values()
    ]
    both = []
    if len(candidates) > 1:
        both = [do(texts.asked_back.both_button(t, len(candidates)), f"{path}/{ALL}")]
    return Screen(
        texts.asked_back.which_one(t),
        inline([*in_rows(choices, 2), [*both, _neither(visit)]]),
        is_asking=True,
    )


def _read_which(visit: Visit, text: str) -> ScreenResult | str | None:
    candidates = _candidates(visit)
    names = {kind: name.casefold() for kind, name in _names(visit, candidates).items()}
    chosen = read_choice(text, names)
    if chosen is None:
        is_answer = read_answer(text) is not None
        return texts.asked_back.which_one(visit.t) if is_answer and candidates else None
    return _record(visit, [each for each in candidates.values() if each.kind in chosen])


def _record_replies(visit: Visit, choice: str) -> ScreenResult:
    candidates = _candidates(visit)
    if choice == ALL:
        return _record(visit, list(candidates.values()))
    chosen = candidates.get(visit.number(3))
    if chosen is not None:
        return _record(visit, [chosen])
    if find_check_in(visit.connection, visit.number(3), visit.user.id) is None:
        raise NoSuchScreen
    return ScreenResult(f"noted/{visit.number(3)}")  # it was answered meanwhile


def _record(visit: Visit, chosen: list[CheckIn]) -> ScreenResult:
    reply = _reply_of(visit)
    path, doubtful = "noted", ""
    edits: list[PendingEdit] = []
    for each in chosen:
        result = replying.reply(visit.connection, visit.user, each, reply, visit.now)
        edits += result.pending_edits
        if result.doubt is not None:
            doubtful = reply_path(result)
            continue
        longer = f"{path}{'.' if '/' in path else '/'}{each.id}"
        if len(longer) <= LONGEST_PATH:  # the cards show the others
            path = longer
    # Two of them may be on the same card, whose last edit replaces the earlier one.
    made = tuple({each.message: each for each in edits}.values())
    return ScreenResult(doubtful or path, pending_edits=made)


# An amount that is implausible, or a lot


class _Doubtful(NamedTuple):
    """What was asked back: an amount for a check-in, or for a day. last: see the module."""

    ml: int
    doubt: Doubt
    check_in_id: int | None
    day: date | None
    last: int
    is_from_today: bool


def amount_path(ml: int, doubt: Doubt, day: date, last: int, *, is_from_today: bool = False) -> str:
    """The screen that asks an amount of a day back. last: the newest entry of that day."""
    return f"much/{ml}/{doubt.value}/{'t' if is_from_today else 'd'}{day:%y%m%d}/{last}"


def reply_path(result: Result) -> str:
    """The screen that asks the amount of a typed reply back."""
    assert result.doubt is not None
    return f"much/{result.amount}/{result.doubt.value}/c{result.check_in.id}/0"


def _doubtful(visit: Visit) -> _Doubtful:
    """What the path says; NoSuchScreen if it is forged."""
    ml, doubt, last = visit.number(0), visit.number(1), visit.number(3)
    what, value = visit.argument(2)[:1], visit.argument(2)[1:]
    if not 0 < ml <= LARGEST_ENTRY_ML or not (value.isascii() and value.isdecimal()):
        raise NoSuchScreen
    try:
        day = None if what == "c" else datetime.strptime(value, "%y%m%d").date()  # noqa: DTZ007
        found = Doubt(doubt)
    except ValueError:
        raise NoSuchScreen from None
    if what not in "cdt" or len(value) > 18:
        raise NoSuchScreen
    if day is not None and not entries.is_open_to_back_fill(visit.user, day, visit.now):
        raise NoSuchScreen
    return _Doubtful(ml, found, int(value) if day is None else None, day, last, what == "t")


def _much(visit: Visit) -> Screen:
    t, asked = visit.t, _doubtful(visit)
    path = "/".join(("much", *visit.arguments[:4]))
    note_it = do(texts.asked_back.note_it_button(t, asked.ml), f"{path}/yes")
    no = go(texts.asked_back.no_button(t), _day_path(visit, asked) or "noted")
    text = texts.asked_back.doubt(t, asked.doubt, asked.ml)
    return Screen(text, inline([[note_it, no]]), is_asking=True)


def _day_path(visit: Visit, asked: _Doubtful) -> str | None:
    """The screen of /today that was left; None if it was not."""
    if not asked.is_from_today:
        return None
    is_today = asked.day == visit.user.hours.day_of(visit.now)
    return "today" if is_today else f"today/{asked.day}"


def _read_much(visit: Visit, text: str) -> ScreenResult | str | None:
    reply = read_answer(text)
    if reply is None:
        return None
    asked = _doubtful(visit)
    if reply is Reply.NO:
        return ScreenResult(_day_path(visit, asked) or "noted")
    return _record_doubtful(visit)


def _record_doubtful(visit: Visit) -> ScreenResult:
    asked = _doubtful(visit)
    if asked.check_in_id is not None:
        return _record_doubtful_reply(visit, asked, asked.check_in_id)
    assert asked.day is not None
    rows = entries.rows_of(visit.connection, visit.user, asked.day, visit.now)
    row = next((each for each in rows if each.habit.goal_ml), None)
    if row is None:
        raise NoSuchScreen
    day_path = _day_path(visit, asked)
    for each in row.entries:
        if each.id > asked.last and each.amount == asked.ml:  # by an earlier tap
            return ScreenResult(day_path or _entry_path(row.habit.kind, each.id))
    is_for_question = not asked.is_from_today and asked.day == visit.user.hours.day_of(visit.now)
    recorded = entries.record_amount(
        visit.connection,
        visit.user,
        row,
        asked.ml,
        visit.now,
        day=None if is_for_question else asked.day,
        accepted=asked.doubt,
    )
    if recorded.doubt is not None:  # more serious than what was confirmed
        path = amount_path(
            asked.ml, recorded.doubt, asked.day, asked.last, is_from_today=asked.is_from_today
        )
        return ScreenResult(path)
    return ScreenResult(day_path or path_of(recorded), pending_edits=recorded.pending_edits)


def _record_doubtful_reply(visit: Visit, asked: _Doubtful, check_in_id: int) -> ScreenResult:
    check_in = find_check_in(visit.connection, check_in_id, visit.user.id)
    if check_in is None or check_in.kind.spec.measure is not Measure.MILLILITRES:
        raise NoSuchScreen
    result = replying.reply(
        visit.connection,
        visit.user,
        check_in,
        Reply.YES,
        visit.now,
        amount=asked.ml,
        accepted=asked.doubt,
    )
    if result.doubt is not None:
        return ScreenResult(reply_path(result))
    return ScreenResult(f"noted/{check_in_id}", pending_edits=result.pending_edits)


# What was recorded


def _rows(visit: Visit) -> list[Row]:
    words = visit.arguments[0].split(".") if visit.arguments else []
    if not all(each.isascii() and each.isdecimal() and len(each) <= 18 for each in words):
        raise NoSuchScreen
    cards = list_cards(visit.connection, [int(each) for each in words]) if words else []
    return [row for card in cards if card.user.id == visit.user.id for row in card.rows]


def _noted(visit: Visit) -> Screen:
    t, rows = visit.t, _rows(visit)
    if not rows:
        return Screen(texts.asked_back.nothing_recorded(t), inline([]))
    lines, undo = [], []
    for row in rows:
        check_in, sign = row.check_in, row.habit.kind.spec.sign
        if check_in.reply is None:
            lines.append(f"{sign} {texts.today.taken_back(t)}")
            continue
        food = food_of(check_in.food_id)
        lines.append(texts.check_in.line(t, visit.user, row, food, visit.now))
        label = texts.buttons.undo(t) if len(rows) == 1 else f"{sign} {texts.buttons.undo(t)}"
        undo.append(do(label, f"noted/{visit.arguments[0]}/undo/{check_in.id}"))
    return Screen("\n".join(lines), inline(in_rows(undo)))


def _undo_reply(visit: Visit) -> ScreenResult:
    check_in = find_check_in(visit.connection, visit.number(2), visit.user.id)
    if visit.argument(1) != "undo" or check_in is None:
        raise NoSuchScreen
    result = replying.undo(visit.connection, visit.user, check_in, visit.now)
    is_over = result.outcome is ReplyOutcome.DAY_IS_OVER
    words = texts.check_in.day_is_over(visit.t) if is_over else ""
    return ScreenResult(f"noted/{visit.argument(0)}", words, pending_edits=result.pending_edits)


def _find_entry(visit: Visit) -> tuple[DayRow | None, Entry | None]:
    today = visit.user.hours.day_of(visit.now)
    for row in entries.rows_of(visit.connection, visit.user, today, visit.now):
        for each in row.entries:
            if each.id == visit.number(0):
                return row, each
    return None, None


def _entry(visit: Visit) -> Screen:
    t = visit.t
    row, entry = _find_entry(visit)
    if row is None or entry is None:
        return Screen(texts.today.taken_back(t), inline([]))
    at = texts.formats.clock(entry.recorded_at, visit.user)
    line = (
        texts.habit_words.plain_done(t, at)
        if visit.user.is_without_numbers
        else texts.asked_back.minutes_at(t, at, entry.amount or 0)
    )
    undo = do(texts.buttons.undo(t), f"entry/{entry.id}/undo")
    return Screen(f"{row.habit.kind.spec.sign} {line}", inline([[undo]]))


def _undo_entry(visit: Visit) -> ScreenResult:
    _, entry = _find_entry(visit)
    if visit.argument(1) != "undo":
        raise NoSuchScreen
    edits = (
        entries.undo_entry(visit.connection, visit.user, entry, visit.now)
        if entry is not None
        else ()
    )
    return ScreenResult(f"entry/{visit.number(0)}", pending_edits=edits)
