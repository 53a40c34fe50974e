"""Counts a person's week from what the server saw, to check what the bot says about it.

It reads only the calls that took effect, and the chat with the person's taps. It uses neither the
bot's tables nor its code. Days end at 04:00. A check-in belongs to the day on which it was first
asked; the morning's question about sleep belongs to the day before.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reminder_bot.simulator import BotApiServer, Person

__all__ = ["Ask", "Journal", "reachable", "too_long"]

DAY = timedelta(days=1)
DAY_ENDS = timedelta(hours=4)
GLASS = 250
_TAP = re.compile(r" taps '([^']*)' on #(\d+)$")
_DATA = re.compile(r"v1:(\w+):(\d+)")
_REPLIES = {"yes": "yes", "more": "yes", "no": "no", "skip": "skipped"}
# The greatest length of a message by its beginning (voice.md); the first pattern that fits applies.
_LIMITS = (
    (r"\S+ \[?(Noted|Skipped)", 60),
    (r"\S+ \[?Back at", 60),
    # A food's cautions, which are never cut, are a line of their own below the question.
    (r"🥛 \[?Something[^\n]*\n", 340),
    (r"🥛 \[?Something", 160),
    (r"🌙 \[?\d\d:\d\d\. ", 140),
    (r"🌙 \[?Lights out", 80),
    (r"💧 .*\?", 120),
    (r"🧘 .*\?", 120),
    (r"[💧🥛🧘🌙]", 100),
    (r"\[?Your week,", 1000),
    (r"\[?I (can't|don't|didn't)", 120),
)


@dataclass(frozen=True)
class Ask:
    """One send of one check-in. sign: the sign of its habit."""

    at: datetime
    sign: str
    check_in: int
    message_id: int
    text: str
    is_question: bool


@dataclass
class _Known:
    """One check-in and its reply. outcome: yes, no, skipped or None. ml: the amount of a yes."""

    sign: str
    day: date
    outcome: str | None = None
    ml: int = 0
    replies: int = field(default=0)


class Journal:
    """One person's asks, taps and typed answers. typed: what the typed words mean, as millilitres
    or as a reply.
    """

    def __init__(
        self,
        server: BotApiServer,
        person: Person,
        zone: str,
        typed: Mapping[str, int | str] | None = None,
    ) -> None:
        self._server = server
        self._person = person
        self._zone = ZoneInfo(zone)
        self._typed = typed or {}

    def asks(self) -> list[Ask]:
        """Every accepted send of a check-in, in order; one for each row of a card."""
        found = []
        for call in self._server.accepted("sendMessage", self._person.id):
            ids: dict[int, set[str]] = {}
            for row in (call.parameters.get("reply_markup") or {}).get("inline_keyboard", []):
                for button in row:
                    if (data := _DATA.fullmatch(button["callback_data"])) is not None:
                        ids.setdefault(int(data[2]), set()).add(data[1])
            asked = {each: verbs for each, verbs in ids.items() if "yes" in verbs}
            lines = str(call.parameters["text"]).split("\n")
            # The line of cautions below a food is not a check-in's.
            lines = [line for line in lines if not line[:1].isalpha()]
            assert not asked or len(lines) == len(asked), (
                f"a card with {len(asked)} check-ins says {lines}"
            )
            for (check_in, verbs), line in zip(asked.items(), lines, strict=False):
                assert call.message_id is not None
                found.append(Ask(call.at, line[0], check_in, call.message_id, line, "no" in verbs))
        return found

    def outcomes(self) -> dict[int, _Known]:
        """The reply to each check-in, tapped or typed. The first one counts until it is undone."""
        asks = self.asks()
        known: dict[int, _Known] = {}
        for ask in asks:
            day = (ask.at.astimezone(self._zone).replace(tzinfo=None) - DAY_ENDS).date()
            if ask.is_question:
                known.setdefault(
                    ask.check_in, _Known(ask.sign, day - DAY if ask.sign == "🌙" else day)
                )
        for at, line in self._server.chats.by_id[self._person.id].lines:
            tap = _TAP.search(line)
            data = _DATA.fullmatch(tap[1]) if tap is not None else None
            if data is not None and int(data[2]) in known:
                _tapped(known[int(data[2])], data[1])
            said = line.removeprefix(f"{self._person.user['first_name']}: ")
            if said in self._typed and said != line:
                amount = self._typed[said]
                asked = [ask for ask in asks if ask.at <= at and ask.check_in in known]
                if isinstance(amount, str):  # a reply to the newest question
                    _replied(known[asked[-1].check_in], amount, amount)
                else:  # an amount, for the newest question about water
                    about_water = [ask for ask in asked if ask.sign == "💧"]
                    _replied(known[about_water[-1].check_in], "yes", amount)
        return known

    def week(self, last_day: date) -> dict[str, tuple[int, int]]:
        """For each sign, the days kept and the days due of the seven days up to `last_day`.

        A day that was not kept is not due if it is the first one, if something was skipped, or if
        a glass for each question would not have reached the goal.
        """
        goal, first = self.goal(), self.first_day()
        days: dict[tuple[str, date], list[_Known]] = {}
        for each in self.outcomes().values():
            days.setdefault((each.sign, each.day), []).append(each)
        week: dict[str, tuple[int, int]] = {}
        for (sign, day), asked in days.items():
            if not last_day - 6 * DAY <= day <= last_day:
                continue
            is_kept = (
                sum(each.ml for each in asked) >= goal
                if sign == "💧"
                else any(each.outcome == "yes" for each in asked)
            )
            can_be_kept = sign != "💧" or reachable(asked) >= goal
            is_skipped = any(each.outcome == "skipped" for each in asked)
            is_due = is_kept or (can_be_kept and not is_skipped and day > first)
            kept, due = week.get(sign, (0, 0))
            week[sign] = (kept + is_kept, due + is_due)
        return week

    def yeses(self) -> int:
        """The number of check-ins whose reply is yes."""
        return sum(each.outcome == "yes" for each in self.outcomes().values())

    def goal(self) -> int:
        """The goal in millilitres that the bot's messages show."""
        texts = [ask.text for ask in self.asks() if ask.sign == "💧"]
        found = [re.search(r"of ([\d,]+) ml today", text) for text in texts]
        return int(found[0][1].replace(",", "")) if found and found[0] is not None else 0

    def first_day(self) -> date:
        """The day on which the person began."""
        began_at = self._server.chats.by_id[self._person.id].lines[0][0]
        return (began_at.astimezone(self._zone).replace(tzinfo=None) - DAY_ENDS).date()


