"""Unexpected input, forged taps and unreadable rows: the bot answers clearly, logs no traceback and
serves everybody else.
"""

import random
import string
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from reminder_bot.bot_api.callback_data import read
from reminder_bot.bot_api.rate_limiter import RateLimiter
from reminder_bot.bot_api.sender import Sender
from reminder_bot.bot_api.transport import open_bot
from reminder_bot.chat import reply_buttons
from reminder_bot.chat.message_edits import MessageEditor
from reminder_bot.chat.messages import Messages
from reminder_bot.chat.updates import MOST_TAPS_WAITING, Chat
from reminder_bot.clock import Clock
from reminder_bot.domain.habit import OFFERED_AT_SETUP
from reminder_bot.domain.send_rate import SendRate
from reminder_bot.domain.user import Setup
from reminder_bot.engine.planning import add_habits, plan_due, reschedule
from reminder_bot.pictures.renderer import Renderer
from reminder_bot.simulator import Person
from reminder_bot.simulator.faults import Fault
from reminder_bot.storage.database import Database
from reminder_bot.storage.tables import metadata
from reminder_bot.storage.users import insert_user, update_user
from tests.support.databases import new_sqlite, quick_folder
from tests.support.people import SetClock
from tests.support.world import World, local

BERLIN = "Europe/Berlin"
CONTENTS = ("users", "habits", "reminders", "entries", "digests")


async def someone(world: World, id: int, name: str = "Ana") -> Person:
    person = world.server.person(id, name)
    await world.set_up(person, BERLIN)
    return person


def is_new_question(sign: str) -> Any:
    return lambda message: (
        message.text.startswith(sign) and bool(message.buttons) and not message.history
    )


async def no_edit_is_pending(world: World) -> bool:
    return not await world.rows("SELECT user_id FROM redraws")


async def contents(world: World) -> list[list[tuple[Any, ...]]]:
    """The rows that a forged tap must not change."""
    columns = "id, day, slot, status, ask, reply, message_id"
    return [
        *[await world.rows(f"SELECT * FROM {table} ORDER BY id") for table in CONTENTS],
        await world.rows(f"SELECT {columns} FROM check_ins ORDER BY id"),
    ]


VERBS = (
    *(
        "yes",
        "no",
        "later",
        "more",
        "skip",
        "undo",
        "15m",
        "1h",
        "evening",
        "back",
        "source",
        "erase",
        "start",
        "all",
    ),
    *("clock", "city", "zone", "hours", "wake", "sleep", "location"),
)
FORGED = (
    *(
        "",
        "v1",
        "v1:",
        "v1:yes",
        "v1:yes:",
        "v1:yes:0",
        "v1:yes:-1",
        "v1:yes:1e9",
        "v1:yes:99999999",
        "v1:YES:1",
    ),
    *(
        "v2:yes:1",
        "v1:yes:1:1",
        "v1:no: 1",
        "v1:erase",
        "v1:erase:maybe",
        "v1:source:no-such-fact",
        "v1:source",
    ),
    *(
        "v1:zone:Mars/Phobos",
        "v1:clock:99999999",
        "v1:clock:60/99",
        "v1:clock:--",
        "v1:wake:9999",
        "v1:sleep:0700",
    ),
    *(
        "v1:hours:2500-0000",
        "v1:hours:0700-0800",
        "yes",
        "💧",
        "v1:yes:１",
        "v1:yes:999999999999999999",
        "null",
        "{}",
    ),
    *("v1:" + "a" * 60, "'; DROP TABLE users;--", "v1:later:1\n", "../../etc/passwd", "\x00"),
)


