"""What every button of the chat must do: for each form of a button's data, which columns change and
how the message shows it.

A press is judged by `judge`. A button of no form, a column that changes and is not named here, and
one that is named and does not change are all faults.

The person lives in Berlin, up at 7 and asleep by 23, and reads English. The rules are written out
here once more, from what a person was promised, and share nothing with the code that keeps them.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from reminder_bot.chat.keyboards import SLEEP_AFTER
from reminder_bot.content import facts
from reminder_bot.domain.habit import HabitKind
from reminder_bot.simulator import Message
from reminder_bot.texts import names
from tests.chat.conversation import TABLES, Conversation, Row, State, changed
from tests.texts.reading import ENGLISH

__all__ = ["FORMS", "Press", "judge", "press"]

NAMES = {
    kind.value: f"{kind.spec.sign} {names.habit(ENGLISH, kind)}"
    for kind in HabitKind
    if kind is not HabitKind.CUSTOM
}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PORTIONS = (150, 200, 250, 300, 330, 500)
DAYS = {"all": range(1, 8), "wd": range(1, 6), "we": range(6, 8)}
GROUPS = {"all": "All days", "wd": "Mon–Fri", "we": "Weekend"}
# What a screen of this name always says; those that ask for words say so in the user's row.
TITLES = {
    "today": r"\w+day \d+ \w+",
    "habits": "Your habits",
    "habit": r"\d\d:\d\d",
    "add": "Add a habit",
    "own": "Your own habit",
    "times": "Send other times",
    "slot": "Which time shall I add?",
    "settings": "^Settings",
    "hours": "Quiet from|When do you",
    "week": "^Your week",
    "diet": "^Diet",
    "facts": "^Facts",
    "pause": "^Pause",
    "check": "is it",
    "zone": "What time is it for you now|Which of these cities|Send me the name of a city",
    "noted": "Nothing was recorded",
}
ASKING = re.compile(r"own|(times|slot)/.*|hours(/.*)?|pause|zone(/.*)?|check/.*")


@dataclass(frozen=True)
class Press:
    """One press of a button: what was stored and shown before and after."""

    data: str
    label: str
    now: datetime
    before: State
    after: State
    old_text: str
    old_labels: list[str]
    message: Message
    is_there: bool
    toast: str
    is_alert: bool
    new: list[Message]
    keyboard: Any

    @property
    def was(self) -> Row:
        return self.before["users"][7]

    @property
    def user(self) -> Row:
        return self.after["users"][7]

    @property
    def labels(self) -> list[str]:
        return [button.text for row in self.message.buttons for button in row]

    @property
    def changes(self) -> set[str]:
        return changed(self.before, self.after)

    @property
    def added(self) -> list[Row]:
        """The entries that are there now and were not before."""
        return [
            row for key, row in self.after["entries"].items() if key not in self.before["entries"]
        ]

    def says(self, pattern: str) -> None:
        assert re.search(pattern, self.message.text), f"{pattern!r} is not in {self.message.text!r}"

    def has(self, label: str) -> None:
        assert label in self.labels, f"{label!r} is not among {self.labels}"

    def lacks(self, label: str) -> None:
        assert label not in self.labels, f"{label!r} is still among {self.labels}"

    def local(self, column: str) -> datetime | None:
        """An instant of the user's row on a clock in Berlin."""
        text = self.user[column]
        return instant(text).astimezone(ZoneInfo("Europe/Berlin")) if text else None


# What a check returns where the press was to be refused: then nothing may change.
REFUSED = object()
T = TypeVar("T")
Check = Callable[..., object]
FORMS: list[tuple[re.Pattern[str], set[str], set[str], Check]] = []
AWAITS = "users.awaits? users.awaits_message_id? users.awaits_until?"


def effect(form: str, changes: str = "") -> Callable[[Check], Check]:
    """What a button of this form must do; `changes` names columns, those that may change with a
    question mark. The check gets the press and what the form's groups matched.
    """
    must = {each for each in changes.split() if not each.endswith("?")}
    may = {each.rstrip("?") for each in changes.split()}

    def keep(check: Check) -> Check:
        FORMS.append((re.compile(form), must, may, check))
        return check

    return keep


async def press(talk: Conversation, message: Message, data: str) -> Press:
    """Press a button, and take down all that came of it."""
    chat = talk.server.chats.by_id[7]
    before, there = talk.state(), set(chat.messages)
    label = next(each.text for row in message.buttons for each in row if each.data == data)
    old_text, old = message.text, [each.text for row in message.buttons for each in row]
    tap = await talk.person.tap_raw(data, message.message_id)
    await talk.take()
    assert tap.tapped.is_answered, f"{data} was not answered"
    return Press(
        data,
        label,
        talk.now,
        before,
        talk.state(),
        old_text,
        old,
        message,
        message.message_id in chat.messages,
        tap.toast.text if tap.toast else "",
        bool(tap.toast and tap.toast.is_alert),
        [each for each in talk.person.messages if each.message_id not in there],
        chat.keyboard,
    )


