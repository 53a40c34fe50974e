"""Counts the days of somebody's habits from the log of messages and taps, to check what the bot
counts.

It shares no code with the bot. What it knows: days end at 04:00, nobody sleeps before 23:00, a
question about last night belongs to the day before, and how late each question may come.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

__all__ = ["Recount", "recount"]

DAY = timedelta(days=1)
DAY_ENDS, SLEEP = time(4), time(23)
WATER, QUIET, BED = "💧", "🧘", "🌙"
GRACE = {WATER: timedelta(minutes=30), QUIET: timedelta(hours=2), BED: timedelta(hours=4)}
# What each line of the log may be: (instant, word, …).
#   zone NAME · goal ML · glass ML · slots SIGN TIMES
#   paused · resumed · blocked · back · down · up
#   asked ID SIGN · yes ID ML · no ID · skip ID · undo ID
#   note DAY ML · less DAY                  water that was entered for a day, and taken back
#   set SIGN DAY yes|no|None                an answer that was entered for a day
Line = tuple[Any, ...]


class Recount(NamedTuple):
    """By sign: what each day was, with the share of the goal; days kept and due; the streak."""

    cells: dict[str, dict[date, tuple[str, float]]]
    sums: dict[str, tuple[int, int]]
    streaks: dict[str, int]


@dataclass
class _Asked:
    sign: str
    asked_on: date
    reply: str | None = None

    @property
    def day(self) -> date:
        return self.asked_on - DAY if self.sign == BED else self.asked_on


@dataclass
class _Drink:
    day: date
    ml: int
    by: int | None  # the id of the question that it answers


@dataclass
class _Life:
    zone: str = "UTC"
    first_day: date = date.min
    asked: dict[int, _Asked] = field(default_factory=dict)
    drinks: list[_Drink] = field(default_factory=list)
    done: set[tuple[str, date]] = field(default_factory=set)
    goals: list[tuple[date, int]] = field(default_factory=list)
    glasses: list[tuple[date, int]] = field(default_factory=list)
    slots: dict[str, Sequence[time]] = field(default_factory=dict)
    paused: set[date] = field(default_factory=set)
    neutral: set[date] = field(default_factory=set)
    late: set[tuple[str, date]] = field(default_factory=set)
    away_since: dict[str, datetime] = field(default_factory=dict)

    def day(self, at: datetime) -> date:
        return (at.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None) - timedelta(hours=4)).date()

    def instant(self, day: date, wall: time) -> datetime:
        on = day if wall >= DAY_ENDS else day + DAY
        return datetime.combine(on, wall, ZoneInfo(self.zone)).astimezone(UTC)


def recount(log: Iterable[Line], now: datetime) -> Recount:
    life = _Life()
    for line in log:
        _live(life, *line)
    today = life.day(now)
    for word in tuple(life.away_since):
        _note_absence(life, word, now)
        if word == "paused":
            life.paused.add(today)  # it goes on
    days = [
        life.first_day + number * DAY for number in range(-1, (today - life.first_day).days + 1)
    ]
    cells = {
        sign: {day: _cell(life, sign, day, today) for day in days} for sign in (WATER, QUIET, BED)
    }
    sums = {sign: _sum(of_sign.values()) for sign, of_sign in cells.items()}
    streaks = {sign: _streak(of_sign) for sign, of_sign in cells.items()}
    return Recount(cells, sums, streaks)


def _live(life: _Life, at: datetime, word: str, *what: Any) -> None:
    today = life.day(at)
    match word, what:
        case "zone", (zone,):
            life.zone = zone
            if life.first_day == date.min:
                life.first_day = life.day(at)
                life.neutral.add(life.first_day)
        case "goal", (ml,):
            life.goals.append((today, ml))
        case "glass", (ml,):
            life.glasses.append((today, ml))
        case "slots", (sign, times):
            life.slots[sign] = times
        case "asked", (number, sign):
            life.asked.setdefault(number, _Asked(sign, today))
        case "yes", (number, ml):
            _say_yes(life, number, ml)
        case (("no" | "skip"), (number,)):
            if life.asked[number].reply is None:
                life.asked[number].reply = word
        case "undo", (number,):
            if at < life.instant(life.asked[number].asked_on + DAY, DAY_ENDS):
                _take_back(life, number)
        case "note", (day, ml):
            life.drinks.append(_Drink(day, ml, None))
        case "less", (day,):
            of_day = [each for each in life.drinks if each.day == day]
            if of_day and of_day[-1].by is not None:
                _take_back(life, of_day[-1].by)
            elif of_day:
                life.drinks = [each for each in life.drinks if each is not of_day[-1]]
        case "set", (sign, day, answer):
            _set(life, sign, day, answer)
        case (("paused" | "blocked" | "down"), ()):
            life.away_since[word] = at
        case "resumed", ():
            _note_absence(life, "paused", at)
        case "back", ():
            _note_absence(life, "blocked", at)
        case "up", ():
            _note_absence(life, "down", at)
        case _:
            raise AssertionError(f"the log has no such line: {word} {what}")


def _say_yes(life: _Life, number: int, ml: int) -> None:
    asked = life.asked[number]
    if asked.reply is not None:
        return
    asked.reply = "yes"
    if asked.sign == WATER:
        life.drinks.append(_Drink(asked.day, ml, number))


def _take_back(life: _Life, number: int) -> None:
    life.asked[number].reply = None
    life.drinks = [each for each in life.drinks if each.by != number]


def _set(life: _Life, sign: str, day: date, answer: str | None) -> None:
    of_day = [each for each in life.asked.values() if (each.sign, each.day) == (sign, day)]
    life.done.discard((sign, day))
    for each in of_day:
        if each.reply == "yes":
            each.reply = None
    if of_day:
        of_day[-1].reply = answer
    elif answer == "yes":
        life.done.add((sign, day))


def _note_absence(life: _Life, word: str, at: datetime) -> None:
    """The end of a pause, a block or a downtime; or the present, while it goes on."""
    since = life.away_since.pop(word)
    if word == "down":
        _note_lost(life, since, at)
        return
    first, last = life.day(since), life.day(at)
    days = {first + number * DAY for number in range((last - first).days + 1)}
    life.neutral |= days
    if word == "paused":
        life.paused |= days - {last}


def _note_lost(life: _Life, since: datetime, until: datetime) -> None:
    """The days with a question that was too late after a downtime, if one was due in it."""
    if {"paused", "blocked"} & life.away_since.keys():
        return
    for sign, slots in life.slots.items():
        day, last = life.day(since) - DAY, life.day(until)
        due: list[tuple[datetime, date]] = []
        while day <= last:
            due += [(life.instant(day, slot), day) for slot in slots]
            day += DAY
        missed = sorted(each for each in due if since < each[0] <= until)
        for number, (at, on) in enumerate(missed):
            sleep = life.instant(on, SLEEP)
            if number < len(missed) - 1 or until >= min(at + GRACE[sign], sleep):
                life.late.add((sign, on - DAY if sign == BED else on))


def _value_on(known: Sequence[tuple[date, int]], day: date) -> int:
    """What was set last, of what was set for this day or an earlier one."""
    until = [value for since, value in known if since <= day]
    return until[-1] if until else known[0][1]


def _cell(life: _Life, sign: str, day: date, today: date) -> tuple[str, float]:
    asked = {
        number: each for number, each in life.asked.items() if (each.sign, each.day) == (sign, day)
    }
    replies = [each.reply for each in asked.values()]
    goal, glass = _value_on(life.goals, day), _value_on(life.glasses, day)
    drunk = sum(each.ml for each in life.drinks if each.day == day) if sign == WATER else 0
    is_done = "yes" in replies or (sign, day) in life.done
    if drunk >= goal if sign == WATER else is_done:
        return "kept", 1.0
    if "skip" in replies:
        return "skipped", 0.0
    if day in life.paused:
        return "paused", 0.0
    is_open = any(each.reply is None and each.asked_on >= today for each in asked.values())
    if day >= today or day in life.neutral or (sign, day) in life.late or is_open or not asked:
        return "not-due", 0.0
    if sign == WATER:
        answered = {each.by: each.ml for each in life.drinks}
        room = sum(max(glass - answered.get(number, 0), 0) for number in asked)
        if drunk + room < goal:
            return "not-due", 0.0
    if drunk:
        return "partly", drunk / goal
    return ("no" if "no" in replies else "unanswered"), 0.0


def _sum(cells: Iterable[tuple[str, float]]) -> tuple[int, int]:
    marks = [mark for mark, _ in cells]
    kept = marks.count("kept")
    return kept, kept + sum(marks.count(mark) for mark in ("partly", "no", "unanswered"))


def _streak(cells: dict[date, tuple[str, float]]) -> int:
    kept = missed = 0
    for day in sorted(cells, reverse=True):
        mark = cells[day][0]
        if mark == "kept":
            kept, missed = kept + 1, 0
        elif mark in ("partly", "no", "unanswered"):
            missed += 1
        if missed == 2:
            break
    return kept