async def test_forged_and_foreign_taps_are_answered_and_change_nothing(world: World) -> None:
    ana, eve = await someone(world, 1), await someone(world, 2, "Eve")
    world.move_to(local("2026-03-02 07:30", BERLIN))
    question = await ana.expect("A glass of water?")
    mine = await eve.expect("A glass of water?")
    await world.settled(1, local("2026-03-02 07:30", BERLIN))
    await world.settled(2, local("2026-03-02 07:30", BERLIN))
    before = await contents(world)

    shown = [button.data or "" for row in question.buttons for button in row]
    number = shown[0].rpartition(":")[2]
    foreign = [*shown, *(f"v1:{verb}:{number}" for verb in sorted(reply_buttons.VERBS))]
    # One after the other, because of many at once only some are answered.
    for each in (*FORGED, *foreign):
        for place in (mine.message_id, 4711):
            toast = await (await eve.tap_raw(each, place)).answered()
            assert toast is None or len(toast.text) <= 60

    assert await contents(world) == before
    await (await ana.tap("Yes", question)).answered()
    await ana.expect("250 of 1,250 ml")


async def test_texts_that_cannot_be_read_are_answered_with_what_to_do(world: World) -> None:
    ana = await someone(world, 1)
    world.move_to(local("2026-03-02 07:30", BERLIN))
    await ana.expect("A glass of water?")
    for words, says in {
        "25:00": "I can't read “25:00”",
        "-3 glasses": "I can't read “-3 glasses”",
        "1e9": "I can't read “1e9”",
        "100 l": "“100 l” is more than I note at once: at most 2,000 ml.",
        "0": "I can't read “0”",
        "Atlantis": "I didn't get that",
        "<b>yes</b>": "I didn't get that",
        "<b>2 & 3": "I can't read “<b>2 & 3”",
        "\u202e500\u202c ml?": "I can't read",
        "🙂" * 4000: "I didn't get that",
        "9" * 4000: "I can't read",
        "/" + "x" * 50: "I don't know this command",
    }.items():
        await ana.send(words)
        answer = await ana.expect(says)
        assert len(answer.text) <= 120, answer.text
        assert "\u202e" not in answer.text
    sticker = await ana.send_sticker()
    await ana.expect("I didn't get that")
    await ana.send_voice()
    await ana.expect("I didn't get that")
    first = ana.messages[0]
    await ana.edit(first, "yes")  # an edited message does not count as an answer
    assert sticker in ana.messages
    await world.server.updates.confirmed()
    assert await world.rows("SELECT count(*) FROM entries") == [(0,)]
    assert await world.rows("SELECT count(*) FROM users") == [(1,)]


HOSTILE = (
    "<b>Ana</b>",
    "A\u202en\u2066a",
    "🙂" * 4000,
    "&lt;script&gt;",
    "Robert'); DROP TABLE users;--",
    "\u0000\ufffd ",
)


async def test_hostile_names_are_served_like_any_other(world: World) -> None:
    for id, name in enumerate(HOSTILE, 1):
        person = await someone(world, id, name)
        assert name not in "".join(message.text for message in person.messages if message.from_bot)
    world.move_to(local("2026-03-02 07:30", BERLIN))
    for person in [world.server.person(id, name) for id, name in enumerate(HOSTILE, 1)]:
        question = await person.expect("A glass of water?", new=False)
        await (await person.tap("Yes", question)).answered()
        await person.expect("250 of 1,250 ml")
    assert all(name not in world.log() for name in HOSTILE)


async def test_updates_of_channels_and_malformed_updates_are_ignored(world: World) -> None:
    ana = await someone(world, 1)
    sender = {"id": 1, "is_bot": False, "first_name": "Ana"}
    channel = {
        "message_id": 1,
        "date": 0,
        "chat": {"id": -100, "type": "channel", "title": "c"},
        "text": "/start",
    }
    group = {"id": -5, "type": "group", "title": "g"}
    inline = {"from": sender, "chat_instance": "1"}
    for raw in (
        {"channel_post": channel},
        {"message": {"message_id": 2, "date": 0, "chat": {"id": 1, "type": "private"}}},
        {
            "message": {
                "message_id": 3,
                "date": 0,
                "chat": group,
                "from": sender,
                "new_chat_title": "x",
            }
        },
        {"callback_query": {"id": "1", "inline_message_id": "x", "data": "v1:yes:1"} | inline},
        {"callback_query": {"id": "2", "game_short_name": "x"} | inline},
        {"some_new_kind": {"from": {"id": 1}}},
    ):
        world.server.updates.inject(raw)
    await ana.send("/help")
    await ana.expect("Health notes")
    await world.server.updates.confirmed()


