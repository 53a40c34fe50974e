"""What each failure means for the message that met it: the table of bot_api.errors, row by row,
over HTTP.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot
from telegram.error import ChatMigrated

from reminder_bot.activity import Activity
from reminder_bot.bot_api.callback_data import data
from reminder_bot.bot_api.errors import outcome_of
from reminder_bot.bot_api.permits import LocalPermits
from reminder_bot.bot_api.rate_limiter import WINDOW, Priority, RateLimiter
from reminder_bot.bot_api.sender import ANSWERS_AT_ONCE, NO_BUTTONS, Sender
from reminder_bot.bot_api.transport import Transport, _Body, open_bot
from reminder_bot.chat import keyboards
from reminder_bot.domain.send_rate import AT_ONCE, SendRate
from reminder_bot.engine.messenger import EditOutcome, Outcome, OutcomeKind
from reminder_bot.simulator import BotApiServer, Fault, Person
from tests.support.checker import most_within
from tests.support.people import SetClock
from tests.support.telegram import MONDAY_TEN, TOKEN
from tests.support.waiting import PATIENCE, until

KEYBOARD = keyboards.inline([[keyboards.button("Yes", data("yes", 1), "success")]])
SECOND = timedelta(seconds=1)


async def say(sender: Sender, text: str = "Water?") -> Outcome:
    return await sender.say(7, text, reply_markup=KEYBOARD)


async def test_a_message_arrives_and_its_number_is_known(sender: Sender, ana: Person) -> None:
    outcome = await say(sender)

    assert outcome == Outcome(OutcomeKind.SENT, ana.newest.message_id)
    assert [[each.text for each in row] for row in ana.newest.buttons] == [["Yes"]]
    assert sender.answered_at == MONDAY_TEN


# What the server does, what became of the message, and whether it arrived.
TABLE = {
    "429 with a wait": (Fault.too_many_requests(3), OutcomeKind.NOT_SENT, False),
    "429 without a wait": (Fault.too_many_requests(), OutcomeKind.NOT_SENT, False),
    "500 in Telegram's words": (
        Fault.server_error(500, "Internal Server Error"),
        OutcomeKind.NOT_SENT,
        False,
    ),
    "502 in Telegram's words": (Fault.server_error(502), OutcomeKind.NOT_SENT, False),
    "503 of a proxy": (Fault.server_error_page(503), OutcomeKind.AMBIGUOUS, False),
    "502 of a proxy, accepted": (
        Fault.server_error_page(502, is_accepted=True),
        OutcomeKind.AMBIGUOUS,
        True,
    ),
    "cut off before acceptance": (Fault.reset_before(), OutcomeKind.AMBIGUOUS, False),
    "cut off after acceptance": (Fault.reset_after(), OutcomeKind.AMBIGUOUS, True),
    "200 and HTML": (Fault.garbage(), OutcomeKind.AMBIGUOUS, True),
    "403 blocked": (
        Fault.refusal(403, "Forbidden: bot was blocked by the user"),
        OutcomeKind.UNREACHABLE,
        False,
    ),
    "403 deactivated": (
        Fault.refusal(403, "Forbidden: user is deactivated"),
        OutcomeKind.UNREACHABLE,
        False,
    ),
    "403 kicked": (
        Fault.refusal(403, "Forbidden: bot was kicked from the group chat"),
        OutcomeKind.UNREACHABLE,
        False,
    ),
    "400 chat not found": (
        Fault.refusal(400, "Bad Request: chat not found"),
        OutcomeKind.UNREACHABLE,
        False,
    ),
    "400 our fault": (
        Fault.refusal(400, "Bad Request: can't parse entities: …"),
        OutcomeKind.REFUSED,
        False,
    ),
    "400 too long": (
        Fault.refusal(400, "Bad Request: message is too long"),
        OutcomeKind.REFUSED,
        False,
    ),
    "401": (Fault.refusal(401, "Unauthorized"), OutcomeKind.NOT_SENT, False),
    "404": (Fault.refusal(404, "Not Found"), OutcomeKind.NOT_SENT, False),
}


@pytest.mark.parametrize(("fault", "kind", "arrives"), TABLE.values(), ids=TABLE)
async def test_each_failure_means_what_the_table_says(
    server: BotApiServer,
    ana: Person,
    sender: Sender,
    fault: Fault,
    kind: OutcomeKind,
    arrives: bool,
) -> None:
    server.faults.add("sendMessage", fault)

    outcome = await say(sender)

    assert outcome.kind is kind
    assert len(server.accepted("sendMessage")) == arrives
    assert sender.answered_at is None, "a failure is no success"


async def test_an_answer_that_takes_too_long_is_ambiguous(
    server: BotApiServer, ana: Person, rate_limiter: RateLimiter
) -> None:
    server.faults.add("sendMessage", Fault.delay_after(3600))

    async with bot_at(server.base_url, connect_timeout=PATIENCE, read_timeout=0.4) as bot:
        outcome = await say(Sender(bot, rate_limiter, SetClock(MONDAY_TEN)))

    assert outcome.kind is OutcomeKind.AMBIGUOUS
    await until(lambda: len(server.accepted("sendMessage")) == 1)


@pytest.mark.parametrize(
    ("address", "what"),
    [("http://127.0.0.1:1", "refused"), ("http://no-such-host.invalid", "no such name")],
)
async def test_without_a_connection_nothing_was_sent(
    rate_limiter: RateLimiter, address: str, what: str
) -> None:
    async with bot_at(address) as bot:
        outcome = await say(Sender(bot, rate_limiter, SetClock(MONDAY_TEN)))

    assert outcome.kind is OutcomeKind.NOT_SENT, what
    assert outcome.retry_after is None


async def test_a_connection_that_takes_too_long_means_not_sent(rate_limiter: RateLimiter) -> None:
    """A listener whose queue is full takes no more connections."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for each in (first, second):
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        async with bot_at(f"http://127.0.0.1:{full.getsockname()[1]}") as bot:
            outcome = await say(Sender(bot, rate_limiter, SetClock(MONDAY_TEN)))

    assert outcome.kind is OutcomeKind.NOT_SENT