def judge(press: Press) -> list[str]:
    """What is wrong about a press; nothing where it did what it should."""
    where, found = f"{press.data} [{press.label}]", press.changes
    data = press.data.removeprefix("v1:")
    fitting = [each for each in FORMS if each[0].fullmatch(data)]
    if not fitting:
        return [f"{where} stands in no table"]
    form, must, may, check = fitting[0]
    match = form.fullmatch(data)
    assert match is not None
    wrong = [f"{where} leaves an edit to be made"] if owes(press) else []
    try:
        if check(press, *match.groups()) is REFUSED:
            must, may = set(), {each for each in may if each.startswith("users.awaits")}
    except AssertionError as error:
        wrong.append(f"{where}: {str(error).splitlines()[0]}")
    wrong += [f"{where} does not change {each}" for each in sorted(must - found)]
    return wrong + [f"{where} changes {each}" for each in sorted(found - may)]


def owes(press: Press) -> bool:
    return press.after["redraws"].keys() > press.before["redraws"].keys()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def one(rows: Iterable[T]) -> T:
    found = list(rows)
    assert len(found) == 1, f"one row was expected, not {found}"
    return found[0]


# Screens


@effect(r"go:([^/+]+)((?:/[^/+]+)*)(?:\+.*)?", AWAITS)
def _(press: Press, name: str, rest: str) -> None:
    path, arguments = name + rest, rest.split("/")[1:]
    assert press.user["awaits"] == (path if ASKING.fullmatch(path) else ""), "what is awaited"
    if press.user["awaits"]:
        until = instant(press.user["awaits_until"])
        assert until == press.now + timedelta(minutes=10), "how long words are awaited"
        assert press.user["awaits_message_id"] == press.message.message_id
    press.says(TITLES[name])
    if name == "habit":
        press.says(NAMES[press.after["habits"][int(arguments[0])]["kind"]])
    elif name in {"times", "slot"}:
        reminder = press.after["reminders"][int(arguments[0])]
        press.says(NAMES[press.after["habits"][reminder["habit_id"]]["kind"]])
    if name == "times" or (name == "hours" and len(arguments) == 1):
        press.has(f"✓ {GROUPS[arguments[-1]]}")
    elif name == "hours" and arguments[1:] == ["wake"]:
        press.says("When do you get up")
    elif name == "hours" and len(arguments) == 2:
        press.says("When do you want to be asleep")
        wake = f"{arguments[1][:2]}:{arguments[1][2:]}"
        choices = [moved(wake, 60 * after) for after in SLEEP_AFTER]
        offered = [each for each in press.labels if ":" in each]
        assert offered, "some hours are possible"
        assert offered == [each for each in choices if each in offered], "the others are left out"
    elif name == "today" and arguments:
        day = date.fromisoformat(arguments[0])
        press.says(f" {day.day} {day:%b}")
    elif name == "zone" and arguments == ["all"]:
        assert len(press.labels) > 30, "every clock of the world"
    elif name == "zone" and arguments == ["city"]:
        press.says("Send me the name of a city")
    elif name == "check":
        clock = press.now.astimezone(ZoneInfo("/".join(arguments)))
        press.says(f"is it {clock:%H:%M} now?")


@effect("close", AWAITS)
def _(press: Press) -> None:
    assert not press.is_there, "the message is still there"
    assert press.user["awaits"] == ""
    assert press.new == []


# The day


def entry_of(press: Press, habit: str, day: str) -> Row:
    """The entry that was added; bedtime's is about the evening before the day it is told on."""
    added = one(press.added)
    is_bedtime = press.before["habits"][int(habit)]["kind"] == "bedtime"
    counted = date.fromisoformat(day) - timedelta(days=is_bedtime)
    assert (added["habit_id"], added["day"]) == (int(habit), counted.isoformat())
    return added


def check_in_of(state: State, habit: str, day: str) -> Row | None:
    """The newest question of a day about a habit."""
    found = [
        each
        for each in state["check_ins"].values()
        if each["habit_id"] == int(habit) and each["day"] == day and each["sent_at"]
    ]
    return found[-1] if found else None


ANSWERS = (
    "check_ins.status? check_ins.reply? check_ins.replied_at? check_ins.closes_at? "
    "check_ins.is_entered?"
)


def is_asked_back(press: Press, ml: int) -> bool:
    """Whether an amount makes over a litre within an hour; all of a walk is within an hour."""
    standing = [row for row in press.before["entries"].values() if row["undone_at"] is None]
    if sum(row["amount"] or 0 for row in standing) + ml <= 1000:
        return False
    press.says(f"{ml:,} ml more makes over a litre within an hour")
    press.has(f"Note {ml:,} ml")
    return True


@effect(r"do:today/([\d-]+)/(\d+)/(\d+)", "entries+ " + AWAITS)
def _(press: Press, day: str, habit: str, ml: str) -> object:
    if is_asked_back(press, int(ml)):
        return REFUSED
    assert entry_of(press, habit, day)["amount"] == int(ml)
    assert press.label == f"💧 +{ml} ml"
    press.says(f" {date.fromisoformat(day).day} ")
    press.has("− last")
    return None


