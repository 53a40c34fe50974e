"""The parts put together, in this process: what a start makes good, and how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reminder_bot import app as app_module
from reminder_bot import memory
from reminder_bot.app import LOOK_AGAIN, App, WrongToken
from reminder_bot.bot_api import poller
from reminder_bot.chat import typed
from reminder_bot.chat.effects import Effects
from reminder_bot.clock import Clock, machine_time
from reminder_bot.content.zone_at import ZoneMap
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.zone import data_version
from reminder_bot.engine import digesting
from reminder_bot.settings import Settings
from reminder_bot.simulator import BotApiServer, Fault
from reminder_bot.storage.database import Connection, Database, DatabaseUnusable
from reminder_bot.storage.shared_rate import find_halt, record_halt
from reminder_bot.storage.tables import digests, reminders
from reminder_bot.storage.updates import find_state, record_state
from tests.support.databases import new_sqlite, quick_folder
from tests.support.people import BERLIN, rows_of, settle
from tests.support.waiting import patience, until
from tests.support.world import TOKEN, local

MONDAY = local("2026-03-02 02:00", BERLIN)


class House:
    """A server, a folder, a clock, and apps that are started in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock_file = folder / "clock"
        Clock.move(self.clock_file, MONDAY - machine_time())
        self.server = BotApiServer(token=TOKEN, clock=Clock(self.clock_file))
        self.url = new_sqlite(folder)
        self.database = Database(self.url)

    def app(self, **values: Any) -> App:
        return App(
            Settings(
                token=TOKEN,
                data_dir=self.folder,
                database_url=self.url,
                api_base_url=self.server.base_url,
                clock_file=self.clock_file,
                **values,
            )
        )

    @asynccontextmanager
    async def running(self, app: App) -> AsyncIterator["asyncio.Task[int]"]:
        """Until it polls: then it has done all that a start does."""
        polls = asyncio.Event()

        async def on_call(call: Any) -> None:
            if call.method == "getUpdates":
                polls.set()

        self.server.on_call = on_call
        running = asyncio.create_task(app.run())
        arrived = asyncio.create_task(polls.wait())
        async with patience("the app to poll"):
            await asyncio.wait({running, arrived}, return_when=asyncio.FIRST_COMPLETED)
        try:
            yield running
        finally:
            arrived.cancel()
            app.stopping.set()
            await running

    async def state(self, name: str) -> str | None:
        with self.database.connection() as connection:
            return find_state(connection, name)

    async def is_halted(self) -> bool:
        with self.database.connection() as connection:
            return bool(find_halt(connection, MONDAY))

    async def set_state(self, name: str, value: str) -> None:
        with self.database.transaction() as connection:
            record_state(connection, name, value)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    with quick_folder() as folder:
        house = House(folder)
        async with house.server:
            yield house
        await house.database.close()


async def moved_by_an_hour(house: House) -> None:
    """Somebody whose due time ahead is as old zone data had it."""
    await settle(house.database, MONDAY, habits=[HabitKind.MEDITATION], slots="1234567 10:00")
    with house.database.transaction() as connection:
        connection.execute(reminders.update().values(next_due_at=local("2026-03-02 11:00", BERLIN)))


async def next_due(house: House) -> Any:
    (row,) = await rows_of(house.database, reminders)
    return row["next_due_at"]


async def test_new_zone_data_computes_the_times_ahead_anew(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="reminder_bot")
    await moved_by_an_hour(house)
    await house.set_state("zone_data", "1999z")

    async with house.running(house.app()):
        pass

    assert await next_due(house) == local("2026-03-02 10:00", BERLIN)
    assert await house.state("zone_data") == data_version()
    assert f"zone_data_changed old=1999z new={data_version()} users=1" in caplog.text


async def test_a_stop_tells_what_the_run_did(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="reminder_bot.activity")

    async with house.running(house.app()):
        ana = house.server.person(7)
        await ana.send("/start")
        await ana.expect(lambda message: message.from_bot)

    assert "activity role=leading minutes=0 sent=0 digests=0 answered=1 " in caplog.text


