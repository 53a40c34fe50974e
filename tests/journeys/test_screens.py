"""Every button of every screen of every command: each tap is answered and changes the message, and
from every screen one can go back.

The person uses the pseudo-language, so that the same walk finds a sentence that is not translated.
Screens are built from what is recorded, so a button may be tapped whatever its message shows now:
each button that was ever shown is tapped once. Of buttons that differ only in a day, a time, a zone
or an hour only the first is tapped.
"""

import re
from collections import deque
from dataclasses import dataclass, field

import pytest

from reminder_bot import texts
from reminder_bot.simulator import Message, Person
from reminder_bot.texts.translation import PSEUDO, translation
from tests.journeys.test_language import unbracketed
from tests.support.world import World, local

BERLIN = "Europe/Berlin"
NAMES = frozenset(texts.menu.commands(translation("en")))
# A message that shows an answer with Undo is not a screen: it is not closed.
NO_SCREEN = ("v1:do:water", "v1:go:water")
# Sources are cited in their own words, and a file has its own name.
RAW = re.compile(
    r"[{}<>]|\bNone\b(?! is on)|\bv1:|&\w+;|%[sd]|\b[a-z]+_[a-z]+\b|HabitKind|datetime"
)
# Buttons that remove what other buttons refer to are tapped last.
LAST = (
    r"go:",
    r"do:(?!.*(remove|pause|set/))",
    r"do:.*set/",
    r"do:.*pause",
    r"do:.*remove",
    r"",
    r"close",
    "erase:yes",
)
KINDS = (  # what may differ between buttons of one kind
    (r"(times|slot)/[236789]/", r"\1/ONCE/"),  # the habits that are asked once a day
    (r"facts/(?!infants).+", "facts/TOPIC"),
    (r"habit/[236789]/(sound|repeat)", r"habit/ONCE/\1"),
    (r"today/\d{4}-\d\d-\d\d", "today/DAY"),
    (r"/[xa]\d{4}$", "/TIME"),
    (r"(hours/\w+)/\d{4}-\d{4}", r"\1/PAIR"),
    (r"(hours/\w+)/\d{4}", r"\1/WAKE"),
    (r"zone/clock/-?\d+", "zone/clock/OFFSET"),
    (r"zone/set/.+", "zone/set/ZONE"),
    (r"moved/.+", "moved/ZONE"),
    (r"water/\d+/undo", "water/ENTRY/undo"),
    (r"week/day/\d", "week/day/N"),
    (r"notforme:.+", "notforme"),
)


@dataclass
class Walk:
    """What a person has tapped so far, at which depth, and everything that was wrong."""

    world: World
    person: Person
    depth: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    async def through(self, command: str, only: str = "v1:") -> None:
        """Send a command, and tap one button of each kind that was not tapped before and whose data
        begins with `only`.
        """
        message = await self._opened(command)
        queue: deque[tuple[str, str, int]] = deque()
        self._found(queue, message, 0)
        while taps := [each for each in queue if each[0].startswith(only)]:
            data, label, depth = min(taps, key=lambda each: _when(each[0]))
            queue.remove((data, label, depth))
            if message not in self.person.messages:
                message = await self._opened(command)
            await self._tap(message, data, label)
            if message in self.person.messages:
                self._found(queue, message, depth)

    def _found(self, queue: "deque[tuple[str, str, int]]", message: Message, depth: int) -> None:
        for button in (each for row in message.buttons for each in row):
            if button.data is not None and _kind(button.data) not in self.depth:
                self.depth[_kind(button.data)] = depth + 1
                queue.append((button.data, button.text, depth + 1))

    async def _opened(self, command: str) -> Message:
        answers = 2 if command == "export" else 1
        there = len(self.person.messages) + 1 + answers
        await self.person.send(f"/{command}")
        await self.person.until(lambda: len(self.person.messages) >= there)
        await self.world.server.updates.confirmed()
        self._look(f"/{command}", self.person.newest)
        return self.person.newest

    async def _tap(self, message: Message, data: str, label: str) -> None:
        server, person = self.world.server, self.person
        versions, count, calls = len(message.versions), len(person.messages), len(server.log)
        before = {each.message_id for each in person.messages}
        keyboard = person.keyboard
        tap = await person.tap_raw(data, message.message_id)
        toast = await tap.answered()

        def is_drawn() -> bool:
            tried = (call for call in server.log[calls:] if call.message_id == message.message_id)
            return any(call.status for call in tried) or len(person.messages) != count

        def has_changed() -> bool:
            is_there = message in person.messages
            return not is_there or len(message.versions) > versions or len(person.messages) != count

        if data.startswith(("v1:do:", "v1:go:")):
            await self.world.until(self._owes_nothing, f"the look after {data}")
        elif toast is None or data.startswith("v1:apply"):
            await self.world.until(
                lambda: is_drawn() or person.keyboard != keyboard, f"the answer to {data}"
            )
        if toast is None and not has_changed() and person.keyboard == keyboard:
            self.wrong.append(f"{data} [{label}] shows nothing: {message.text!r}")
        if toast is not None and not 0 < len(toast.text) <= (200 if toast.is_alert else 100):
            self.wrong.append(f"{data} [{label}] says {toast.text!r}")
        self._words(data, toast.text if toast else "-")
        if message in person.messages:
            self._look(data, message)
        for new in person.messages:
            if new.from_bot and new.message_id not in before:
                self._look(data, new)

    async def _owes_nothing(self) -> bool:
        return await self.world.rows("SELECT count(*) FROM redraws") == [(0,)]

    def _look(self, data: str, message: Message) -> None:
        if not message.text and message.file is None:
            self.wrong.append(f"{data} leads to an empty message")
        is_source = data.startswith("v1:source")
        if not is_source:
            self._words(data, message.text)
        for button in (each for row in message.buttons for each in row):
            places = (":zone/set/", "zone/set/")
            if button.data is not None and not any(place in button.data for place in places):
                self._words(f"{data}: button {button.data}", button.text)
        carried = [button.data or "" for row in message.buttons for button in row]
        is_screen = data.startswith(("v1:go:", "v1:do:")) or data in {
            "/today",
            "/habits",
            "/settings",
            "/timezone",
        }
        if is_screen and not data.startswith(NO_SCREEN):
            labels = {button.text for row in message.buttons for button in row}
            t = translation(self.person.user["language_code"])
            if not labels & {texts.buttons.back(t), t.gettext("Close")}:
                self.wrong.append(f"{data} has no way out: {message.text!r} {carried}")

    def _words(self, where: str, text: str) -> None:
        if (raw := RAW.search(text)) is not None:
            self.wrong.append(f"{where} shows {raw[0]!r} raw: {text!r}")
        if self.person.user["language_code"] == PSEUDO and unbracketed(text):
            self.wrong.append(f"{where} is not translated: {text!r}")