@effect(r"do:today/([\d-]+)/(\d+)/less", f"entries.undone_at {ANSWERS} {AWAITS}")
def _(press: Press, day: str, habit: str) -> None:
    standing = [
        key
        for key, row in press.before["entries"].items()
        if row["undone_at"] is None and row["day"] == day and row["habit_id"] == int(habit)
    ]
    taken = [key for key in standing if press.after["entries"][key]["undone_at"] is not None]
    assert taken == standing[-1:], f"the last of {standing} is taken back, not {taken}"


@effect(r"do:today/([\d-]+)/(\d+)/yes", f"entries+ {ANSWERS} {AWAITS}")
def _(press: Press, day: str, habit: str) -> None:
    added, question = entry_of(press, habit, day), check_in_of(press.after, habit, day)
    assert added["check_in_id"] == (question["id"] if question else None)
    assert question is None or question["reply"] == "yes"
    press.has(press.label.replace(" ", " ✓ ", 1))


@effect(r"do:today/([\d-]+)/(\d+)/no", f"check_ins.reply {ANSWERS} entries.undone_at? {AWAITS}")
def _(press: Press, day: str, habit: str) -> None:
    question = check_in_of(press.after, habit, day)
    assert question is not None
    assert question["reply"] == "no"
    press.has("✓ No")


@effect(r"do:today/([\d-]+)/(\d+)/clear", f"entries.undone_at? {ANSWERS} {AWAITS}")
def _(press: Press, day: str, habit: str) -> None:
    question = check_in_of(press.after, habit, day)
    assert question is None or question["reply"] is None
    was = {key for key, row in press.before["entries"].items() if row["undone_at"] is None}
    left = {key for key, row in press.after["entries"].items() if row["undone_at"] is None}
    assert press.label in {"✓ No"} or len(was - left) == 1
    press.has(press.label.replace("✓ ", ""))


@effect(r"do:water/(\d+)", "entries+ " + AWAITS)
def _(press: Press, ml: str) -> object:
    if is_asked_back(press, int(ml)):
        return REFUSED
    assert one(press.added)["amount"] == int(ml)
    press.says("a glass" if ml == "250" else f"{int(ml):,} ml")
    press.has("Undo")
    return None


@effect(r"do:water/(\d+)/undo", "entries.undone_at " + AWAITS)
def _(press: Press, entry: str) -> None:
    assert press.before["entries"][int(entry)]["undone_at"] is None
    assert press.after["entries"][int(entry)]["undone_at"] is not None
    press.says("Taken back")
    press.lacks("Undo")


# What is asked back


@effect(r"do:what/(\d+)/\d+/(glasses|minutes|ml)", f"entries+ {ANSWERS} {AWAITS}")
def _(press: Press, number: str, unit: str) -> object:
    if unit == "glasses" and is_asked_back(press, int(number) * 250):
        return REFUSED
    added = one(press.added)
    is_minutes = unit == "minutes"
    assert press.after["habits"][added["habit_id"]]["kind"] == (
        "meditation" if is_minutes else "hydration"
    )
    assert added["amount"] == int(number) * (250 if unit == "glasses" else 1)
    press.says(f"{number} min" if is_minutes else f"{added['amount']:,} ml")
    press.has("Undo")
    return None


@effect(r"do:which/(yes|no)/\d+/\d+/(\d+|all)", f"entries+? {ANSWERS} {AWAITS}")
def _(press: Press, reply: str, which: str) -> None:
    replied = {
        key
        for key, row in press.after["check_ins"].items()
        if row["reply"] != press.before["check_ins"][key]["reply"]
    }
    assert len(replied) == 2 if which == "all" else replied == {int(which)}
    assert {press.after["check_ins"][each]["reply"] for each in replied} == {reply}
    press.has("💧 Undo" if which == "all" else "Undo")


@effect(r"do:much/(\d+)/\d/[cdt]\d+/\d+/yes", f"entries+ {ANSWERS} {AWAITS}")
def _(press: Press, ml: str) -> None:
    assert one(press.added)["amount"] == int(ml)
    press.says(f"{int(ml):,} ml|Today")
    press.lacks(press.label)


@effect(r"sure:\d+/(\d+)/\d", f"entries+ {ANSWERS}")
def _(press: Press, ml: str) -> None:
    assert one(press.added)["amount"] == int(ml)
    press.says(f"{ml} ml")
    press.has("Undo")


@effect(r"do:noted/[\d.]+/undo/(\d+)", f"entries.undone_at? {ANSWERS} {AWAITS}")
def _(press: Press, check_in: str) -> None:
    assert press.after["check_ins"][int(check_in)]["reply"] is None
    press.says("Taken back")


@effect(r"do:entry/(\d+)/undo", f"entries.undone_at {AWAITS}")
def _(press: Press, entry: str) -> None:
    assert press.after["entries"][int(entry)]["undone_at"] is not None
    press.says("Taken back")
    press.lacks("Undo")


