"""Every sentence that keeps somebody safe is shown where the content pack and the product say.

The words are written out here, as the content pack has them, so that a change of the program's
copy is seen.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from html import unescape
from pathlib import Path

import pytest

from reminder_bot.content import SAFETY, foods
from reminder_bot.domain.hours import DayHours
from reminder_bot.simulator import Message, Person
from reminder_bot.texts import help, safety, setup
from tests.chat.cards import ANA, TEN
from tests.support.nursery import ForkedWorld
from tests.support.world import World, local
from tests.texts.reading import ENGLISH, assert_html

NOT_ADVICE = "General information, not medical advice."
ASK_FIRST = "Pregnant, immune-weak or on a fluid limit: ask your doctor first."
FOOTER = (
    "General information, not medical advice. Studies describe groups, not you. "
    "Keep prescribed treatment going and ask a professional about symptoms that last."
)
FLUID_LIMIT = "A fluid limit from your care team comes first: set the goal to their number."
READ_THE_LABEL = "Always read the label."
UNUSUAL_SLEEP = "That is 5 h of sleep; 7 to 9 is advised for most adults."
HEALTH_NOTES = {
    "probiotics": "Probiotics and live ferments: ask a doctor first if you have a weak immune "
    "system, are seriously ill, have a central line, or for premature babies. Avoid home brews in "
    "these cases and in pregnancy.",
    "water": "Water: healthy adults can follow thirst. If you have heart, kidney or liver disease, "
    "or a fluid limit, use your care team's number and switch the bot's target to it. Don't drink "
    "large amounts quickly.",
    "antibiotics": "Antibiotics: never stop, skip or start a course because of this bot. Ask your "
    "prescriber.",
    "salt": "Salt: kimchi, sauerkraut, miso, pickles and olives are salty.",
    "alcohol": "Alcohol traces: kefir, kombucha, kvass and tepache can contain some alcohol.",
    "histamine": "Histamine: aged and fermented foods can cause flushing, headache or hives in "
    "sensitive people. Stop and seek advice.",
    "allergies": "Allergies: milk, soy, gluten, fish, shellfish and tree nuts are tagged; always "
    "read the label.",
    "fibre": "Fibre: increase slowly and drink with it.",
    "medicines": "Medicines: natto (vitamin K) with warfarin, psyllium with tablets, large amounts "
    "of garlic with blood thinners: ask a pharmacist.",
    "meditation": "Meditation: stop if it makes you feel worse. If you have thoughts of harming "
    "yourself, contact local emergency services.",
    "urgent": "Urgent: swelling of lips or tongue, trouble breathing, blood in stool, "
    "fast-spreading or painful rash: get medical help now.",
}


# The sentences


@pytest.mark.parametrize("subject", HEALTH_NOTES)
def test_the_health_notes_and_help_have_the_note_about(subject: str) -> None:
    line = f"• {HEALTH_NOTES[subject]}"

    assert line in unescape(safety.health_notes(ENGLISH)).splitlines()
    assert line in unescape(help.how_it_works(ENGLISH)).splitlines()


def test_the_health_notes_are_those_of_the_content_pack_and_nothing_else() -> None:
    notes = safety.health_notes(ENGLISH)

    assert_html(notes)
    assert list(SAFETY) == list(HEALTH_NOTES.values())
    assert notes.splitlines()[0] == "<b>Health notes</b>"
    assert len(notes.splitlines()) == 1 + len(HEALTH_NOTES)


@pytest.mark.parametrize("is_none_chosen", [True, False])
def test_the_habits_step_ends_with_what_to_mind(is_none_chosen: bool) -> None:
    card = setup.ask_habits(ENGLISH, ANA, is_none_chosen=is_none_chosen)

    assert card.splitlines()[-2:] == [NOT_ADVICE, ASK_FIRST]


@pytest.mark.parametrize("asks", [0, 10])
@pytest.mark.parametrize("first_at", [None, TEN])
def test_the_plan_ends_with_what_to_mind(first_at: None, asks: int) -> None:
    plan = setup.plan(ENGLISH, ANA, first_at, None, asks, TEN)

    assert plan.splitlines()[-1] == f"<i>{NOT_ADVICE} {ASK_FIRST} More in /help.</i>"


def test_the_plan_notices_too_little_sleep() -> None:
    user = replace(ANA, weekday_hours=DayHours(time(6), time(1)))

    assert UNUSUAL_SLEEP in setup.plan(ENGLISH, user, TEN, None, 10, TEN).splitlines()


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (safety.not_medical_advice(ENGLISH), NOT_ADVICE),
        (safety.ask_your_doctor_first(ENGLISH), ASK_FIRST),
        (safety.ask_your_doctor_first_more(ENGLISH), f"{ASK_FIRST} More in /help."),
        (safety.fluid_limit(ENGLISH), FLUID_LIMIT),
        (
            safety.too_much_in_a_day(ENGLISH),
            "That is a lot. Drinking far beyond thirst can be dangerous: headache, vomiting or "
            "confusion is an emergency.",
        ),
        (
            safety.self_harm(ENGLISH),
            "If you think of harming yourself: call your emergency number or a crisis line now; "
            "you don't have to be sure.",
        ),
        (safety.digest_footer(ENGLISH), FOOTER),
        (safety.health_notes_button(ENGLISH), "Health notes"),
    ],
)
def test_the_sentences_as_they_are_read(said: str, wanted: str) -> None:
    assert said == wanted


# Where a person sees them


@pytest.fixture
async def world(folder: Path) -> AsyncIterator[World]:
    """A running bot at noon in Berlin on a Monday."""
    async with ForkedWorld(folder) as world:
        world.move_to(local("2026-03-02 12:00", "Europe/Berlin"))
        await world.start()
        yield world
        assert "Traceback" not in world.log(), world.log()


async def tap(person: Person, button: str, wanted: str) -> Message:
    await (await person.tap(button)).answered()
    return await person.expect(wanted)


async def test_the_first_contact_shows_what_to_mind_at_each_place(world: World) -> None:
    ana = world.server.person(1, language_code="en")
    await ana.send("/start")
    await ana.expect("Small daily habits")
    await tap(ana, "Start", "What time is it")
    await ana.send("Berlin")
    await ana.expect("When do you get up, and")
    await ana.send("6:00 1:00")
    habits = await ana.expect("Which should I help with?")
    asked = habits.text
    notes = (await tap(ana, "Health notes", "Health notes")).text
    await tap(ana, "Back", "Which should I help with?")
    plan = (await tap(ana, "Ready", "All set.")).text

    assert [line for line in (NOT_ADVICE, ASK_FIRST) if line not in asked] == []
    assert [note for note in HEALTH_NOTES.values() if note not in notes] == []
    assert f"{NOT_ADVICE} {ASK_FIRST} More in /help." in plan
    assert UNUSUAL_SLEEP in plan


async def settled(world: World, ana: Person) -> None:
    await ana.send("/start")
    await ana.expect("Small daily habits")
    await tap(ana, "Start", "What time is it")
    await ana.send("Berlin")
    await ana.expect("When do you get up, and")
    await tap(ana, "7 – 23", "Which should I help with?")
    await tap(ana, "Ready", "All set.")


async def test_help_and_settings_show_what_to_mind(world: World) -> None:
    ana = world.server.person(1, language_code="en")
    await settled(world, ana)
    await ana.send("/help")
    help_text = (await ana.expect("Health notes")).text
    await ana.send("/habits")
    await ana.expect("Your habits")
    water = (await tap(ana, "💧 Water", "Goal 1500 ml a day")).text
    await ana.send("/settings")
    await ana.expect("Settings")
    diet = (await tap(ana, "Diet", "Food ideas")).text
    await tap(ana, "Back", "Settings")
    await tap(ana, "Hours", "Quiet from")
    await ana.send("6:00 1:00")
    hours = (await ana.expect("up at 06:00")).text

    assert [note for note in HEALTH_NOTES.values() if note not in help_text] == []
    assert FLUID_LIMIT in water
    assert READ_THE_LABEL in diet
    assert UNUSUAL_SLEEP in hours


async def test_a_digest_has_its_footer_with_answers_and_without(world: World) -> None:
    ana = world.server.person(1, language_code="en")
    await settled(world, ana)
    await ana.send("/water")
    await ana.expect("a glass")
    world.move_to(local("2026-03-08 18:00", "Europe/Berlin"))
    answered = (await ana.expect("Your week, 1 Mar")).text
    world.move_to(local("2026-03-15 18:00", "Europe/Berlin"))
    quiet = (await ana.expect("A quiet week")).text

    assert answered.endswith(FOOTER)
    assert quiet.endswith(FOOTER)


async def test_a_food_shows_all_that_is_to_be_minded_when_it_is_asked(world: World) -> None:
    ana = world.server.person(1, language_code="en")
    await settled(world, ana)
    message_id = ana.newest.message_id

    for food in foods():
        if food.kind == "fermented" and food.caveat:
            toast = await (await ana.tap_raw(f"v1:food:{food.id}", message_id)).answered()
            assert toast is not None
            assert (toast.text, toast.is_alert) == (food.caveat, True)


async def test_an_empty_chat_says_that_this_is_no_medical_advice(world: World) -> None:
    descriptions = world.server.profile.descriptions

    await world.until(lambda: bool(descriptions), "the description to be set")

    assert [each for each in descriptions.values() if not each.endswith(NOT_ADVICE)] == []
