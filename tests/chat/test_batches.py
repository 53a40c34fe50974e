"""Updates that are handed over together have the effect that they would have one by one."""

import random
from datetime import timedelta

import pytest

from reminder_bot.chat.effects import AnswerTap, Effect, EffectRunner, MakeEdit
from reminder_bot.domain.habit import HabitKind
from reminder_bot.simulator import Message, Person
from tests.chat.conversation import Conversation, entries, labels
from tests.support.people import settle


def data_of(message: Message, label: str) -> str:
    """The callback data of the button with this label."""
    (found,) = {each.data for row in message.buttons for each in row if each.text == label}
    assert found is not None
    return found


async def tap(person: Person, message: Message, label: str) -> None:
    await person.tap_raw(data_of(message, label), message.message_id)


async def others_asked(talk: Conversation, count: int) -> list[Person]:
    """Ana and others, each with a question about water."""
    people = [talk.person, *(talk.server.person(8 + at, f"P{at}") for at in range(count))]
    for person in people[1:]:
        await person.send("/start")
        talk.server.updates.drop()
        await settle(
            talk.bench.database,
            talk.now - timedelta(hours=1),
            user_id=person.id,
            habits=[HabitKind.HYDRATION],
            slots="1234567 07:30",
        )
    await talk.asked("2026-03-02 07:30")
    return people


async def test_the_taps_of_many_people_are_all_recorded_answered_and_shown(
    settled: Conversation,
) -> None:
    people = await others_asked(settled, 5)
    for person in people:
        await tap(person, person.newest, "Yes")

    await settled.take_together()

    assert len(settled.rows("SELECT * FROM entries WHERE amount = 250")) == 6
    assert [labels(person.newest) for person in people] == [[["Undo"]]] * 6
    assert settled.rows("SELECT * FROM redraws") == []


async def test_the_first_of_two_taps_on_one_question_counts(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 07:30")
    await tap(settled.person, question, "Yes")
    second = await settled.person.tap_raw(data_of(question, "No"), question.message_id)

    await settled.take_together()

    assert entries(settled) == [("hydration", 250)]
    assert second.toast is not None
    assert second.toast.text == "That is noted already. Undo changes it."
    assert labels(question) == [["Undo"]]


async def test_two_rows_of_one_card_are_shown_by_one_edit(settled: Conversation) -> None:
    settled.execute("UPDATE reminders SET schedule = '1234567 08:00' WHERE role = 'question'")
    settled.execute("UPDATE reminders SET next_due_at = '2026-03-02 07:00:00.000000'")
    card = await settled.asked("2026-03-02 08:00")
    taps = [each for row in card.buttons for each in row if (each.data or "").startswith("v1:yes:")]
    assert len(taps) > 1
    for each in taps:
        await settled.person.tap_raw(each.data or "", card.message_id)
    edits = len(card.versions)

    await settled.take_together()

    assert len(settled.rows("SELECT * FROM check_ins WHERE reply = 'yes'")) == len(taps)
    assert len(card.versions) == edits + 1


async def test_a_persons_updates_take_effect_in_their_order(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 07:30")
    await tap(settled.person, question, "Yes")
    await settled.person.send("/undo")

    await settled.take_together()

    assert entries(settled) == []
    assert data_of(question, "Yes")


async def test_an_update_that_comes_twice_in_a_batch_counts_once(settled: Conversation) -> None:
    await settled.person.send("/water 200")
    pending = settled.server.updates.pending
    settled.server.updates.drop()

    await settled.chat.take([*pending, *pending])
    await settled.chat.finish()

    assert entries(settled) == [("hydration", 200)]


async def test_what_follows_an_erasure_is_a_strangers(settled: Conversation) -> None:
    message = await settled.send("/delete")
    question = await settled.asked("2026-03-02 07:30")
    yes = data_of(question, "Yes")
    await settled.person.tap_raw("v1:erase:yes", message.message_id)
    late = await settled.person.tap_raw(yes, question.message_id)

    await settled.take_together()

    assert settled.rows("SELECT * FROM users") == []
    assert late.toast is not None
    assert "/start" in late.toast.text


async def test_nothing_of_a_batch_takes_effect_if_one_update_fails(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    await tap(settled.person, question, "Yes")
    await settled.server.person(8, "Ben").send("/start")
    pending = settled.server.updates.pending
    before = settled.state()

    def fail(*_: object) -> None:
        raise RuntimeError("cannot be handled")

    monkeypatch.setattr("reminder_bot.chat.batches.typed.run_message", fail)
    with pytest.raises(RuntimeError):
        await settled.chat.take(pending)
    await settled.chat.finish()

    assert settled.state() == before
    assert settled.rows("SELECT * FROM updates WHERE id = ?", pending[0]["update_id"]) == []
    assert labels(question) != [["Undo"]]


async def test_one_zone_that_cannot_be_read_costs_nobody_else_their_edit(
    settled: Conversation,
) -> None:
    people = await others_asked(settled, 2)
    for person in people:
        await tap(person, person.newest, "Yes")
    settled.execute("UPDATE users SET zone = 'Mars/Olympus' WHERE id = ?", people[1].id)

    await settled.take_together()

    assert labels(people[0].newest) == labels(people[2].newest) == [["Undo"]]
    assert len(settled.rows("SELECT * FROM entries")) == 2


async def test_answers_leave_before_edits(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = await others_asked(settled, 3)
    for person in people:
        await tap(person, person.newest, "Yes")
    begun: list[type] = []
    run = EffectRunner.run

    async def noted(self: EffectRunner, effect: Effect, user_id: int | None = None) -> None:
        begun.append(type(effect))
        await run(self, effect)

    monkeypatch.setattr(EffectRunner, "run", noted)

    await settled.take_together()

    assert begun == [AnswerTap] * 4 + [MakeEdit] * 4


@pytest.mark.parametrize("seed", range(5))
async def test_batches_of_any_size_leave_the_same_as_single_updates(
    seed: int, settled: Conversation
) -> None:
    """The oracle is the same bot, one update at a time."""
    chance = random.Random(seed)
    people = await others_asked(settled, 3)
    for _ in range(25):
        person = chance.choice(people)
        button = chance.choice([each for row in person.newest.buttons for each in row] or [None])
        words = ("/water 100", "/undo", "yes", "no", "200 ml", "/help", "/resume")
        if button is None or chance.random() < 0.4:
            await person.send(chance.choice(words))
        else:
            await person.tap_raw(button.data or "", person.newest.message_id)
    pending = settled.server.updates.pending
    settled.server.updates.drop()
    saved = settled.save()

    for raw in pending:
        await settled.chat.take([raw])
        await settled.chat.finish()
    one_by_one = stored(settled)
    settled.restore(saved)
    at = 0
    while at < len(pending):
        size = chance.randint(1, 12)
        await settled.chat.take(pending[at : at + size])
        await settled.chat.finish()
        at += size

    assert stored(settled) == one_by_one


def stored(talk: Conversation) -> list[list[dict[str, object]]]:
    """What people said and set. Not the numbers of messages, which depend on what is sent when."""
    queries = (
        "SELECT id, status, reply, day, ask FROM check_ins ORDER BY id",
        "SELECT user_id, habit_id, day, amount, undone_at IS NULL AS counts FROM entries "
        "ORDER BY user_id, id",
        "SELECT id, paused_at IS NULL AS is_asked, awaits FROM users ORDER BY id",
    )
    return [talk.rows(query) for query in queries]