# Habits

AHEAD = "reminders.next_due_at? users.next_digest_at? "


def reminders_of(state: State, habit: str) -> list[Row]:
    return [each for each in state["reminders"].values() if each["habit_id"] == int(habit)]


@effect(
    r"do:habit/(\d+)/goal/(less|more)",
    f"habits.goal_ml terms+ reminders.schedule? {AHEAD} {AWAITS}",
)
def _(press: Press, habit: str, way: str) -> object:
    was, goal = (state["habits"][int(habit)]["goal_ml"] for state in (press.before, press.after))
    wanted = was + (250 if way == "more" else -250)
    press.says(f"Goal {goal:,} ml a day")
    if not 500 <= wanted <= 3500:
        assert press.toast == "The goal can be 500 to 3,500 ml."
        return REFUSED
    assert goal == wanted
    assert fewest_times(press.after, habit) * glass_of(press.after, habit) >= goal
    assert bool(press.toast) == (press.before["reminders"] != press.after["reminders"])
    return None


def fewest_times(state: State, habit: str) -> int:
    """How often a habit is asked about on the day with the fewest times."""
    (reminder,) = reminders_of(state, habit)
    return min(len(times) for times in schedule_of(reminder["schedule"]).values())


def glass_of(state: State, habit: str) -> int:
    return int(state["habits"][int(habit)]["portion_ml"])


@effect(
    r"do:habit/(\d+)/limit",
    f"habits.is_limit terms+ check_ins.status? check_ins.repeat_at? {AHEAD} {AWAITS}",
)
def _(press: Press, habit: str) -> None:
    is_limit = bool(press.after["habits"][int(habit)]["is_limit"])
    assert is_limit != bool(press.before["habits"][int(habit)]["is_limit"])
    press.has("Limit: on" if is_limit else "Limit: off")
    press.says("Limit 1,250 ml a day" if is_limit else "Goal 1,250 ml a day")
    due = {each["next_due_at"] for each in reminders_of(press.after, habit)}
    assert (due == {None}) == is_limit, "nothing is asked about a limit"


@effect(r"do:habit/(\d+)/glass", "habits.portion_ml terms+ " + AWAITS)
def _(press: Press, habit: str) -> None:
    was, glass = (
        state["habits"][int(habit)]["portion_ml"] for state in (press.before, press.after)
    )
    goal, times = press.before["habits"][int(habit)]["goal_ml"], fewest_times(press.before, habit)
    fitting = [each for each in PORTIONS if each * times >= goal]
    assert glass == fitting[(fitting.index(was) + 1) % len(fitting)]
    press.has(f"Glass {glass} ml")


@effect(r"do:habit/(\d+)/repeat", "reminders.repeats " + AWAITS)
def _(press: Press, habit: str) -> None:
    """Bedtime's evening line repeats, not its question."""
    old, new = reminders_of(press.before, habit), reminders_of(press.after, habit)
    place = [each["role"] for each in old].index("wind_down") if len(old) == 2 else 0
    assert new[place]["repeats"] == {0: 1, 1: 3, 3: 0}[old[place]["repeats"]]
    assert [each["repeats"] for each in old[1 - place :][: len(old) - 1]] == [
        each["repeats"] for each in new[1 - place :][: len(new) - 1]
    ]
    press.has({0: "Repeat: off", 1: "Repeat: gentle", 3: "Repeat: firm"}[new[place]["repeats"]])


@effect(r"do:habit/(\d+)/sound", "reminders.is_loud " + AWAITS)
def _(press: Press, habit: str) -> None:
    old, new = reminders_of(press.before, habit), reminders_of(press.after, habit)
    assert {each["is_loud"] for each in new} == {1 - old[0]["is_loud"]}
    press.has("Sound: on" if new[0]["is_loud"] else "Sound: off")


@effect(
    r"do:habit/(\d+)/remove", "habits.removed_at reminders.next_due_at check_ins.status? " + AWAITS
)
def _(press: Press, habit: str) -> None:
    assert press.after["habits"][int(habit)]["removed_at"] is not None
    assert {each["next_due_at"] for each in reminders_of(press.after, habit)} == {None}
    assert press.toast == "Removed. Add brings it back with its history."
    press.says("Your habits")
    press.lacks(NAMES[press.after["habits"][int(habit)]["kind"]])


@effect(r"do:add/(\w+)", f"habits+? reminders+? terms+ habits.removed_at? {AHEAD} {AWAITS}")
def _(press: Press, kind: str) -> None:
    habit = one(each for each in press.after["habits"].values() if each["kind"] == kind)
    assert habit["removed_at"] is None
    assert all(each["next_due_at"] for each in reminders_of(press.after, str(habit["id"])))
    was = [each for each in press.before["habits"].values() if each["kind"] == kind]
    assert was == [] or was[0]["removed_at"] is not None, "it was on already"
    press.says(NAMES[kind])