@asynccontextmanager
async def bot_at(
    address: str, *, connect_timeout: float = 0.3, read_timeout: float = PATIENCE
) -> AsyncIterator[Bot]:
    bot = open_bot(TOKEN, address)
    request = Transport(
        address, connections=2, connect_timeout=connect_timeout, read_timeout=read_timeout
    )
    bot._request = (bot._request[0], request)
    await bot.request.initialize()
    yield bot
    await bot.request.shutdown()


async def test_a_server_that_is_away_is_reached_again(
    server: BotApiServer, ana: Person, sender: Sender
) -> None:
    async with server.unreachable():
        assert (await say(sender)).kind is OutcomeKind.NOT_SENT

    assert (await say(sender)).kind is OutcomeKind.SENT


def test_a_message_to_a_group_that_moved_is_refused() -> None:
    assert outcome_of(ChatMigrated(-1001)).kind is OutcomeKind.REFUSED


# The halt


async def test_a_wait_halts_its_chat_and_nobody_else(
    sender: Sender, server: BotApiServer, ana: Person
) -> None:
    await server.person(8, "Ben").send("/start")
    server.faults.add("sendMessage", Fault.too_many_requests(47), chat_id=7)

    first = await sender.send(Priority.REMINDER, 7, lambda: True, text="Water?")
    again = await sender.send(Priority.REMINDER, 7, lambda: True, text="Water?")
    other = await sender.say(8, "Water?")

    assert first.retry_after == 47 * SECOND
    assert again.kind is OutcomeKind.NOT_SENT, "it is put off, or it would be claimed again at once"
    assert again.retry_after is not None
    assert 40 * SECOND < again.retry_after <= 47 * SECOND
    assert other.kind is OutcomeKind.SENT
    assert not sender.is_halted
    assert len(server.log) == 2


