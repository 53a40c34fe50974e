"""Simulates a month of one person with the bot, so that the demo has statistics to show.

The person answers most questions, some of them late or with no, and ignores the rest; each week
they answer more of them with yes. The same seed gives the same answers. Buttons are chosen by
colour and position, as a person would, and all data is written by the bot itself.
"""

import heapq
import random
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from reminder_bot.clock import Clock
from reminder_bot.simulator.change_signal import PATIENCE
from reminder_bot.simulator.clock_mover import ClockMover, MoveResult
from reminder_bot.simulator.keyboards import Button
from reminder_bot.simulator.messages import Message
from reminder_bot.simulator.person import Person

__all__ = ["DAYS", "SimulatedMonth", "month_start"]

DAYS = 30
CITY, ZONE = "Berlin", "Europe/Berlin"
# The probability of a yes in the first week, by the emoji that a question begins with.
YES = {"💧": 0.72, "🥛": 0.66, "🧘": 0.45, "🌙": 0.6}
YES_FOR_OTHERS = 0.5
YES_PER_WEEK = 0.05  # added for each week that has passed
# The probability of Later if the answer is not yes, and of No if it is not Later either.
LATER, NO = 0.2, 0.35
LARGE = 0.25  # the probability of the larger amount if the answer is yes
MAX_REPLY_DELAY = 35.0  # minutes


class Reply(NamedTuple):
    """A tap that the person will make; ordered by time."""

    at: datetime
    message_id: int
    data: str


def month_start(now: datetime) -> datetime:
    """The morning of the day 30 days before `now`."""
    day = now.astimezone(ZoneInfo(ZONE)).date() - timedelta(days=DAYS)
    return datetime.combine(day, time(9, 40), ZoneInfo(ZONE))


class SimulatedMonth:
    """One person's month: call `set_up`, then `run`."""

    def __init__(self, person: Person, mover: ClockMover, clock: Clock, seed: int) -> None:
        self._person = person
        self._mover = mover
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311  (not used for secrets)
        self._replies: list[Reply] = []  # a heap
        self._seen = 0

    async def run(self, until: datetime, on_day: Callable[[int], None]) -> None:
        """Simulate the time up to `until`; `on_day` is called with the number of each new day."""
        began_at = self._clock.now()
        day = 0
        while (now := self._clock.now()) < until:
            if (now - began_at).days > day:
                day = (now - began_at).days
                on_day(day)
            await self._step(began_at, until)

    async def _step(self, began_at: datetime, until: datetime) -> None:
        """Move to the next message, the next reply, or the end, whichever comes first."""
        reply_at = self._replies[0].at if self._replies else until
        result = await self._mover.move_until(self._has_new_message, min(reply_at, until))
        if result is MoveResult.MET:
            self._plan_replies(began_at)
        elif self._replies and reply_at <= until:
            await self._mover.move_to(reply_at)
            await self._reply(heapq.heappop(self._replies))
        else:
            await self._mover.move_to(until)

    async def set_up(self) -> None:
        """Go through the bot's set-up with the habits and hours that it proposes."""
        person = self._person
        await person.send("/start")
        await person.expect(lambda message: bool(message.buttons), PATIENCE)
        await person.tap(_first(person.newest).text)
        await person.expect(lambda message: len(message.buttons) > 1, PATIENCE)
        await person.send(CITY)
        await person.expect(lambda message: bool(_by_style(message)), PATIENCE)
        await person.tap(_by_style(person.newest)[0].text)
        hours = await person.expect(lambda message: "–" in _first(message).text, PATIENCE)
        await person.tap(hours.buttons[0][1].text)
        await person.expect(lambda message: bool(_by_style(message)), PATIENCE)
        await person.tap(_by_style(person.newest)[-1].text)
        await person.expect(
            lambda message: not any("✓" in button.text for button in _buttons(message))
        )
        await self._mover.wait_until_idle()
        self._seen = person.newest.message_id

    def _has_new_message(self) -> bool:
        return self._person.newest.message_id > self._seen

    def _plan_replies(self, began_at: datetime) -> None:
        """Decide for each new question whether, how and when it will be answered."""
        now = self._clock.now()
        for message in self._person.messages:
            if not message.from_bot or message.message_id <= self._seen:
                continue
            self._seen = message.message_id
            for row in message.buttons:
                if row[0].style != "success":
                    continue
                if choice := self._choice(message, row, now - began_at):
                    # The exponent makes quick answers more frequent than slow ones.
                    minutes = self._random.uniform(0.3, MAX_REPLY_DELAY) ** 0.8
                    at = now + timedelta(minutes=minutes)
                    heapq.heappush(self._replies, Reply(at, message.message_id, choice))

    def _choice(self, message: Message, row: list[Button], elapsed: timedelta) -> str | None:
        """The data of the button to tap; None for no answer."""
        emoji = next((each for each in YES if row[0].text.startswith(each)), message.text[:1])
        yes = YES.get(emoji, YES_FOR_OTHERS) + YES_PER_WEEK * (elapsed.days // 7)
        if self._random.random() < yes:
            has_large = emoji == "💧" and len(message.buttons) == 2
            is_large = has_large and self._random.random() < LARGE
            return message.buttons[1][0].data if is_large else row[0].data
        # The buttons of a question are Yes, No and Later, in this order; some have fewer.
        if len(row) == 3 and self._random.random() < LATER:
            return row[2].data
        if len(row) > 1 and self._random.random() < NO:
            return row[1].data
        return None

    async def _reply(self, reply: Reply) -> None:
        """Tap the button if it still exists; if it opens choices, tap the first of them."""
        data = reply.data
        for _ in range(2):
            messages = {each.message_id: each for each in self._person.messages}
            message = messages.get(reply.message_id)
            if message is None:
                return
            tapped = [each for each in _buttons(message) if each.data == data]
            if not tapped:
                return
            opens_choices = any(each.style == "primary" for each in tapped)
            await (await self._person.tap_raw(data, message.message_id)).answered(PATIENCE)
            await self._mover.wait_until_idle()
            choices = _by_style(message, "primary")
            if not opens_choices or not choices:
                return
            data = choices[0].data or ""


def _first(message: Message) -> Button:
    return message.buttons[0][0] if message.buttons else Button("")


def _buttons(message: Message) -> list[Button]:
    return [button for row in message.buttons for button in row]


def _by_style(message: Message, style: str = "success") -> list[Button]:
    return [button for button in _buttons(message) if button.style == style]
