"""A person who lives with the bot for a month, quickly: for a demo with something to look back on.

They answer most questions, some late, some with no, some not at all, and get better at it week by
week. The same seed answers in the same way. They go by the colours and places of buttons, as people
do, and not by what the bot has in its tables: nothing is written there but by the bot itself.
"""

import heapq
import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from reminder_bot.clock import Clock
from reminder_bot.simulator.clock_mover import ClockMover, MoveResult
from reminder_bot.simulator.keyboards import Button
from reminder_bot.simulator.messages import Message
from reminder_bot.simulator.person import Person

__all__ = ["DAYS", "SimulatedMonth", "month_start"]

DAYS = 30
CITY, ZONE = "Berlin", "Europe/Berlin"
# How likely a yes is in the first week, by the sign that a question begins with; each week brings a
# little more.
YES = {"💧": 0.72, "🥛": 0.66, "🧘": 0.45, "🌙": 0.6}
BETTER_A_WEEK = 0.05
NO, LATER, LARGE = 0.35, 0.2, 0.25
LATEST_REPLY = 35.0  # minutes


def month_start(now: datetime) -> datetime:
    """A morning about a month before `now`."""
    day = now.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=DAYS)
    return datetime.combine(day, time(9, 40), ZoneInfo(ZONE))


class SimulatedMonth:
    """One person's month: `set_up`, then `live`."""

    def __init__(self, person: Person, mover: ClockMover, clock: Clock, seed: int) -> None:
        self._person = person
        self._mover = mover
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311  (a mood, no secret)
        self._replies: list[tuple[datetime, int, str]] = []
        self._seen = 0

    async def run(self, until: datetime, tell: Callable[[int], None]) -> None:
        """Until that instant; `notify` is told the number of each day."""
        began_at = self._clock.now()
        told = 0
        while (now := self._clock.now()) < until:
            if (now - began_at).days > told:
                told = (now - began_at).days
                tell(told)
            reply_at = self._replies[0][0] if self._replies else until
            if await self._mover.move_until(self._has_news, min(reply_at, until)) is MoveResult.MET:
                self._look(began_at)
            elif self._replies and reply_at <= until:
                await self._mover.move_to(reply_at)
                await self._reply(heapq.heappop(self._replies))
            else:
                await self._mover.move_to(until)

    async def set_up(self) -> None:
        """The first contact, to the plan."""
        person = self._person
        await person.send("/start")
        await person.expect(lambda message: bool(message.buttons))
        await person.tap(_first(person.newest).text)
        await person.expect(lambda message: len(message.buttons) > 1)
        await person.send(CITY)
        hours = await person.expect(lambda message: "–" in _first(message).text)
        await person.tap(hours.buttons[0][1].text)
        await person.expect(lambda message: bool(_by_style(message)))
        await person.tap(_by_style(person.newest)[-1].text)
        await person.expect(
            lambda message: not any("✓" in button.text for row in message.buttons for button in row)
        )
        await self._mover.wait_until_idle()
        self._seen = person.newest.message_id

    def _has_news(self) -> bool:
        return self._person.newest.message_id > self._seen

    def _look(self, began_at: datetime) -> None:
        """Decide on each new question what becomes of it, and when."""
        now = self._clock.now()
        for message in self._person.messages:
            if message.from_bot and message.message_id > self._seen:
                self._seen = message.message_id
                for row in message.buttons:
                    if row[0].style == "success" and (
                        choice := self._choice(message, row, now - began_at)
                    ):
                        at = now + timedelta(minutes=self._random.uniform(0.3, LATEST_REPLY) ** 0.8)
                        heapq.heappush(self._replies, (at, message.message_id, choice))

    def _choice(self, message: Message, row: list[Button], lived: timedelta) -> str | None:
        """The data of the button to tap; None for none."""
        sign = next((sign for sign in YES if row[0].text.startswith(sign)), message.text[:1])
        likely = YES.get(sign, 0.5) + BETTER_A_WEEK * (lived.days // 7)
        if self._random.random() < likely:
            is_large = sign == "💧" and len(message.buttons) == 2 and self._random.random() < LARGE
            return message.buttons[1][0].data if is_large else row[0].data
        if len(row) == 3 and self._random.random() < LATER:
            return row[2].data
        return row[1].data if len(row) > 1 and self._random.random() < NO else None

    async def _reply(self, reply: tuple[datetime, int, str]) -> None:
        """Tap it, if it is there still; of the choices that open then, the first."""
        _, message_id, data = reply
        for _ in range(2):
            there = {each.message_id: each for each in self._person.messages}.get(message_id)
            if there is None or data not in {
                button.data for row in there.buttons for button in row
            }:
                return
            is_opening = any(
                button.data == data and button.style == "primary"
                for row in there.buttons
                for button in row
            )
            await (await self._person.tap_raw(data, message_id)).answered()
            await self._mover.wait_until_idle()
            choices = _by_style(there, "primary")
            if not is_opening or not choices:
                return
            data = choices[0].data or ""


def _first(message: Message) -> Button:
    return message.buttons[0][0] if message.buttons else Button("")


def _by_style(message: Message, style: str = "success") -> list[Button]:
    return [button for row in message.buttons for button in row if button.style == style]
