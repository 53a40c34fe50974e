"""Screens: what a command shows, and where its buttons lead.

    /settings ─▶ a message with a screen ─▶ `go:path` shows another screen in its place
                                        └▶ `do:path` changes something, then shows a screen

A screen is always built from the database, so buttons of old screens keep working, and a restart
loses nothing: the message to change has a pending edit (storage.pending_edits). If a screen asks
for text, the user's row says so until the text comes, for at most ten minutes. A reply to such a
screen is its answer at any time, because one of its buttons carries its path, too (`go:on+of`).

A path consists of words with slashes between them. NAMES of a screen module lists the first words
of its paths.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data, read
from reminder_bot.chat.keyboards import Button, Keyboard, button, inline
from reminder_bot.domain.user import User
from reminder_bot.storage.database import Connection
from reminder_bot.storage.pending_edits import PendingEdit
from reminder_bot.storage.users import update_user
from reminder_bot.texts.translation import Translation, translation

__all__ = [
    "NoSuchScreen",
    "Screen",
    "ScreenResult",
    "Screens",
    "Visit",
    "asking_path",
    "closing",
    "destination",
    "do",
    "go",
]

WORDS_COUNT_FOR = timedelta(minutes=10)
# The length of `view` of a pending edit, less the slash that marks the path of a screen.
LONGEST_PATH = 39
# Stands between the path that a button leads to and the path of the screen that has the button.
OF = "+"


class NoSuchScreen(Exception):
    """No screen has this path: it is forged, or is for something that no longer exists."""


class Screen(NamedTuple):
    """Text and buttons. is_asking: whether this screen asks for text."""

    text: str
    keyboard: Keyboard
    is_asking: bool = False


class ScreenResult(NamedTuple):
    """What a button or a typed text did.

    path: the screen that comes next. words: the toast, or the line above the screen.
    pending_edits: edits of other messages. screen: what to show if no path determines it, because
    it contains what somebody typed.
    """

    path: str
    words: str = ""
    is_alert: bool = False
    pending_edits: tuple[PendingEdit, ...] = ()
    screen: Screen | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A request for one screen. name: the first word of its path; arguments: the others."""

    connection: Connection
    user: User
    now: datetime
    name: str
    arguments: tuple[str, ...]

    @property
    def t(self) -> Translation:
        return translation(self.user.language)

    def argument(self, place: int) -> str:
        """An argument by its index; raises NoSuchScreen if there is none."""
        try:
            return self.arguments[place]
        except IndexError:
            raise NoSuchScreen from None

    def number(self, place: int) -> int:
        """An argument as a number; raises NoSuchScreen if it is not one that a row's id can be."""
        word = self.argument(place)
        if not (word.isascii() and word.isdecimal() and len(word) <= 18):
            raise NoSuchScreen
        return int(word)


class ScreenModule(Protocol):
    """A module that shows screens. `read` handles typed text; it returns a sentence for a text that
    it does not understand, and None for one that must mean something else.
    """

    NAMES: frozenset[str]

    def show(self, visit: Visit) -> Screen: ...

    def act(self, visit: Visit) -> ScreenResult: ...

    def read(self, visit: Visit, text: str) -> ScreenResult | str | None: ...


class Screens:
    """All screens, by the first word of their path."""

    def __init__(self, *modules: ScreenModule) -> None:
        self._by_name = {name: module for module in modules for name in module.NAMES}

    def show(self, connection: Connection, user: User, path: str, now: datetime) -> Screen:
        """What a path shows; raises NoSuchScreen."""
        module, visit = self._visit(connection, user, path, now)
        screen = module.show(visit)
        return _with_path(screen, path) if screen.is_asking else screen

    def enter(
        self, connection: Connection, user: User, path: str, now: datetime, message_id: int
    ) -> None:
        """Record that a message will show a screen, which may ask for text; raises NoSuchScreen."""
        if len(path) > LONGEST_PATH:
            raise NoSuchScreen
        screen = self.show(connection, user, path, now)
        self.leave(connection, user)
        if screen.is_asking:
            self.expect(connection, user, path, now, message_id)

    def expect(
        self,
        connection: Connection,
        user: User,
        path: str,
        now: datetime,
        message_id: int | None = None,
    ) -> None:
        """Record that the next text of the user is meant for this screen.

        message_id: None if the screen is still to be sent.
        """
        until = now + WORDS_COUNT_FOR
        update_user(
            connection, user.id, awaits=path, awaits_message_id=message_id, awaits_until=until
        )

    def leave(self, connection: Connection, user: User) -> None:
        """Stop expecting text for a screen."""
        if user.awaits:
            update_user(connection, user.id, awaits="", awaits_message_id=None, awaits_until=None)

    def act(self, connection: Connection, user: User, path: str, now: datetime) -> ScreenResult:
        """Do what a button says; raises NoSuchScreen."""
        module, visit = self._visit(connection, user, path, now)
        return module.act(visit)

    def awaited(self, user: User, now: datetime) -> str | None:
        """The path of the screen that a text is meant for if it replies to nothing; may be None."""
        is_awaited = user.awaits and user.awaits_until is not None and now < user.awaits_until
        return user.awaits if is_awaited else None

    def read(
        self, connection: Connection, user: User, path: str, text: str, now: datetime
    ) -> ScreenResult | str | None:
        """Handle a text that the screen of this path asked for.

        Returns the result, or a sentence if the text was not understood; None if the text must mean
        something else, or if the screen no longer exists.
        """
        try:
            module, visit = self._visit(connection, user, path, now)
            return module.read(visit, text)
        except NoSuchScreen:  # the screen's habit was removed meanwhile, for example
            return None

    def _visit(
        self, connection: Connection, user: User, path: str, now: datetime
    ) -> tuple[ScreenModule, Visit]:
        name, *arguments = path.split("/")
        if name not in self._by_name or user.zone is None:
            raise NoSuchScreen
        return self._by_name[name], Visit(connection, user, now, name, tuple(arguments))


def go(text: str, path: str, style: str | None = None) -> Button:
    """A button that shows another screen."""
    return button(text, data("go", path), style)


def destination(argument: str) -> str:
    """The path that a `go` button leads to."""
    return argument.partition(OF)[0]


def asking_path(carried: Iterable[str]) -> str | None:
    """The path of the screen that asks for text on a message, by the data of its buttons."""
    taps = filter(None, map(read, carried))
    paths = (tap.argument.partition(OF)[2] for tap in taps if tap.verb == "go")
    return next(filter(None, paths), None)


def _with_path(screen: Screen, path: str) -> Screen:
    """The screen with its path in the last of its buttons that lead to another screen."""
    rows = [list(row) for row in screen.keyboard["inline_keyboard"]]
    for row in reversed(rows):
        for place, each in reversed(list(enumerate(row))):
            tap = read(each["callback_data"])
            if tap is not None and tap.verb == "go":
                try:
                    carried = data("go", f"{tap.argument}{OF}{path}")
                except ValueError:  # only a forged path is so long
                    raise NoSuchScreen from None
                row[place] = each | {"callback_data": carried}
                return screen._replace(keyboard=inline(rows))
    raise ValueError(f"the screen {path} asks for text, so it needs a button that leads on")


def do(text: str, path: str, style: str | None = None) -> Button:
    """A button that changes something."""
    return button(text, data("do", path), style)


def closing(t: Translation) -> Button:
    """The button that deletes the message of a screen; for screens that a command opens."""
    return button(texts.buttons.close(t), data("close"))
