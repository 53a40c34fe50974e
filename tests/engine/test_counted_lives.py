"""Random lives, counted by the bot, and once more from the log of messages and taps.

Many people live in one world: with their zones, flights, pauses, blocks, goals and mistakes. The
bot is away now and then. At the end of each day of a life the cells, the sums and the streak of
each habit must be those of `tests.support.recount`, which shares no code with the bot.
"""

import heapq
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Any

import pytest

from reminder_bot.chat.people import welcome_back
from reminder_bot.domain.adherence import adherence, cell
from reminder_bot.domain.check_in import Reply
from reminder_bot.domain.habit import Habit, HabitKind
from reminder_bot.domain.intake import Doubt
from reminder_bot.domain.user import User
from reminder_bot.engine import configuring, entries, replying
from reminder_bot.engine.counting import records_of, streaks_of
from reminder_bot.storage.check_ins import find_check_in
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.reminders import find_next_due, list_reminders
from reminder_bot.storage.users import find_user, record_unreachable
from tests.support.messenger import Bench
from tests.support.people import settle
from tests.support.recount import BED, QUIET, WATER, Line, recount

KINDS = {WATER: HabitKind.HYDRATION, QUIET: HabitKind.MEDITATION, BED: HabitKind.BEDTIME}
SIGNS = {kind: sign for sign, kind in KINDS.items()}
OF_WATER = tuple(map(time.fromisoformat, ("07:30", "10:00", "12:30", "15:00", "17:30", "20:00")))
SLOTS = {WATER: OF_WATER, QUIET: (time(8),), BED: (time(7, 15),)}
# Summer time begins in New York on 8 March, in Berlin on 29 March; it ends in Auckland on 5 April.
BEGINS = (datetime(2026, 3, 4, 5, tzinfo=UTC), datetime(2026, 3, 26, 5, tzinfo=UTC))
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland")
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# How long a life has been without a flight before the bot may be away: times of a day that is lived
# twice are not asked twice, and so not lost twice.
AFTER_A_FLIGHT = 40 * HOUR


