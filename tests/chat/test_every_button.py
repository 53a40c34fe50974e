"""Every button of every screen is pressed, in a fresh state each, and does what `effects` says.

A walk begins at the message that a command brings, presses each of its buttons, and goes on from
every message that a press leads to. Before each press everything is as it was when that message
came up. A button that is there again after its press, like a switch, is pressed twice.

Buttons that differ only in a time, a day, a zone or an amount are of one family: all of them are
pressed on the first screen that has the family, the first and the last one on the others.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from reminder_bot.chat.screens import asked_back, habits, settings, today
from reminder_bot.domain.habit import HabitKind
from reminder_bot.simulator import Message
from reminder_bot.storage.database import Database
from tests.chat.conversation import Conversation, open_conversation
from tests.chat.effects import judge, press

Opening = Callable[[Conversation], Awaitable[Message]]

# What the members of a family may differ in, and then where the same family stands.
VARIES = (
    (r"times/\d+/\w+/[xa]\d{4}", "times/TIME"),
    (r"go:hours/\w+/\d{4}", "go:hours/WAKE"),
    (r"do:hours/\w+/\d{4}-\d{4}", "do:hours/PAIR"),
    (r"(do:zone/clock/|do:zone/set/|go:check/|clock:|zone:|place:|wake:)(?=.).+", r"\1PLACE"),
    (r"(sleep|hours):\d{4}-\d{4}", r"\1:PAIR"),
    (r"do:today/[\d-]+/\d+/", "do:today/DAY/"),
)
# What else differs between buttons of one kind.
NUMBERS = (
    (r"^(go:[^+]+)\+.*", r"\1"),  # the screen that has the button
    (r"(food|source|notforme):.+", r"\1:NAME"),
    (r"today/\d{4}-\d\d-\d\d", "today/DAY"),
    (r"\b\d+\b", "N"),
    (r"N/(all|wd|we)", "N/DAYS"),
)


@dataclass
class Walk:
    """What was pressed, and all that was wrong about it. within: which presses lead on."""

    talk: Conversation
    within: str
    wrong: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    count: int = 0
    _met: set[str] = field(default_factory=set)
    _families: set[str] = field(default_factory=set)

    async def begin(self, message: Message) -> None:
        """Press all that can be reached from here."""
        ahead = [(self.talk.save(), message)]
        while ahead:
            saved, message = ahead.pop()
            self.talk.restore(saved)
            for data in self._chosen(message):
                self.talk.restore(saved)
                following = await self._press(message, data)
                if following is None:
                    continue
                if re.fullmatch(self.within, data):
                    ahead.append((self.talk.save(), following))
                if data in carried(following):
                    await self._press(following, data)

    async def _press(self, message: Message, data: str) -> Message | None:
        """Press and judge; returns the message that leads on."""
        made = await press(self.talk, message, f"v1:{data}")
        self.count += 1
        self.kinds.add(kind_of(data))
        self.wrong += judge(made)
        if made.is_there and message.buttons:
            return message
        return made.new[-1] if made.new else None

    def _chosen(self, message: Message) -> list[str]:
        """The buttons under a message that are to be pressed there."""
        fresh = []
        families: dict[str, list[str]] = {}
        for data in carried(message):
            if self._is_met(message, data):
                continue
            if (family := replaced(data, VARIES)) != data:
                families.setdefault(family, []).append(data)
            else:
                fresh.append(data)
        for family, members in families.items():
            is_first = family not in self._families
            self._families.add(family)
            fresh += members if is_first else dict.fromkeys((members[0], members[-1]))
        return fresh

    def _is_met(self, message: Message, data: str) -> bool:
        """A screen's button means the same everywhere, any other one depends on the message."""
        line = re.sub(r"\d\d:\d\d", "", message.text.splitlines()[-1])
        key = data if data.startswith(("go:", "do:")) else f"{line} {data}"
        is_met = key in self._met
        self._met.add(key)
        return is_met


def carried(message: Message) -> list[str]:
    """What the buttons under a message carry, without the version."""
    return [(each.data or "").removeprefix("v1:") for row in message.buttons for each in row]


def replaced(data: str, forms: tuple[tuple[str, str], ...]) -> str:
    for form, name in forms:
        data = re.sub(form, name, data)
    return data


def kind_of(data: str) -> str:
    return replaced(replaced(data, VARIES), NUMBERS)


# Where the walks begin


async def on_monday_noon(talk: Conversation) -> Message:
    """Water, quiet minutes and food have been asked about; /today."""
    await talk.set_up()
    for at in ("07:30", "08:00", "12:00"):
        await talk.tick(f"2026-03-02 {at}")
    return await talk.send("/today")


def saying(words: str) -> Opening:
    """The answer to these words, right after the first contact."""

    async def opened(talk: Conversation) -> Message:
        await talk.set_up()
        return await talk.send(words)

    return opened


def typing(words: str, screen: str) -> Opening:
    """The answer to words that a screen asked for."""

    async def opened(talk: Conversation) -> Message:
        await talk.set_up()
        await talk.go(screen)
        return await talk.send(words)

    return opened