async def test_an_unknown_zone_stops_only_its_user_who_is_asked_for_it_again(
    world: World,
) -> None:
    ana, ben, eve = (
        await someone(world, 1),
        await someone(world, 2, "Ben"),
        await someone(world, 3, "Eve"),
    )
    world.move_to(local("2026-03-02 07:30", BERLIN))
    waters = [await person.expect("A glass of water?") for person in (ana, ben, eve)]
    # When the zone becomes unknown, one check-in is snoozed and one tap has a pending edit.
    await ana.tap("Later", waters[0])
    await ana.expect(lambda message: "Skip today" in str(message.buttons))
    await ana.tap("15 min", waters[0])
    await ana.expect("Back at 07:45")
    await world.until(lambda: no_edit_is_pending(world), "the edit of this tap to be recorded")
    await world.rows("UPDATE users SET zone = 'Mars/Phobos' WHERE id = 1")
    await world.rows(
        "INSERT INTO redraws (user_id, message_id, view, version, attempts, draw_after)"
        " SELECT 1, :message_id, '', 1, 0, min(next_due_at) FROM reminders",
        message_id=waters[0].message_id,
    )
    await ben.tap("Later", waters[1])
    await ben.expect(lambda message: "Skip today" in str(message.buttons))
    await ben.tap("15 min", waters[1])
    await ben.expect("Back at 07:45")

    world.move_to(local("2026-03-02 07:45", BERLIN))
    again = await ben.expect(is_new_question("💧"))
    await (await ben.tap("Yes", again)).answered()
    world.move_to(local("2026-03-02 08:00", BERLIN))
    await ben.expect(is_new_question("🧘"))
    quiet = await eve.expect(is_new_question("🧘"))
    await (await eve.tap("Yes", quiet)).answered()
    await eve.expect("🧘 08:00 · done for today")
    world.move_to(local("2026-03-08 18:00", BERLIN))
    await eve.expect("Your week, ")
    assert "user=1" in world.log()

    ((snoozed,),) = await world.rows("SELECT id FROM check_ins WHERE user_id = 1 AND ask > 1")
    toast = await (await ana.tap_raw(f"v1:undo:{snoozed}", waters[0].message_id)).answered()
    assert toast is None or toast.text
    await ana.expect("What time is it")
    await ana.send("/start")
    await ana.expect("What time is it")
    await ana.send("Berlin")
    await ana.expect("Berlin: is it")
    await ana.tap("Yes")
    plan = await ana.expect("All set.")
    assert "tomorrow" in plan.text or "today" in plan.text
    await world.asked(ana, "2026-03-09 08:00", "🧘")


async def test_a_tap_too_old_to_be_answered_and_a_message_that_is_gone_still_count(
    world: World,
) -> None:
    ana = await someone(world, 1)
    world.move_to(local("2026-03-02 07:30", BERLIN))
    question = await ana.expect("A glass of water?")
    await world.settled(1, local("2026-03-02 07:30", BERLIN))
    data = question.buttons[0][0].data or ""
    world.server.faults.add(
        "answerCallbackQuery",
        Fault.refusal(
            400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
        ),
    )
    await ana.tap("Yes", question)
    await ana.expect("250 of 1,250 ml")
    assert await world.rows("SELECT amount FROM entries") == [(250,)]

    world.move_to(local("2026-03-02 10:00", BERLIN))
    second = await ana.expect(is_new_question("💧"))
    await world.settled(1, local("2026-03-02 10:00", BERLIN))
    data = second.buttons[0][0].data or ""
    await ana.delete(second)
    await (await ana.tap_raw(data, second.message_id)).answered()
    newer = await ana.expect("500 of 1,250 ml")
    assert newer.message_id > second.message_id
    assert newer.is_silent
    await (await ana.tap("Undo", newer)).answered()
    await ana.expect(lambda message: message is newer and "Yes" in str(message.buttons))
    assert await world.rows("SELECT amount FROM entries WHERE undone_at IS NULL") == [(250,)]