def schedule_of(text: str) -> dict[int, list[str]]:
    """ "12345 09:30,10:00 67 08:00" as the times of each weekday."""
    words = text.split()
    found: dict[int, list[str]] = {day: [] for day in range(1, 8)}
    for days, times in zip(words[::2], words[1::2], strict=True):
        for day in days:
            found[int(day)] = times.split(",")
    return found


def moved(at: str, minutes: int) -> str:
    """A time of day so many minutes later."""
    hour, minute = divmod((int(at[:2]) * 60 + int(at[3:]) + minutes) % 1440, 60)
    return f"{hour:02}:{minute:02}"


@effect(
    r"do:times/(\d+)/(all|wd|we)/(earlier|later|usual|[xa]\d{4})",
    f"reminders.schedule {AHEAD} check_ins+? check_ins.status? {AWAITS}",
)
def _(press: Press, reminder: str, group: str, what: str) -> object:
    old, new = (
        schedule_of(state["reminders"][int(reminder)]["schedule"])
        for state in (press.before, press.after)
    )
    wanted = dict(old)
    for day in DAYS[group]:
        at = f"{what[1:3]}:{what[3:]}"
        if what in {"earlier", "later"}:
            wanted[day] = [moved(each, 30 if what == "later" else -30) for each in old[day]]
        elif what.startswith("x"):
            wanted[day] = [each for each in old[day] if each != at]
        elif what.startswith("a"):
            wanted[day] = sorted({*old[day], at})
        else:  # nobody has changed them yet
            wanted[day] = old[day]
    press.has(f"✓ {GROUPS[group]}")
    if any(not "07:00" <= each < "23:00" for times in wanted.values() for each in times):
        assert press.is_alert
        assert "would be in your quiet hours" in press.toast
        return REFUSED
    if wanted == old:
        assert press.toast == "It is set like that already."
        return REFUSED
    assert new == wanted
    for each in wanted[DAYS[group][0]]:
        press.says(each)
    return None


# Settings


@effect(
    r"do:settings/(discreet|tidy|dark|without_numbers)",
    "users.is_discreet? users.is_tidy? users.is_dark? users.is_without_numbers? " + AWAITS,
)
def _(press: Press, flag: str) -> None:
    assert press.user[f"is_{flag}"] == 1 - press.was[f"is_{flag}"]
    assert press.changes - {"users.awaits"} == {f"users.is_{flag}"}
    name = {
        "discreet": "Discreet",
        "tidy": "Tidy chat",
        "dark": "Dark pictures",
        "without_numbers": "Without numbers",
    }[flag]
    is_on = bool(press.user[f"is_{flag}"])
    press.has(f"{name}: {'on' if is_on else 'off'}")
    assert bool(press.toast) == is_on, "what it means is said when it is switched on"


@effect(
    r"do:hours/(all|wd|we)/(\d{4})-(\d{4})",
    "users.wake? users.sleep? users.weekend_wake? users.weekend_sleep? reminders.schedule? "
    f"users.digest_at? habits.goal_ml? terms+? check_ins+? {AHEAD} {AWAITS}",
)
def _(press: Press, group: str, wake: str, sleep: str) -> object:
    def pairs(row: Row) -> tuple[tuple[str, str], tuple[str, str]]:
        """The hours of a working day and of the weekend."""
        working = row["wake"][:5], row["sleep"][:5]
        if row["weekend_wake"] is None:
            return working, working
        return working, (row["weekend_wake"][:5], row["weekend_sleep"][:5])

    chosen = f"{wake[:2]}:{wake[2:]}", f"{sleep[:2]}:{sleep[2:]}"
    working, weekend = pairs(press.was)
    wanted = {
        "all": (chosen, chosen),
        "wd": (chosen, weekend),
        "we": (working, chosen),
    }[group]
    if wanted == (working, weekend):
        assert press.toast == "It is set like that already."
        return REFUSED
    if press.is_alert and "moved" not in press.toast:  # no day, no night, or none in common
        assert "quiet hours" in press.toast or "part of the night" in press.toast
        return REFUSED
    assert pairs(press.user) == wanted
    assert press.changes & {"users.wake", "users.sleep", "users.weekend_wake"}
    press.says(f"up at {chosen[0]}, asleep by {chosen[1]}")
    return None


@effect(r"do:week/day/(\d)", f"users.digest_weekday users.next_digest_at {AWAITS}")
def _(press: Press, day: str) -> object:
    assert press.user["digest_weekday"] == int(day)
    press.has(f"✓ {WEEKDAYS[int(day) - 1]}")
    assert sum(each.startswith("✓") for each in press.labels) == 1
    if press.was["digest_weekday"] == int(day):
        return REFUSED
    there = press.local("next_digest_at")
    assert there is not None
    assert there.isoweekday() == int(day), "the next one comes on that day"
    return None


