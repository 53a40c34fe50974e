"""Mutated answers and updates in a simulated world: whatever a server says, the bot lives.

Of the bot's calls, some get an answer in which something was changed: a value deep inside, the
whole body, or the status. The same happens to some updates. Afterwards everything is well again:
the bot must still answer, and each person must have got each answer once.
"""

import asyncio
import copy
import json
import logging
import os
import random
from typing import Any, NamedTuple

from reminder_bot.bot_api.fields import Encoded
from reminder_bot.simulator.chats import Reach
from reminder_bot.tracebacks import TracebacksOnce
from tests.simulation.network import PAGE, Network
from tests.simulation.world import FIRST_ID, Plan, World, prepare, simulate

__all__ = ["Result", "mutate", "run"]

PEOPLE = 3
VALUES: list[Any] = [
    None,
    True,
    -5,
    0,
    1.5,
    10**17,
    10**30,
    float("inf"),
    "",
    "abc",
    "\ud800",
    "\0",
    "x" * 5000,
    [],
    {},
    [[]],
    {"id": {}},
]
BODIES = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"ok":true,"result":' + b"[" * 100_000,
    b'{"ok":true,"result":' + b"9" * 5000 + b"}",
    b'{"ok":false,"description":' + b"[" * 900 + b"]" * 900 + b"}",
    b'{"ok":true,"result":' + b"[" * 900 + b"]" * 900 + b"}",
    PAGE,
]
# A proxy's page, so that nothing has happened at Telegram.
REFUSALS = [(status, PAGE) for status in (302, 400, 401, 403, 404, 409, 413, 429, 500, 502, 999)]
WAITS = [-5, 0, "abc", 1e30, 2, None, [3], float("nan")]


def mutate(value: Any, chance: random.Random) -> Any:
    """A copy in which one value is another one, or is missing."""
    changed = copy.deepcopy(value)
    inside = changed
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        if not keys:
            return changed
        key = chance.choice(keys)
        if isinstance(inside[key], dict | list) and inside[key] and chance.random() < 0.8:
            inside = inside[key]
            continue
        if isinstance(inside, dict) and chance.random() < 0.15:
            del inside[key]
        else:
            inside[key] = chance.choice(VALUES)
        return changed


class _HostileNetwork(Network):
    """answers, updates: how many were mutated so far. until: how many of each at most."""

    answers = updates = until = 0

    async def _exchange(self, url: str, content: Encoded) -> tuple[int, bytes] | None:
        if url.endswith("/getUpdates"):
            return self._with_mutants(await super()._exchange(url, content))
        if self.answers >= self.until or not self.happens(0.5):
            return await super()._exchange(url, content)
        self.answers += 1
        kind = self._chance.random()
        if kind < 0.3:
            return self._chance.choice(REFUSALS)
        if kind < 0.45:
            parameters = {"retry_after": self._chance.choice(WAITS)}
            answer = {"ok": False, "description": "Too Many Requests", "parameters": parameters}
            return 429, json.dumps(answer).encode()
        answer_of_telegram = await super()._exchange(url, content)
        if answer_of_telegram is None or kind < 0.7:
            return 200, self._chance.choice(BODIES)
        body = mutate(json.loads(answer_of_telegram[1]), self._chance)
        return answer_of_telegram[0], json.dumps(body).encode()

    def _with_mutants(self, answer: tuple[int, bytes] | None) -> tuple[int, bytes] | None:
        """The answer to a poll, some updates followed by a mutant of themselves."""
        if answer is None or answer[0] != 200 or self.updates >= self.until:
            return answer
        body = json.loads(answer[1])
        found: list[Any] = []
        for update in body["result"]:
            found.append(update)
            # A number of its own, or it would count as the same update delivered again.
            mutant = mutate({**update, "update_id": 10**9 + self.updates}, self._chance)
            if mutant.get("update_id") != update["update_id"]:
                found.append(mutant)
                self.updates += 1
        return 200, json.dumps({**body, "result": found}).encode()


class _Traces(logging.Handler):
    """Counts the tracebacks of each kind that reach the log."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(TracebacksOnce())
        self.counts: dict[str, int] = {}
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            self.texts.append(text)
            kind = f"{record.msg} {text.splitlines()[-1]} {text.splitlines()[-3:-1]}"
            self.counts[kind] = self.counts.get(kind, 0) + 1


class MutationWorld(World):
    count = 60

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.network = _HostileNetwork(self.server, random.Random(self.plan.seed))
        self.network.until = self.count
        self.traces = _Traces()

    async def run(self) -> str:
        logging.disable(logging.NOTSET)
        logging.getLogger().addHandler(self.traces)
        chance = random.Random(self.plan.seed)
        self.people = [self.server.person(FIRST_ID + each, f"P{each}") for each in range(PEOPLE)]
        for each in self.people:
            self.server.chats.by_id[each.id].reach = Reach.OPEN
        self.start_bot()
        network = self.network
        assert isinstance(network, _HostileNetwork)
        for _ in range(20 * self.count):
            person = chance.choice(self.people)
            await self._act(person, chance)
            await asyncio.sleep(chance.expovariate(1 / 4))
            if network.answers >= self.count and network.updates >= self.count:
                break
        else:
            return f"only {network.answers} answers and {network.updates} updates were mutated"
        await asyncio.sleep(3700)  # longer than the longest wait that a server can impose
        return await self._serves_everybody()

    async def _act(self, person: Any, chance: random.Random) -> None:
        shown = [each for each in person.messages if each.buttons]
        if shown and chance.random() < 0.5:
            message = shown[-1]
            buttons = [each.data for row in message.buttons for each in row if each.data]
            # Nobody deletes everything.
            data = chance.choice([each for each in buttons if "erase" not in each] or ["v1:x"])
            await person.tap_raw(data, message.message_id)
        else:
            texts = ("/help", "hello", "/water 200", "/stats", "/settings", "/today", "yes")
            await person.send(chance.choice(texts))

    async def _serves_everybody(self) -> str:
        """Whether each person gets one answer, soon, and nobody was taken for gone."""
        wrong = []
        for person in self.people:
            before = len(person.messages)
            await person.send("/help")
            await asyncio.sleep(60)
            got = [each.text for each in person.messages[before:] if each.from_bot]
            if sum(text.startswith("I ask about") for text in got) != 1:
                wrong.append(f"{person.id} got {got}")
        assert self.app is not None
        with self.app.database.connection() as connection:
            gone = connection.exec_driver_sql(
                "SELECT id FROM users WHERE unreachable_at IS NOT NULL"
            ).all()
        if gone:
            wrong.append(f"{gone} count as unreachable")
        repeated = {kind: count for kind, count in self.traces.counts.items() if count > 1}
        if repeated:
            wrong.append(f"tracebacks were logged again: {repeated}")
        if self.life.is_dead or len(self.lives) > 1:
            wrong.append("the bot ended by itself")
        return "; ".join(wrong)


class Result(NamedTuple):
    """traces: the tracebacks in the log."""

    wrong: str
    traces: list[str]


def run(seed: int, count: int) -> Result:
    """Mutate `count` answers and as many updates, in a child process."""
    prepare(PEOPLE)
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as out:
            MutationWorld.count = count
            outcome, ended = simulate(Plan(seed, PEOPLE, faults=()), MutationWorld)
            assert isinstance(ended, MutationWorld)
            json.dump((outcome.wrong, ended.traces.texts), out)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        report = said.read()
    os.waitpid(pid, 0)
    return Result(*json.loads(report or '["the simulation itself failed", []]'))
