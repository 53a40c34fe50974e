"""When the poller polls again after a failure: soon after Telegram has answered anybody, and never
in a hot loop. Time is virtual.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest

from reminder_bot.bot_api import poller
from reminder_bot.bot_api.errors import NotSent, PerhapsSent
from reminder_bot.bot_api.poller import LONG_POLL, SHORTEST_WAIT, Poller, RawUpdate
from reminder_bot.bot_api.transport import Transport, open_bot
from tests.bot_api.test_rate_limiter import JumpingLoop, now
from tests.support.telegram import TOKEN

Answer = Callable[[], Awaitable[tuple[int, bytes]]]


async def refused() -> tuple[int, bytes]:
    raise NotSent("no connection")


async def lost() -> tuple[int, bytes]:
    await asyncio.sleep(LONG_POLL + 15)
    raise PerhapsSent("no answer")


async def nothing_new() -> tuple[int, bytes]:
    await asyncio.sleep(LONG_POLL)
    return 200, b'{"ok":true,"result":[]}'


def said(status: int, body: Any) -> Answer:
    async def answer() -> tuple[int, bytes]:
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()

    return answer


class Line:
    """What the polls meet, and when they began."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.polls: list[float] = []
        self.taken = 0
        self.poller = Poller(open_bot(TOKEN, "http://127.0.0.1:1"), self._take)

    async def _take(self, raws: Sequence[RawUpdate]) -> None:
        self.taken += len(raws)

    async def send(self, *_: Any, **__: Any) -> tuple[int, bytes]:
        self.polls.append(now())
        return await self.answer()

    def polls_since(self, at: float) -> list[float]:
        return [each - at for each in self.polls if each >= at]


def on_a_line(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, story: Callable[[Line], Awaitable[None]]
) -> None:
    async def nothing(_: Transport) -> None:
        pass

    async def test() -> None:
        line = Line(answer)
        monkeypatch.setattr(Transport, "send", line.send)
        polling = asyncio.create_task(line.poller.run())
        await story(line)
        assert not polling.done(), "a poller that has ended is a zombie"
        polling.cancel()
        with suppress(asyncio.CancelledError):
            await polling

    monkeypatch.setattr(Transport, "initialize", nothing)
    monkeypatch.setattr(Transport, "shutdown", nothing)
    monkeypatch.setattr(poller, "boot_time", now)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(test())


@pytest.mark.parametrize("outage", [3, 20, 300])
def test_after_an_outage_it_polls_soon_after_another_call_was_answered(
    outage: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(line: Line) -> None:
        await asyncio.sleep(outage)
        line.answer, back_at = nothing_new, now()
        line.poller.note_call(True)
        await asyncio.sleep(40)

        assert len(line.polls_since(back_at)) == 1
        assert line.polls_since(back_at)[0] <= 2

    on_a_line(refused, monkeypatch, story)


def test_a_poll_whose_answer_may_be_lost_is_begun_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(line: Line) -> None:
        await asyncio.sleep(10)
        line.poller.note_call(False)
        await asyncio.sleep(20)
        line.answer, back_at = nothing_new, now()
        line.poller.note_call(True)
        await asyncio.sleep(30)

        assert len(line.polls_since(back_at)) == 1
        assert line.polls_since(back_at)[0] <= 2

    on_a_line(lost, monkeypatch, story)


def test_a_long_poll_is_not_disturbed_while_all_calls_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(line: Line) -> None:
        for _ in range(450):
            await asyncio.sleep(1)
            line.poller.note_call(True)

        assert len(line.polls) == 450 / LONG_POLL

    on_a_line(nothing_new, monkeypatch, story)


def test_a_wait_that_telegram_asks_for_does_not_end_early(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(line: Line) -> None:
        for _ in range(28):
            await asyncio.sleep(1)
            line.poller.note_call(True)

        assert len(line.polls) == 1

    wait = {"ok": False, "description": "Too Many Requests", "parameters": {"retry_after": 30}}
    on_a_line(said(429, wait), monkeypatch, story)


UPDATES = [{"update_id": 5, "message": None}]
ENDLESS: dict[str, Answer] = {
    "no connection": refused,
    "nothing at once": said(200, {"ok": True, "result": []}),
    "the same update again and again": said(200, {"ok": True, "result": UPDATES}),
    "HTML": said(200, b"<html>"),
    "a page of a proxy": said(403, b"<html>"),
    "a wait of 10**30 seconds": said(
        429, {"ok": False, "description": "x", "parameters": {"retry_after": 1e30}}
    ),
    "a negative wait": said(
        429, {"ok": False, "description": "x", "parameters": {"retry_after": -5}}
    ),
    "401": said(401, {"ok": False, "description": "Unauthorized"}),
    "409": said(409, {"ok": False, "description": "Conflict"}),
    "deep": said(200, b'{"ok":true,"result":' + b"[" * 100_000),
    "a description that is nested": said(
        400, b'{"ok":false,"description":' + b"[" * 900 + b"]" * 900 + b"}"
    ),
}


@pytest.mark.parametrize("others_work", [True, False])
@pytest.mark.parametrize("answer", ENDLESS.values(), ids=ENDLESS)
def test_no_answer_is_asked_for_in_a_hot_loop_and_none_silences_the_poller(
    answer: Answer, others_work: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(line: Line) -> None:
        for number in range(4000):
            await asyncio.sleep(0.1)
            if others_work or number % 2:
                line.poller.note_call(others_work or number % 4 == 1)

        # The first poll may bring something new, and is followed by the next one at once.
        apart = [later - earlier for earlier, later in pairwise(line.polls)]
        assert len(apart) >= 1
        assert min(apart[1:], default=SHORTEST_WAIT) >= SHORTEST_WAIT - 1e-6

    on_a_line(answer, monkeypatch, story)


def test_a_fault_of_ours_while_updates_are_handled_does_not_end_the_polling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story(line: Line) -> None:
        handle = line.poller._handle

        async def fail(_: Sequence[RawUpdate]) -> bool:
            raise RecursionError

        monkeypatch.setattr(line.poller, "_handle", fail)
        await asyncio.sleep(10)
        monkeypatch.setattr(line.poller, "_handle", handle)
        await asyncio.sleep(10)

        assert line.taken > 0

    on_a_line(said(200, {"ok": True, "result": UPDATES}), monkeypatch, story)