@pytest.mark.parametrize("method", ["say", "edit", "delete", "react", "answer"])
async def test_every_call_in_a_chat_can_halt_it_and_is_spared_during_its_halt(
    sender: Sender, server: BotApiServer, ana: Person, method: str
) -> None:
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "say": lambda: sender.say(7, "Water?"),
        "edit": lambda: sender.edit(7, 5, "Noted.", KEYBOARD),
        "delete": lambda: sender.delete(7, 5),
        "react": lambda: sender.react(7, 5, "👌"),
        "answer": lambda: sender.answer("1", user_id=7),
    }
    server.faults.add("*", Fault.too_many_requests(600))

    await calls[method]()
    for call in calls.values():
        await call()

    assert [call.status for call in server.log] == [429]
    assert not sender.is_halted


async def test_a_wait_in_a_second_chat_halts_all_and_outlives_a_restart(
    bot: Bot, rate_limiter: RateLimiter, server: BotApiServer
) -> None:
    kept: list[timedelta] = []

    async def keep(length: timedelta) -> None:
        kept.append(length)

    sender = Sender(bot, rate_limiter, SetClock(MONDAY_TEN), on_halt=keep)
    server.faults.add("sendMessage", Fault.too_many_requests(47), times=2)

    loop = asyncio.get_running_loop()
    before = loop.time()
    await sender.say(8, "Water?")
    assert kept == []
    outcome = await say(sender)

    assert outcome.retry_after == 47 * SECOND
    assert before + 47 <= rate_limiter._halted_until <= loop.time() + 47
    assert sender.is_halted
    assert kept == [47 * SECOND]


async def test_an_unnamed_wait_is_five_seconds(
    sender: Sender, rate_limiter: RateLimiter, server: BotApiServer
) -> None:
    server.faults.add("sendMessage", Fault.too_many_requests())

    await say(sender)

    assert 0 < rate_limiter.chat_halted_for(7) <= 5