async def after_a_litre(talk: Conversation) -> Message:
    """A question about water after a litre was noted: half a litre more is a lot."""
    await talk.set_up()
    question = await talk.asked("2026-03-02 07:30")
    talk.execute(
        "INSERT INTO entries (user_id, habit_id, day, amount, recorded_at) VALUES (7, 1, "
        "'2026-03-02', 700, '2026-03-02 06:30:00.000000')"
    )
    return question


async def a_lot_on_the_days_card(talk: Conversation) -> Message:
    await talk.set_up()
    await talk.send("/water 700 ml")
    card = await talk.send("/today")
    await talk.tap("💧 +500 ml", card)
    return card


async def which_one(talk: Conversation) -> Message:
    """What is asked back if two questions are open."""
    await asked("02 07:30", "02 08:00")(talk)
    talk.move_to("2026-03-02 08:31")
    return await talk.send("yes")


def asked(*times: str) -> Opening:
    """The newest message after the rounds of the engine at these times."""

    async def opened(talk: Conversation) -> Message:
        await talk.set_up()
        for at in times:
            await talk.tick(f"2026-03-{at}")
        return talk.person.newest

    return opened


async def digest_of_a_late_week(talk: Conversation) -> Message:
    """A digest that suggests another time: 17:30's glass was answered an hour late three times."""
    await talk.set_up()
    for day in (2, 3, 4):
        await talk.tick(f"2026-03-0{day} 17:30")
        talk.move_to(f"2026-03-0{day} 18:35")
        await talk.tap("Yes")
    await talk.tick("2026-03-08 18:00")
    return talk.person.newest


async def statistics(talk: Conversation) -> Message:
    await digest_of_a_late_week(talk)
    await talk.send("/water 1000")  # without a day that counts there is no picture
    talk.move_to("2026-03-08 19:30")
    await talk.send("/water 500")
    return await talk.send("/stats")


async def discreet_digest(talk: Conversation) -> Message:
    await talk.set_up()
    await talk.tap("Discreet: off", await talk.send("/settings"))
    await talk.tick("2026-03-08 18:00")
    return talk.person.newest


async def discreet_question(talk: Conversation) -> Message:
    await talk.set_up()
    await talk.tap("Discreet: off", await talk.send("/settings"))
    await talk.tick("2026-03-02 07:30")
    return talk.person.newest


async def nudge(talk: Conversation) -> Message:
    """The line to somebody who stopped half-way the day before."""
    await talk.send("/start")
    await talk.tap("Start")
    await talk.tick("2026-03-03 07:01")
    return talk.person.newest


async def first_contact_in_springfield(talk: Conversation) -> Message:
    await talk.send("/start")
    await talk.tap("Start")
    return await talk.send("Springfield")


async def first_contact(talk: Conversation) -> Message:
    return await talk.send("/start")


WALKS: dict[str, tuple[Opening, str]] = {
    "today": (on_monday_noon, r"go:today.*|do:today/2026-03-0[12]/.*"),
    "habits": (
        saying("/habits"),
        "go:(habit|add|own).*|go:(times|slot)/1/.*|go:times/[345]/all|do:add/.*",
    ),
    "settings": (saying("/settings"), "go:(hours|week|diet|facts).*|do:settings.*"),
    "timezone": (saying("/timezone"), "(go|do):zone.*"),
    "a city of two zones": (typing("Springfield", "zone/city"), "go:check.*"),
    "hours in words": (typing("6:30 22:30", "hours"), ""),
    "pause": (saying("/pause"), "do:pause.*"),
    "water": (saying("/water"), "do:water.*"),
    "a number": (saying("5"), "do:(what|entry).*"),
    "a smaller number": (saying("20"), ""),
    "which one": (which_one, "do:(which|noted).*"),
    "a sip": (saying("12 ml"), ""),
    "a lot for a question": (after_a_litre, "more.*"),
    "a lot on the day's card": (a_lot_on_the_days_card, ""),
    "delete": (saying("/delete"), ""),
    "help": (saying("/help"), ""),
    "first contact": (first_contact, ".*"),
    "first contact in one of several cities": (first_contact_in_springfield, "place:.*"),
    "a glass of water": (asked("02 07:30"), ".*"),
    "quiet minutes": (asked("02 08:00"), ".*"),
    "bedtime's evening": (asked("02 22:15"), ".*"),
    "bedtime's morning": (asked("03 07:15"), ".*"),
    # The third food is sauerkraut, with more to know than its question has room for.
    "something fermented": (asked("02 12:00", "03 12:00", "04 12:00"), ".*"),
    "a discreet question": (discreet_question, ".*"),
    "the digest": (digest_of_a_late_week, ""),
    "a discreet digest": (discreet_digest, ""),
    "the statistics": (statistics, "stats.*"),
    "the nudge": (nudge, ""),
}