@effect(r"do:week/hour/(earlier|later)", f"users.digest_at users.next_digest_at {AWAITS}")
def _(press: Press, way: str) -> object:
    at = moved(press.was["digest_at"][:5], 60 if way == "later" else -60)
    if not "07:00" <= at < "23:00":
        assert "quiet hours" in press.toast
        assert press.is_alert
        return REFUSED
    assert press.user["digest_at"][:5] == at
    there = press.local("next_digest_at")
    assert there is not None
    assert f"{there:%H:%M}" == at, "the next one comes at that hour"
    press.says(f"at {at}")
    return None


@effect(r"do:diet/([\w-]+)", "users.diet " + AWAITS)
def _(press: Press, wish: str) -> None:
    assert set(press.user["diet"].split()) == set(press.was["diet"].split()) ^ {wish}
    press.has(turned(press.label))


def turned(label: str) -> str:
    """The label of a switch after a press."""
    return label.removeprefix("✓ ") if label.startswith("✓ ") else f"✓ {label}"


@effect("do:facts/infants", "users.wants_infants " + AWAITS)
def _(press: Press) -> None:
    assert press.user["wants_infants"] == 1 - press.was["wants_infants"]
    press.has(turned("✓ About babies" if press.was["wants_infants"] else "About babies"))


@effect(r"do:facts/([\w-]+)", "users.unwanted_topics " + AWAITS)
def _(press: Press, topic: str) -> None:
    was, wanted = (set(row["unwanted_topics"].split()) for row in (press.was, press.user))
    assert wanted == was ^ {topic}
    press.has(turned(press.label))


@effect(
    r"do:pause/(\d+)",
    "users.paused_at? users.paused_until? users.asked_since? notices+? notices-? "
    f"terms+? reminders.next_due_at? users.next_digest_at? {AWAITS}",
)
def _(press: Press, days: str) -> None:
    assert instant(press.user["paused_at"]) == press.now
    assert {each["next_due_at"] for each in press.after["reminders"].values()} == {None}
    until = press.local("paused_until")
    press.has("Resume")
    if days == "0":
        assert until is None
        press.says("Paused until you come back.")
        return
    last = press.now.astimezone(ZoneInfo("Europe/Berlin")).date() + timedelta(days=int(days))
    assert until is not None
    assert (until.date(), until.time()) == (last, time(7))
    press.says(f"Paused until .* {last.day} {last:%b}, 07:00")
    line = one(press.after["notices"].values())
    assert line["kind"] == "pause-ends"


@effect(
    "do:pause/resume",
    "users.paused_at users.paused_until? users.asked_since? notices-? "
    f"terms+ reminders.next_due_at users.next_digest_at? {AWAITS}",
)
def _(press: Press) -> None:
    assert press.user["paused_at"] is None
    assert instant(press.user["asked_since"]) == press.now
    assert all(each["next_due_at"] for each in press.after["reminders"].values())
    assert press.toast == "Welcome back."
    press.lacks("Resume")


# The zone


def offset_of(zone: str, at: datetime) -> int:
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    return int(offset.total_seconds()) // 60


@effect(r"do:zone/clock/(-?\d+)", f"users.zone? check_ins+? {AHEAD} {AWAITS}")
def _(press: Press, offset: str) -> None:
    shown = f"{press.now + timedelta(minutes=int(offset)):%H:%M}"
    assert press.label.endswith(shown), "the button shows the clock it stands for"
    if "Which of these cities" in press.message.text:
        assert press.user["zone"] == press.was["zone"]
        return
    assert offset_of(press.user["zone"], press.now) == int(offset)
    press.says(f"{shown}. Your phone says")


@effect(r"do:zone/set/(.+)", f"users.zone? check_ins+? {AHEAD} {AWAITS}")
def _(press: Press, zone: str) -> None:
    assert press.user["zone"] == zone
    press.says(f"{press.now.astimezone(ZoneInfo(zone)):%H:%M}. Your phone says")


@effect("location", "users.helper_message_id")
def _(press: Press) -> None:
    assert press.keyboard is not None
    assert press.keyboard[0][0].asks_location
    assert one(press.new).message_id == press.user["helper_message_id"]


# First contact: what each button leads to

SETUP = "users.setup? users.setup_view? "


def stands_at(press: Press, setup: str, view: str = "") -> None:
    assert (press.user["setup"], press.user["setup_view"]) == (setup, view)


@effect("start", SETUP)
def _(press: Press) -> None:
    stands_at(press, "zone")
    press.says("What time is it for you now")


@effect("(all|city)", SETUP)
def _(press: Press, view: str) -> None:
    stands_at(press, "zone", view)
    assert (len(press.labels) > 30) if view == "all" else press.labels == ["Back"]


@effect(r"clock:(-?\d+)", SETUP + "users.zone?")
def _(press: Press, offset: str) -> None:
    if press.user["zone"] is None:
        stands_at(press, "zone", f"clock:{offset}")
        press.says("Which of these cities")
        return
    stands_at(press, "hours")
    assert offset_of(press.user["zone"], press.now) == int(offset)


@effect("place:(.+)", SETUP)
def _(press: Press, zone: str) -> None:
    stands_at(press, "zone", f"check:{zone}")
    press.says(f"is it {press.now.astimezone(ZoneInfo(zone)):%H:%M} now?")


