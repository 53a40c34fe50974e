"""Every sentence that keeps somebody safe is shown where the product says.

The words are written out here, so that a change of the program's copy is seen.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import time
from html import unescape
from pathlib import Path

import pytest

from reminder_bot.content import foods
from reminder_bot.domain.hours import DayHours
from reminder_bot.simulator import Message, Person
from reminder_bot.texts import help, safety, setup
from reminder_bot.texts.translation import PSEUDO, translation
from tests.chat.cards import ANA, TEN
from tests.support.nursery import ForkedWorld
from tests.support.world import World, local
from tests.texts.reading import ENGLISH, assert_html, visible

NOT_ADVICE = "General information, not medical advice."
ASK_FIRST = "Pregnant, immune-weak or on a fluid limit: ask your doctor first."
FOOTER = (
    "General information, not medical advice. Studies describe groups, not you. "
    "Keep prescribed treatment going and ask a professional about symptoms that last."
)
FLUID_LIMIT = "On a fluid limit? Leave water off, or turn Limit on: a goal is a target."
READ_THE_LABEL = "Always read the label."
SHORT_SLEEP = "That is short. If you can't sleep longer, a doctor can help."
# At first sight.
FIRST = {
    "fluid limit": "On a fluid limit (heart, kidney, liver, low sodium, desmopressin)? Leave water "
    "off or switch on Limit. Your care team's number counts every drink.",
    "medicines": "Medicines: no aged or fermented food with MAOI antidepressants or linezolid, no "
    "natto with warfarin. On lithium or water tablets, ask before you change salt or drinks.",
    "pregnancy and immunity": "Pregnant: no kombucha or home brews, only pasteurised milk, cheese "
    "and kraut; ask about herbal teas and probiotics. Weak immunity or seriously ill: no raw milk, "
    "raw-milk cheese or home brews, and ask a doctor before live ferments.",
    "allergies": "Allergies: milk, soy, gluten, fish, shellfish and tree nuts are named; others "
    "(sesame, peanut, celery, mustard, egg) are not. Always read the label.",
    "urgent": "Urgent: swelling of lips or tongue, trouble breathing, blood in stool or black "
    "stool, a fast-spreading or painful rash, a blistering or peeling rash with fever: get medical "
    "help now.",
}
MORE = {
    "self-harm": "If you think of harming yourself: call your emergency number or a crisis line "
    "now; you don't have to be sure.",
    "eating": "If counting food or drink takes over, switch numbers off in /settings or stop me "
    "with /pause, and talk to somebody you "
    "trust or a doctor.",
    "thirst": "Water: healthy adults under 65 can mostly follow thirst; later it is a poor guide. "
    "Don't drink large amounts quickly: headache, vomiting or confusion after it is an emergency.",
    "maoi": "MAOI antidepressants, linezolid: no aged cheese, miso, kimchi, sauerkraut, natto, "
    "brined pickles, soy sauce or gochujang.",
    "warfarin": "Warfarin: no natto, and keep greens steady, unless your clinic agrees. Psyllium "
    "with tablets, large amounts of garlic with blood thinners: ask a pharmacist.",
    "lithium": "Lithium, water tablets, some antidepressants, carbamazepine: ask how much salt and "
    "drink is right for you before you change either.",
    "antibiotics": "Antibiotics: never stop, skip or start a course because of this bot. Ask your "
    "prescriber.",
    "retinoids": "Retinoid creams and acne pills: not in pregnancy unless your prescriber agrees; "
    "ask first.",
    "ferments": "Live ferments and probiotics: with a central line, an artificial heart valve or a "
    "short bowel, and for premature babies, ask a doctor first.",
    "diabetes": "Diabetes: kombucha, tepache, kvass, sweet yogurt drinks, juice, honey and dried "
    "fruit are sugar. On insulin or tablets that can cause lows, ask before you cut carbohydrates.",
    "bowel": "IBS: onion, garlic, pulses, apple and kraut can bloat; tick low FODMAP. Narrowed "
    "bowel, swallowing trouble, recent bowel surgery: ask before adding fibre or psyllium.",
    "fibre": "Fibre: increase slowly and drink with it.",
    "histamine": "Histamine: aged and fermented foods can cause flushing, headache or hives in "
    "sensitive people. Stop and seek advice; with hives, asthma or mast-cell disease, ask first.",
    "salt": "Salt: kimchi, sauerkraut, miso, pickles and olives are salty; keep them small with "
    "high blood pressure, heart or kidney disease.",
    "alcohol": "Alcohol: kefir, kombucha, kvass and tepache can contain some. It matters in "
    "pregnancy, for children, in recovery, when driving, and with disulfiram or metronidazole.",
    "sleep": "Sleep: loud snoring with pauses, poor sleep for three months, bipolar disorder or "
    "epilepsy: ask a doctor before you change your sleep. Don't drive sleepy.",
    "meditation": "Meditation: stop if it makes you feel worse. Eyes open or a slow walk is as "
    "good.",
    "age": "Age: for adults. Under 18, with a parent; teenagers need 8 to 10 h of sleep.",
}


# The sentences


@pytest.mark.parametrize("subject", FIRST)
def test_the_health_notes_and_help_show_at_first_sight_the_note_about(subject: str) -> None:
    line = f"• {FIRST[subject]}"

    assert line in unescape(safety.health_notes(ENGLISH)).splitlines()
    assert line in unescape(help.how_it_works(ENGLISH)).splitlines()


@pytest.mark.parametrize("subject", MORE)
def test_more_health_notes_have_the_note_about(subject: str) -> None:
    assert f"• {MORE[subject]}" in unescape(safety.more_health_notes(ENGLISH)).splitlines()


@pytest.mark.parametrize(
    ("shown", "title", "notes"),
    [
        (safety.health_notes(ENGLISH), "Health notes", FIRST),
        (safety.more_health_notes(ENGLISH), "More health notes", MORE),
    ],
)
def test_the_health_notes_are_these_and_nothing_else(
    shown: str, title: str, notes: dict[str, str]
) -> None:
    assert_html(shown)
    assert unescape(shown).splitlines() == [
        f"<b>{title}</b>",
        *(f"• {line}" for line in notes.values()),
    ]


@pytest.mark.parametrize("language", ["en", PSEUDO])
def test_the_health_notes_fit_into_a_message(language: str) -> None:
    assert visible(safety.more_health_notes(translation(language))) <= 4096
    assert visible(help.how_it_works(translation(language))) <= 4096


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

    assert SHORT_SLEEP in setup.plan(ENGLISH, user, TEN, None, 10, TEN).splitlines()


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
        (safety.more_button(ENGLISH), "More"),
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
    await ana.expect("Berlin: is it")
    await tap(ana, "Yes", "When do you get up, and")
    await ana.send("6:00 1:00")
    habits = await ana.expect("Which should I help with?")
    asked = habits.text
    notes = (await tap(ana, "Health notes", "Health notes")).text
    more = (await tap(ana, "More", "More health notes")).text
    await tap(ana, "Back", "Health notes")
    await tap(ana, "Back", "Which should I help with?")
    plan = (await tap(ana, "Ready", "All set.")).text

    assert [line for line in (NOT_ADVICE, ASK_FIRST) if line not in asked] == []
    assert [note for note in FIRST.values() if note not in notes] == []
    assert [note for note in MORE.values() if note not in more] == []
    assert f"{NOT_ADVICE} {ASK_FIRST} More in /help." in plan
    assert SHORT_SLEEP in plan


async def settled(world: World, ana: Person) -> None:
    await ana.send("/start")
    await ana.expect("Small daily habits")
    await tap(ana, "Start", "What time is it")
    await ana.send("Berlin")
    await ana.expect("Berlin: is it")
    await tap(ana, "Yes", "When do you get up, and")
    await tap(ana, "7 – 23", "Which should I help with?")
    await tap(ana, "Ready", "All set.")


async def test_help_and_settings_show_what_to_mind(world: World) -> None:
    ana = world.server.person(1, language_code="en")
    await settled(world, ana)
    await ana.send("/help")
    help_text = (await ana.expect("Health notes")).text
    await (await ana.tap("More")).answered()
    more = (await ana.expect("More health notes")).text
    await ana.send("/habits")
    await ana.expect("Your habits")
    water = (await tap(ana, "💧 Water", "Goal 1,250 ml a day")).text
    await ana.send("/settings")
    await ana.expect("Settings")
    diet = (await tap(ana, "Diet", "Food ideas")).text
    await tap(ana, "Back", "Settings")
    await tap(ana, "Hours", "Quiet from")
    await ana.send("6:00 1:00")
    hours = (await ana.expect("up at 06:00")).text

    assert [note for note in FIRST.values() if note not in help_text] == []
    assert [note for note in MORE.values() if note not in more] == []
    assert FLUID_LIMIT in water
    assert READ_THE_LABEL in diet
    assert SHORT_SLEEP in hours


async def test_a_digest_has_its_footer_with_answers_and_without(world: World) -> None:
    ana = world.server.person(1, language_code="en")
    await settled(world, ana)
    await ana.send("/water")
    await ana.expect("a glass")
    world.move_to(local("2026-03-08 18:00", "Europe/Berlin"))
    answered = (await ana.expect("Your week, 2 Mar")).text
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