def reachable(asked: Iterable[_Known]) -> int:
    """How much a person would have drunk with a glass at each question that they were asked."""
    return sum(max(each.ml, GLASS) for each in asked)


def _tapped(check_in: _Known, verb: str) -> None:
    if verb in _REPLIES:
        _replied(check_in, _REPLIES[verb], 2 * GLASS if verb == "more" else GLASS)
    elif verb == "undo":
        check_in.outcome, check_in.ml = None, 0


def _replied(check_in: _Known, outcome: str, amount: int | str) -> None:
    check_in.replies += 1
    if check_in.outcome is None:
        check_in.outcome = outcome
        check_in.ml = amount if outcome == "yes" and isinstance(amount, int) else 0


def too_long(person: Person) -> list[str]:
    """All texts that the bot showed this person and that are longer than voice.md allows; toasts
    may have 80 characters.
    """
    shown = {
        version.text
        for message in person.messages
        if message.from_bot
        for version in message.versions
    }
    shown |= {
        line
        for text in shown
        if not text.startswith(("[Your", "Your"))
        for line in text.split("\n")
    }
    found = [
        f"{len(text)} > {limit}: {text}"
        for text in shown
        if (limit := _limit(text)) and len(text) > limit
    ]
    return found + [
        f"toast of {len(each.text)}: {each.text}" for each in person.toasts if len(each.text) > 80
    ]


def _limit(text: str) -> int:
    return next((limit for form, limit in _LIMITS if re.match(form, text)), 0)