# The kinds of buttons that each walk meets: one that is lost or new is seen here.
ADD = " ".join(
    f"do:add/{kind}"
    for kind in HabitKind
    if not kind.spec.is_offered_at_setup and kind is not HabitKind.CUSTOM
)
QUESTION = "yes:N no:N later:N back:N skip:N undo:N 15m:N 1h:N evening:N"
KINDS = {
    "today": (
        "close do:today/DAY/N do:today/DAY/clear do:today/DAY/less do:today/DAY/no "
        "do:today/DAY/yes go:today go:today/DAY"
    ),
    "habits": (
        f"{ADD} do:habit/N/glass do:habit/N/limit "
        "do:habit/N/goal/less do:habit/N/goal/more do:habit/N/remove do:habit/N/repeat "
        "do:habit/N/sound do:times/N/DAYS/earlier do:times/N/DAYS/later "
        "do:times/N/DAYS/usual do:times/TIME go:add go:habit/N go:habits go:own "
        "go:settings go:slot/N/DAYS go:times/N/DAYS"
    ),
    "settings": (
        "close do:diet/low-fodmap do:diet/low-salt do:diet/low-tyramine do:diet/no-alcohol "
        "do:diet/no-dairy do:diet/no-fish do:diet/no-gluten do:diet/no-nuts do:diet/no-soy "
        "do:diet/vegan "
        "do:facts/antibiotics do:facts/gut-skin-axis do:facts/hydration do:facts/infants "
        "do:facts/meditation-stress do:facts/prebiotic-fibre do:facts/probiotic "
        "do:facts/skincare do:facts/sleep do:facts/sugar-diet do:hours/PAIR "
        "do:settings/dark do:settings/discreet do:settings/tidy do:settings/without_numbers "
        "do:week/day/N "
        "do:week/hour/earlier do:week/hour/later go:diet go:facts go:habits go:hours "
        "go:hours/WAKE go:hours/all go:hours/all/wake go:hours/wd go:hours/wd/wake "
        "go:hours/we go:hours/we/wake go:pause go:settings go:week go:zone"
    ),
    "timezone": (
        "close do:zone/clock/PLACE do:zone/set/PLACE go:settings go:zone go:zone/all "
        "go:zone/city location"
    ),
    "a city of two zones": "do:zone/set/PLACE go:check/PLACE go:zone",
    "hours in words": (
        "do:hours/PAIR go:hours/all go:hours/all/wake go:hours/wd go:hours/we go:settings"
    ),
    "pause": "do:pause/N do:pause/resume go:settings",
    "water": "do:water/N do:water/N/undo",
    "a number": (
        "do:entry/N/undo do:much/N/N/d260302/N/yes do:what/N/N/glasses do:what/N/N/minutes go:noted"
    ),
    "a smaller number": "do:what/N/N/minutes do:what/N/N/ml go:noted",
    "which one": (
        "do:noted/N.N/undo/N do:noted/N/undo/N do:which/yes/N/N/N do:which/yes/N/N/DAYS go:noted"
    ),
    "a sip": "do:much/N/N/d260302/N/yes go:noted",
    "a lot for a question": "back:N later:N more:N no:N sure:N/N/N yes:N",
    "a lot on the day's card": "do:much/N/N/t260302/N/yes go:today",
    "delete": "erase:no erase:yes",
    "help": "health:more",
    "first contact": (
        "all back city clock:PLACE diet:low-fodmap diet:low-salt diet:low-tyramine "
        "diet:no-alcohol diet:no-dairy diet:no-fish diet:no-gluten diet:no-nuts diet:no-soy "
        "diet:vegan diets "
        "habit:bedtime habit:hydration habit:meditation habit:probiotic hours:PAIR "
        "location notes notes:more ready skip sleep:PAIR start try:no try:yes untry wake "
        "wake:PLACE zone:PLACE"
    ),
    "first contact in one of several cities": "back place:PLACE zone:PLACE",
    "a glass of water": f"{QUESTION} more:N",
    "quiet minutes": f"{QUESTION} timer:N",
    "bedtime's evening": "undo:N yes:N",
    "bedtime's morning": QUESTION,
    "something fermented": f"{QUESTION} food:NAME",
    "a discreet question": f"{QUESTION} more:N",
    "the digest": "apply:N notforme:NAME source:NAME",
    "a discreet digest": "digest:N",
    "the statistics": "close stats:week stats:weeks",
    "the nudge": "resume",
}


@pytest.mark.parametrize("start", WALKS)
async def test_every_button_does_what_it_says(start: str, sqlite: Database) -> None:
    opening, within = WALKS[start]
    async with open_conversation(sqlite) as talk:
        walk = Walk(talk, within)

        await walk.begin(await opening(talk))

    assert walk.wrong == [], "\n".join(walk.wrong)
    assert walk.kinds == set(KINDS[start].split())


def test_every_screen_is_walked() -> None:
    names = today.NAMES | habits.NAMES | settings.NAMES | asked_back.NAMES

    # `moved` and `water` are shown by what a press does, not by a path that a button carries.
    walked = re.findall(r"\b(?:go|do):(\w+)", " ".join(KINDS.values()))

    assert names - set(walked) == {"moved"}