@effect("zone:(.+)", SETUP + "users.zone")
def _(press: Press, zone: str) -> None:
    stands_at(press, "hours")
    assert press.user["zone"] == zone
    press.says("When do you get up, and when do you want to be asleep")


def has_hours(press: Press, wake: str, sleep: str) -> None:
    stands_at(press, "habits", "off:")
    assert press.user["wake"][:5].replace(":", "") == wake
    assert press.user["sleep"][:5].replace(":", "") == sleep
    press.says("Which should I help with")


HOURS = (
    f"{SETUP} users.wake? users.sleep? users.digest_at? reminders.schedule? habits.goal_ml? "
    f"terms+? {AHEAD}"
)


@effect(r"(?:hours|sleep):(\d{4})-(\d{4})", HOURS)
def _(press: Press, wake: str, sleep: str) -> None:
    has_hours(press, wake, sleep)


@effect(r"wake(?::(\d{4}))?", SETUP)
def _(press: Press, wake: str | None) -> None:
    stands_at(press, "hours", f"sleep:{wake}" if wake else "wake")
    press.says("When do you want to be asleep" if wake else "When do you get up")


PLANNED = (
    "users.asked_since? users.diet? notices-? habits+? reminders+? terms+? users.next_digest_at?"
)


@effect("skip", f"{HOURS} {PLANNED}")
def _(press: Press) -> None:
    if press.was["setup"] == "hours":
        has_hours(press, "0700", "2300")
        return
    stands_at(press, "done")
    assert press.user["diet"] == ""
    assert len(press.after["habits"]) == 4
    press.says("All set")


@effect(r"habit:(\w+)", "users.setup_view")
def _(press: Press, kind: str) -> None:
    def off(row: Row) -> set[str]:
        return set(row["setup_view"].partition(":")[2].split(",")) - {""}

    assert off(press.user) == off(press.was) ^ {kind}
    press.has(turned(press.label))


@effect(r"diet:([\w-]+)", "users.diet")
def _(press: Press, wish: str) -> None:
    assert set(press.user["diet"].split()) == set(press.was["diet"].split()) ^ {wish}
    press.has(turned(press.label))


@effect(r"notes(:more)?", "users.setup_view")
def _(press: Press, more: str | None) -> None:
    press.says("More health notes" if more else "Health notes")
    assert press.labels == (["Back"] if more else ["More", "Back"])


@effect("health:more")
def _(press: Press) -> None:
    reply = one(press.new)
    assert "harming yourself" in reply.text
    assert reply.is_silent
    assert reply.reply_to is press.message


@effect("diets", "users.setup_view")
def _(press: Press) -> None:
    assert press.user["setup_view"].startswith("diets:")
    press.says("What shall I leave out?")
    assert {"no soy", "no nuts", "low FODMAP", "Back"} <= {*press.labels}


@effect("ready", f"{SETUP} {PLANNED}")
def _(press: Press) -> object:
    ticked = {each for each in NAMES.values() if f"✓ {each}" in press.old_labels}
    if not ticked:
        press.says("Choose at least one.")
        return None
    stands_at(press, "done")
    known = {NAMES[each["kind"]] for each in press.after["habits"].values()}
    assert known == ticked
    assert press.user["asked_since"] is not None
    press.says("All set")
    return None


@effect("back", f"{SETUP} reminders.next_due_at? users.next_digest_at? notices+?")
def _(press: Press) -> None:
    was, view = press.was["setup"], press.was["setup_view"].partition(":")[0]
    before = {"zone": "welcome", "hours": "zone", "habits": "hours", "done": "habits"}
    if was == "hours" and view == "sleep":
        stands_at(press, "hours", "wake")
    elif view and not (was == "habits" and view == "off"):
        assert press.user["setup"] == was, "back from a view leads to its own step"
    else:
        assert press.user["setup"] == before[was]


@effect("try:(yes|no)", "users.setup_view entries+?")
def _(press: Press, answer: str) -> None:
    if answer == "no":
        stands_at(press, "done", "no")
        assert press.added == []
        assert press.labels == []
        return
    noted = one(press.added)
    assert noted["amount"] == 250
    stands_at(press, "done", f"tried:{noted['id']}")
    press.says("a glass · 250 of 1,250 ml")
    assert press.labels == ["Undo"]


@effect("untry", "users.setup_view entries.undone_at")
def _(press: Press) -> None:
    stands_at(press, "done")
    press.has("Not yet")


# Check-ins


def question(press: Press, check_in: str) -> Row:
    return press.after["check_ins"][int(check_in)]


def entry_for(press: Press, check_in: str) -> Row:
    added = one(press.added)
    assert added["check_in_id"] == int(check_in)
    return added


ANSWERED = (
    "check_ins.status check_ins.reply check_ins.replied_at check_ins.claimed_by? "
    "check_ins.repeat_at? "
)