@pytest.mark.parametrize("status", [401, 404])
async def test_a_refused_token_halts_with_a_line_that_says_what_to_do(
    sender: Sender,
    rate_limiter: RateLimiter,
    server: BotApiServer,
    status: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.faults.add("sendMessage", Fault.refusal(status, "Unauthorized"))

    await say(sender)

    assert rate_limiter.halted_for > 25
    assert "check REMINDER_BOT_TOKEN" in caplog.text
    assert TOKEN not in caplog.text


async def test_a_send_that_is_not_wanted_any_more_never_leaves(
    sender: Sender, server: BotApiServer, ana: Person
) -> None:
    outcome = await sender._send(Priority.REMINDER, 7, lambda: False, text="Water?")

    assert outcome.kind is OutcomeKind.NOT_WANTED
    assert server.accepted("sendMessage") == []


# The paid rate


class FirstFree(LocalPermits):
    """The first few permits are free, however long the calls take."""

    _used = 0

    def next_at(self, now: float, send_rate: SendRate, waiting: int) -> float:
        return now

    def use(self, now: float, send_rate: SendRate) -> bool:
        self._used += 1
        return self._used <= AT_ONCE or not send_rate.is_paid


@pytest.fixture
async def paying(bot: Bot) -> AsyncIterator[Sender]:
    """A sender whose permits after the first few are paid for."""
    rate_limiter = RateLimiter(SendRate(1000, is_paid=True))
    rate_limiter._permits = FirstFree()
    yield Sender(bot, rate_limiter, SetClock(MONDAY_TEN))
    await rate_limiter.close()


def paid(server: BotApiServer) -> list[bool]:
    """Of each message that Telegram was asked to take: whether it said that it is paid for."""
    return [
        "allow_paid_broadcast" in call.parameters
        for call in server.log
        if call.method == "sendMessage"
    ]


async def test_only_what_exceeds_the_free_rate_says_that_it_is_paid_for(
    paying: Sender, server: BotApiServer, ana: Person
) -> None:
    for _ in range(AT_ONCE + 2):
        await say(paying)

    assert paid(server) == [False] * AT_ONCE + [True] * 2
    assert all(call.parameters.get("allow_paid_broadcast", True) is True for call in server.log)


async def test_edits_and_deletions_are_never_paid_for(
    paying: Sender, server: BotApiServer, ana: Person
) -> None:
    for _ in range(AT_ONCE):
        await say(paying)

    await paying.edit(7, ana.newest.message_id, "Noted.", keyboards.inline([]))
    await paying.delete(7, ana.newest.message_id)

    assert not any("allow_paid_broadcast" in call.parameters for call in server.log)


async def test_a_paid_message_that_is_refused_is_sent_later_at_the_free_rate(
    paying: Sender, server: BotApiServer, ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(AT_ONCE):
        await say(paying)
    server.faults.add("sendMessage", Fault.refusal(400, "Bad Request: not enough Stars"))

    outcome = await say(paying)
    again = [await say(paying) for _ in range(2)]

    assert (outcome.kind, outcome.retry_after) == (OutcomeKind.NOT_SENT, None)
    assert [each.kind for each in again] == [OutcomeKind.SENT] * 2
    assert paid(server) == [False] * AT_ONCE + [True] + [False] * 2
    assert "paid_message_refused" in caplog.text


async def test_the_payment_is_not_blamed_for_a_refused_id_of_a_picture(
    paying: Sender, server: BotApiServer, ana: Person
) -> None:
    for _ in range(AT_ONCE):
        await say(paying)

    outcome = await paying.send(
        Priority.REMINDER, 7, lambda: True, "sendPhoto", photo="an id that Telegram forgot"
    )
    await say(paying)

    assert outcome.kind is OutcomeKind.REFUSED
    assert paid(server) == [False] * AT_ONCE + [True]


async def test_a_free_message_that_is_refused_stays_refused(
    paying: Sender, server: BotApiServer, ana: Person
) -> None:
    server.faults.add("sendMessage", Fault.refusal(400, "Bad Request: can't parse entities"))

    outcome = await say(paying)

    assert outcome.kind is OutcomeKind.REFUSED


async def test_a_paid_message_to_somebody_who_blocked_the_bot_is_unreachable(
    paying: Sender, server: BotApiServer, ana: Person
) -> None:
    for _ in range(AT_ONCE):
        await say(paying)
    server.faults.add("sendMessage", Fault.refusal(403, "Forbidden: bot was blocked by the user"))

    outcome = await say(paying)

    assert outcome.kind is OutcomeKind.UNREACHABLE


# Edits, deletions, answers to taps


@pytest.mark.parametrize("what", ["edit", "edit_buttons", "strip", "delete"])
async def test_nothing_is_edited_while_another_replica_edits_the_messages(
    bot: Bot, rate_limiter: RateLimiter, server: BotApiServer, ana: Person, what: str
) -> None:
    """It is asked right before the request: the wait for a permit may take a while, and the process
    may have been suspended in it.
    """
    may_edit = True
    sender = Sender(bot, rate_limiter, SetClock(MONDAY_TEN), may_edit=lambda: may_edit)
    await say(sender)
    number, text = ana.newest.message_id, ana.newest.text
    requests = {
        "edit": lambda: sender.edit(7, number, "Noted.", KEYBOARD),
        "edit_buttons": lambda: sender.edit_buttons(7, number, keyboards.inline([])),
        "strip": lambda: sender.edit_buttons(7, number, NO_BUTTONS),
        "delete": lambda: sender.delete(7, number),
    }
    rate_limiter.halt(0.05)
    edit = asyncio.create_task(requests[what]())
    await asyncio.sleep(0)

    may_edit = False

    assert await edit is EditOutcome.NOT_SENT
    assert [call.method for call in server.log] == ["sendMessage"]
    assert ana.newest.text == text


async def test_an_edit_that_is_not_wanted_any_more_does_not_leave(
    sender: Sender, server: BotApiServer, ana: Person
) -> None:
    sent = await say(sender)
    assert sent.message_id is not None

    outcome = await sender.edit(7, sent.message_id, "Noted.", KEYBOARD, is_wanted=lambda: False)

    assert outcome is EditOutcome.NOT_SENT
    assert [call.method for call in server.log] == ["sendMessage"]


async def test_an_edit_is_seen(sender: Sender, ana: Person) -> None:
    sent = await say(sender)
    assert sent.message_id is not None

    outcome = await sender.edit(7, sent.message_id, "Noted.", keyboards.inline([]))

    assert outcome is EditOutcome.EDITED
    assert (ana.newest.text, ana.newest.buttons) == ("Noted.", [])


async def test_an_edit_to_what_the_message_shows_already_is_a_success(
    sender: Sender, ana: Person
) -> None:
    sent = await say(sender)
    assert sent.message_id is not None

    assert await sender.edit(7, sent.message_id, "Water?", KEYBOARD) is EditOutcome.EDITED
    assert await sender.edit_buttons(7, sent.message_id, NO_BUTTONS) is EditOutcome.EDITED
    assert await sender.edit_buttons(7, sent.message_id, NO_BUTTONS) is EditOutcome.EDITED


async def test_a_message_that_was_deleted_is_gone_and_that_is_normal(
    sender: Sender, ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    sent = await say(sender)
    assert sent.message_id is not None
    await ana.delete(ana.newest)

    assert await sender.edit(7, sent.message_id, "Noted.", KEYBOARD) is EditOutcome.MESSAGE_GONE
    assert await sender.edit_buttons(7, sent.message_id, NO_BUTTONS) is EditOutcome.MESSAGE_GONE
    assert await sender.delete(7, sent.message_id) is EditOutcome.MESSAGE_GONE
    assert caplog.text == ""


async def test_somebody_who_blocked_the_bot_needs_no_edit(sender: Sender, ana: Person) -> None:
    sent = await say(sender)
    assert sent.message_id is not None
    await ana.block()

    assert await sender.edit(7, sent.message_id, "Noted.", KEYBOARD) is EditOutcome.MESSAGE_GONE


@pytest.mark.parametrize(
    "fault",
    [
        Fault.server_error(),
        Fault.reset_before(),
        Fault.reset_after(),
        Fault.garbage(),
        Fault.too_many_requests(1),
    ],
)
async def test_an_edit_that_failed_is_made_later(
    sender: Sender, server: BotApiServer, ana: Person, fault: Fault
) -> None:
    sent = await say(sender)
    assert sent.message_id is not None
    server.faults.add("editMessageText", fault)

    assert await sender.edit(7, sent.message_id, "Noted.", KEYBOARD) is EditOutcome.NOT_SENT


async def test_an_edit_that_is_refused_is_logged_and_not_tried_for_ever(
    sender: Sender, ana: Person, caplog: pytest.LogCaptureFixture
) -> None:
    sent = await say(sender)
    assert sent.message_id is not None

    assert await sender.edit(7, sent.message_id, "<b>Noted", KEYBOARD) is EditOutcome.MESSAGE_GONE
    assert "edit_refused method=editMessageText chat=7" in caplog.text


async def test_a_tap_is_answered_with_a_text(sender: Sender, ana: Person) -> None:
    await say(sender)
    tap = await ana.tap("Yes")

    await sender.answer(tap.tapped.query_id, "Noted already.")

    toast = await tap.answered()
    assert toast is not None
    assert toast.text == "Noted already."


async def test_a_tap_too_old_to_answer_is_normal(
    sender: Sender, server: BotApiServer, caplog: pytest.LogCaptureFixture
) -> None:
    await sender.answer("4000000000000999", "Noted already.")

    assert caplog.text == ""


@pytest.mark.parametrize("fault", [Fault.server_error(), Fault.reset_before(), Fault.garbage()])
async def test_a_failed_answer_to_a_tap_raises_nothing(
    sender: Sender, server: BotApiServer, ana: Person, fault: Fault
) -> None:
    await say(sender)
    tap = await ana.tap("Yes")
    server.faults.add("answerCallbackQuery", fault)

    await sender.answer(tap.tapped.query_id)


async def test_a_reaction_that_is_refused_harms_nothing(
    sender: Sender, server: BotApiServer, ana: Person
) -> None:
    server.faults.add("setMessageReaction", Fault.refusal(400, "Bad Request: REACTION_INVALID"))

    await sender.react(7, 1, "👌")


async def test_no_failure_writes_the_token_into_the_log(
    sender: Sender,
    server: BotApiServer,
    ana: Person,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG", logger="reminder_bot")
    for fault, _, _ in TABLE.values():
        if fault.seconds == 0 and fault.status not in {401, 404, 429}:
            server.faults.add("sendMessage", fault)
            outcome = await say(sender)
            assert TOKEN not in outcome.reason

    assert TOKEN not in caplog.text


# What is counted


async def test_each_call_is_counted_by_what_became_of_it(
    server: BotApiServer,
    ana: Person,
    bot: Bot,
    rate_limiter: RateLimiter,
    caplog: pytest.LogCaptureFixture,
) -> None:
    activity = Activity()
    sender = Sender(bot, rate_limiter, SetClock(MONDAY_TEN), activity=activity)
    caplog.set_level("INFO", logger="reminder_bot.activity")

    await sender.send(Priority.REMINDER, 7, lambda: True, text="Water?", reply_markup=KEYBOARD)
    await sender.send(Priority.REMINDER, 7, lambda: False, text="not wanted any more")
    await sender.edit(7, ana.newest.message_id, "Noted.", NO_BUTTONS)
    await sender.edit(7, ana.newest.message_id, "Noted.", NO_BUTTONS)  # which changes nothing
    await sender.send(Priority.DIGEST, 7, lambda: True, text="The week")
    await say(sender)
    tap = await ana.tap("Yes")
    await sender.answer(tap.tapped.query_id)
    server.faults.add("sendMessage", Fault.refusal(400, "Bad Request: can't parse entities: …"))
    await say(sender)
    activity.report()

    assert caplog.text.endswith("sent=1 digests=1 answered=2 edited=1 failed=1\n")


async def test_sends_that_waited_for_a_connection_leave_within_the_rate(
    server: BotApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Telegram does not answer for two seconds, and then answers all at once."""
    answers, left, write = asyncio.Event(), list[float](), _Body.write
    for user_id in range(101, 111):
        await server.person(user_id).send("/start")

    async def hold(call: object) -> None:
        await answers.wait()

    async def noting(self: Any, writer: Any) -> None:
        await write(self, writer)
        left.append(time.monotonic())

    monkeypatch.setattr(_Body, "write", noting)
    async with open_bot(TOKEN, server.base_url, connections=2) as bot:
        server.on_call = hold
        left.clear()
        limiter = RateLimiter(SendRate(3))
        sender = Sender(bot, limiter, SetClock(MONDAY_TEN))
        sends = [asyncio.create_task(sender.say(each, "Water?")) for each in range(101, 111)]
        await until(lambda: len(left) == 2)
        await asyncio.sleep(2 * WINDOW)
        answers.set()
        outcomes = await asyncio.gather(*sends)
        await limiter.close()

    assert [each.kind for each in outcomes] == [OutcomeKind.SENT] * 10
    # A little less than a second: this process may stand still between the two clock readings.
    assert most_within(0.9, left) <= 3


async def test_a_rush_of_taps_leaves_connections_for_the_rest(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Answers that waited for a connection would be given up when their time limit ends."""
    in_progress, at_most, count = 0, 0, 0

    async def call(*_given: Any, **_fields: Any) -> bool:
        nonlocal in_progress, at_most, count
        in_progress, count = in_progress + 1, count + 1
        at_most = max(at_most, in_progress)
        await asyncio.sleep(0)
        in_progress -= 1
        return True

    monkeypatch.setattr("reminder_bot.bot_api.sender.call", call)

    await asyncio.gather(*(sender.answer(str(number)) for number in range(200)))

    assert (at_most, count) == (ANSWERS_AT_ONCE, 200)
