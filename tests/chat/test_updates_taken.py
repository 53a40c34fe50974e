"""Updates as they come: from whom, twice, forged, from groups, and what typed words mean."""

from pathlib import Path
from typing import Any

import pytest

from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, labels, open_conversation

OLD_BUTTON = "This button is from an older message."


def entries(talk: Conversation) -> list[Any]:
    """Amounts that count, by the habit's kind."""
    rows = talk.rows(
        "SELECT kind, amount FROM entries JOIN habits ON habits.id = habit_id"
        " WHERE undone_at IS NULL ORDER BY entries.id"
    )
    return [(row["kind"], row["amount"]) for row in rows]


async def deliver_again(talk: Conversation, what: Any) -> None:
    """Telegram delivers the last update once more, with the same number."""
    talk.server.updates.inject({**what.update, "update_id": talk.server.updates.next_id - 1})
    await talk.take()


# Who may


async def test_only_those_who_are_invited_are_answered(folder: Path) -> None:
    async with open_conversation(folder, allowed=frozenset({8})) as talk:
        await talk.send("/start")
        assert talk.person.newest.text == "This bot is private. Its host can add you."
        count = len(talk.person.messages)
        await talk.person.send("hello")
        await talk.take()
        toast = await talk.tap_raw("v1:start", talk.person.newest)

        assert len(talk.person.messages) == count + 1, "only /start is answered"
        assert toast == "This bot is private. Its host can add you."
        assert not any(talk.state().values())
        card = await talk.send("/start", talk.server.person(8, "Ben"))
        assert "Small daily habits" in card.text


async def test_a_tap_of_somebody_unknown_points_to_start(talk: Conversation) -> None:
    card = await talk.send("/start")
    talk.execute("DELETE FROM users")

    toast = await talk.tap_raw("v1:start", card)

    assert "/start" in toast
    assert not any(talk.state().values())


async def test_in_a_group_the_bot_points_to_the_private_chat(settled: Conversation) -> None:
    group = settled.server.group(-100, "Family")

    await group.send(settled.person, "/today@reminder_test_bot")
    await settled.take()

    answer = group.messages[-1]
    assert "https://t.me/reminder_test_bot" in answer.text
    assert "Today" not in answer.text


@pytest.mark.parametrize("words", ["hello", "/today@another_bot"])
async def test_in_a_group_all_else_is_not_heard(words: str, settled: Conversation) -> None:
    group = settled.server.group(-100, "Family")

    await group.send(settled.person, words)
    await settled.take()

    assert len(group.messages) == 1


async def test_a_command_without_the_bots_name_is_meant_in_a_group_too(
    settled: Conversation,
) -> None:
    group = settled.server.group(-100, "Family")

    await group.send(settled.person, "/today")
    await settled.take()

    assert "https://t.me/reminder_test_bot" in group.messages[-1].text


# Forged and old


