"""Answers by a tap or by words, also twice, at the same time or too late: each counts once, and the
message shows it.
"""

import asyncio
from datetime import timedelta
from functools import partial

from reminder_bot.simulator import Message, Person
from tests.support.journal import too_long
from tests.support.world import World, labels, local

BERLIN = "Europe/Berlin"


async def people(world: World, count: int) -> list[Person]:
    """This number of people in Berlin, who have finished the set-up."""
    persons = [world.server.person(id, f"P{id}") for id in range(1, count + 1)]
    await asyncio.gather(*(world.set_up(person, BERLIN) for person in persons))
    return persons


async def entries(world: World, person: Person) -> list[tuple[object, ...]]:
    """The amounts and days of a person's entries that are not undone."""
    return await world.rows(
        "SELECT amount, CAST(day AS TEXT) FROM entries WHERE user_id = :id AND undone_at IS NULL "
        "ORDER BY id",
        id=person.id,
    )


WORDS = {
    "yes": (" a glass · 250 of 1,250 ml", 250),
    "y": (" a glass · 250 of 1,250 ml", 250),
    "Yep!": (" a glass · 250 of 1,250 ml", 250),
    "👍🏽": (" a glass · 250 of 1,250 ml", 250),
    "2 glasses": (" 500 ml · 500 of 1,250 ml", 500),
    "500": (" 500 ml · 500 of 1,250 ml", 500),
    "0.5 l": (" 500 ml · 500 of 1,250 ml", 500),
    "no": ("Noted.", None),
    "👎": ("Noted.", None),
}


def shows(message: Message, words: str) -> bool:
    return words in message.text


def is_acknowledged(message: Message) -> bool:
    return message.reaction == "👌"


async def test_typed_answers_count_for_the_check_in_replied_to_or_the_newest(world: World) -> None:
    persons = await people(world, len(WORDS))
    for place, (person, (words, (result, amount))) in enumerate(
        zip(persons, WORDS.items(), strict=True)
    ):
        question = await world.asked(person, "2026-03-02 07:30", "💧")
        before = len(person.messages)
        sent = await person.send(words, reply_to=question if place % 2 else None)
        await person.until(partial(shows, question, result))
        await person.until(partial(is_acknowledged, sent))
        assert await entries(world, person) == ([(amount, "2026-03-02")] if amount else [])
        assert len(person.messages) == before + 1  # their own words
        assert labels(question) == {"Undo"}
        assert not too_long(person)


async def test_a_reply_to_an_older_question_counts_there(world: World) -> None:
    [ana] = await people(world, 1)
    water = await world.asked(ana, "2026-03-02 07:30", "💧")
    quiet = await world.asked(ana, "2026-03-02 08:00", "🧘")

    await ana.send("300 ml")  # an amount means water, even if another question is newer
    await ana.expect("300 ml · 300 of 1,250 ml")
    await ana.send("no", reply_to=quiet)
    await ana.expect("🧘 Noted.")
    await ana.send("yes")

    nothing = await ana.expect("Nothing is open")
    assert len(nothing.text) <= 120
    assert "300 ml" in water.text
    assert await entries(world, ana) == [(300, "2026-03-02")]


async def test_a_tap_counts_once_however_often_it_is_delivered(world: World) -> None:
    ana, ben, eve, joe = await people(world, 4)
    question = await world.asked(ana, "2026-03-02 07:30", "💧")
    count = len(ana.messages)
    taps = [await ana.tap("Yes", question), await ana.tap("Yes", question)]
    toasts = [await tap.answered() for tap in taps]
    assert [toast.text if toast else None for toast in toasts] == [
        None,
        "That is noted already. Undo changes it.",
    ]

    question_of_ben = await world.asked(ben, "2026-03-02 07:30", "💧")
    tap = await ben.tap("Yes", question_of_ben)
    await ben.tap_again(tap)
    await world.server.updates.confirmed()

    question_of_eve = await world.asked(eve, "2026-03-02 07:30", "💧")
    raced = [await eve.tap("No", question_of_eve), await eve.tap("Yes", question_of_eve)]
    for each in raced:
        await each.answered()
    await eve.expect("💧 Noted.", new=False)

    question_of_joe = await world.asked(joe, "2026-03-02 07:30", "💧")
    await (await joe.tap("Yes", question_of_joe)).answered()
    await joe.expect("250 of 1,250 ml")
    first = await joe.tap("Undo", question_of_joe)
    assert await first.answered() is None
    second = await joe.tap_raw(first.update["callback_query"]["data"], question_of_joe.message_id)
    toast = await second.answered()
    assert toast is not None
    assert toast.text == "Nothing to undo here."

    await joe.expect(
        lambda message: message is question_of_joe and "Yes" in labels(message), new=False
    )
    for person, ml in ((ana, [250]), (ben, [250]), (eve, []), (joe, [])):
        assert [amount for amount, _ in await entries(world, person)] == ml
        assert not too_long(person)
        assert person.toasts == [] or all(len(each.text) <= 60 for each in person.toasts)
    assert len(ana.messages) == count  # an answer by tap sends nothing new


async def test_a_late_tap_counts_for_its_day_and_late_buttons_say_that_the_day_has_ended(
    world: World,
) -> None:
    [ana] = await people(world, 1)
    fermented = await world.asked(ana, "2026-03-02 12:00", "🥛")
    world.move_to(local("2026-03-03 00:30", BERLIN))

    await (
        await ana.tap("Yes", fermented)
    ).answered()  # in the quiet hours, after midnight: an answer to the evening
    await ana.expect("🥛 00:30 · done for today")
    assert await entries(world, ana) == [(None, "2026-03-02")]

    world.move_to(local("2026-03-03 04:01", BERLIN))
    toast = await (await ana.tap("Undo", fermented)).answered()
    assert toast is not None
    assert toast.text == "That day has ended. /today corrects it."
    assert await entries(world, ana) == [(None, "2026-03-02")]

    await world.asked(ana, "2026-03-03 07:15", "🌙")
    unanswered = await world.asked(ana, "2026-03-03 08:00", "🧘")
    data = {button.text: button.data or "" for row in unanswered.buttons for button in row}
    world.move_to(local("2026-03-10 09:00", BERLIN))
    await ana.until(lambda: not unanswered.buttons)
    later = await ana.tap_raw(data["Later"].replace("later", "1h"), unanswered.message_id)
    refused = await later.answered()
    assert refused is not None
    assert refused.text == "That day has ended. /today corrects it."
    await (await ana.tap_raw(data["Yes"], unanswered.message_id)).answered()
    await ana.expect(lambda message: message is unanswered and "done for that day" in message.text)
    assert (None, "2026-03-03") in await entries(world, ana)

    await world.asked(ana, "2026-03-11 07:15", "🌙 Lights out")
    old = await world.asked(ana, "2026-03-11 08:00", "🧘")
    data = {button.text: button.data or "" for row in old.buttons for button in row}
    world.move_to(local("2026-03-11 08:00", BERLIN) + timedelta(days=16))
    too_old = await (await ana.tap_raw(data["Yes"], old.message_id)).answered()
    assert too_old is not None
    assert too_old.text == "That was more than 14 days ago, so it stays as it is."
    assert len(await entries(world, ana)) == 2
