"""Updates over HTTP: none is confirmed before its effect is committed, none stops the others, and
the poller never ends by itself.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from telegram import Bot, Update

from reminder_bot.bot_api import poller
from reminder_bot.bot_api.poller import Poller, RawUpdate
from reminder_bot.simulator import BotApiServer, Call, Fault, Person
from tests.support.stopwatch import Stopwatch
from tests.support.waiting import patience, until

AWAY = OperationalError("UPDATE", {}, Exception("the database is away"))
BOOM = RuntimeError("cannot be taken")


class Inbox:
    """What took effect, in order. Updates that are handed over together take effect together.

    fails: which update raises what. work: what happens before an update takes effect.
    """

    def __init__(self) -> None:
        self.taken: list[int] = []
        self.texts: list[str] = []
        self.tried: list[int] = []
        self.batches: list[list[str]] = []
        self.fails: Callable[[Update], Exception | None] = lambda _: None
        self.work: Callable[[Update], Any] | None = None

    async def __call__(self, raws: Sequence[RawUpdate]) -> None:
        updates = [Update.de_json(raw) for raw in raws]
        for update in updates:
            self.tried.append(update.update_id)
            if self.work is not None:
                await self.work(update)
            if (error := self.fails(update)) is not None:
                raise error
        texts = [each.message.text or "" if each.message else "" for each in updates]
        self.taken += [each.update_id for each in updates]
        self.texts += texts
        self.batches.append(texts)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "SHORTEST_WAIT", 0.02)
    monkeypatch.setattr(poller, "LONGEST_WAIT_FOR_DATABASE", 0.1)


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@asynccontextmanager
async def polls(bot: Bot, inbox: Inbox, **options: Any) -> AsyncIterator[Poller]:
    poller = Poller(bot, inbox, **options)
    task = asyncio.create_task(poller.run())
    try:
        yield poller
        assert not task.done(), "a poller that has ended is a zombie"
    finally:
        poller.stop()
        await task


def offsets(server: BotApiServer) -> list[int]:
    """The offsets that confirmed updates, in order."""
    found = [call.parameters.get("offset", 0) for call in server.log if call.method == "getUpdates"]
    return [offset for offset in found if offset]


async def test_an_update_is_taken_and_then_confirmed(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    await ana.send("yes")

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert inbox.texts == ["yes"]


async def test_nothing_is_confirmed_while_it_is_being_taken(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def work(_: Update) -> None:
        begun.set()
        await let_go.wait()

    inbox.work = work
    await ana.send("yes")

    async with polls(bot, inbox):
        await begun.wait()
        assert len(server.updates.pending) == 1
        assert offsets(server) == []
        let_go.set()
        await server.updates.confirmed()


async def test_an_update_waits_while_the_database_is_away(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.fails = lambda _: AWAY if len(inbox.tried) <= 6 else None
    await ana.send("yes")

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert inbox.texts == ["yes"]
    assert len(inbox.tried) == 7, "more often than what is put aside for its own sake"
    assert "updates_wait_for_database" in caplog.text


def is_poison(update: Update) -> bool:
    return update.message is not None and update.message.text == "poison"


async def test_an_update_that_fails_three_times_is_put_aside_and_the_others_go_on(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.fails = lambda update: BOOM if is_poison(update) else None
    for text in ("before", "poison", "after"):
        await ana.send(text)
    await server.person(8, "Ben").send("other")

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert inbox.texts == ["before", "after", "other"]
    assert caplog.text.count("update_put_aside") == 1


@pytest.mark.parametrize("poisoned", [{0}, {6}, {3, 4}, set(range(7))])
async def test_updates_that_fail_cost_only_themselves(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox, poisoned: set[int]
) -> None:
    inbox.fails = lambda update: BOOM if is_poison(update) else None
    for number in range(7):
        await ana.send("poison" if number in poisoned else str(number))

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert inbox.texts == [str(number) for number in range(7) if number not in poisoned]


async def test_an_update_that_failed_for_a_moment_is_not_lost(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    """It fails twice by itself, and before that together with the others."""
    inbox.fails = lambda update: (
        BOOM if is_poison(update) and inbox.tried.count(update.update_id) <= 4 else None
    )
    for text in ("before", "poison", "after"):
        await ana.send(text)

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert inbox.texts == ["before", "poison", "after"]


async def test_an_update_that_the_library_cannot_read_is_put_aside(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    server.updates.inject({"message": {"message_id": "no number", "date": "tomorrow", "chat": 5}})
    await ana.send("after")

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert inbox.texts[-1] == "after"
    assert "update_put_aside" in caplog.text


async def test_an_unknown_kind_of_update_stops_nothing(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    server.updates.inject({"brand_new_kind": {"anything": [1, 2, {"from": "nobody"}]}})
    await ana.send("after")

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert inbox.texts[-1] == "after"


async def test_the_updates_of_a_poll_are_taken_together_in_their_order(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    ben = server.person(8, "Ben")
    for number in range(3):
        await ana.send(f"ana {number}")
        await ben.send(f"ben {number}")

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert inbox.batches == [["ana 0", "ben 0", "ana 1", "ben 1", "ana 2", "ben 2"]]


async def up() -> bool:
    return True


@pytest.mark.parametrize("error", [AWAY, PermissionError("a file")], ids=["database", "file"])
async def test_what_only_looks_like_an_unavailable_database_costs_the_others_nothing(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox, error: Exception
) -> None:
    is_broken = True
    inbox.fails = lambda update: error if is_broken and is_poison(update) else None
    ben = server.person(8, "Ben")
    for person, text in ((ana, "ana 1"), (ana, "poison"), (ana, "ana 2"), (ben, "ben")):
        await person.send(text)

    async with polls(bot, inbox, is_database_up=up):
        if error is AWAY:  # it is tried for ever, because it may be the database after all
            await until(lambda: len(inbox.tried) > 30)
            assert inbox.texts == ["ben", "ana 1"]
            is_broken = False
        await server.updates.confirmed()

    assert inbox.texts == ["ben", "ana 1", *["poison"] * (error is AWAY), "ana 2"]


async def test_nobody_waits_for_somebody_whose_update_is_slow(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    let_go = asyncio.Event()

    async def work(update: Update) -> None:
        if update.message and update.message.text == "slow":
            await let_go.wait()

    inbox.work = work
    ben = server.person(8, "Ben")
    await ana.send("first")
    await ana.send("slow")
    await ana.send("last")
    await ben.send("ben 0")
    await ben.send("ben 1")

    async with polls(bot, inbox, is_slow=lambda raw: raw["message"]["text"] == "slow"):
        await until(lambda: len(inbox.taken) == 3)
        before = sorted(inbox.batches)
        let_go.set()
        await server.updates.confirmed()

    assert before == [["ben 0", "ben 1"], ["first"]]
    assert inbox.batches[2:] == [["slow"], ["last"]]


async def test_lower_update_ids_after_an_idle_week_are_taken(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    """A remembered offset would make Telegram forget them."""
    chooser = random.Random(5)

    async with polls(bot, inbox):
        for number in range(6):
            server.updates.inject(
                {"update_id": chooser.randrange(1, 2**31), **message(ana, str(number))}
            )
            await server.updates.confirmed()

    assert inbox.texts == [str(number) for number in range(6)]


async def test_an_offset_goes_with_one_call_only(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "LONG_POLL", 0)
    await ana.send("high")

    async with polls(bot, inbox):
        await server.updates.confirmed()
        so_far = len(server.log)
        await until(lambda: len(server.log) > so_far + 2)
        server.updates.inject({"update_id": 5, **message(ana, "low")})
        await until(lambda: "low" in inbox.texts)


def message(ana: Person, text: str) -> dict[str, Any]:
    chat = {"id": ana.id, "type": "private", "first_name": "Ana"}
    return {"message": {"message_id": 50, "date": 1, "chat": chat, "from": ana.user, "text": text}}


async def test_a_batch_out_of_order_is_confirmed_whole(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    server.updates.reorder = lambda batch: batch[::-1]
    for number in range(5):
        await ana.send(str(number))

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert sorted(inbox.texts) == ["0", "1", "2", "3", "4"]


async def test_an_unconfirmed_update_comes_again(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    """As after a crash between the effect and its confirmation; storage.updates knows it by its
    number.
    """
    await ana.send("yes")
    server.faults.add("getUpdates", Fault.reset_after())

    async with polls(bot, inbox):
        await server.updates.confirmed()

    assert set(inbox.texts) == {"yes"}


FAILURES = {
    "5xx": Fault.server_error(),
    "HTML": Fault.garbage(),
    "cut off": Fault.reset_before(),
    "429": Fault.too_many_requests(1),
    "429 without a wait": Fault.too_many_requests(),
    "409": Fault.refusal(409, "Conflict: terminated by other getUpdates request"),
    "401": Fault.refusal(401, "Unauthorized"),
    "404": Fault.refusal(404, "Not Found"),
    "a result that is none": Fault(False, 200, b'{"ok": true, "result": true, "description": ""}'),
    "no result": Fault(False, 200, b'{"ok": true, "result": null, "description": ""}'),
    "a list of nonsense": Fault(
        False, 200, b'{"ok": true, "result": [1, null, {"update_id": "x"}]}'
    ),
}


@pytest.mark.parametrize("fault", FAILURES.values(), ids=FAILURES)
async def test_polling_goes_on_after_every_failure(
    server: BotApiServer,
    ana: Person,
    bot: Bot,
    inbox: Inbox,
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server.faults.add("getUpdates", fault, times=2)
    await ana.send("yes")

    async with polls(bot, inbox, refused_wait=0.05) as poller:
        monkeypatch.setattr(poller, "_pause", _briefly)
        await server.updates.confirmed()

    assert inbox.texts == ["yes"]


async def _briefly(_: float) -> None:
    await asyncio.sleep(0.02)


async def test_a_refused_token_is_logged_and_means_not_ready(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    server.is_token_revoked = True
    await ana.send("yes")

    async with polls(bot, inbox, refused_wait=0.05) as poller:
        await until(lambda: poller.is_refused)
        assert len([call for call in server.log if call.method == "getUpdates"]) < 10, "slowly"
        server.is_token_revoked = False
        await server.updates.confirmed()

    assert not poller.is_refused
    assert "token_refused" in caplog.text


async def test_another_program_with_the_same_token_is_logged(
    server: BotApiServer, bot: Bot, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults.add("getUpdates", FAILURES["409"])

    async with polls(bot, inbox) as poller:
        await until(lambda: "polling_conflict" in caplog.text)
        assert poller._wait_after(conflict(), 0.5) == 3.0


def conflict() -> Any:
    from telegram.error import Conflict

    return Conflict("terminated")


async def test_a_long_poll_ends_at_once_when_the_process_is_to_stop(
    server: BotApiServer, bot: Bot, inbox: Inbox
) -> None:
    waiting = asyncio.Event()

    async def on_call(call: Call) -> None:
        waiting.set()

    server.on_call = on_call
    poller = Poller(bot, inbox)
    task = asyncio.create_task(poller.run())
    await waiting.wait()

    stopwatch = Stopwatch()
    poller.stop()
    async with patience("the poller to end"):
        await task

    assert stopwatch.free_seconds < 2


async def test_the_last_batch_is_confirmed_at_the_end(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    let_go, begun = asyncio.Event(), asyncio.Event()

    async def work(_: Update) -> None:
        begun.set()
        await let_go.wait()

    inbox.work = work
    await ana.send("yes")
    poller = Poller(bot, inbox)
    task = asyncio.create_task(poller.run())
    await begun.wait()

    poller.stop()
    let_go.set()
    async with patience("the poller to end"):
        await task

    assert inbox.texts == ["yes"]
    assert server.updates.pending == []


async def test_an_update_that_waits_for_the_database_at_the_end_stays_with_telegram(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    inbox.fails = lambda _: AWAY
    await ana.send("yes")
    poller = Poller(bot, inbox)
    task = asyncio.create_task(poller.run())
    await until(lambda: bool(inbox.tried))

    poller.stop()
    async with patience("the poller to end"):
        await task

    assert len(server.updates.pending) == 1


async def test_each_answered_poll_is_reported(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    answers: list[int] = []
    await ana.send("yes")

    async with polls(bot, inbox, on_answer=lambda: answers.append(1)) as poller:
        await server.updates.confirmed()
        assert poller.silent_for < 5

    assert answers


# Where another replica polls


@pytest.fixture
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "STANDING_BY", 0.02)


def fetches(server: BotApiServer) -> list[Call]:
    return [call for call in server.log if call.method == "getUpdates"]


@pytest.mark.usefixtures("_looks_often")
async def test_a_replica_that_stands_by_does_not_poll_until_it_may(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    looks, may_poll = 0, False

    def may() -> bool:
        nonlocal looks
        looks += 1
        return may_poll

    await ana.send("yes")

    async with polls(bot, inbox, may_poll=may):
        await until(lambda: looks >= 5)
        assert fetches(server) == []
        may_poll = True
        await server.updates.confirmed()

    assert inbox.texts == ["yes"]


@pytest.mark.usefixtures("_looks_often")
async def test_a_long_poll_is_given_up_when_another_replica_polls(
    server: BotApiServer, bot: Bot, inbox: Inbox
) -> None:
    leads = "one"
    one, other = (
        polls(bot, inbox, may_poll=lambda: leads == "one"),
        polls(bot, inbox, may_poll=lambda: leads != "one"),
    )

    async with one, other:
        await until(lambda: len(fetches(server)) == 1)
        leads = "other"
        await until(lambda: len(fetches(server)) == 2)
        await server.person(7).send("/start")
        await until(lambda: inbox.texts == ["/start"])
        await server.updates.confirmed()

    assert offsets(server), "it was confirmed by who took it"


async def test_a_call_that_was_begun_before_a_suspend_does_not_leave(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    """The lease runs out between the look at it and the request: here while the connection is
    made.
    """
    looks = 0

    def may() -> bool:
        nonlocal looks
        looks += 1
        return looks != 3

    await ana.send("yes")
    async with polls(bot, inbox, may_poll=may):
        await until(lambda: looks >= 3)
        assert fetches(server) == []
        await server.updates.confirmed()

    assert inbox.texts == ["yes"]


@pytest.mark.usefixtures("_looks_often")
async def test_a_replica_that_stands_by_does_not_end_the_poll_of_another(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    leads = 0
    pollers = [
        polls(bot, inbox, may_poll=lambda number=number: leads == number) for number in range(2)
    ]

    async with pollers[0], pollers[1]:
        for turn in range(6):
            before = len(fetches(server))
            leads = -1
            await asyncio.sleep(0.05)  # as the leader stops before its lease has run out
            leads = turn % 2
            await until(lambda before=before: len(fetches(server)) > before)  # type: ignore[misc]
            await ana.send(str(turn))
            await server.updates.confirmed()

    assert inbox.texts == [str(turn) for turn in range(6)]
    assert "polling_conflict" not in caplog.text


@pytest.mark.usefixtures("_looks_often")
@pytest.mark.parametrize(("lasts", "times"), [(3600.0, 1), (-1.0, 2)])
async def test_a_batch_is_confirmed_after_a_moment_without_the_lead_but_not_after_long(
    server: BotApiServer,
    ana: Person,
    bot: Bot,
    inbox: Inbox,
    monkeypatch: pytest.MonkeyPatch,
    lasts: float,
    times: int,
) -> None:
    """A lease that is renewed late must not lead to a second answer to each tap. After days
    Telegram's numbers may be lower, and an old offset would discard what comes then.
    """
    monkeypatch.setattr(poller, "OFFSET_LASTS", lasts)
    may_poll, looks = True, 0

    def may() -> bool:
        nonlocal looks
        looks += 1
        return may_poll

    async def work(_: Update) -> None:
        nonlocal may_poll
        may_poll = False

    inbox.work = work
    await ana.send("taken, and not confirmed yet")

    async with polls(bot, inbox, may_poll=may):
        await until(lambda: bool(inbox.taken))
        seen = looks
        await until(lambda: looks > seen + 3)
        assert offsets(server) == []
        monkeypatch.setattr(poller, "OFFSET_LASTS", 3600.0)
        inbox.work, may_poll = None, True
        await server.updates.confirmed()

    assert len(inbox.taken) == times


async def test_a_replica_that_stands_by_confirms_nothing_at_its_end(
    server: BotApiServer, ana: Person, bot: Bot, inbox: Inbox
) -> None:
    may_poll = True
    begun, let_go = asyncio.Event(), asyncio.Event()

    async def work(_: Update) -> None:
        begun.set()
        await let_go.wait()

    inbox.work = work
    await ana.send("yes")
    poller = Poller(bot, inbox, may_poll=lambda: may_poll)
    task = asyncio.create_task(poller.run())
    await begun.wait()

    poller.stop()
    may_poll = False
    let_go.set()
    async with patience("the poller to end"):
        await task

    assert len(server.updates.pending) == 1
