"""Messages that somebody asked for: built right before they are sent, one in place of another."""

import asyncio
from datetime import timedelta

from reminder_bot.chat.effects import SendScreen, SendSetup, SendStats, ShowStats
from reminder_bot.simulator import Fault
from tests.chat.conversation import Conversation


async def test_a_screen_replaces_the_message_that_asked(settled: Conversation) -> None:
    old = await settled.send("/settings")

    await settled.effects.run(SendScreen(7, "diet", replaces=old.message_id))

    assert old not in settled.person.messages
    assert settled.person.newest.text.startswith("Diet")


async def test_the_old_message_stays_where_the_new_one_is_not_sent(settled: Conversation) -> None:
    old = await settled.send("/settings")
    settled.server.faults.add("sendMessage", Fault.refusal(400, "Bad Request: no"), times=None)

    await settled.effects.run(SendScreen(7, "diet", replaces=old.message_id))

    assert old in settled.person.messages


async def test_a_screen_that_does_not_exist_is_not_sent(settled: Conversation) -> None:
    count = len(settled.person.messages)

    await settled.effects.run(SendScreen(7, "habit/99"))

    assert len(settled.person.messages) == count


async def test_a_screen_that_asks_for_words_expects_them(settled: Conversation) -> None:
    await settled.effects.run(SendScreen(7, "pause"))

    assert settled.user["awaits"] == "pause"
    assert settled.user["awaits_message_id"] == settled.person.newest.message_id


async def test_words_that_come_before_the_screen_is_recorded_are_for_it(
    settled: Conversation,
) -> None:
    settled.server.faults.add("sendMessage", Fault.delay_after(1.0), times=1)
    sending = asyncio.create_task(settled.effects.run(SendScreen(7, "pause")))
    await settled.person.expect("Pause")
    assert not sending.done()

    answer = await settled.send("5d")

    await sending
    assert "Paused until" in answer.text
    assert settled.user["awaits_message_id"] == answer.message_id


async def test_a_set_up_card_that_is_sent_anew_is_the_card_on_record(talk: Conversation) -> None:
    old = await talk.send("/start")

    await talk.effects.run(SendSetup(7, replaces=old.message_id))

    assert old not in talk.person.messages
    assert talk.user["setup_message_id"] == talk.person.newest.message_id


async def test_a_set_up_card_that_could_not_be_deleted_is_deleted_later(talk: Conversation) -> None:
    old = await talk.send("/start")
    away = talk.server.faults.add("deleteMessage", Fault.server_error(), times=None)
    await talk.effects.run(SendSetup(7, replaces=old.message_id))
    talk.server.faults.lift(away)
    assert old in talk.person.messages

    await talk.editor.step(talk.now + timedelta(minutes=1))

    assert old not in talk.person.messages
    assert talk.rows("SELECT * FROM redraws") == []


async def test_of_two_set_up_cards_the_tapped_one_stays(talk: Conversation) -> None:
    """A crash came between sending the newer one and recording it."""
    old = await talk.send("/start")
    newer = await talk.send("/start")
    talk.execute("UPDATE users SET setup_message_id = ?", old.message_id)

    await talk.tap_raw("v1:start", newer)

    assert talk.user["setup_message_id"] == newer.message_id
    assert talk.rows("SELECT * FROM redraws") == []


async def test_nothing_is_sent_to_somebody_who_was_erased(settled: Conversation) -> None:
    stats = await settled.send("/stats")
    settled.execute("DELETE FROM users")
    count = len(settled.person.messages)

    for effect in (
        SendScreen(7, "today"),
        SendSetup(7),
        SendStats(7),
        ShowStats(7, stats.message_id, "weeks"),
    ):
        await settled.effects.run(effect)

    assert len(settled.person.messages) == count


async def test_a_set_up_card_that_is_gone_is_sent_anew(talk: Conversation) -> None:
    first = await talk.send("/start")
    await talk.person.delete(first)

    await talk.tap_raw("v1:start", first)

    card = talk.person.newest
    assert "What time is it" in card.text
    assert talk.user["setup_message_id"] == card.message_id


async def test_statistics_without_a_week_are_words_alone(settled: Conversation) -> None:
    answer = await settled.send("/stats")

    assert answer.file is None
    assert answer.text == "Not much to show yet. Come back tomorrow."


async def test_a_digest_of_somebody_else_is_not_sent(settled: Conversation) -> None:
    await settled.tick("2026-03-08 18:00")
    ben = settled.server.person(8, "Ben")
    card = await settled.set_up(ben)

    await settled.tap_raw("v1:digest:1", card, ben)

    assert ben.newest is card


async def test_the_picture_of_a_digest_is_kept_for_the_next_time(settled: Conversation) -> None:
    await settled.tick("2026-03-02 12:00")
    await settled.tap("Yes")
    sent = await settled.asked("2026-03-08 18:00")

    again = await settled.send("/digest")

    assert sent.file is not None
    assert again.file is not None
    assert again.file.file_id == sent.file.file_id


async def test_statistics_whose_picture_is_refused_are_words(settled: Conversation) -> None:
    await settled.tick("2026-03-02 08:00")
    await settled.tap("Yes")
    settled.server.faults.add(
        "sendPhoto", Fault.refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"), times=None
    )

    answer = await settled.send("/stats")

    assert answer.file is None
    assert answer.text.startswith("Seven days to 2 Mar")