@pytest.mark.parametrize("known", [None, data_version()], ids=["first start", "same data"])
async def test_with_the_zone_data_known_nothing_is_computed_anew(
    house: House, known: str | None
) -> None:
    await moved_by_an_hour(house)
    if known is not None:
        await house.set_state("zone_data", known)

    async with house.running(house.app()):
        pass

    assert await next_due(house) == local("2026-03-02 11:00", BERLIN)
    assert await house.state("zone_data") == data_version()


async def test_a_silence_that_telegram_asked_for_outlives_a_restart(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    for user_id in (7, 8):  # the first halts their own chat, the second all
        await house.server.person(user_id).send("/start")
    house.server.faults.add("sendMessage", Fault.too_many_requests(90), times=2)

    async with house.running(house.app()):
        await until(house.is_halted)
    after = house.app()
    async with house.running(after):
        assert 80 < after.rate_limiter.halted_for <= 90

    assert "halt_restored seconds=" in caplog.text


@pytest.mark.parametrize("ago", [timedelta(seconds=1), timedelta(days=30), timedelta(days=-30)])
async def test_a_silence_that_is_over_or_makes_no_sense_is_not_kept(
    house: House, ago: timedelta
) -> None:
    with house.database.transaction() as connection:
        record_halt(connection, MONDAY - ago, timedelta(0))

    app = house.app()
    async with house.running(app):
        assert app.rate_limiter.halted_for == 0


async def test_it_ends_with_0_when_it_is_told_to_stop(house: House) -> None:
    async with house.running(house.app()) as running:
        pass

    assert running.result() == 0


async def test_a_wrong_token_ends_the_start_with_the_cure(house: House) -> None:
    house.server.is_token_revoked = True

    with pytest.raises(
        WrongToken, match="REMINDER_BOT_TOKEN is refused by Telegram: copy it again from @BotFather"
    ):
        await house.app().run()


async def test_a_second_bot_on_the_same_file_does_not_start(house: House) -> None:
    async with house.running(house.app()):
        with pytest.raises(DatabaseUnusable, match="in use by another reminder-bot"):
            await house.app().run()


async def test_a_poller_that_dies_takes_the_process_along(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deaf, it would look alive."""
    app = house.app()

    async def die() -> None:
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(app.poller, "run", die)

    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        async with patience("the app to end"):
            await app.run()


async def test_a_poller_that_dies_leaves_no_step_behind(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What still ran would use a database that is closed."""
    app, is_free = house.app(), asyncio.Event()
    looked: list[str | None] = []

    async def look(now: datetime) -> None:
        await is_free.wait()
        with app.database.connection() as connection:
            looked.append(find_state(connection, "zone_data"))

    async def die() -> None:
        asyncio.get_running_loop().call_later(0.05, is_free.set)
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setattr(app, "_wake_for_due_work", look)
    monkeypatch.setattr(app.poller, "run", die)

    with pytest.raises(RuntimeError, match="nobody foresaw this"):
        async with patience("the app to end"):
            await app.run()

    assert looked == [data_version()]


async def test_it_waits_for_a_network_that_is_not_there_yet(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.server.stop()
    app = house.app()
    running = asyncio.create_task(app.run())
    await until(lambda: "start_delayed needs=telegram" in caplog.text)

    await house.server.start()
    await until(lambda: bool(app.chat.username))
    app.stopping.set()

    assert await running == 0


# One person's update and the others'


async def test_sixty_people_who_share_locations_hold_nobody_up_and_need_one_child(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of them are strangers, whose locations are not looked at."""
    let_go = asyncio.Event()
    asked: list[tuple[float, ...]] = []

    async def answers(_: ZoneMap, question: bytes) -> str:
        asked.append(tuple(json.loads(question)))
        await let_go.wait()
        return BERLIN

    monkeypatch.setattr(ZoneMap, "_answer_of_child", answers)
    people = [house.server.person(number, "P") for number in range(100, 160)]
    strangers, members, ben = people[10:], people[:10], house.server.person(8, "Ben")

    app = house.app()
    async with house.running(app):
        for each in members:
            await each.send("/start")
            await each.expect("Small daily habits")
            await each.tap("Start")
            await each.expect("What time is it")
        for each in people:
            for _ in range(3):
                await each.share_location(52.5, each.id / 10)
        await ben.send("/start")
        await ben.expect("Small daily habits")
        await house.server.updates.confirmed()
        await strangers[0].expect("Send /start")

        assert len(asked) == 1, "one at a time"
        assert app.chat._effects.zone_map.waiting == len(members), "one of each person"
        let_go.set()
        for each in members:
            await each.expect("Berlin: is it")
        await until(lambda: app.chat.is_idle)
        assert sorted(asked) == [(52.5, each.id / 10) for each in members]


async def test_nobody_waits_for_an_update_that_fails_like_an_unavailable_database(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_message = typed.run_message

    def fails(connection: Connection, user: Any, message: Any, *rest: Any) -> Effects:
        if message.text == "poison":
            raise PermissionError("a file that cannot be read")
        return run_message(connection, user, message, *rest)

    monkeypatch.setattr(typed, "run_message", fails)
    monkeypatch.setattr(poller, "SHORTEST_WAIT", 0.02)
    await house.server.person(7, "Ana").send("poison")
    ben = house.server.person(8, "Ben")
    await ben.send("/start")

    async with house.running(house.app()):
        await ben.expect("Small daily habits")
        await house.server.updates.confirmed()


# Due work


async def test_it_sleeps_until_something_is_due_and_looks_again_while_it_is(house: House) -> None:
    app = house.app()
    slots = "1234567 10:00"
    assert await app._wake_for_due_work(MONDAY) is None

    await settle(house.database, MONDAY, habits=[HabitKind.MEDITATION], slots=slots)

    ten = local("2026-03-02 10:00", BERLIN)
    assert await app._wake_for_due_work(MONDAY) == timedelta(hours=8)
    assert await app._wake_for_due_work(ten - timedelta(seconds=30)) == timedelta(seconds=30)
    assert await app._wake_for_due_work(ten) == LOOK_AGAIN
    assert await app._wake_for_due_work(ten + timedelta(hours=1)) == LOOK_AGAIN
    await app.database.close()


async def test_a_write_causes_a_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "LOOK_AT_LEAST_EVERY", 3600.0)
    app, looks = house.app(), 0
    look = app._wake_for_due_work

    async def noted(now: datetime) -> timedelta | None:
        nonlocal looks
        looks += 1
        return await look(now)

    monkeypatch.setattr(app, "_wake_for_due_work", noted)
    async with house.running(app):
        await until(lambda: looks > 0 and app._look is None and app.is_idle)
        before = looks
        await app.database.write(record_state, "name", "value")
        await until(lambda: looks > before)


async def test_several_writes_cause_one_look(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "LOOK_AFTER_WRITE", 3600.0)
    app = house.app()
    async with house.running(app):
        await app.database.write(record_state, "name", "value")
        look = app._look
        for number in range(3):
            await app.database.write(record_state, f"name {number}", "value")

        assert look is not None
        assert app._look is look


async def test_the_first_digests_are_sent_while_the_others_are_planned(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digesting, "BATCH", 1)
    for user_id in (7, 8, 9):
        await settle(house.database, MONDAY, user_id=user_id, habits=[HabitKind.MEDITATION])
    app, planned = house.app(), []

    async def count_planned(_: datetime) -> int:
        planned.append(len(await rows_of(house.database, digests)))
        return 0

    monkeypatch.setattr(app.dispatcher, "step", count_planned)

    await app._send(local("2026-03-08 18:00", BERLIN))

    # The last batch is empty, and the last step comes after all of them.
    assert planned[-5:] == [1, 2, 3, 3, 3]
    await app.database.close()


# Memory


async def test_freed_memory_is_released_again_and_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    released: list[int] = []
    monkeypatch.setattr(app_module, "RELEASE_MEMORY_EVERY", 0.01)
    monkeypatch.setattr(memory, "_malloc_trim", released.append)

    async with house.running(house.app()):
        await until(lambda: len(released) > 2)
