"""First contact: one card, edited from step to step, nothing typed unless somebody wants to."""

import pytest

from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, labels

UNDECIDED = "Choose at least one."


async def at_hours(talk: Conversation) -> Message:
    """A set-up card that asks for the hours."""
    await talk.send("/start")
    await talk.tap("Start")
    card = await talk.send("Berlin")
    await talk.tap("Yes", card)
    return card


async def at_habits(talk: Conversation) -> Message:
    card = await at_hours(talk)
    await talk.tap("7 – 23", card)
    return card


def kinds(talk: Conversation) -> list[str]:
    """The habits that are on."""
    rows = talk.rows("SELECT kind FROM habits WHERE removed_at IS NULL ORDER BY id")
    return [row["kind"] for row in rows]


async def test_six_taps_set_somebody_up_on_one_message(talk: Conversation) -> None:
    await talk.send("/start")
    for button in ("Start", "07:01", "Berlin, Madrid", "7 – 23", "Ready", "Yes"):
        await talk.tap(button)

    [card] = [each for each in talk.person.messages if each.from_bot]
    assert "All set." in card.text
    assert talk.user["setup"] == "done"
    assert kinds(talk) == ["hydration", "probiotic", "meditation", "bedtime"]


async def test_the_plan_says_when_the_first_reminder_comes_and_how_many_a_day(
    talk: Conversation,
) -> None:
    card = await talk.set_up()

    assert "The next reminder comes today at 07:30." in card.text
    assert "About 10 short messages a day, quiet from 23:00 to 07:00." in card.text
    assert "Your week comes on Sunday, 8 Mar, at 18:00." in card.text
    assert "General information, not medical advice." in card.text


async def test_nothing_is_kept_of_a_stranger_who_sends_anything_but_start(
    talk: Conversation,
) -> None:
    for words in ("hello", "/today", "/help", "/privacy", "/delete"):
        await talk.send(words)

    assert not any(talk.state().values())
    assert "/start" in talk.person.newest.text


@pytest.mark.parametrize(("words", "answer"), [("/help", "Health notes"), ("/privacy", "is kept")])
async def test_a_stranger_may_read_help_and_privacy(
    words: str, answer: str, talk: Conversation
) -> None:
    assert answer in (await talk.send(words)).text


async def test_a_typed_city_moves_the_card_below_the_words(talk: Conversation) -> None:
    first = await talk.send("/start")
    await talk.tap("Start")

    card = await talk.send("Lisbon")

    assert card.text == "Lisbon: is it 06:01 now?"
    assert labels(card) == [["Yes", "No"], ["Back"]]
    assert talk.user["zone"] is None
    assert first not in talk.person.messages
    assert talk.user["setup_message_id"] == card.message_id


