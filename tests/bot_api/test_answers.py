"""Whatever a server answers is one error of the table in `errors`: it ends no loop, halts nobody
for ever, and the next good answer is understood.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError

from reminder_bot.bot_api import poller
from reminder_bot.bot_api.answers import (
    MAX_RETRY_AFTER,
    parse_answer,
    raise_server_error,
    result_of,
)
from reminder_bot.bot_api.errors import NotSent, PerhapsSent, as_timedelta, outcome_of
from reminder_bot.bot_api.poller import Poller, RawUpdate
from reminder_bot.bot_api.rate_limiter import RateLimiter
from reminder_bot.bot_api.sender import Sender
from reminder_bot.bot_api.transport import Transport, open_bot
from reminder_bot.engine.messenger import EditOutcome, OutcomeKind
from tests.support.people import SetClock
from tests.support.raw_server import RawServer, Say, running
from tests.support.telegram import MONDAY_TEN, TOKEN
from tests.support.waiting import until

DEEP = b"[" * 100_000
HUGE = b'{"ok":true,"result":"' + b"x" * 50_000_000 + b'"}'
MESSAGE = {"ok": True, "result": {"message_id": 5}}


def answer(status: int, body: Any) -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(content), content)


def too_many(retry_after: Any) -> bytes:
    return answer(
        429,
        {
            "ok": False,
            "description": "Too Many Requests: retry later",
            "parameters": {"retry_after": retry_after},
        },
    )


# One answer


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (3, 3),
        (1.2, 2),
        (-5, 5),
        (0, 5),
        ("abc", 5),
        ("7", 5),
        (None, 5),
        (True, 5),
        ([3], 5),
        ({"seconds": 3}, 5),
        (float("nan"), 5),
        (float("inf"), MAX_RETRY_AFTER),
        (10**9, MAX_RETRY_AFTER),
        (1e30, MAX_RETRY_AFTER),
        (10**400, MAX_RETRY_AFTER),
    ],
)
async def test_a_wait_is_a_number_of_seconds_within_an_hour_or_the_default(
    retry_after: Any, seconds: int
) -> None:
    _, _, body = too_many(retry_after).partition(b"\r\n\r\n")

    with pytest.raises(RetryAfter) as caught:
        await result_of(429, body)

    outcome = outcome_of(caught.value)
    assert outcome.kind is OutcomeKind.NOT_SENT
    assert outcome.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Too Many Requests</html>",
        DEEP,
        b"",
        b'{"description": "Too Many Requests"}',
        b'{"description": "Slow down", "parameters": 7}',
    ],
    ids=["a page", "deep", "nothing", "no parameters", "odd parameters"],
)
async def test_a_429_without_a_wait_is_a_wait_of_five_seconds(body: bytes) -> None:
    with pytest.raises(RetryAfter) as caught:
        await result_of(429, body)

    assert as_timedelta(caught.value.retry_after) == timedelta(seconds=5)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"7",
        b"[]",
        b"{}",
        b'"result"',
        b'{"ok": true}',
        b'{"ok": true, "description": "done"}',
        b"\xff\xfe\x00",
        DEEP,
        b'{"result":' + DEEP,
        b'{"result": ' + b"9" * 5_000 + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_a_success_that_is_not_telegrams_is_perhaps_sent(body: bytes) -> None:
    with pytest.raises(PerhapsSent):
        await result_of(200, body)


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, BadRequest), (403, Forbidden), (401, InvalidToken), (404, InvalidToken)],
)
@pytest.mark.parametrize(
    "more",
    [
        {},
        {"description": 7},
        {"description": ["a"]},
        {"description": json.loads("[" * 900 + "]" * 900)},
        {"description": "x" * 100_000},
        {"parameters": None},
        {"parameters": [1]},
        {"parameters": {"migrate_to_chat_id": "x"}},
        {"parameters": {"migrate_to_chat_id": [5]}},
        {"parameters": {"retry_after": -1}},
        {"error_code": "x"},
    ],
    ids=repr,
)
async def test_a_refusal_is_the_error_of_its_status_whatever_else_it_holds(
    status: int, error: type[TelegramError], more: dict[str, Any]
) -> None:
    body = json.dumps({"ok": False, "description": "no"} | more).encode()

    with pytest.raises(error) as caught:
        await result_of(status, body)

    assert len(outcome_of(caught.value).reason) <= 160


@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 409, 413, 418, 451, 499])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><h1>Forbidden: bot was blocked by the user</h1></html>",
        DEEP,
        b"null",
        b"[]",
        b'{"error": "forbidden"}',
        b'{"description": "Forbidden"}',
        b'{"ok": "no", "description": "Forbidden"}',
        b'{"ok": true, "description": "Forbidden"}',
        b'{"ok": false}',
        b'{"ok": true, "result": {"message_id": 5}}',
    ],
    ids=lambda body: repr(body[:40]),
)
async def test_a_refusal_that_is_not_telegrams_says_nothing_about_a_person(
    status: int, body: bytes
) -> None:
    with pytest.raises(NotSent, match=f"{status} that is not Telegram's") as caught:
        await result_of(status, body)

    assert outcome_of(caught.value).kind is OutcomeKind.NOT_SENT


@pytest.mark.parametrize("status", [101, 302, 600, 999])
@pytest.mark.parametrize("body", [b"", DEEP, b'{"description": "?"}'], ids=["", "deep", "JSON"])
async def test_any_other_status_is_an_error_of_the_library(status: int, body: bytes) -> None:
    with pytest.raises(TelegramError) as caught:
        await result_of(status, body)

    assert outcome_of(caught.value).kind is OutcomeKind.AMBIGUOUS


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"ok": false, "description": "Internal Server Error"}', NotSent),
        (b'{"ok": false, "description": {"a": 1}}', NotSent),
        (b'{"ok": true, "result": {}}', PerhapsSent),
        (b"<html>502</html>", PerhapsSent),
        (b"[1]", PerhapsSent),
        (DEEP, PerhapsSent),
        (b"", PerhapsSent),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_server_error_is_not_sent_only_in_telegrams_words(
    body: bytes, error: type[TelegramError]
) -> None:
    with pytest.raises(error):
        raise_server_error(500, body)


def test_what_telegram_says_is_kept() -> None:
    body = (
        b'{"ok": false, "description": "moved", '
        b'"parameters": {"migrate_to_chat_id": -100, "retry_after": 3, "new": 1}}'
    )

    assert parse_answer(body) == {
        "ok": False,
        "description": "moved",
        "parameters": {"migrate_to_chat_id": -100, "retry_after": 3},
    }


# What each part of the bot makes of it


@pytest.fixture
async def raw() -> AsyncIterator[RawServer]:
    async with running(RawServer()) as raw:
        yield raw


@pytest.fixture
async def raw_bot(raw: RawServer) -> AsyncIterator[Bot]:
    bot = open_bot(TOKEN, raw.url, connections=2)
    await bot.request.initialize()
    yield bot
    await bot.request.shutdown()


@pytest.fixture
def raw_sender(raw_bot: Bot, rate_limiter: RateLimiter) -> Sender:
    return Sender(raw_bot, rate_limiter, SetClock(MONDAY_TEN))


HOSTILE: dict[str, Say] = {
    "a body of 50 MB": answer(200, HUGE),
    "nested 100,000 deep": answer(200, DEEP),
    "a deep result": answer(200, b'{"ok":true,"result":' + DEEP),
    "no JSON": answer(200, b"<html>"),
    "nothing": answer(200, b""),
    "a result of null": answer(200, {"ok": True, "result": None}),
    "a result of true": answer(200, {"ok": True, "result": True}),
    "a result of text": answer(200, {"ok": True, "result": "yes"}),
    "a result of a number": answer(200, {"ok": True, "result": 7}),
    "a list": answer(200, {"ok": True, "result": [1, None, {}]}),
    "an empty object": answer(200, {"ok": True, "result": {}}),
    "an id of text": answer(200, {"ok": True, "result": {"message_id": "5"}}),
    "an id of true": answer(200, {"ok": True, "result": {"message_id": True}}),
    "an id below one": answer(200, {"ok": True, "result": {"message_id": 0}}),
    "an id of 10**30": answer(200, {"ok": True, "result": {"message_id": 10**30}}),
    "a server error, deep": answer(500, DEEP),
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
async def test_a_send_is_ambiguous_and_the_next_is_well(
    raw: RawServer, raw_sender: Sender, rate_limiter: RateLimiter, said: Say
) -> None:
    raw.says = [said, answer(200, MESSAGE)]

    outcome = await raw_sender.say(7, "Water?")
    following = await raw_sender.say(7, "Water?")

    assert outcome.kind is OutcomeKind.AMBIGUOUS
    assert rate_limiter.halted_for == 0
    assert (following.kind, following.message_id) == (OutcomeKind.SENT, 5)


@pytest.mark.parametrize(
    "photo", [None, 7, "x", [], [7], [{}], [{"file_id": 7}], {"file_id": "a"}], ids=repr
)
async def test_a_photo_of_an_unknown_shape_has_no_file_id(
    raw: RawServer, raw_sender: Sender, photo: Any
) -> None:
    raw.says = [answer(200, {"ok": True, "result": {"message_id": 5, "photo": photo}})]

    outcome = await raw_sender.say(7, "Your week")

    assert (outcome.kind, outcome.file_id) == (OutcomeKind.SENT, None)


@pytest.mark.parametrize("wait", [-5, "abc", 10**400, 0.5, None], ids=str)
async def test_an_odd_wait_halts_for_a_bounded_time(
    raw: RawServer, raw_sender: Sender, rate_limiter: RateLimiter, wait: Any
) -> None:
    raw.says = [too_many(wait)]

    outcome = await raw_sender.say(7, "Water?")

    assert outcome.kind is OutcomeKind.NOT_SENT
    assert 0 < rate_limiter.chat_halted_for(7) <= MAX_RETRY_AFTER


@pytest.mark.parametrize(
    "said", [said for name, said in HOSTILE.items() if "result" not in name and "id" not in name]
)
async def test_an_edit_an_answer_and_the_menu_live_on(
    raw: RawServer, raw_sender: Sender, said: Say
) -> None:
    raw.says = [said]
    assert await raw_sender.edit(7, 5, "Noted.", {}) in EditOutcome

    raw.says = [said]
    await raw_sender.answer("4000000000000999")

    for good_ones in range(3):
        empty: Say = answer(200, {"ok": True, "result": []})
        raw.says = [empty] * good_ones + [said] * 4
        await raw_sender.set_menu({"start": "Begin"}, "A bot")


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
async def test_a_start_tries_again(raw: RawServer, raw_sender: Sender, said: Say) -> None:
    """What is no description of a bot is an error that the start waits out."""
    raw.says = [said]

    with suppress(ConnectionError):
        assert await raw_sender.connect() == ""

    raw.says = [answer(200, {"ok": True, "result": {"username": "b"}}), answer(200, MESSAGE)]
    assert await raw_sender.connect() == "b"


UPDATE = {"ok": True, "result": [{"update_id": 9, "message": None}]}
BAD_POLLS = HOSTILE | {
    "a negative wait": too_many(-5),
    "a wait of text": too_many("abc"),
    "updates that are none": answer(200, {"ok": True, "result": [{"update_id": "x"}, 7, None]}),
    "an update_id of 10**30": answer(200, {"ok": True, "result": [{"update_id": 10**30}]}),
    "an update_id of true": answer(200, {"ok": True, "result": [{"update_id": True}]}),
    "a negative update_id": answer(200, {"ok": True, "result": [{"update_id": -1}]}),
}


@pytest.mark.parametrize("said", BAD_POLLS.values(), ids=BAD_POLLS)
async def test_the_poller_pauses_and_polls_on(
    raw: RawServer, raw_bot: Bot, monkeypatch: pytest.MonkeyPatch, said: Say
) -> None:
    pauses: list[float] = []

    async def pause(_: Poller, seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0)

    async def take(raws: Sequence[RawUpdate]) -> None:
        taken.extend(raw["update_id"] for raw in raws)
        polls.stop()

    monkeypatch.setattr(Poller, "_pause", pause)
    taken: list[int] = []
    polls = Poller(raw_bot, take)
    raw.says = [said, answer(200, UPDATE), answer(200, {"ok": True, "result": []})]

    await polls.run()

    assert taken == [9]
    assert len(pauses) == 1
    assert pauses[0] >= poller.SHORTEST_WAIT


async def test_the_poller_waits_as_long_as_telegram_asks(
    raw: RawServer, raw_bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    async def pause(polls: Poller, seconds: float) -> None:
        pauses.append(seconds)
        polls.stop()

    async def take(_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(Poller, "_pause", pause)
    raw.says = [too_many(47)]

    await Poller(raw_bot, take).run()

    assert pauses == [47]


async def test_an_odd_update_costs_only_itself(raw: RawServer, raw_bot: Bot) -> None:
    async def take(raws: Sequence[RawUpdate]) -> None:
        taken.extend(raw["update_id"] for raw in raws)

    taken: list[int] = []
    polls = Poller(raw_bot, take)
    odd: list[Any] = [7, {"update_id": 10**30}, {"update_id": 4}, {"update_id": "5"}]
    raw.says = [answer(200, {"ok": True, "result": odd}), answer(200, b"[]")]
    task = asyncio.create_task(polls.run())

    await until(lambda: taken == [4])
    await until(lambda: len(raw.requests) >= 2)
    polls.stop()
    await task

    assert b'"offset":5' in raw.requests[1]


async def test_the_library_itself_reads_answers_the_same_way(raw: RawServer) -> None:
    way = Transport(raw.url, connections=1)
    bot = Bot(TOKEN, base_url=f"{raw.url}/bot", request=way, get_updates_request=way)
    await way.initialize()
    raw.says = [answer(200, DEEP), too_many(-5)]

    for _ in range(2):
        with pytest.raises(TelegramError):
            await bot.send_message(7, "Water?")

    await way.shutdown()