class Life:
    """One person: what they do, and the log of it."""

    def __init__(self, number: int, world: "LifeWorld", zone: str) -> None:
        self.id = number
        self.world = world
        self.random = Random(f"{world.seed} {number}")
        self.zone = zone
        self.log: list[Line] = []
        self.asked: list[int] = []
        self.is_paused = self.is_blocked = False
        self.note("zone", zone)
        self.note("goal", 1250)
        self.note("glass", 250)
        for sign, times in SLOTS.items():
            self.note("slots", sign, times)

    def note(self, word: str, *what: Any) -> None:
        self.log.append((self.world.now, word, *what))

    # What they do

    def answer(self, connection: Connection, user: User, number: int) -> None:
        check_in = find_check_in(connection, number, self.id)
        assert check_in is not None
        reply = self.random.choices((Reply.YES, Reply.NO, Reply.SKIPPED), (70, 25, 5))[0]
        is_water = check_in.kind is HabitKind.HYDRATION
        ml = self.random.choice((None, None, None, 100, 500)) if is_water else None
        replying.reply(
            connection,
            user,
            check_in,
            reply,
            self.world.now,
            amount=ml,
            accepted=Doubt.IN_A_DAY,  # they confirm whatever is asked back
        )
        if reply is Reply.YES:
            self.note("yes", number, (ml or self.water(connection).portion_ml) if is_water else 0)
        else:
            self.note("no" if reply is Reply.NO else "skip", number)

    def undo(self, connection: Connection, user: User) -> None:
        if self.asked:
            number = self.random.choice(self.asked[-6:])
            check_in = find_check_in(connection, number, self.id)
            assert check_in is not None
            replying.undo(connection, user, check_in, self.world.now)
            self.note("undo", number)

    def drink(self, connection: Connection, user: User) -> None:
        ml = self.random.choice((200, 250, 500, 750))
        day = self.some_day(user)
        entries.record_entry(connection, user, self.water(connection), day, ml, self.world.now)
        self.note("note", day, ml)

    def take_back(self, connection: Connection, user: User) -> None:
        day = self.some_day(user)
        row = self.row(connection, user, KINDS[WATER], day)
        entries.undo_newest(connection, user, row, self.world.now)
        self.note("less", day)

    def enter(self, connection: Connection, user: User) -> None:
        sign, day = self.random.choice((QUIET, BED)), self.some_day(user)
        row = self.row(connection, user, KINDS[sign], day)
        given = self.random.choice((Reply.YES, Reply.NO, None))
        if given is Reply.NO and row.check_in is None:
            return
        entries.record_answer(connection, user, row, day, given, self.world.now)
        self.note("set", sign, day - DAY if sign == BED else day, given and given.value)

    def change_goal(self, connection: Connection, user: User) -> None:
        goal = self.random.choice((500, 750, 1000, 1250, 1500))
        water = self.water(connection)
        # So that no question is added: the times are changed elsewhere.
        fewest = min(len(times) for times in self.schedule(connection, user))
        if goal <= fewest * (water.portion_ml or 0):
            configuring.set_goal(connection, user, water, goal, self.world.now)
            self.note("goal", goal)

    def change_glass(self, connection: Connection, user: User) -> None:
        ml = self.random.choice((200, 250, 330))
        configuring.set_portion(connection, user, self.water(connection), ml, self.world.now)
        self.note("glass", ml)

    def change_times(self, connection: Connection, user: User) -> None:
        times = tuple(sorted(self.random.sample(OF_WATER, self.random.randint(4, 6))))
        reminder = self.reminder(connection)
        changed = dict.fromkeys(range(1, 8), times)
        configuring.set_slots(connection, user, reminder, changed, self.world.now)
        self.note("slots", WATER, times)

    def pause(self, connection: Connection, user: User) -> None:
        if self.is_paused:
            configuring.resume(connection, user, self.world.now)
        else:
            configuring.pause(connection, user, None, self.world.now)
        self.note("resumed" if self.is_paused else "paused")
        self.is_paused = not self.is_paused

    def block(self, connection: Connection, user: User) -> None:
        if self.is_blocked:
            welcome_back(connection, user, self.world.now)
        else:
            record_unreachable(connection, [self.id], self.world.now)
        self.note("back" if self.is_blocked else "blocked")
        self.is_blocked = not self.is_blocked

    def travel(self, connection: Connection, user: User) -> None:
        if self.is_paused or self.is_blocked or not self.world.may_travel:
            return
        self.zone = self.random.choice(ZONES)
        configuring.set_zone(connection, user, self.zone, self.world.now)
        self.note("zone", self.zone)

    # What they look at

    def some_day(self, user: User) -> date:
        today = user.hours.day_of(self.world.now)
        return max(today - self.random.choice((0, 0, 0, 1, 2)) * DAY, self.world.first_day)

    def water(self, connection: Connection) -> Habit:
        return list_habits(connection, [self.id])[self.id][HabitKind.HYDRATION]

    def row(self, connection: Connection, user: User, kind: HabitKind, day: date) -> entries.DayRow:
        rows = entries.rows_of(connection, user, day, self.world.now)
        return next(row for row in rows if row.habit.kind is kind)

    def reminder(self, connection: Connection) -> Any:
        of_user = list_reminders(connection, [self.id])
        return next(each for each in of_user if each.kind is HabitKind.HYDRATION)

    def schedule(self, connection: Connection, user: User) -> Any:
        return configuring.weekday_slots(user, self.reminder(connection))


Deed = Callable[[Life, Connection, User], None]
# What somebody does by themselves, and how often of a hundred times.
DEEDS: tuple[tuple[Deed, int], ...] = (
    (Life.undo, 14),
    (Life.drink, 22),
    (Life.take_back, 8),
    (Life.enter, 18),
    (Life.change_goal, 12),
    (Life.change_glass, 6),
    (Life.change_times, 6),
    (Life.pause, 5),
    (Life.block, 4),
    (Life.travel, 5),
)
# Somebody who is away has more reason to come back.
COME_BACK = 0.5


