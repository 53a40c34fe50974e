"""Updates: whose are handled, those from groups, blocks and returns, and edits made later."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from reminder_bot import texts
from reminder_bot.bot_api.answers import MAX_ID
from reminder_bot.bot_api.received import read_id
from reminder_bot.bot_api.sender import Sender
from reminder_bot.chat.budgets import Pace
from reminder_bot.chat.effects import AnswerTap, EffectRunner, SendScreen, SendText
from reminder_bot.chat.message_edits import FIRST_WAIT, LONGEST_WAIT, MessageEditor
from reminder_bot.chat.messages import Messages
from reminder_bot.chat.updates import MOST_TAPS_WAITING, MOST_WAITING, Chat, is_slow
from reminder_bot.simulator import BotApiServer, Fault, Person
from reminder_bot.storage.database import Database, is_away
from reminder_bot.storage.pending_edits import record_pending_edit
from reminder_bot.storage.tables import pending_edits
from reminder_bot.texts.translation import translation
from tests.chat.conversation import Conversation, open_conversation
from tests.support.people import SetClock, change, load_user, rows_of, settle
from tests.support.telegram import MONDAY_TEN

ENGLISH = translation("en")


@pytest.fixture
def database(sqlite: Database) -> Database:
    return sqlite


@pytest.fixture
def clock() -> SetClock:
    return SetClock(MONDAY_TEN)


@pytest.fixture
def message_editor(
    database: Database, sender: Sender, messages: Messages, clock: SetClock
) -> MessageEditor:
    return MessageEditor(database, sender, messages, clock)


@pytest.fixture
def chat(
    database: Database, sender: Sender, message_editor: MessageEditor, clock: SetClock
) -> Chat:
    return Chat(database, sender, message_editor, clock)


def membership(update_id: int, status: str) -> dict[str, Any]:
    person = {"id": 7, "is_bot": False, "first_name": "Ana"}
    me = {"id": 4711, "is_bot": True, "first_name": "Reminder"}
    return {
        "update_id": update_id,
        "my_chat_member": {
            "chat": {"id": 7, "type": "private", "first_name": "Ana"},
            "from": person,
            "date": 1,
            "old_chat_member": {"user": me, "status": "member"},
            "new_chat_member": {"user": me, "status": status}
            | ({"until_date": 0} if status == "kicked" else {}),
        },
    }


async def test_somebody_who_blocks_is_sent_nothing_until_they_unblock(
    chat: Chat, database: Database
) -> None:
    await settle(database, MONDAY_TEN)

    await chat.take([membership(1, "kicked")])
    assert (await load_user(database)).unreachable_at == MONDAY_TEN
    await chat.take([membership(2, "member")])

    assert (await load_user(database)).is_asked


async def test_a_block_that_is_delivered_again_after_the_return_changes_nothing(
    chat: Chat, database: Database
) -> None:
    await settle(database, MONDAY_TEN)
    blocked = membership(1, "kicked")
    await chat.take([blocked])
    await chat.take([membership(2, "member")])

    await chat.take([blocked])

    assert (await load_user(database)).is_asked


async def test_an_edit_that_failed_for_an_hour_is_made_within_a_minute_of_the_return(
    message_editor: MessageEditor,
    database: Database,
    clock: SetClock,
    server: BotApiServer,
    ana: Person,
    sender: Sender,
) -> None:
    """Telegram was away; however long, what was tapped shows within a minute of its return."""
    await settle(database, MONDAY_TEN)
    sent = await sender.say(
        7, "Water?", reply_markup={"inline_keyboard": [[{"text": "Yes", "callback_data": "x"}]]}
    )
    assert sent.message_id is not None
    with database.transaction() as connection:
        record_pending_edit(connection, 7, sent.message_id, MONDAY_TEN)
    away = server.faults.add("*", Fault.server_error(), times=None)
    while clock.at < MONDAY_TEN + timedelta(hours=1):
        clock.at += FIRST_WAIT
        await message_editor.step(clock.at)

    server.faults.lift(away)
    clock.at += LONGEST_WAIT
    await message_editor.step(clock.at)

    assert timedelta(minutes=1) >= LONGEST_WAIT
    assert ana.newest.buttons == []
    assert await rows_of(database, pending_edits) == []


async def test_an_unknown_zone_delays_no_edit_of_others(
    message_editor: MessageEditor,
    database: Database,
    server: BotApiServer,
    sender: Sender,
    caplog: pytest.LogCaptureFixture,
) -> None:
    people = [server.person(user_id) for user_id in (7, 8)]
    for person in people:
        await person.send("/start")
        user = await settle(database, MONDAY_TEN, user_id=person.id)
        sent = await sender.say(person.id, "Old")
        assert sent.message_id is not None
        await change(database, user.id, setup_message_id=sent.message_id)
        with database.transaction() as connection:
            record_pending_edit(connection, person.id, sent.message_id, MONDAY_TEN)
    await change(database, 7, zone="Mars/Olympus")

    await message_editor.step(MONDAY_TEN)

    (logged,) = [record for record in caplog.records if record.msg == "edit_unreadable"]
    assert vars(logged)["user"] == 7
    assert people[1].newest.text.startswith("All set.")


async def test_the_effects_of_an_update_wait_for_those_of_the_same_persons_last_one(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, made = asyncio.Event(), []

    async def run(_: EffectRunner, effect: object, _user_id: int) -> None:
        if isinstance(effect, SendScreen):
            await let_go.wait()
        made.append(type(effect))

    monkeypatch.setattr(EffectRunner, "run", run)
    await settled.hand_over("/settings")
    await settled.hand_over("/help")
    for _ in range(5):
        await asyncio.sleep(0)  # whatever can be carried out by now is
    assert made == []
    let_go.set()
    await settled.chat.finish()

    assert made == [SendScreen, SendText]


async def test_of_many_updates_the_first_are_answered_and_one_message_tells_about_the_rest(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go, said = asyncio.Event(), []

    async def run(_: EffectRunner, effect: object, _user_id: int) -> None:
        await let_go.wait()
        assert isinstance(effect, SendText)
        said.append(effect.text)

    monkeypatch.setattr(EffectRunner, "run", run)
    for _ in range(MOST_WAITING + 50):
        await settled.hand_over("hello")
    let_go.set()
    await settled.chat.finish()
    await settled.hand_over("hello")
    await settled.chat.finish()

    answer, told = texts.errors.not_understood(ENGLISH), texts.errors.too_fast(ENGLISH)
    assert said == [answer] * MOST_WAITING + [told, answer]
    assert settled.chat.is_idle


async def test_what_is_not_answered_takes_effect_all_the_same(settled: Conversation) -> None:
    await settled.asked("2026-03-02 12:00")
    for _ in range(MOST_WAITING + 10):
        await settled.person.send("/water 50")
    await settled.take_together()

    assert len(settled.rows("SELECT * FROM entries")) == MOST_WAITING + 10
    assert settled.person.newest.text == texts.errors.too_fast(ENGLISH)


async def test_of_many_taps_of_one_person_only_some_are_answered(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = await settled.send("/settings")
    let_go, answered = asyncio.Event(), []

    async def run(_: EffectRunner, effect: object, user_id: int) -> None:
        await let_go.wait()
        if isinstance(effect, AnswerTap):
            answered.append(user_id)

    monkeypatch.setattr(EffectRunner, "run", run)
    ben = settled.server.person(8, "Ben")
    for _ in range(100):
        await settled.person.tap_raw("v1:nonsense", screen.message_id)
    await ben.tap_raw("v1:nonsense", 1)
    pending = settled.server.updates.pending
    settled.server.updates.drop()
    await settled.chat.take(pending)
    let_go.set()
    await settled.chat.finish()

    assert answered == [7] * MOST_TAPS_WAITING + [8]
    assert not settled.chat._taps_waiting


async def test_newcomers_are_answered_at_a_steady_pace_and_have_a_budget_each(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat, answered = settled.chat, []
    loop = asyncio.get_running_loop()

    async def run(_: EffectRunner, _effect: object, user_id: int) -> None:
        answered.append((loop.time(), user_id))

    monkeypatch.setattr(EffectRunner, "run", run)
    for pace in ("_starts", "_strangers"):
        monkeypatch.setattr(chat, pace, Pace(each=5, a_second=50, longest=0.5))
    people = [settled.server.person(1000 + number) for number in range(40)]
    for _ in range(8):
        await people[0].send("hello")
    for person in people[1:]:
        await person.send("/help")
    await settled.server.person(2000).send("/start")
    await settled.person.send("/help")
    begin = loop.time()

    await chat.take(settled.server.updates.pending)
    await chat.finish()

    of_newcomers = [(at, user_id) for at, user_id in answered if user_id not in {7, 2000}]
    assert [user_id for _, user_id in of_newcomers] == [1000] * 5 + list(range(1001, 1022))
    assert all(at - begin >= number / 50 for number, (at, _) in enumerate(of_newcomers))
    first = {user_id for _, user_id in answered[:3]}
    assert first == {7, 1000, 2000}, "a user and a /start do not wait for other newcomers"


async def test_groups_and_people_who_are_not_invited_have_a_small_budget(sqlite: Database) -> None:
    async with open_conversation(sqlite, allowed=frozenset({7})) as talk:
        groups = [talk.server.group(-100 - number, "Family") for number in range(4)]
        strangers = [talk.server.person(100 + number) for number in range(6)]
        for _ in range(10):
            for group in groups:
                await group.send(talk.person, "/today")
            for stranger in strangers:
                await stranger.send("/start")
        await talk.person.send("/start")
        await talk.take_together()

        in_groups = [sum(each.from_bot for each in group.messages) for group in groups]
        to_people = [sum(each.from_bot for each in each.messages) for each in strangers]
        assert max(in_groups + to_people) <= 3
        assert sum(in_groups + to_people) == 20
        assert "Small daily habits" in talk.person.newest.text


async def test_only_those_who_are_invited_are_answered(sqlite: Database) -> None:
    async with open_conversation(sqlite, allowed=frozenset({8})) as talk:
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


async def test_in_a_group_the_bot_points_to_the_private_chat(settled: Conversation) -> None:
    group = settled.server.group(-100, "Family")

    await group.send(settled.person, "/today@reminder_test_bot")
    await settled.take()

    answer = group.messages[-1]
    assert "https://t.me/reminder_test_bot" in answer.text
    assert "Today" not in answer.text


@pytest.mark.parametrize("words", ["hello", "/today@another_bot"])
async def test_in_a_group_anything_else_is_ignored(words: str, settled: Conversation) -> None:
    group = settled.server.group(-100, "Family")

    await group.send(settled.person, words)
    await settled.take()

    assert len(group.messages) == 1


async def test_a_bot_that_does_not_know_its_name_yet_is_silent_in_a_group(
    chat: Chat, server: BotApiServer
) -> None:
    group = server.group(-100, "Family")
    await group.send(server.person(7), "/today")

    await chat.take(server.updates.pending)
    await chat.finish()

    assert len(group.messages) == 1


async def test_a_command_without_the_bots_name_is_meant_in_a_group_too(
    settled: Conversation,
) -> None:
    group = settled.server.group(-100, "Family")

    await group.send(settled.person, "/today")
    await settled.take()

    assert "https://t.me/reminder_test_bot" in group.messages[-1].text


@pytest.mark.parametrize(
    ("message", "takes_long"),
    [
        ({"location": {"latitude": 52.5, "longitude": 13.4}}, False),
        ({"text": "/export"}, True),
        ({"text": "/Export@reminder_test_bot"}, True),
        ({"text": "export"}, False),
        ({"text": "/water"}, False),
        ({"sticker": {}}, False),
        ([], False),
    ],
)
def test_an_export_takes_long(message: Any, takes_long: bool) -> None:
    assert is_slow({"update_id": 1, "message": message}) is takes_long


def test_a_tap_does_not_take_long() -> None:
    assert not is_slow({"update_id": 1, "callback_query": {"data": "/export"}})


# Updates that no server of Telegram sends


NO_IDS: list[Any] = ["abc", "7", True, None, 7.5, float("nan"), 0, 2**70, [1], {"a": 1}]


def message_of(user_id: Any, **more: Any) -> dict[str, Any]:
    person = {"id": user_id, "is_bot": False, "first_name": "Ana", "language_code": "en"}
    chat = {"id": 7, "type": "private", "first_name": "Ana"}
    message = {"message_id": 5, "date": 1, "chat": chat, "from": person, "text": "/start"}
    return {"update_id": 1, "message": message | more}


def odd_updates() -> list[Any]:
    found = []
    for wrong in NO_IDS:
        tap = {"id": "1", "from": {"id": 7, "is_bot": False}, "data": "v1:yes:1"}
        chat = {"id": 7, "type": "private"}
        odd = {
            "sender": message_of(wrong),
            "chat": message_of(7, chat={"id": wrong, "type": "group"}, text="/today@bot"),
            "message": message_of(7, message_id=wrong),
            "reply": message_of(
                7, reply_to_message={"message_id": wrong, "date": 1, "chat": chat}, text="yes"
            ),
            "membership": membership(1, "kicked"),
            "tap's sender": {"update_id": 1, "callback_query": tap | {"from": {"id": wrong}}},
            "tap's message": {
                "update_id": 1,
                "callback_query": tap | {"message": {"message_id": wrong, "chat": chat}},
            },
        }
        odd["membership"]["my_chat_member"]["chat"]["id"] = wrong
        found += [pytest.param(raw, id=f"{name} {wrong!r}") for name, raw in odd.items()]
    return found


async def failure(chat: Chat, raw: dict[str, Any]) -> Exception | None:
    try:
        await chat.take([raw])
    except Exception as error:
        return error
    await chat.finish()
    return None


@pytest.mark.parametrize("raw", odd_updates())
async def test_an_update_with_an_id_that_is_none_is_put_aside_and_does_not_wait(
    raw: dict[str, Any], chat: Chat
) -> None:
    """If it looked like an unavailable database, it would hold up everybody's updates for ever."""
    error = await failure(chat, raw)

    assert error is None or not is_away(error)


async def test_an_update_that_cannot_be_read_costs_no_other(
    settled: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    await settled.person.send("/help")
    (good,) = settled.server.updates.pending
    settled.server.updates.drop()

    await settled.chat.take([message_of("abc"), good, {"update_id": 9, "message": []}])
    await settled.chat.finish()

    assert settled.person.newest.text.startswith("I ask about")
    assert caplog.text.count("update_unreadable update=") == 2
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "query", [None, [], {}, {"id": "1"}, {"id": "1", "from": None}, {"id": "1", "from": {"id": 7}}]
)
async def test_a_malformed_tap_is_answered_or_put_aside(query: Any, chat: Chat) -> None:
    error = await failure(chat, {"update_id": 1, "callback_query": query})

    assert error is None or not is_away(error)


@pytest.mark.parametrize("value", [1, -100, MAX_ID - 1, 1 - MAX_ID])
def test_an_id_of_telegram_is_taken_as_it_is(value: int) -> None:
    assert read_id(value) == value


@pytest.mark.parametrize("value", [0, MAX_ID, -MAX_ID, True, "7", 7.0, None])
def test_anything_else_is_no_id(value: object) -> None:
    with pytest.raises(ValueError, match="an id that Telegram does not use"):
        read_id(value)