async def test_a_city_whose_clock_is_confirmed_is_taken(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")
    card = await talk.send("Lisbon")

    await talk.tap("Yes", card)

    assert "When do you get up" in card.text
    assert talk.user["zone"] == "Europe/Lisbon"


async def test_a_city_with_another_clock_leads_back_to_the_clocks(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")
    card = await talk.send("Lisbon")

    await talk.tap("No", card)

    assert "What time is it for you now?" in card.text
    assert talk.user["zone"] is None


async def test_a_city_of_two_zones_is_asked_back(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")

    card = await talk.send("Springfield")

    assert "Which one is it?" in card.text
    assert len(labels(card)) > 2
    assert talk.user["zone"] is None


async def test_a_city_that_is_not_known_is_answered_with_an_example(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")

    card = await talk.send("Atlantis upon <Nowhere>")

    assert "I can't find “Atlantis upon <Nowhere>”" in card.text
    assert "Lisbon" in card.text
    assert talk.user["setup"] == "zone"


async def test_typed_hours_are_read(talk: Conversation) -> None:
    await at_hours(talk)

    card = await talk.send("6:30 22:15")

    assert "Up at 06:30, asleep by 22:15." in card.text


async def test_words_that_are_no_hours_are_answered_with_an_example(talk: Conversation) -> None:
    await at_hours(talk)

    card = await talk.send("early")

    assert "I can't read “early” as two times" in card.text
    assert talk.user["setup"] == "hours"


@pytest.mark.parametrize("words", ["7:00 8:00", "07:00 05:00"])
async def test_hours_that_leave_no_day_or_no_night_are_refused(
    words: str, talk: Conversation
) -> None:
    await at_hours(talk)

    card = await talk.send(words)

    assert "leave no day or no night" in card.text
    assert talk.user["setup"] == "hours"


async def test_words_where_a_step_asks_for_none_move_the_card_below_them(
    talk: Conversation,
) -> None:
    first = await talk.send("/start")

    card = await talk.send("hello")

    assert card.text == first.text
    assert first not in talk.person.messages


async def test_at_least_one_habit_is_chosen(talk: Conversation) -> None:
    card = await at_habits(talk)
    for button in ("✓ 💧 Water", "✓ 🥛 Fermented food", "✓ 🧘 Quiet minutes", "✓ 🌙 Bedtime"):
        await talk.tap(button, card)

    await talk.tap("Ready", card)

    assert UNDECIDED in card.text
    assert talk.user["setup"] == "habits"
    assert kinds(talk) == []


async def test_after_none_was_chosen_a_habit_can_be_ticked_again(talk: Conversation) -> None:
    card = await at_habits(talk)
    for button in ("✓ 💧 Water", "✓ 🥛 Fermented food", "✓ 🧘 Quiet minutes", "✓ 🌙 Bedtime"):
        await talk.tap(button, card)
    await talk.tap("Ready", card)

    await talk.tap("🧘 Quiet minutes", card)
    await talk.tap("Ready", card)

    assert kinds(talk) == ["meditation"]


async def test_the_habits_step_names_who_should_ask_a_doctor_first(talk: Conversation) -> None:
    card = await at_habits(talk)

    assert "General information, not medical advice." in card.text
    assert "Pregnant, immune-weak or on a fluid limit: ask your doctor first." in card.text


async def test_back_from_the_health_notes_keeps_what_was_unticked(talk: Conversation) -> None:
    card = await at_habits(talk)
    await talk.tap("✓ 🌙 Bedtime", card)
    await talk.tap("Health notes", card)

    await talk.tap("Back", card)

    assert ["✓ 🧘 Quiet minutes", "🌙 Bedtime"] in labels(card)


async def test_the_other_ticks_are_behind_more_and_are_kept(talk: Conversation) -> None:
    card = await at_habits(talk)
    await talk.tap("✓ 🌙 Bedtime", card)
    await talk.tap("More", card)
    await talk.tap("low FODMAP", card)
    await talk.tap("no nuts", card)

    await talk.tap("Back", card)

    assert ["no gluten", "More (2 ticked)"] in labels(card)
    assert ["✓ 🧘 Quiet minutes", "🌙 Bedtime"] in labels(card)
    await talk.tap("Ready", card)
    assert talk.user["diet"] == "low-fodmap no-nuts"


async def test_skip_takes_all_four_habits_and_no_diet(talk: Conversation) -> None:
    card = await at_habits(talk)
    await talk.tap("vegan", card)
    await talk.tap("✓ 🌙 Bedtime", card)

    await talk.tap("Skip", card)

    assert len(kinds(talk)) == 4
    assert talk.user["diet"] == ""


async def test_back_from_the_plan_asks_nothing_until_ready_is_tapped_again(
    talk: Conversation,
) -> None:
    card = await talk.set_up()

    await talk.tap("Back", card)

    assert "Which should I help with?" in card.text
    assert talk.rows("SELECT * FROM reminders WHERE next_due_at IS NOT NULL") == []
    await talk.tap("✓ 🌙 Bedtime", card)
    await talk.tap("Ready", card)
    assert kinds(talk) == ["hydration", "probiotic", "meditation"]
    assert talk.rows("SELECT * FROM reminders WHERE next_due_at IS NOT NULL") != []


async def test_hours_that_are_changed_from_the_plan_move_the_default_times(
    talk: Conversation,
) -> None:
    card = await talk.set_up()
    for button in ("Back", "Back", "6 – 22"):
        await talk.tap(button, card)

    (row,) = talk.rows("SELECT schedule FROM reminders WHERE id = 3")
    assert row["schedule"] == "1234567 07:00"


async def test_a_second_tap_on_the_first_answer_counts_nothing(talk: Conversation) -> None:
    card = await talk.set_up()
    await talk.tap("Yes", card)

    await talk.tap_raw("v1:try:yes", card)

    assert len(talk.rows("SELECT * FROM entries")) == 1


async def test_once_something_was_asked_the_plan_offers_no_first_answer_and_no_way_back(
    talk: Conversation,
) -> None:
    card = await talk.set_up()
    await talk.tick("2026-03-02 07:30")

    await talk.tap_raw("v1:try:yes", card)
    assert talk.rows("SELECT * FROM entries") == []
    await talk.tap_raw("v1:back", card)

    assert talk.user["setup"] == "done"
    assert labels(card) == []


async def test_somebody_without_water_tries_the_first_habit_they_have(talk: Conversation) -> None:
    card = await at_habits(talk)
    await talk.tap("✓ 💧 Water", card)
    await talk.tap("Ready", card)
    assert "🥛 Try it now: something fermented today?" in card.text

    await talk.tap("Yes", card)

    assert "🥛 07:01 · done for today" in card.text


async def test_somebody_with_bedtime_alone_has_nothing_to_try(talk: Conversation) -> None:
    card = await at_habits(talk)
    for button in ("✓ 💧 Water", "✓ 🥛 Fermented food", "✓ 🧘 Quiet minutes"):
        await talk.tap(button, card)

    await talk.tap("Ready", card)

    assert "Try it now" not in card.text
    assert labels(card) == []


async def test_a_button_of_another_step_changes_nothing(talk: Conversation) -> None:
    card = await at_hours(talk)
    before = talk.state()

    for data in ("start", "clock:60", "zone:Asia/Tokyo", "habit:bedtime", "ready", "try:yes"):
        await talk.tap_raw(f"v1:{data}", card)

    assert talk.state() == before


@pytest.mark.parametrize(
    ("step", "data"),
    [
        ("zone", "zone:Mars/Olympus"),
        ("zone", "clock:99999"),
        ("zone", "clock:x"),
        ("hours", "hours:2500-2300"),
        ("hours", "hours:0700"),
        ("habits", "habit:fibre"),
        ("habits", "diet:carnivore"),
    ],
)
async def test_a_forged_choice_changes_nothing(step: str, data: str, talk: Conversation) -> None:
    card = await talk.send("/start")
    await talk.tap("Start")
    if step != "zone":
        card = await talk.send("Berlin")
        await talk.tap("Yes", card)
    if step == "habits":
        await talk.tap("7 – 23", card)
    before = talk.state()

    await talk.tap_raw(f"v1:{data}", card)

    assert talk.state() == before


async def test_a_forged_hour_of_waking_asks_again(talk: Conversation) -> None:
    card = await at_hours(talk)

    await talk.tap_raw("v1:wake:9999", card)

    assert talk.user["setup_view"] == "wake"


async def test_an_unhealthy_night_gets_one_line_and_no_refusal(talk: Conversation) -> None:
    await at_hours(talk)
    await talk.send("05:00 00:30")

    await talk.tap("Ready")

    assert "That is short. If you can't sleep longer, a doctor can help." in talk.person.newest.text
    assert talk.user["setup"] == "done"


async def test_somebody_who_stops_half_way_is_nudged_once_the_next_day(
    talk: Conversation,
) -> None:
    await talk.send("/start")
    await talk.tap("Start")

    await talk.tick("2026-03-03 07:00")
    assert len([each for each in talk.person.messages if each.from_bot]) == 1
    nudge = await talk.asked("2026-03-03 07:01")
    assert labels(nudge) == [["Go on"]]
    assert nudge.is_silent
    await talk.tick("2026-03-04 07:01")

    assert talk.person.newest is nudge


async def test_somebody_who_is_through_is_not_nudged(talk: Conversation) -> None:
    await talk.set_up()

    assert talk.rows("SELECT * FROM notices") == []


async def test_somebody_who_goes_back_from_the_plan_and_stops_is_nudged(
    talk: Conversation,
) -> None:
    card = await talk.set_up()
    await talk.tap("Back", card)

    nudge = await talk.asked("2026-03-03 07:01")

    assert labels(nudge) == [["Go on"]]


async def test_a_shared_place_is_read_once_and_taken_away(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")
    await talk.tap("📍 Location")
    helper, offered = talk.person.newest, talk.person.keyboard
    assert offered is not None

    await talk.person.share_location(38.72, -9.14)
    await talk.take()

    assert talk.person.newest.text == "Lisbon: is it 06:01 now?"
    assert talk.user["helper_message_id"] is None
    assert talk.person.keyboard is None
    assert helper not in talk.person.messages
    assert [each for each in talk.person.messages if each.extra] == [], "the place is deleted"
    assert "38.7" not in str(talk.state())


async def test_the_location_button_of_a_step_that_is_over_shows_the_present_step(
    talk: Conversation,
) -> None:
    card = await at_hours(talk)

    toast = await talk.tap_raw("v1:location", card)

    assert toast == ""
    assert talk.user["setup"] == "hours"
    assert talk.person.keyboard is None, "no location is asked for"


async def test_cancel_takes_the_location_button_away(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")
    await talk.tap("📍 Location")

    await talk.send("Cancel")

    assert talk.person.keyboard is None
    assert talk.user["helper_message_id"] is None
    assert talk.user["setup"] == "zone"


async def test_a_place_without_a_zone_is_asked_for_by_its_city(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")
    await talk.tap("📍 Location")

    await talk.person.share_location(90.1, 0.0)
    await talk.take()

    assert talk.person.newest.text.startswith("I can't tell the time zone of that place.")
    assert talk.user["setup"] == "zone"


@pytest.mark.parametrize("step", ["a stranger", "welcome", "zone", "hours"])
async def test_words_of_self_harm_are_answered_with_help_at_every_step(
    step: str, talk: Conversation
) -> None:
    if step != "a stranger":
        await talk.send("/start")
    if step in {"zone", "hours"}:
        await talk.tap("Start")
    if step == "hours":
        await talk.send("Berlin")
        await talk.tap("Yes")
    before = talk.state()

    answer = await talk.send("I don't want to live")

    assert answer.text.startswith("If you think of harming yourself: call your emergency number")
    assert talk.state() == before


ERRORS = {
    "zone": ("Atlantis upon Nowhere", "Atlantis"),
    "hours": ("whenever", "whenever"),
    "impossible hours": ("7 7", "leave no day"),
}


@pytest.mark.parametrize("way", ["/start", "/today", "Go on"])
@pytest.mark.parametrize("step", ERRORS)
async def test_an_old_error_does_not_come_back_when_the_set_up_is_resumed(
    step: str, way: str, talk: Conversation
) -> None:
    words, error = ERRORS[step]
    await talk.send("/start")
    await talk.tap("Start")
    if step != "zone":
        await talk.send("Berlin")
        await talk.tap("Yes")
    fresh = talk.person.newest.text
    assert error in (await talk.send(words)).text

    if way == "Go on":
        await talk.tick("2026-03-03 07:01")
        await talk.tap("Go on")
    else:
        await talk.send(way)

    assert error not in talk.person.newest.text
    assert talk.person.newest.text.splitlines()[0] == fresh.splitlines()[0]


async def test_what_was_unticked_stays_so_when_the_set_up_is_resumed(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")
    await talk.send("Berlin")
    await talk.tap("Yes")
    await talk.tap("7 – 23")
    for name in ("💧 Water", "🥛 Fermented food", "🧘 Quiet minutes", "🌙 Bedtime"):
        await talk.tap(f"✓ {name}")
    await talk.tap("Ready")
    error = talk.person.newest.text

    card = await talk.send("/start")

    assert card.text != error
    assert labels(card)[0] == ["💧 Water", "🥛 Fermented food"]


@pytest.mark.parametrize("words", ["ok", "yes", "no", "500", "7.30"])
async def test_an_answer_is_no_city(words: str, talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")

    await talk.send(words)

    assert talk.user["zone"] is None