class LifeWorld:
    def __init__(self, bench: Bench, seed: int, people: int) -> None:
        self.bench = bench
        self.seed = seed
        self.random = Random(seed)
        self.people = people
        self.begin = self.random.choice(BEGINS) + self.random.randrange(72) * HOUR
        self.bench.clock.at = self.begin
        self.lives: dict[int, Life] = {}
        self._ahead: list[tuple[datetime, int, int, Any]] = []
        self._order = count()
        self._flights_until = self.begin
        # Days on which the bot is away for hours, and those on which people may fly.
        self.first_day = self.begin.date() + DAY
        self.checked = 0

    @property
    def now(self) -> datetime:
        return self.bench.now

    @property
    def may_travel(self) -> bool:
        return self.now < self._flights_until

    async def live(self, days: int) -> None:
        for number in range(1, self.people + 1):
            zone = self.random.choice(ZONES)
            await settle(
                self.bench.database,
                self.now,
                user_id=number,
                zone=zone,
                habits=KINDS.values(),
                asked_since=self.now,
            )
            life = self.lives[number] = Life(number, self, zone)
            for _ in range(3 * days):
                self._plan(self.begin + life.random.random() * days * DAY, number, None)
        end = self.begin + days * DAY
        # People fly in the first part of the time, and the bot is away in the second.
        self._flights_until = self.begin + days * DAY / 2
        downtimes = self._downtimes(self._flights_until + AFTER_A_FLIGHT, end)
        while self.now < end:
            due, at = self._next_step(end)
            if downtimes and at > downtimes[0][0]:
                since, until = downtimes.pop(0)
                self._note_all("down", max(since, self.now))
                self.bench.clock.at = due = at = until
                self._note_all("up", until)
            await self._step(at, is_due=due <= at)
        self.check()

    def _downtimes(self, since: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        found = []
        while since < end - 10 * HOUR:
            since += self.random.uniform(2, 60) * HOUR
            until = since + self.random.choice((20 * MINUTE, HOUR, 3 * HOUR, 9 * HOUR, 30 * HOUR))
            if until < end:
                found.append((since, until))
            since = until + HOUR
        return found

    def _note_all(self, word: str, at: datetime) -> None:
        for life in self.lives.values():
            life.log.append((at, word))

    def _plan(self, at: datetime, user_id: int, number: int | None) -> None:
        heapq.heappush(self._ahead, (at, next(self._order), user_id, number))

    def _next_step(self, end: datetime) -> tuple[datetime, datetime]:
        """When a question is due next, and when something happens next."""
        with self.bench.database.connection() as connection:
            due = find_next_due(connection) or end
        ahead = self._ahead[0][0] if self._ahead else end
        return due, max(min(due, ahead, end), self.now)

    async def _step(self, at: datetime, *, is_due: bool) -> None:
        """What is due is asked; then people do what they had in mind."""
        seen = len(self.bench.messenger.sent)
        self.bench.clock.at = at
        if is_due:
            await self.bench.tick()
        for sent in self.bench.messenger.sent[seen:]:
            life = self.lives[sent.user_id]
            for check_in in sent.check_ins:
                if check_in.role == "question":
                    life.note("asked", check_in.id, SIGNS[check_in.kind])
                    life.asked.append(check_in.id)
                    if life.random.random() < 0.75:
                        wait = life.random.choice((2, 20, 90, 600)) * MINUTE
                        self._plan(at + wait, life.id, check_in.id)
        while self._ahead and self._ahead[0][0] <= at:
            _, _, user_id, number = heapq.heappop(self._ahead)
            self._do(self.lives[user_id], number)

    def _do(self, life: Life, number: int | None) -> None:
        if life.random.random() < 0.1:
            self.check(life)
        with self.bench.database.transaction() as connection:
            user = find_user(connection, life.id)
            assert user is not None
            if life.is_blocked:  # any word or tap brings them back
                if number is None and life.random.random() < COME_BACK:
                    life.block(connection, user)
                return
            if number is not None:
                life.answer(connection, user, number)
            elif life.is_paused and life.random.random() < COME_BACK:
                life.pause(connection, user)
            else:
                deeds, weights = zip(*DEEDS, strict=True)
                life.random.choices(deeds, weights)[0](life, connection, user)

    def check(self, *lives: Life) -> None:
        """Compare what the bot counts with the recount."""
        for life in lives or self.lives.values():
            self.checked += 1
            wanted = recount(life.log, self.now)
            with self.bench.database.connection() as connection:
                user = find_user(connection, life.id)
                assert user is not None
                of_user = list_habits(connection, [life.id])[life.id]
                days = sorted(wanted.cells[WATER])
                if not days:
                    continue
                records = records_of(connection, user, of_user, days[0], days[-1], self.now)
                streaks = streaks_of(connection, user, of_user, self.now)
            where = f"world {self.seed}, person {life.id}, at {self.now}"
            for sign, kind in KINDS.items():
                found = records.get(kind, {})
                cells = {
                    day: (each.mark.value, each.share)
                    for day, each in ((day, cell(found.get(day))) for day in days)
                }
                assert cells == wanted.cells[sign], f"{where} {sign}\n{told(life)}"
                sums = adherence(found.values())
                assert (sums.kept, sums.due) == wanted.sums[sign], f"{where} {sign}\n{told(life)}"
                assert streaks.get(kind, 0) == wanted.streaks[sign], f"{where} {sign}\n{told(life)}"


def told(life: Life) -> str:
    return "\n".join(f"{at:%d %H:%M}Z {' '.join(map(str, rest))}" for at, *rest in life.log)


async def test_random_lives_are_counted_as_they_were(sqlite: Database) -> None:
    world = LifeWorld(Bench(sqlite, BEGINS[0]), seed=1, people=20)

    await world.live(days=6)

    assert world.checked > 20


@pytest.mark.sweep
@pytest.mark.parametrize("seed", range(2, 52))
async def test_two_thousand_random_lives_are_counted_as_they_were(
    sqlite: Database, seed: int
) -> None:
    world = LifeWorld(Bench(sqlite, BEGINS[0]), seed=seed, people=40)

    await world.live(days=9)

    assert world.checked > 40
