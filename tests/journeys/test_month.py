"""A month of one person, over HTTP: what they saw is recorded, and counted again independently.

Answers are chosen at random with a fixed seed. The clock is moved from one due instant to the next.
`MONTH_TRANSCRIPT=/tmp/month.txt pytest -m soak tests/journeys/test_month.py` keeps the transcript.
"""

import os
import re
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reminder_bot.simulator import Message, Person
from reminder_bot.simulator.calls import Call
from tests.journeys.test_week import figures_in
from tests.support.journal import DAY, DAY_ENDS, Journal, reachable, too_long
from tests.support.world import World, labels, local

BERLIN, LISBON = "Europe/Berlin", "Europe/Lisbon"
FIRST, LAST = date(2026, 3, 2), date(2026, 4, 1)
GOAL = 1250
# What Ana does with a question, in per cent; she does not answer the rest.
ANSWERS: dict[str, tuple[tuple[str, int], ...]] = {
    "💧": (("Yes", 56), ("+500 ml", 10), ("No", 9), ("300 ml", 5), ("Later 1 h", 4), ("Skip", 1)),
    "🥛": (("Yes", 55), ("No", 12), ("Later This evening", 10), ("Skip", 4), ("yep", 4)),
    "🧘": (("Yes", 35), ("Start 5 min", 15), ("No", 15), ("Later 15 min", 5)),
    "🌙": (("Yes", 60), ("No", 20)),
    "Good night": (("Good night", 60),),
}
TYPED: dict[str, int | str] = {"300 ml": 300, "yep": "yes", "1.5 l": 1500}
_DUE = """
    SELECT min(due) FROM (
        SELECT min(next_due_at) AS due FROM reminders
        UNION ALL SELECT min(next_digest_at) FROM users
        UNION ALL SELECT min(repeat_at) FROM check_ins
        UNION ALL SELECT min(paused_until) FROM users
        UNION ALL SELECT min(send_after) FROM check_ins
            WHERE status IN ('planned', 'claimed', 'ambiguous')
        UNION ALL SELECT min(send_after) FROM notices
            WHERE status IN ('planned', 'claimed', 'ambiguous')
        UNION ALL SELECT min(send_after) FROM digests
            WHERE status IN ('planned', 'claimed', 'ambiguous')
        UNION ALL SELECT min(closes_at) FROM check_ins WHERE status = 'sent'
        {pending_edits}
    ) AS ahead"""


