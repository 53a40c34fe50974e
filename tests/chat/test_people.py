"""New users, users who return after blocking the bot, and users whose zone no longer exists."""

import pytest

from tests.chat.conversation import Conversation


async def test_a_tap_of_a_stranger_points_to_start(talk: Conversation) -> None:
    card = await talk.send("/start")
    talk.execute("DELETE FROM users")

    toast = await talk.tap_raw("v1:start", card)

    assert "/start" in toast
    assert not any(talk.state().values())


async def test_somebody_who_blocks_is_asked_nothing_until_they_come_back(
    settled: Conversation,
) -> None:
    await settled.person.block()
    await settled.take()
    assert settled.user["unreachable_at"] is not None
    await settled.tick("2026-03-02 07:30")

    await settled.person.unblock()
    await settled.take()

    assert settled.user["unreachable_at"] is None
    question = await settled.asked("2026-03-02 08:00")
    assert question.text == "🧘 A few quiet minutes?"


async def test_somebody_who_writes_again_can_be_reached_again(settled: Conversation) -> None:
    settled.execute("UPDATE users SET unreachable_at = '2026-03-01 06:00:00.000000'")
    settled.execute("UPDATE reminders SET next_due_at = NULL")

    await settled.send("/today")

    assert settled.user["unreachable_at"] is None
    assert settled.rows("SELECT * FROM reminders WHERE next_due_at IS NULL") == []


@pytest.mark.parametrize("what", ["words", "tap", "command"])
async def test_somebody_whose_zone_is_gone_is_asked_for_it_again(
    what: str, settled: Conversation
) -> None:
    screen = await settled.send("/settings")
    settled.execute("UPDATE users SET zone = 'Mars/Olympus'")

    if what == "tap":
        assert "What time is it" in await settled.tap_raw("v1:go:diet", screen)
    else:
        await settled.send("/today" if what == "command" else "yes")

    card = settled.person.newest
    assert "What time is it for you now?" in card.text
    assert (settled.user["zone"], settled.user["setup"]) == (None, "zone")


async def test_their_habits_are_kept_and_asked_again_once_the_zone_is_known(
    settled: Conversation,
) -> None:
    settled.execute("UPDATE users SET zone = 'Mars/Olympus'")
    await settled.send("/today")

    await settled.send("Berlin")
    await settled.tap("Yes")

    assert (settled.user["zone"], settled.user["setup"]) == ("Europe/Berlin", "done")
    assert len(settled.rows("SELECT * FROM habits")) == 4
    assert settled.rows("SELECT * FROM reminders WHERE next_due_at IS NULL") == []


async def test_after_erasing_nothing_is_kept_until_start(settled: Conversation) -> None:
    await settled.tap("Delete all", await settled.send("/delete"))

    answer = await settled.send("yes")

    assert "/start" in answer.text
    assert not any(settled.state().values())