@pytest.mark.parametrize(
    "data", ["v1:unknown", "v2:yes:1", "nonsense", "v1:yes:1:2", "v1:go", "v1:do", "v1:digest:x"]
)
async def test_a_forged_tap_is_an_old_button(data: str, settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")
    before = settled.state()

    assert await settled.tap_raw(data, question) == OLD_BUTTON

    assert settled.state() == before


async def test_a_set_up_button_under_another_message_is_old(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")

    assert await settled.tap_raw("v1:ready", question) == OLD_BUTTON


async def test_a_location_is_asked_for_only_by_a_screen_that_waits_for_it(
    settled: Conversation,
) -> None:
    screen = await settled.send("/settings")

    assert await settled.tap_raw("v1:location", screen) == OLD_BUTTON
    assert settled.person.keyboard is None


# Twice


async def test_the_same_tap_delivered_twice_counts_once_and_is_answered_twice(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    yes = question.buttons[0][0].data
    tap = await settled.person.tap_raw(yes or "", question.message_id)
    await settled.take()

    await deliver_again(settled, tap)

    assert entries(settled) == [("hydration", 250)]
    assert labels(question) == [["Undo"]]


async def test_a_screens_button_delivered_twice_is_done_once(settled: Conversation) -> None:
    screen = await settled.send("/today")
    tap = await settled.person.tap_raw("v1:do:today/2026-03-02/1/250", screen.message_id)
    await settled.take()

    await deliver_again(settled, tap)

    assert entries(settled) == [("hydration", 250)]


@pytest.mark.parametrize("words", ["/water", "500 ml"])
async def test_words_delivered_twice_count_once(words: str, settled: Conversation) -> None:
    await settled.tick("2026-03-02 07:30")
    message = await settled.person.send(words)
    [update] = settled.server.updates.pending
    await settled.take()

    settled.server.updates.inject(update)
    await settled.take()

    assert len(entries(settled)) == 1
    assert message in settled.person.messages


async def test_a_look_at_a_screen_delivered_twice_is_shown_again(settled: Conversation) -> None:
    screen = await settled.send("/settings")
    tap = await settled.person.tap_raw("v1:go:diet", screen.message_id)
    await settled.take()

    await deliver_again(settled, tap)

    assert screen.text.startswith("Diet")


# Typed words


async def test_yes_answers_the_newest_open_question(settled: Conversation) -> None:
    await settled.tick("2026-03-02 07:30")
    newest = await settled.asked("2026-03-02 08:00")

    await settled.send("yes")

    assert entries(settled) == [("meditation", None)]
    assert labels(newest) == [["Undo"]]


async def test_an_amount_means_water(settled: Conversation) -> None:
    await settled.tick("2026-03-02 07:30")
    await settled.tick("2026-03-02 08:00")

    message = await settled.person.send("500 ml")
    await settled.take()

    assert entries(settled) == [("hydration", 500)]
    assert message.reaction == "👌"


async def test_glasses_are_counted_in_ones_own_size(settled: Conversation) -> None:
    await settled.do("habit/1/glass")
    await settled.tick("2026-03-02 07:30")

    await settled.send("2 glasses")

    assert entries(settled) == [("hydration", 600)]


async def test_a_reply_belongs_to_its_message(settled: Conversation) -> None:
    older = await settled.asked("2026-03-02 07:30")
    await settled.tick("2026-03-02 08:00")

    await settled.send("no", reply_to=older)

    assert labels(older) == [["Undo"]]
    assert entries(settled) == []


async def test_an_amount_in_reply_to_what_is_no_water_answers_nothing(
    settled: Conversation,
) -> None:
    quiet = await settled.asked("2026-03-02 08:00")

    answer = await settled.send("500 ml", reply_to=quiet)

    assert entries(settled) == []
    assert answer.text.startswith("Nothing is open right now.")


async def test_yes_without_an_open_question_is_told_so(settled: Conversation) -> None:
    answer = await settled.send("yes")

    assert entries(settled) == []
    assert answer.text.startswith("Nothing is open right now.")


async def test_an_amount_that_cannot_be_read_is_quoted(settled: Conversation) -> None:
    answer = await settled.send("5000 ml")

    assert "“5000 ml”" in answer.text


@pytest.mark.parametrize("words", ["how are you?", "🤷"])
async def test_what_is_not_understood_is_told_so(words: str, settled: Conversation) -> None:
    assert "I didn't get that" in (await settled.send(words)).text


async def test_a_sticker_is_not_understood(settled: Conversation) -> None:
    await settled.person.send_sticker()
    await settled.take()

    assert "I didn't get that" in settled.person.newest.text


async def test_a_bare_number_after_a_newer_question_answers_it_and_not_the_screen(
    settled: Conversation,
) -> None:
    await settled.go("pause")
    await settled.tick("2026-03-02 07:10")
    settled.execute("UPDATE users SET awaits_until = '2026-03-02 08:00:00.000000'")
    await settled.tick("2026-03-02 07:30")

    await settled.send("500")

    assert entries(settled) == [("hydration", 500)]
    assert settled.user["paused_at"] is None


async def test_a_bare_number_before_it_is_meant_for_the_screen(settled: Conversation) -> None:
    await settled.tick("2026-03-02 07:30")
    await settled.go("pause")

    await settled.send("5")

    assert entries(settled) == []
    assert settled.user["paused_at"] is not None


async def test_a_place_that_comes_unasked_changes_nothing(settled: Conversation) -> None:
    before = settled.user["zone"]

    await settled.person.share_location(38.72, -9.14)
    await settled.take()

    assert settled.user["zone"] == before


async def test_a_place_shared_from_timezone_moves_the_person(settled: Conversation) -> None:
    screen = await settled.send("/timezone")
    await settled.tap("📍 Location", screen)

    await settled.person.share_location(38.72, -9.14)
    await settled.take()

    assert settled.user["zone"] == "Europe/Lisbon"
    assert "Lisbon: 06:01" in settled.person.newest.text
    assert settled.person.keyboard is None


# Who is there


async def test_who_blocks_is_asked_nothing_until_they_come_back(settled: Conversation) -> None:
    await settled.person.block()
    await settled.take()
    assert settled.user["unreachable_at"] is not None
    await settled.tick("2026-03-02 07:30")

    await settled.person.unblock()
    await settled.take()

    assert settled.user["unreachable_at"] is None
    question = await settled.asked("2026-03-02 08:00")
    assert question.text == "🧘 A few quiet minutes?"


async def test_who_writes_again_can_be_reached_again(settled: Conversation) -> None:
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

    assert (settled.user["zone"], settled.user["setup"]) == ("Europe/Berlin", "done")
    assert len(settled.rows("SELECT * FROM habits")) == 4
    assert settled.rows("SELECT * FROM reminders WHERE next_due_at IS NULL") == []


async def test_erasing_takes_one_tap_after_the_question_and_leaves_others(
    settled: Conversation,
) -> None:
    ben = settled.server.person(8, "Ben")
    await settled.set_up(ben)
    question: Message = await settled.send("/delete")

    await settled.tap("Delete all", question)

    assert question.text.startswith("Deleted: ")
    assert settled.rows("SELECT id FROM users") == [{"id": 8}]
    assert len(settled.rows("SELECT * FROM habits")) == 4


async def test_after_erasing_nothing_is_kept_until_start(settled: Conversation) -> None:
    await settled.tap("Delete all", await settled.send("/delete"))

    answer = await settled.send("yes")

    assert "/start" in answer.text
    assert not any(settled.state().values())