class Month:
    """One person's month: they answer questions, and do what is on the calendar."""

    def __init__(self, world: World, ana: Person) -> None:
        self.world = world
        self.ana = ana
        self.random = Random(7)
        self.zones = [(world.now() - DAY, BERLIN)]
        self.extra: defaultdict[tuple[str, date], int] = defaultdict(
            int
        )  # what was noted without a question
        self.busy_days: set[date] = set()  # on which something was asked again, or by command
        self.digests: list[Message] = []

    def zone_at(self, instant: datetime) -> ZoneInfo:
        return ZoneInfo([zone for since, zone in self.zones if since <= instant][-1])

    def day_at(self, instant: datetime) -> date:
        return (instant.astimezone(self.zone_at(instant)).replace(tzinfo=None) - DAY_ENDS).date()

    async def live(
        self, calendar: Mapping[datetime, Callable[[], Awaitable[None]]], until: datetime
    ) -> None:
        while True:
            due = await self._next()
            planned = min((at for at in calendar if at > self.world.now()), default=until)
            at = min(due, planned, until)
            self.world.move_to(at)
            seen = self._newest()
            await self._settled()
            if at >= until:
                return
            if at in calendar:
                self.busy_days.add(self.day_at(at))
                await calendar[at]()
                await self._settled()
            for message in [
                each for each in self.ana.messages if each.message_id > seen and each.from_bot
            ]:
                await self._meet(message)

    def _newest(self) -> int:
        return max((message.message_id for message in self.ana.messages), default=0)

    async def _next(self, pending_edits: str = "") -> datetime:
        [(found,)] = await self.world.rows(_DUE.format(pending_edits=pending_edits))
        return datetime.fromisoformat(found).replace(tzinfo=UTC)

    async def _settled(self) -> None:
        """Wait until everything that was due is done."""
        pending_edits = "UNION ALL SELECT '2000-01-01' FROM redraws"
        await self.world.server.updates.confirmed()

        async def is_quiet() -> bool:
            return await self._next(pending_edits) > self.world.now()

        await self.world.until(is_quiet, "everything due to be done")

    async def _meet(self, message: Message) -> None:
        """What Ana does about a new message."""
        if message.text.startswith("Your week,"):
            self.digests.append(message)
            return await self._read_digest(message)
        for line in message.text.split("\n"):
            sign = line[0]
            if sign not in ANSWERS or not line.endswith(("?", "today", ".")) or not message.buttons:
                continue
            kind = (
                "Good night"
                if any("Good night" in each for each in labels(message)) and sign == "🌙"
                else sign
            )
            deck = [act for act, count in ANSWERS[kind] for _ in range(count)]
            place = self.random.randrange(100)
            # At 15:00 she is in a meeting, and answers an hour later.
            is_late = "15:00" in f"{message.date.astimezone(self.zone_at(message.date)):%H:%M}"
            await self._wait(timedelta(minutes=65 if is_late else self.random.randrange(1, 12)))
            if place < len(deck) and message.buttons:
                await self._do(message, sign, deck[place])
                await self._settled()
        return None

    async def _wait(self, step: timedelta) -> None:
        """Let time pass, from one due instant to the next."""
        room = await self._next() - self.world.now() - timedelta(seconds=2)
        if room > timedelta(seconds=10):
            self.world.move_by(min(step, room))

    async def _do(self, message: Message, sign: str, act: str) -> None:
        def button(text: str) -> str:
            return f"{sign} {text}" if f"{sign} {text}" in labels(message) else text

        if not message.buttons or f"{sign} Undo" in labels(message):
            return  # the question has expired in the meantime
        if act in TYPED:
            await self.ana.send(act, reply_to=message)
            if act == "1.5 l":
                await self.ana.tap("Note 1,500 ml", await self.ana.expect("Shall I note it?"))
        elif (act.startswith("Later") or act == "Skip") and button("Later") in labels(message):
            self.busy_days.add(self.day_at(self.world.now()))
            choice = button("Skip today" if act == "Skip" else act.removeprefix("Later "))
            await (await self.ana.tap(button("Later"), message)).answered()
            await self._settled()
            choice = f"{sign} {choice}" if f"{sign} {choice}" in labels(message) else choice
            await (
                await self.ana.tap(choice if choice in labels(message) else button("Back"), message)
            ).answered()
        elif button(act) in labels(message):
            await (await self.ana.tap(button(act), message)).answered()
            if act == "Start 5 min":
                self.busy_days.add(self.day_at(self.world.now()))

    async def _read_digest(self, digest: Message) -> None:
        await (await self.ana.tap("Source", digest)).answered()
        for each in labels(digest) - {"Source", "Not for me"}:
            await (await self.ana.tap(each, digest)).answered()
        await self._settled()

    # What is on the calendar

    async def says(self, text: str, answer: str) -> Message:
        await self.ana.send(text)
        message = await self.ana.expect(answer)
        await self._settled()
        return message

    async def taps(self, *buttons: str) -> None:
        for button in buttons:
            await (await self.ana.tap(button)).answered()
            await self._settled()

    async def water(self) -> None:
        await self.says("/water 500", "500 ml")
        self.extra["💧", self.day_at(self.world.now())] += 500

    async def big_bottle(self) -> None:
        await self.says("/water 1.5 l", "Shall I note it?")
        await self.says("yes", "1,500 ml")
        self.extra["💧", self.day_at(self.world.now())] += 1500

    async def water_by_mistake(self) -> None:
        await self.says("/water", "a glass")
        await self.says("/undo", "Taken back")

    async def quiet_minutes(self) -> None:
        card = await self.says("/today", "Today,")
        if "✓ Yes" not in str(labels(card)) or "🧘 ✓ Yes" not in labels(card):
            await self.taps("🧘 Yes")
            self.extra["🧘", self.day_at(self.world.now())] += 1
        await self.taps("Close")

    async def weekend(self) -> None:
        await self.says("/settings", "Settings")
        await self.taps("Hours", "Weekend")
        await self.says("8:30 23:30", "Weekend: up at 08:30")
        await self.taps("Back", "Close")

    async def repeat(self) -> None:
        await self.says("/habits", "Your habits")
        await self.taps("🧘 Quiet minutes", "Repeat: off", "Back", "Back", "Close")

    async def later_digest(self) -> None:
        await self.says("/settings", "Settings")
        await self.taps("Week", "+ 1 h", "Back", "Close")

    async def to(self, city: str, zone: str) -> None:
        asked = await self.says("/timezone", "Travelling?")
        await self.says(city, ": is it ")
        await self.taps("Yes")
        await self.ana.expect("Your times follow the clock there")
        await self.world.until(lambda: asked not in self.ana.messages, "its deletion")
        self.zones.append((self.world.now() - timedelta(seconds=1), zone))
        await self.taps("Close")

    async def pause(self) -> None:
        await self.says("/pause 3d", "Paused until")

    async def stats(self) -> None:
        await self.says("/stats", "Seven days to")
        await self.taps("12 weeks", "Close")

    async def killed(self) -> None:
        """Kill the bot while a message from Ana arrives and a check-in is due."""
        await self.ana.send("/water 250")
        await self.world.kill()
        await self.world.start()
        await self.ana.expect("a glass")
        self.extra["💧", self.day_at(self.world.now())] += 250

    # What the bot did

    def started(self) -> list[Call]:
        """All messages that the bot sent by itself."""
        found = []
        for method in ("sendMessage", "sendPhoto"):
            for call in self.world.server.accepted(method, self.ana.id):
                carried = str(call.parameters.get("reply_markup") or "")
                is_notice = "Your pause ends" in str(call.parameters.get("text"))
                if re.search(r"v1:(yes|source)", carried) or is_notice:
                    found.append(call)
        return found

    def week(
        self, journal: Journal, last_day: date, paused: set[date]
    ) -> dict[str, tuple[int, int]]:
        """The days kept and the days due of the seven days up to `last_day`, computed from the
        questions, the taps and the typed words.

        A question about last night that is open when the digest comes is not due yet.
        """
        asked: defaultdict[tuple[str, date], list[Any]] = defaultdict(list)
        done = Counter[tuple[str, date]](dict(self.extra))
        skipped: set[tuple[str, date]] = set()
        days: dict[int, tuple[str, date]] = {}
        for ask in journal.asks():
            if ask.is_question:
                day = self.day_at(ask.at)
                days.setdefault(ask.check_in, (ask.sign, day - DAY if ask.sign == "🌙" else day))
        for number, known in journal.outcomes().items():
            asked[days[number]].append(known)
            if known.outcome == "yes":
                done[days[number]] += known.ml if known.sign == "💧" else 1
            elif known.outcome == "skipped":
                skipped.add(days[number])
        last_night = "🌙", last_day
        is_open = {last_night} if is_unanswered(asked[last_night]) else set()
        week: dict[str, tuple[int, int]] = {}
        for sign in ("💧", "🥛", "🧘", "🌙"):
            of_sign = [(sign, last_day - each * DAY) for each in range(7)]
            kept = {each for each in of_sign if done[each] >= (GOAL if sign == "💧" else 1)}
            due = {
                each
                for each in of_sign
                if asked[each]
                and each not in skipped | is_open
                and each[1] not in paused
                and each[1] > FIRST
                and (sign != "💧" or self.extra[each] + reachable(asked[each]) >= GOAL)
            }
            if kept | due:
                week[sign] = len(kept), len(kept | due)
        return week

    def transcript(self) -> str:
        """Everything that happened, in Ana's local time."""
        lines, day = [], None
        for at, line in self.world.server.chats.by_id[self.ana.id].lines:
            there = at.astimezone(self.zone_at(at))
            if there.date() != day:
                day = there.date()
                lines.append(f"\n===== {there:%A, %d %B}")
            lines.append(f"{there:%H:%M}  {line}")
        return "\n".join(lines)


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_a_month_is_asked_counted_and_reported_as_it_happened(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        world.move_to(local("2026-03-02 06:50", BERLIN))
        await world.start()
        ana = world.server.person(7)
        await world.set_up(ana, BERLIN)
        month = Month(world, ana)
        calendar = {
            local("2026-03-04 12:41", BERLIN): month.water,
            local("2026-03-05 20:31", BERLIN): month.quiet_minutes,
            local("2026-03-06 18:11", BERLIN): month.weekend,
            local("2026-03-07 14:11", BERLIN): month.water_by_mistake,
            local("2026-03-09 13:11", BERLIN): month.killed,
            local("2026-03-10 07:21", BERLIN): month.big_bottle,
            local("2026-03-11 10:41", BERLIN): month.repeat,
            local("2026-03-12 12:41", BERLIN): lambda: month.to("Lisbon", LISBON),
            local("2026-03-15 13:41", LISBON): lambda: month.to("Berlin", BERLIN),
            local("2026-03-18 12:51", BERLIN): month.pause,
            local("2026-03-23 09:11", BERLIN): month.stats,
            local("2026-03-24 07:51", BERLIN): month.big_bottle,
            local("2026-03-26 18:41", BERLIN): month.later_digest,
        }
        await month.live(calendar, local(f"{LAST} 06:59", BERLIN))

        transcript = month.transcript()
        write(transcript, tmp_path / "month.txt", os.environ.get("MONTH_TRANSCRIPT"))
        journal = Journal(world.server, ana, BERLIN, TYPED)
        paused = {date(2026, 3, each) for each in (18, 19, 20, 21)}  # until the return
        assert len(month.digests) == 4
        for digest, last in zip(month.digests, (7, 14, 21, 28), strict=True):
            assert figures_in(digest) == month.week(journal, date(2026, 3, last), paused), (
                digest.text
            )
        _assert_not_too_many(month, journal)
        _assert_quiet(month)
        assert too_long(ana) == []
        assert "Traceback" not in world.log(), world.log()


def is_unanswered(asked: list[Any]) -> bool:
    return all(each.outcome is None for each in asked)


def write(transcript: str, *files: Path | str | None) -> None:
    for file in files:
        if file:
            Path(file).write_text(transcript + "\n")


def _assert_not_too_many(month: Month, journal: Journal) -> None:
    """At most ten messages a day with all four habits, and a digest on Sunday; fewer if water is
    ahead of its schedule.
    """
    first_asks: dict[int, date] = {}
    seen: set[int] = set()
    for ask in journal.asks():
        if ask.check_in not in seen:
            first_asks.setdefault(ask.message_id, month.day_at(ask.at))
        seen.add(ask.check_in)
    a_day = Counter(first_asks.values())
    assert max(a_day.values()) <= 10, a_day
    messages = Counter(month.day_at(call.at) for call in month.started())
    typical = [day for day in messages if day not in month.busy_days and day.isoweekday() != 7]
    assert len(typical) >= 5
    again = Counter(month.day_at(ask.at) for ask in journal.asks()) - Counter(a_day)
    assert {day: messages[day] for day in typical if messages[day] > 10 + again[day]} == {}
    assert a_day[date(2026, 3, 10)] <= 5  # the whole day's water was drunk at breakfast
    assert a_day[date(2026, 3, 24)] <= 6
    assert (
        sum(messages[date(2026, 3, each)] for each in (19, 20)) == 1
    )  # the pause, and the notice before its end


def _assert_quiet(month: Month) -> None:
    for call in month.started():
        there = call.at.astimezone(month.zone_at(call.at))
        is_free = there.isoweekday() >= 6 and there.date() > date(2026, 3, 6)
        wake, sleep = (time(8, 30), time(23, 30)) if is_free else (time(7), time(23))
        assert wake <= there.time() < sleep, f"{there} {call.parameters}"