def _kind(data: str) -> str:
    for form, kind in KINDS:
        data = re.sub(form, kind, data)
    return data


def _when(data: str) -> int:
    return next(place for place, form in enumerate(LAST) if re.match(f"v1:{form}", data))


async def lived(world: World, person: Person) -> None:
    """A week in which the question of 17:30 was answered late, so that the digest suggests to move
    it.
    """
    await world.set_up_in(person, BERLIN)
    for day in (2, 3, 4):
        question = await world.asked(person, f"2026-03-0{day} 17:30", "💧")
        world.move_to(local(f"2026-03-0{day} 18:35", BERLIN))
        await (
            await person.tap_raw(question.buttons[0][0].data or "", question.message_id)
        ).answered()
    world.move_to(local("2026-03-08 18:00", BERLIN))
    await person.expect(lambda message: message.file is not None)


@pytest.mark.soak
@pytest.mark.parametrize("language", [PSEUDO, "en"])
async def test_every_button_of_every_command_is_answered_shows_something_and_leads_back(
    world: World, language: str
) -> None:
    ana = world.server.person(1, "Ana", language_code=language)
    await lived(world, ana)
    walk = Walk(world, ana)

    first, last = ("digest", "stats", "water", "today"), ("pause", "resume", "delete")
    for command in (*first, *sorted(NAMES - {*first, *last}), *last):
        await walk.through(command)

    assert walk.wrong == [], "\n".join(walk.wrong)
    assert walk.depth.keys() >= {
        "v1:erase:yes",
        "v1:close",
        "v1:do:today/DAY/1/500",
        "v1:stats:weeks",
        "v1:apply:1",
    }
    assert len(walk.depth) > 130, sorted(walk.depth)


async def test_every_setting_is_within_three_taps_of_settings(world: World) -> None:
    ana = world.server.person(1, "Ana")
    await world.set_up(ana, BERLIN)
    walk = Walk(world, ana)

    await walk.through("settings", only="v1:go:")

    far = {data for data, depth in walk.depth.items() if data.startswith("v1:do:") and depth > 3}
    # The buttons for single hours are one screen further, but the screen of a habit's times is
    # within three taps.
    assert {data for data in far if not data.startswith("v1:do:times/")} == set()
    assert {walk.depth[f"v1:go:times/{reminder}/all"] for reminder in ("1", "ONCE", "4", "5")} == {
        3
    }
    for part in (
        "habit/1/goal",
        "habit/1/glass",
        "habit/1/repeat",
        "habit/1/sound",
        "habit/1/remove",
        "add/fibre",
        "settings/discreet",
        "settings/tidy",
        "settings/dark",
        "hours/all/PAIR",
        "week/day",
        "week/hour",
        "diet/vegan",
        "facts/TOPIC",
        "facts/infants",
        "pause/3",
        "zone/clock",
        "times/1/all",
    ):
        assert any(data.startswith(f"v1:do:{part}") for data in walk.depth), part


async def test_every_command_is_in_telegrams_menu_and_set_only_where_it_differs(
    world: World,
) -> None:
    profile = world.server.profile
    await world.until(lambda: bool(profile.descriptions), "the menu")
    [registered] = profile.commands.values()

    assert {each["command"]: each["description"] for each in registered} == texts.menu.commands(
        translation("en")
    )
    assert profile.descriptions[""]
    await world.stop()
    await world.start()
    await world.until(
        lambda: len(world.server.accepted("getMyDescription")) == 2, "a second look at the menu"
    )
    assert (
        len(world.server.accepted("setMyCommands"))
        == len(world.server.accepted("setMyDescription"))
        == 1
    )
    profile.commands.clear()
    await world.kill()
    await world.start()
    await world.until(
        lambda: len(world.server.accepted("getMyDescription")) == 3, "a third look at the menu"
    )
    assert len(world.server.accepted("setMyCommands")) == 2
    assert len(world.server.accepted("setMyDescription")) == 1


async def test_every_command_of_the_menu_is_known_and_answered(world: World) -> None:
    ana = world.server.person(1, "Ana")
    await world.set_up(ana, BERLIN)

    for command in sorted(NAMES):
        await ana.send(f"/{command}@{world.server.bot['username']}")
        answer = await ana.expect(lambda message: bool(message.text) or message.file is not None)
        assert "I don't know this command" not in answer.text, command
