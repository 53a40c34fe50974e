"""The buttons under a digest: a suggestion is applied once; all topics but one can be left out."""

import pytest

from reminder_bot.content import facts
from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, labels

TOPICS = sorted({fact.topic for fact in facts()})


@pytest.fixture
async def digest(settled: Conversation) -> Message:
    """Of a week in which 17:30's glass was answered an hour late three times."""
    for day in (2, 3, 4):
        await settled.tick(f"2026-03-0{day} 17:30")
        settled.move_to(f"2026-03-0{day} 18:35")
        await settled.tap("Yes")
    return await settled.asked("2026-03-08 18:00")


def water_times(talk: Conversation) -> str:
    (row,) = talk.rows("SELECT schedule FROM reminders WHERE id = 1")
    return str(row["schedule"])


async def test_what_a_digest_suggests_is_done_by_one_tap(
    settled: Conversation, digest: Message
) -> None:
    assert labels(digest) == [["Move to 18:30"], ["Source", "Not for me"]]

    toast = await settled.tap("Move to 18:30", digest)

    assert toast == "Done. /habits shows it."
    assert water_times(settled) == "1234567 07:30,10:00,12:30,15:00,18:30,20:00"
    assert labels(digest) == [["Source", "Not for me"]]


async def test_a_suggestion_is_applied_once(settled: Conversation, digest: Message) -> None:
    await settled.tap("Move to 18:30", digest)
    times = water_times(settled)

    toast = await settled.tap_raw("v1:apply:1", digest)

    assert toast == "That has changed since. /habits shows how it is."
    assert water_times(settled) == times


async def test_a_suggestion_that_would_fall_into_quiet_hours_by_now_is_refused(
    settled: Conversation, digest: Message
) -> None:
    settled.execute("UPDATE users SET sleep = '18:20:00.000000'")
    times = water_times(settled)

    toast = await settled.tap("Move to 18:30", digest)

    assert "18:30 would be in your quiet hours" in toast
    assert water_times(settled) == times
    assert labels(digest) == [["Source", "Not for me"]], "nor is it offered any more"


@pytest.mark.parametrize("data", ["v1:apply:99", "v1:apply:x", "v1:apply"])
async def test_a_suggestion_of_no_digest_is_an_old_button(
    data: str, settled: Conversation, digest: Message
) -> None:
    toast = await settled.tap_raw(data, digest)

    assert toast.startswith("This button is from an older message")
    assert labels(digest)[0] == ["Move to 18:30"]


async def test_nobody_applies_what_was_suggested_to_another(
    settled: Conversation, digest: Message
) -> None:
    ben = settled.server.person(8, "Ben")
    card = await settled.set_up(ben)
    times = water_times(settled)

    toast = await settled.tap_raw("v1:apply:1", card, ben)

    assert toast.startswith("This button is from an older message")
    assert water_times(settled) == times


async def test_not_for_me_leaves_out_the_facts_topic_and_keeps_the_buttons(
    settled: Conversation, digest: Message
) -> None:
    [fact] = [each for each in facts() if each.text in digest.text]
    before = labels(digest)

    toast = await settled.tap("Not for me", digest)

    assert toast.startswith("No more about")
    assert settled.user["unwanted_topics"] == fact.topic
    assert labels(digest) == before


async def test_the_last_topic_stays(settled: Conversation, digest: Message) -> None:
    [fact] = [each for each in facts() if each.text in digest.text]
    others = " ".join(each for each in TOPICS if each != fact.topic)
    settled.execute("UPDATE users SET unwanted_topics = ?", others)

    toast = await settled.tap("Not for me", digest)

    assert toast == "It is the last topic you left on, so it stays."
    assert settled.user["unwanted_topics"] == others


@pytest.mark.parametrize("data", ["v1:notforme:no-such-fact", "v1:notforme", "v1:source:nothing"])
async def test_a_fact_that_does_not_exist_is_an_old_button(
    data: str, settled: Conversation, digest: Message
) -> None:
    toast = await settled.tap_raw(data, digest)

    assert toast.startswith("This button is from an older message")
    assert settled.user["unwanted_topics"] == ""


async def test_source_sends_the_reference_as_a_silent_reply(
    settled: Conversation, digest: Message
) -> None:
    [fact] = [each for each in facts() if each.text in digest.text]

    await settled.tap("Source", digest)

    reply = settled.person.newest
    assert fact.source.title in reply.text
    assert reply.is_silent
    assert reply.reply_to is digest