@effect(r"(yes|more):(\d+)", ANSWERED + "entries+?")
def _(press: Press, verb: str, check_in: str) -> object:
    if verb == "more" and is_asked_back(press, 500):
        return REFUSED
    row = question(press, check_in)
    assert (row["status"], row["reply"]) == ("replied", "yes")
    press.has("Undo")
    kind = press.after["habits"][row["habit_id"]]["kind"]
    if press.after["reminders"][row["reminder_id"]]["role"] == "wind_down":
        assert press.added == [], "the evening prompt is counted nowhere"
        return None
    amount = {"hydration": 250, "meditation": row["timer_minutes"]}.get(kind)
    assert entry_for(press, check_in)["amount"] == (500 if verb == "more" else amount)
    return None


@effect(r"(no|skip):(\d+)", ANSWERED)
def _(press: Press, verb: str, check_in: str) -> None:
    row = question(press, check_in)
    assert (row["status"], row["reply"]) == ("replied", "skipped" if verb == "skip" else "no")
    assert press.labels == ["Undo"]


@effect(
    r"undo:(\d+)",
    "check_ins.status check_ins.reply? check_ins.replied_at? check_ins.timer_minutes? "
    "check_ins.closes_at? entries.undone_at?",
)
def _(press: Press, check_in: str) -> None:
    row = question(press, check_in)
    assert (row["status"], row["reply"]) == ("sent", None)
    assert all(each["undone_at"] for each in press.after["entries"].values())
    assert {"Yes", "Good night"} & set(press.labels)


@effect(r"later:(\d+)")
def _(press: Press, check_in: str) -> None:
    press.has("15 min")
    press.has("Skip today")


@effect(r"back:(\d+)")
def _(press: Press, check_in: str) -> None:
    press.has("Later")
    press.lacks("15 min")


@effect(
    r"(timer|15m|1h|evening):(\d+)",
    "check_ins.status check_ins.ask? check_ins.send_after? check_ins.send_until? "
    "check_ins.closes_at? check_ins.timer_minutes? check_ins.attempts? check_ins.claimed_by? "
    "check_ins.repeat_at?",
)
def _(press: Press, choice: str, check_in: str) -> None:
    row = question(press, check_in)
    assert row["status"] == "planned"
    again = instant(row["send_after"])
    minutes = {"timer": 5, "15m": 15, "1h": 60}
    there = again.astimezone(ZoneInfo("Europe/Berlin"))
    if choice == "evening":
        assert f"{there:%H:%M}" == "20:00", "three hours before sleep"
    else:
        assert again == press.now + timedelta(minutes=minutes[choice])
    assert row["timer_minutes"] == (5 if choice == "timer" else None)
    press.says(f"{there:%H:%M}")
    assert press.labels == ["Undo"]


@effect(r"food:([\w-]+)")
def _(press: Press, food: str) -> None:
    assert press.is_alert
    assert len(press.toast) > 20
    assert press.message.text == press.old_text


# Digests, statistics, and what is asked once


@effect(r"source:([\w-]+)")
def _(press: Press, fact: str) -> None:
    told = next(each for each in facts() if each.id == fact)
    reply = one(press.new)
    assert told.source.title in reply.text
    assert reply.is_silent
    assert reply.reply_to is press.message


@effect(r"notforme:([\w-]+)", "users.unwanted_topics")
def _(press: Press, fact: str) -> object:
    topic = next(each.topic for each in facts() if each.id == fact)
    assert topic in press.user["unwanted_topics"].split()
    assert press.toast.startswith("No more about")
    return REFUSED if topic in press.was["unwanted_topics"].split() else None


@effect(r"apply:(\d+)", f"reminders.schedule {AHEAD} check_ins+?")
def _(press: Press, digest: str) -> None:
    to = press.label.removeprefix("Move to ")
    schedules = [each["schedule"] for each in press.after["reminders"].values()]
    assert any(to in each for each in schedules)
    assert press.toast == "Done. /habits shows it."
    assert press.labels == ["Source", "Not for me"]


@effect(r"digest:(\d+)", "digests.file_id?")
def _(press: Press, digest: str) -> None:
    assert one(press.new).text.startswith("Your week, ")


@effect("stats:(week|weeks)")
def _(press: Press, view: str) -> None:
    press.has({"week": "✓ 7 days", "weeks": "✓ 12 weeks"}[view])
    assert sum(each.startswith("✓") for each in press.labels) == 1
    assert press.message.file is not None


@effect("resume", "users.setup_message_id")
def _(press: Press) -> None:
    assert not press.is_there
    assert one(press.new).message_id == press.user["setup_message_id"]


@effect("erase:yes", " ".join(f"{each}-?" for each in TABLES))
def _(press: Press) -> None:
    rows = sum(len(press.before[each]) for each in TABLES)
    assert not any(press.after.values()), "something is left"
    press.says(f"Deleted: {rows} rows")
    assert press.labels == []


@effect("erase:no")
def _(press: Press) -> None:
    press.says("Nothing was deleted.")
    assert press.labels == []
