"""Behind a proxy that pools by transaction, each transaction may use another server session.

So nothing may be left in a session.

Without pgbouncer these tests are skipped with the reason; in CI that is a failure, unless .ci/run
has said in WITHOUT_PGBOUNCER why it could not be installed.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count as count_from
from uuid import uuid4

import pytest
from sqlalchemy import Connection, text

from reminder_bot.domain.check_in import Status
from reminder_bot.domain.habit import HabitKind
from reminder_bot.storage.database import Database, DatabaseUnusable, is_away
from reminder_bot.storage.migrating import bring_up, bring_up_aside, revision
from reminder_bot.storage.migrations import HEAD
from tests.support.databases import new_postgresql
from tests.support.messenger import Bench
from tests.support.people import BERLIN, check_ins_of, settle
from tests.support.pgbouncer import SERVERS, Pgbouncer
from tests.support.postgres import Postgres
from tests.support.world import local

pytestmark = pytest.mark.outage

MONDAY = datetime(2026, 3, 2, 1, tzinfo=UTC)
TEN = local("2026-03-02 10:00", BERLIN)
COUNT = text("SELECT CAST(value AS INTEGER) FROM state WHERE name = 'count'")
ADD_ONE = text(
    "UPDATE state SET value = CAST(CAST(value AS INTEGER) + :more AS TEXT) WHERE name = 'count'"
)
LEFT = text(
    """
    SELECT
        pg_backend_pid() AS pid,
        (SELECT count(*) FROM pg_prepared_statements) AS prepared,
        (SELECT string_agg(name, ' ') FROM pg_settings
            WHERE name LIKE '%timeout' AND setting <> reset_val) AS set
    """
)


def skip_where_it_is_missing() -> None:
    if shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin") is None:
        reason = os.environ.get("WITHOUT_PGBOUNCER")
        if os.environ.get("CI") and not reason:
            pytest.fail("pgbouncer is not installed: apt-get install pgbouncer")
        pytest.skip(reason or "pgbouncer is not installed: apt-get install pgbouncer")


@pytest.fixture(scope="module")
def pgbouncer(postgres: Postgres) -> Iterator[Pgbouncer]:
    skip_where_it_is_missing()
    proxy = Pgbouncer(postgres)
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.remove()


@pytest.fixture
def name(postgres: Postgres) -> str:
    """A new, migrated database."""
    return new_postgresql(postgres).rpartition("/")[2]


@pytest.fixture
async def pooled(pgbouncer: Pgbouncer, name: str) -> AsyncIterator[Database]:
    database = Database(pgbouncer.url(name))
    yield database
    await database.close()


async def count(database: Database) -> int:
    return int(await database.read(lambda connection: connection.execute(COUNT).scalar_one()))


async def add_one(database: Database) -> None:
    await database.write(lambda connection: connection.execute(ADD_ONE, {"more": 1}))


async def start_count(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("INSERT INTO state VALUES ('count', '0')"))


async def bring_up_in_a_thread(database: Database) -> None:
    await asyncio.to_thread(bring_up, database)


@pytest.mark.parametrize("opening", [bring_up_in_a_thread, bring_up_aside])
async def test_an_empty_database_is_upgraded_through_the_proxy(
    pgbouncer: Pgbouncer, postgres: Postgres, opening: Callable[[Database], Awaitable[None]]
) -> None:
    name = postgres.new_database(f"empty_{uuid4().hex}").rpartition("/")[2]
    replicas = [Database(pgbouncer.url(name)) for _ in range(3)]

    await asyncio.gather(*(opening(each) for each in replicas))

    assert revision(replicas[0]) == HEAD
    for each in replicas:
        await each.close()


async def test_two_replicas_plan_claim_send_and_record_through_the_proxy(
    pgbouncer: Pgbouncer, pooled: Database, name: str
) -> None:
    for user_id in range(1, 21):
        await settle(
            pooled, MONDAY, user_id=user_id, habits=[HabitKind.MEDITATION], slots="1234567 10:00"
        )
    other = Database(pgbouncer.url(name))
    replicas = [Bench(pooled, MONDAY), Bench(other, MONDAY)]

    for now in (TEN, TEN + timedelta(minutes=1)):
        await asyncio.gather(*(each.tick(now) for each in replicas))

    sent = sorted(
        asked.user_id for each in replicas for asked in each.messenger.cards if asked.at == TEN
    )
    first = [(await check_ins_of(pooled, user_id))[0].status for user_id in range(1, 21)]
    assert sent == list(range(1, 21))
    assert first == [Status.SENT] * 20
    await other.close()


async def test_many_share_few_servers_without_an_error(
    pgbouncer: Pgbouncer, pooled: Database, name: str
) -> None:
    await start_count(pooled)
    replicas = [pooled, *(Database(pgbouncer.url(name)) for _ in range(2))]

    async def work(database: Database) -> None:
        for _ in range(5):
            await add_one(database)
            await count(database)

    await asyncio.gather(*(work(each) for each in replicas for _ in range(10)))

    assert await count(pooled) == 150
    for each in replicas[1:]:
        await each.close()


async def test_nothing_is_left_in_a_session(
    postgres: Postgres, pooled: Database, name: str
) -> None:
    await start_count(pooled)
    bring_up(pooled)
    await asyncio.gather(*(add_one(pooled) for _ in range(20)))
    with pooled.transaction() as connection:
        statement = text("INSERT INTO state VALUES (:name, :value)")
        connection.execute(statement, [{"name": str(each), "value": ""} for each in range(50)])

    with pooled.connection() as one, pooled.connection() as other:
        for each in (one, other):
            each.execute(text("BEGIN"))  # takes a server, and sets nothing there
        left = [each.execute(LEFT).one() for each in (one, other)]
        for each in (one, other):
            each.execute(text("ROLLBACK"))

    assert len({each.pid for each in left}) == SERVERS
    assert [each.prepared for each in left] == [0, 0]
    assert [each.set for each in left] == [None, None]
    assert (
        postgres.psql(name, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").strip()
        == "0"
    )


@pytest.mark.parametrize(
    "address", ["postgres@127.0.0.1:{}/nowhere", "stranger:hunter2@127.0.0.1:{}/postgres"]
)
async def test_a_login_that_the_proxy_refuses_is_fatal_at_a_start(
    pgbouncer: Pgbouncer, address: str
) -> None:
    database = Database(f"postgresql://{address.format(pgbouncer.port)}")

    with pytest.raises(
        DatabaseUnusable, match=r"does not exist|authentication failed|no such user"
    ) as told:
        revision(database)
    await database.close()

    assert "hunter2" not in str(told.value)


async def test_a_proxy_that_is_restarted_costs_a_retry(
    pgbouncer: Pgbouncer, pooled: Database
) -> None:
    await start_count(pooled)
    await asyncio.gather(*(add_one(pooled) for _ in range(5)))

    pgbouncer.stop()
    with pytest.raises(Exception, match="refused") as gone:
        await add_one(pooled)
    pgbouncer.start()
    await add_one(pooled)

    assert is_away(gone.value)
    assert await count(pooled) == 6


async def test_a_transaction_is_rolled_back_if_the_proxy_goes_away(
    pgbouncer: Pgbouncer, pooled: Database
) -> None:
    await start_count(pooled)

    def add_and_cut_off(connection: Connection) -> None:
        connection.execute(ADD_ONE, {"more": 1})
        pgbouncer.stop()

    with pytest.raises(Exception) as gone:  # noqa: PT011  (whatever the driver raises)
        await pooled.write(add_and_cut_off)
    pgbouncer.start()

    assert is_away(gone.value)
    assert await count(pooled) == 0


async def test_a_server_that_is_restarted_behind_the_proxy_is_away_and_comes_back() -> None:
    skip_where_it_is_missing()
    server = Postgres()
    server.start()
    proxy = Pgbouncer(server)
    proxy.start()
    database = Database(proxy.url(new_postgresql(server).rpartition("/")[2]), timedelta(seconds=2))
    try:
        await start_count(database)
        await add_one(database)
        server.stop()
        # The error is the proxy's, or ours when it sends none.
        with pytest.raises(Exception) as gone:  # noqa: PT011
            await add_one(database)
        server.start()
        tries = await tries_until(lambda: add_one(database))

        assert is_away(gone.value)
        assert tries < 100
        assert await count(database) == 2
    finally:
        await database.close()
        proxy.remove()
        server.stop()
        server.remove()


async def tries_until(work: Callable[[], Awaitable[None]]) -> int:
    """Work until it is done; the proxy waits a second before it tries a server again that was
    gone.
    """
    for tries in count_from(1):
        try:
            await work()
            return tries
        except Exception as error:
            if not is_away(error):
                raise
            await asyncio.sleep(0.1)
    raise AssertionError