@given(st.text(max_size=64) | st.from_regex(r"v1:[a-z0-9]{0,14}(:[\w+/.-]{0,50})?", fullmatch=True))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_reading_callback_data_never_fails(text: str) -> None:
    tap = read(text)

    assert tap is None or (tap.verb.isascii() and len(text.encode()) <= 64)


class Counting(Sender):
    """The real sender, but a request is counted by its method instead of being sent."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(
            open_bot("1:unused", "http://127.0.0.1:1"), RateLimiter(SendRate(10**6)), clock
        )
        self.calls: Counter[str] = Counter()

    async def _call(self, method: str, **fields: Any) -> Any:
        self.calls[method] += 1
        return {"message_id": 10**6 + self.calls[method]}


def forged(chance: random.Random) -> str:
    """Callback data that may or may not be valid, but never a valid "delete all"."""
    argument = chance.choice(
        (
            "",
            "0",
            "1",
            "2",
            "3",
            "7",
            "99999999",
            "999999999999999999",
            "9" * 40,
            "Europe/Paris",
            "Mars/Phobos",
            "60/0",
            "0700-2300",
            "2500",
            "no",
            "".join(chance.choices(string.printable + "💧é", k=chance.randrange(50))),
        )
    )
    verb = chance.choice(
        (*VERBS, "", "YES", "nothing", "".join(chance.choices(string.ascii_lowercase, k=5)))
    )
    form = chance.choice(
        ("v1:{0}:{1}", "v1:{0}", "{0}:{1}", "v2:{0}:{1}", "v1:{0}:{1}:{1}", "{1}", "v1: {0}")
    )
    return form.format(verb, argument)


@pytest.mark.soak
@pytest.mark.timeout(900)
async def test_a_hundred_thousand_forged_taps_change_nothing_and_are_all_answered() -> None:
    cases, chance = 100_000, random.Random(26)
    with quick_folder() as folder:
        database = Database(new_sqlite(folder))
        now = datetime(2026, 3, 2, 6, 30, 1, tzinfo=UTC)
        clock = SetClock(now)
        counting = Counting(clock)
        messages = Messages(counting, clock, Renderer())
        message_editor = MessageEditor(database, counting, messages, clock)
        chat = Chat(database, counting, message_editor, clock, username="bot")
        with database.transaction() as connection:
            for id in (1, 2):  # Ana, whose check-ins have the lowest ids, and Eve, who forges taps
                user = insert_user(connection, id, "en", now - timedelta(hours=1))
                ready = replace(user, setup=Setup.DONE, zone=BERLIN)
                # The last card of the set-up is finished, so that no forged tap is valid for Eve.
                update_user(
                    connection,
                    id,
                    setup=Setup.DONE,
                    zone=BERLIN,
                    setup_message_id=10 * id,
                    setup_view="no",
                )
                add_habits(connection, ready, OFFERED_AT_SETUP, now - timedelta(hours=1))
                reschedule(connection, ready, now - timedelta(hours=1))
            plan_due(connection, now, 1)
        before = await everything(database)
        for number in range(cases):
            sender = chance.choice((2, 2, 3))
            message = {
                "message_id": chance.choice((5, 20, 4711)),
                "date": 0,
                "chat": {"id": sender, "type": "private"},
            }
            query = {
                "id": str(number),
                "from": {"id": sender, "is_bot": False, "first_name": "Eve"},
                "message": message,
                "chat_instance": "1",
                "data": forged(chance),
            }
            await chat.take([{"update_id": number + 1, "callback_query": query}])
            if number % MOST_TAPS_WAITING == 0:  # of faster ones, some would not be answered
                await chat.finish()
        await chat.finish()
        after = await everything(database)
        await database.close()

    assert counting.calls["answerCallbackQuery"] == cases
    assert after == before


async def everything(database: Database) -> list[list[Any]]:
    """Every row, except those about handled updates and pending edits."""
    with database.connection() as connection:
        tables = (
            table for table in metadata.sorted_tables if table.name not in {"updates", "redraws"}
        )
        return [list(connection.execute(select(table))) for table in tables]
