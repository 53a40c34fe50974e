"""A user: the person who is reminded.

A user is known only by their Telegram id: no name, username or location is stored. Nothing is
planned until their zone is known, so `hours` raises an error before that.
"""

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from functools import lru_cache

from reminder_bot.domain.hours import DayHours, Hours

__all__ = ["Setup", "User"]


class Setup(StrEnum):
    """The current step of the set-up. It is stored, so a restart continues there."""

    WELCOME = "welcome"
    ZONE = "zone"
    HOURS = "hours"
    HABITS = "habits"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class User:
    """One user, with their settings.

    zone: None until the user has told what time it is where they are.
    paused_at, paused_until: both None without a pause; only the latter is None in a pause that has
        no end.
    asked_since: the end of the set-up or of the last pause; nothing from before is asked about.
    setup_message_id: the message that shows the set-up. helper_message_id: the message with the
        keyboard that asks for a location. setup_view: the part of the step that is shown.
    is_discreet: a question does not name its habit until it is opened.
    is_tidy: messages that were not answered are deleted.
    is_dark: pictures have a dark background.
    is_without_numbers: they see no sums, streaks, bars or pictures of them.
    awaits: the path of the screen that asked the user to type something, "" if none did;
        awaits_message_id is its message, None if not recorded yet; after awaits_until a text is
        no answer to it.
    """

    id: int
    language: str
    setup: Setup
    zone: str | None
    weekday_hours: DayHours
    weekend_hours: DayHours | None = None
    diet: frozenset[str] = frozenset()
    digest_weekday: int = 7
    digest_at: time = time(18, 0)
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    asked_since: datetime | None = None
    unreachable_at: datetime | None = None
    setup_message_id: int | None = None
    helper_message_id: int | None = None
    setup_view: str = ""
    is_discreet: bool = False
    is_tidy: bool = False
    is_dark: bool = False
    wants_infants: bool = False
    unwanted_topics: frozenset[str] = frozenset()
    awaits: str = ""
    awaits_message_id: int | None = None
    awaits_until: datetime | None = None
    is_without_numbers: bool = False

    @property
    def hours(self) -> Hours:
        """Their wake and sleep times; ValueError while their zone is not known."""
        if self.zone is None:
            raise ValueError(f"user {self.id} has no zone yet: ask for it before planning")
        return _hours(self.zone, self.weekday_hours, self.weekend_hours or self.weekday_hours)

    @property
    def is_asked(self) -> bool:
        """Whether the bot may send them anything that they did not ask for."""
        return (
            self.setup is Setup.DONE
            and self.zone is not None
            and self.paused_at is None
            and self.unreachable_at is None
        )


@lru_cache(maxsize=4096)
def _hours(zone: str, weekdays: DayHours, weekend: DayHours) -> Hours:
    return Hours(zone, weekdays, weekend)
