"""The real python-telegram-bot over the bot's own transport: what the server does is what it
must see.
"""

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from reminder_bot.bot_api.transport import NotSent, PerhapsSent, open_bot
from reminder_bot.simulator import BotApiServer, Fault, Person
from tests.simulator.conftest import TOKEN
from tests.simulator.test_sending import PNG


async def test_a_conversation_works_in_both_directions(server: BotApiServer, ana: Person) -> None:
    async with open_bot(TOKEN, server.base_url) as bot:
        yes = InlineKeyboardButton("Yes", callback_data="v1:yes:1", api_kwargs={"style": "success"})
        await bot.send_message(
            7, "<b>Water</b>?", parse_mode="HTML", reply_markup=InlineKeyboardMarkup([[yes]])
        )
        tap = await ana.tap("Yes")
        [update] = await bot.get_updates(allowed_updates=["message", "callback_query"])
        assert update.callback_query is not None
        await update.callback_query.answer("ok")
        await update.callback_query.edit_message_text("Done")
        await bot.send_photo(7, PNG, caption="Your week")

    assert (await tap.answered()) == ana.toasts[0]
    assert [message.text for message in ana.messages] == ["/start", "Done", "Your week"]


async def test_every_kind_of_update_can_be_read(server: BotApiServer, ana: Person) -> None:
    await ana.send("/start", reply_to=ana.messages[0])
    await ana.share_location(52.52, 13.4)
    await ana.send_sticker()
    await ana.send_voice()
    await ana.edit(ana.messages[0], "/stop")
    await ana.tap_raw("v1:yes:1", 99)
    await server.group(-100, "Family").send(ana, "/start")
    await ana.block()

    async with open_bot(TOKEN, server.base_url) as bot:
        updates = await bot.get_updates()
        chat = await bot.get_chat(-100)

    assert len(updates) == 8
    assert all(update.effective_user is not None for update in updates)
    assert chat.title == "Family"


@pytest.mark.parametrize(
    ("fault", "error", "is_seen"),
    [
        (Fault.too_many_requests(3), RetryAfter, False),
        (Fault.too_many_requests(), NetworkError, False),
        (Fault.server_error(), NotSent, False),
        (Fault.server_error_page(), PerhapsSent, False),
        (Fault.server_error_page(is_accepted=True), PerhapsSent, True),
        (Fault.reset_before(), PerhapsSent, False),
        (Fault.reset_after(), PerhapsSent, True),
        (Fault.garbage(), PerhapsSent, True),
        (Fault.refusal(400, "Bad Request: chat not found"), BadRequest, False),
        (Fault.refusal(403, "Forbidden: bot was blocked by the user"), Forbidden, False),
        (Fault.refusal(401, "Unauthorized"), InvalidToken, False),
        (Fault.refusal(404, "Not Found"), InvalidToken, False),
    ],
    ids=lambda value: f"{value.status} {value.body[:60]!r}" if isinstance(value, Fault) else None,
)
# RetryAfter.retry_after will become a timedelta.
@pytest.mark.filterwarnings("ignore:Deprecated since version v22.2")
async def test_each_fault_raises_the_error_that_the_bot_handles(
    server: BotApiServer, ana: Person, fault: Fault, error: type[TelegramError], is_seen: bool
) -> None:
    async with open_bot(TOKEN, server.base_url) as bot:
        server.faults.add("sendMessage", fault)
        with pytest.raises(error):
            await bot.send_message(7, "hello")

    assert (len(ana.messages) == 2) is is_seen


async def test_a_timeout_is_ambiguous(server: BotApiServer, ana: Person) -> None:
    server.faults.add("sendMessage", Fault.delay_after(30))

    async with open_bot(TOKEN, server.base_url) as bot:
        with pytest.raises(PerhapsSent):
            await bot.send_message(7, "hello", read_timeout=0.1)

    assert ana.newest.text == "hello"


async def test_a_refused_connection_means_not_sent(server: BotApiServer, ana: Person) -> None:
    bot: Bot
    async with open_bot(TOKEN, server.base_url) as bot, server.unreachable():
        with pytest.raises(NotSent):
            await bot.send_message(7, "hello")

    assert len(ana.messages) == 1


async def test_a_reset_connection_is_ambiguous(server: BotApiServer, ana: Person) -> None:
    async with open_bot(TOKEN, server.base_url) as bot:
        server.is_dropping = True
        with pytest.raises(PerhapsSent):
            await bot.send_message(7, "hello")
