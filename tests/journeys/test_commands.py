"""Commands: what a person asks for is done, shown, and followed by all later questions."""

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from reminder_bot.content import facts
from reminder_bot.simulator import Message, Person
from tests.support.world import World, labels, local

BERLIN, LISBON = "Europe/Berlin", "Europe/Lisbon"


async def tapped(person: Person, button: str, says: str, message: Message | None = None) -> Message:
    """Tap a button and wait for the edit or the message that follows."""
    await (await person.tap(button, message)).answered()
    return await person.expect(says)


async def toast_of(person: Person, button: str, message: Message | None = None) -> str:
    toast = await (await person.tap(button, message)).answered()
    assert toast is not None, person.transcript()
    return toast.text


async def said(person: Person, words: str, answer: str) -> Message:
    await person.send(words)
    return await person.expect(answer)


async def asking_recorded(world: World, person: Person, asks: str) -> None:
    """Wait until the bot has recorded that its newest message with this text asks for an answer.
    An earlier answer counts, but cannot replace the message.
    """
    query = "SELECT awaits_message_id FROM users WHERE id = :id"

    async def is_recorded() -> bool:
        asking = [each.message_id for each in person.messages if asks in each.text]
        return await world.rows(query, id=person.id) == [(max(asking),)]

    await world.until(is_recorded, "the message that asks to be recorded")


async def amounts(world: World, person: Person) -> list[object]:
    query = "SELECT amount FROM entries WHERE user_id = :id AND undone_at IS NULL ORDER BY id"
    return [amount for (amount,) in await world.rows(query, id=person.id)]


def asked_at(world: World, person: Person, sign: str, zone: str = BERLIN) -> list[str]:
    """The local days and times at which a habit was asked about."""
    calls = [
        call
        for call in world.server.accepted("sendMessage", person.id)
        if any(line.startswith(sign) for line in str(call.parameters["text"]).split("\n"))
        and "v1:yes:" in str(call.parameters.get("reply_markup"))
    ]
    return [f"{call.at.astimezone(ZoneInfo(zone)):%d %H:%M}" for call in calls]


# /water and /undo


async def test_water_is_recorded_in_many_forms_and_answers_the_open_question(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    question = await world.asked(ana, "2026-03-02 07:30", "💧")
    await said(ana, "/water", "a glass · 250 of 1,250 ml today")
    await ana.until(lambda: question.text == "💧 07:30 a glass · 250 of 1,250 ml today")
    for words, answer in (
        ("200", "200 ml · 450 of 1,250 ml"),
        ("0.3 l", "300 ml · 750 of 1,250 ml"),
        ("1 glass", "a glass · 1,000 of 1,250 ml"),
    ):
        await said(ana, f"/water {words}", answer)
    for nonsense in ("lots", "3 l", "-5", "25:00", "<b>"):
        reason = "more than I note at once" if nonsense == "3 l" else "as an amount"
        lost = await said(ana, f"/water {nonsense}", reason)
        assert nonsense in lost.text
        assert len(lost.text) <= 120
    assert await amounts(world, ana) == [250, 200, 300, 250]

    await tapped(ana, "Undo", "💧 Taken back · 750 of 1,250 ml today", ana.messages[-11])
    await said(ana, "/undo", "💧 Taken back: 07:30 300 ml")
    assert await amounts(world, ana) == [250, 200]
    world.move_to(local("2026-03-02 10:00", BERLIN))
    await said(ana, "/water 1 l", "1,450 of 1,250 ml")
    world.move_to(local("2026-03-02 11:01", BERLIN))
    await said(ana, "/water 300", "1,750 of 1,250 ml")
    world.move_to(local("2026-03-03 07:15", BERLIN))
    await ana.expect("🌙 Lights out")
    assert asked_at(world, ana, "💧") == ["02 07:30"], "what is done is not asked"


async def test_undo_takes_back_the_last_answer_whatever_it_was(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/undo", "Nothing to take back today.")
    question = await world.asked(ana, "2026-03-02 08:00", "🧘")
    await tapped(ana, "No", "🧘 Noted.", question)
    await said(ana, "/undo", "🧘 Taken back: 08:00 no")
    await ana.until(lambda: {"Yes", "No", "Later"} <= labels(question))
    assert question.text == "🧘 A few quiet minutes?"


# /today


async def test_today_notes_corrects_and_clears_and_its_question_shows_it(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    question = await world.asked(ana, "2026-03-02 08:00", "🧘")
    card = await said(ana, "/today", "🧘 Quiet minutes · open")
    await tapped(ana, "🧘 Yes", "🧘 Quiet minutes · yes", card)
    await ana.until(lambda: question.text == "🧘 08:00 · done for today")
    await tapped(ana, "No", "🧘 Quiet minutes · no", card)
    await ana.until(lambda: question.text == "🧘 Noted.")
    await tapped(ana, "✓ No", "🧘 Quiet minutes · open", card)
    await ana.until(lambda: {"Yes", "No", "Later"} <= labels(question))
    await tapped(ana, "🥛 Yes", "🥛 Fermented food · yes", card)
    await tapped(ana, "💧 +500 ml", "💧 Water · 500 of 1,250 ml", card)
    await tapped(ana, "💧 +250 ml", "💧 Water · 750 of 1,250 ml", card)
    await tapped(ana, "− last", "💧 Water · 500 of 1,250 ml", card)
    await (await ana.tap("Close", card)).answered()
    await ana.until(lambda: card not in ana.messages)

    await world.asked(ana, "2026-03-02 12:30", "💧")
    assert asked_at(world, ana, "🥛") == [], "what is done is not asked"


async def test_a_day_can_be_filled_in_for_fourteen_days(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await world.asked(ana, "2026-03-20 12:00", "🥛")
    card = await said(ana, "/today", "Today, Friday 20 Mar")
    for day in range(19, 5, -1):
        back = next(label for label in labels(card) if label.startswith("‹"))
        assert back.endswith(f" {day} Mar")
        await tapped(ana, back, f" {day} Mar", card)
    assert not [label for label in labels(card) if label.startswith("‹")], (
        "a day more is not offered"
    )
    await tapped(ana, "Sat 7 Mar ›", "Saturday 7 Mar", card)
    await tapped(ana, "🧘 Yes", "🧘 Quiet minutes · yes", card)
    await tapped(ana, "💧 +500 ml", "💧 Water · 500 of 1,250 ml", card)

    noted = "SELECT CAST(day AS TEXT), amount FROM entries ORDER BY id"
    assert await world.rows(noted) == [("2026-03-07", None), ("2026-03-07", 500)]
    habit = (await world.rows("SELECT id FROM habits WHERE kind = 'meditation'"))[0][0]
    forged = await (
        await ana.tap_raw(f"v1:do:today/2026-03-05/{habit}/yes", card.message_id)
    ).answered()
    assert forged is not None
    assert "older message" in forged.text
    assert len(await world.rows(noted)) == 2


# /habits


async def test_a_habit_is_added_removed_and_comes_back_with_its_history(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await world.asked(ana, "2026-03-02 08:00", "🧘")
    await tapped(ana, "Yes", "done for today", ana.newest)
    await said(ana, "/habits", "Your habits")
    await tapped(ana, "🧘 Quiet minutes", "Every day: 08:00")
    assert "history" in await toast_of(ana, "Remove")
    listed = await ana.expect("Your habits")
    assert "🧘" not in listed.text
    await tapped(ana, "Add", "Add a habit")
    fibre = await tapped(ana, "🌾 Fibre", "🌾 Fibre")
    assert "Every day: 12:30" in fibre.text
    world.move_to(local("2026-03-03 12:30", BERLIN))
    await ana.expect("🌾 Some fibre today")
    assert len(asked_at(world, ana, "🧘")) == 1

    await said(ana, "/habits", "Your habits")
    await tapped(ana, "Add", "Add a habit")
    await tapped(ana, "🧘 Quiet minutes", "Every day: 08:00")
    assert await world.rows("SELECT count(*) FROM habits WHERE kind = 'meditation'") == [(1,)]
    await said(ana, "/stats", "Seven days to 3 Mar: 1 of")
    await world.asked(ana, "2026-03-04 08:00", "🧘")


RIGHT_TO_LEFT = "\u202e"
HOSTILE = (
    "<b>Walk & run</b> {goal} %s",
    f"walk {RIGHT_TO_LEFT} after\0 lunch?",
    "🏃" * 30 + "x" * 400,
    "'; DROP TABLE users;--",
)


async def test_a_habit_of_ones_own_is_asked_in_ones_own_words_whatever_they_are(
    world: World,
) -> None:
    people = [world.server.person(id, f"P{id}") for id in range(1, len(HOSTILE) + 1)]
    await asyncio.gather(*(world.set_up(each) for each in people))
    for person, words in zip(people, HOSTILE, strict=True):
        await said(person, "/habits", "Your habits")
        await tapped(person, "Add", "Add a habit")
        await tapped(person, "⭐ Your own", "Send it in a few words")
        shown = await said(person, words, "⭐")
        assert words.split()[0][:10] in shown.text
        assert "Every day: 17:30" in shown.text
    world.move_to(local("2026-03-02 17:30", BERLIN))
    for person, words in zip(people, HOSTILE, strict=True):
        card = await person.expect("⭐")
        line = next(line for line in card.text.split("\n") if line.startswith("⭐"))
        assert words.split()[0][:10] in line
        assert line.endswith("?")
        assert not line.endswith("??")
        assert len(line) <= 120
        assert RIGHT_TO_LEFT not in line
        await tapped(person, "⭐ Yes", "⭐ 17:30 · done for today", card)
        await said(person, "/today", words.split()[0][:10])


async def test_a_firm_repeat_asks_again_and_sound_can_be_switched(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/habits", "Your habits")
    card = await tapped(ana, "🧘 Quiet minutes", "Every day: 08:00")
    for button in ("Repeat: off", "Repeat: gentle", "Sound: on"):
        await (await ana.tap(button, card)).answered()
        await ana.until(lambda button=button: button not in labels(card))  # type: ignore[misc]
    assert {"Repeat: firm", "Sound: off"} <= labels(card)
    for at in ("08:00", "08:30", "09:00", "09:30"):
        question = await world.asked(ana, f"2026-03-02 {at}", "🧘")
        assert question.is_silent
    await world.asked(ana, "2026-03-02 10:00", "💧")
    await (await ana.tap("Yes", question)).answered()
    await ana.expect("done for today")

    assert asked_at(world, ana, "🧘") == ["02 08:00", "02 08:30", "02 09:00", "02 09:30"]


async def test_goal_and_glass_are_changed_and_counted_at_once(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/habits", "Your habits")
    card = await tapped(ana, "💧 Water", "Goal 1,250 ml a day, a glass is 250 ml.")
    await tapped(ana, "+ 250 ml", "Goal 1,500 ml a day", card)
    await tapped(ana, "Glass 250 ml", "a glass is 300 ml", card)
    question = await world.asked(ana, "2026-03-02 07:30", "💧")
    assert "0 of 1,500 ml today" in question.text
    await tapped(ana, "Yes", "07:30 a glass · 300 of 1,500 ml", question)
    assert await amounts(world, ana) == [300]
    for _ in range(4):
        await (await ana.tap("− 250 ml", card)).answered()
    await ana.expect("Goal 500 ml a day")
    assert "500 to 3,500" in await toast_of(ana, "− 250 ml", card)


# Times


async def test_times_are_typed_as_people_say_them(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/habits", "Your habits")
    await tapped(ana, "🧘 Quiet minutes", "Every day: 08:00")
    await tapped(ana, "Times", "Send other times")
    await said(ana, "25:00", "I can't read “25:00” as times. Send them like “weekdays 7:30”.")
    await asking_recorded(world, ana, "Send other times")
    quiet = await said(ana, "23:30", "🧘 23:30 would be in your quiet hours, 23:00 to 07:00.")
    assert len(quiet.text) <= 120
    await ana.expect("Every day: 08:00")
    await asking_recorded(world, ana, "Send other times")
    shown = await said(ana, "weekdays at 7:30", "Mon–Fri: 07:30")
    assert "Weekend: 08:00" in shown.text
    await asking_recorded(world, ana, "Send other times")
    await said(ana, "weekends at 10", "Weekend: 10:00")
    cards = [
        message
        for message in ana.messages
        if message.from_bot and "Send other times" in message.text
    ]
    await ana.until(
        lambda: (
            [message in ana.messages for message in cards] == [False] * (len(cards) - 1) + [True]
        )
    )
    await said(ana, "/habits", "Your habits")
    await tapped(ana, "💧 Water", "Goal")
    await tapped(ana, "Times", "Send other times")
    await said(
        ana,
        "every 90 min from 9 to 20",
        "Every day: 09:00 10:30 12:00 13:30 15:00 16:30 18:00 19:30",
    )

    await world.asked(ana, "2026-03-02 07:30", "🧘")  # the new time, still today
    await world.asked(ana, "2026-03-02 09:00", "💧")
    await world.asked(ana, "2026-03-07 10:00", "🧘")
    assert asked_at(world, ana, "🧘")[-1] == "07 10:00"


async def test_weekday_and_weekend_hours_may_differ(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/settings", "Every day: up at 07:00")
    await tapped(ana, "Hours", "Quiet from 23:00 to 07:00")
    await (await ana.tap("Weekend")).answered()
    await ana.expect(lambda message: "✓ Weekend" in labels(message))
    await tapped(ana, "8 – 24", "Weekend: up at 08:00, asleep by 00:00.")
    assert "Mon–Fri: up at 07:00, asleep by 23:00." in ana.newest.text
    await world.asked(ana, "2026-03-06 17:30", "💧")
    await world.asked(ana, "2026-03-07 18:30", "💧")
    world.move_to(local("2026-03-07 23:15", BERLIN))
    await ana.expect("🌙 23:15. Lights out by 00:00")

    assert asked_at(world, ana, "💧") == ["06 17:30", "07 18:30"]


# /timezone


async def test_travel_asks_no_slot_of_the_day_twice_and_home_time_is_one_tap_away(
    world: World,
) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await world.asked(ana, "2026-03-02 10:00", "💧")
    world.move_to(local("2026-03-02 10:10", BERLIN))
    await said(ana, "/timezone", "Berlin: 10:10. Your phone says 10:10.")
    there = await said(ana, "Lisbon", "Lisbon: is it 09:10 now?")
    await tapped(ana, "Yes", "Lisbon: 09:10. Your phone says 09:10.", there)
    assert "Keep Berlin time" in labels(there)
    for at in ("10:00", "12:00"):
        world.move_to(local(f"2026-03-02 {at}", LISBON))
        await world.settled(ana.id, local(f"2026-03-02 {at}", LISBON))
    await world.asked(
        ana, "2026-03-02 12:30", "💧", LISBON
    )  # not the edit of the first one, which ends now
    assert asked_at(world, ana, "💧", LISBON) == ["02 09:00", "02 12:30"]
    await said(ana, "/timezone", "Lisbon: 12:30")
    await said(ana, "Berlin", "Berlin: is it 13:30 now?")
    await tapped(ana, "Yes", "Berlin: 13:30. Your phone")
    await tapped(ana, "Keep Lisbon time", "Lisbon: 12:30")
    assert await world.rows("SELECT zone FROM users") == [(LISBON,)]
    lost = await said(ana, "/timezone", "Lisbon: 12:30")
    await (await ana.tap("📍 Location", lost)).answered()
    await ana.until(lambda: ana.keyboard is not None)
    await world.until(lambda: has_helper(world), "the helper to be known")
    await ana.share_location(52.52, 13.40)
    await ana.expect("Berlin: is it 13:30 now?")
    await tapped(ana, "Yes", "Berlin: 13:30. Your phone says 13:30.")
    await ana.until(lambda: ana.keyboard is None)
    assert await world.rows("SELECT zone FROM users") == [(BERLIN,)]


async def has_helper(world: World) -> bool:
    return await world.rows("SELECT count(*) FROM users WHERE helper_message_id IS NOT NULL") == [
        (1,)
    ]


async def test_a_traveller_can_choose_a_zone_by_its_clock_time(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    card = await said(ana, "/timezone", "Berlin: 07:01")
    await tapped(ana, "06:01", "Which of these cities", card)
    london = next(label for label in labels(card) if label.startswith("London"))
    await tapped(ana, london, "London: 06:01. Your phone says 06:01.", card)

    assert await world.rows("SELECT zone FROM users") == [("Europe/London",)]


# /pause, /resume


async def test_a_pause_is_silent_neutral_and_announces_its_end(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await world.asked(ana, "2026-03-02 12:00", "🥛")
    await tapped(ana, "Yes", "done for today", ana.newest)
    world.move_to(local("2026-03-03 07:05", BERLIN))
    await said(ana, "/pause soon", "I can't read “soon” as a number of days. Send it like 5d.")
    paused = await said(ana, "/pause 2d", "Paused until Thursday 5 Mar, 07:00.")
    assert "Resume" in labels(paused)
    before = len(world.server.accepted("sendMessage", 1))
    world.move_to(local("2026-03-04 20:00", BERLIN))
    line = await ana.expect("Your pause ends tomorrow at 07:00. /pause makes it longer.")
    assert line.is_silent
    assert len(world.server.accepted("sendMessage", 1)) == before + 1, (
        "silence, and one line the evening before"
    )
    await world.asked(ana, "2026-03-05 17:30", "💧")
    world.move_to(local("2026-03-08 18:00", BERLIN))
    digest = await ana.expect("Your week, ")
    # Days in the pause, the one on which it ends, and days without a question are neutral.
    assert "🥛 Fermented food: 1 of 1 day" in digest.text
    assert "💧 Water: not counted" in digest.text
    await said(ana, "/resume", "Nothing was paused.")
    await said(ana, "/pause 5d", "Paused until")
    await said(ana, "/resume", "Welcome back. Your reminders go on.")
    await ana.send("/pause")
    await ana.expect("Silence for a while")


# Settings of what is sent


SECRET = (
    "water",
    "glass",
    "fermented",
    "quiet",
    "asleep",
    "gut",
    "skin",
    "💧",
    "🥛",
    "🧘",
    "🌙",
    "kefir",
    "minutes",
)


async def test_a_discreet_question_says_nothing_until_it_is_opened(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/settings", "Settings")
    assert "Open shows them" in await toast_of(ana, "Discreet: off")
    await ana.expect(lambda message: "Discreet: on" in labels(message), new=False)
    since = len(world.server.accepted("sendMessage", 1))
    for at, sign in (("07:30", "💧"), ("08:00", "🧘")):
        world.move_to(local(f"2026-03-02 {at}", BERLIN))
        question = await ana.expect("🔔 A short question for you.")
        assert "Open" in labels(question)
        await tapped(ana, "Open", sign, question)
        await (await ana.tap("Yes", question)).answered()
        await ana.expect(lambda message: labels(message) == {"Undo"})
    world.move_to(local("2026-03-08 18:00", BERLIN))
    ready = await ana.expect("🔔 Your week is ready.")
    told = [
        str(call.parameters["text"]) for call in world.server.accepted("sendMessage", 1)[since:]
    ]
    assert [(word, text) for text in told for word in SECRET if word in text.lower()] == []
    assert world.server.accepted("sendPhoto", 1) == []
    await (await ana.tap("Open", ready)).answered()
    opened = await ana.expect("Your week, ")
    assert "Water" in opened.text


async def test_a_tidy_chat_keeps_what_was_answered_and_nothing_else(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/settings", "Settings")
    await (await ana.tap("Tidy chat: off")).answered()
    await ana.expect(lambda message: "Tidy chat: on" in labels(message))
    answered = await world.asked(ana, "2026-03-02 07:30", "💧")
    await tapped(ana, "Yes", "a glass · 250 of 1,250 ml", answered)
    silent = await world.asked(ana, "2026-03-02 08:00", "🧘")
    open_still = await world.asked(ana, "2026-03-02 12:00", "🥛")
    await world.asked(ana, "2026-03-02 17:30", "💧")
    world.move_to(local("2026-03-03 04:00", BERLIN))
    await ana.until(lambda: silent not in ana.messages and open_still not in ana.messages)

    assert answered in ana.messages
    questions = ("🧘", "🥛", "🌙", "💧 A glass of water?")
    await ana.until(
        lambda: not [message for message in ana.messages if message.text.startswith(questions)]
    )


# What a question offers


async def test_the_timer_runs_five_minutes_and_its_answer_records_them(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    question = await world.asked(ana, "2026-03-02 08:00", "🧘")
    await tapped(ana, "Start 5 min", "🧘 5 quiet minutes, until 08:05.", question)
    over = await world.asked(ana, "2026-03-02 08:05", "🧘 5 minutes are over. Done?")
    await tapped(ana, "Yes", "🧘 08:05 · 5 min", over)

    assert await amounts(world, ana) == [5]
    await ana.until(lambda: not question.buttons)


async def test_later_of_one_row_leaves_the_other_row_alone(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/habits", "Your habits")
    await tapped(ana, "🧘 Quiet minutes", "Every day: 08:00")
    await tapped(ana, "Times", "Send other times")
    await said(ana, "7:30", "Every day: 07:30")
    await world.asked(ana, "2026-03-03 07:15", "🌙")
    world.move_to(local("2026-03-03 07:30", BERLIN))
    card = await ana.expect(lambda message: "🧘" in message.text and "💧" in message.text)
    await (await ana.tap("🧘 Later", card)).answered()
    await ana.expect(lambda message: message is card and "🧘 15 min" in labels(card))
    assert "💧 Yes" in labels(card)
    await tapped(ana, "🧘 15 min", "🧘 Back at 07:45.", card)
    assert {"💧 Yes", "💧 No", "💧 Later", "🧘 Undo"} <= labels(card)
    await tapped(ana, "💧 Yes", "💧 07:30 a glass · 250 of 1,250 ml today", card)
    again = await world.asked(ana, "2026-03-03 07:45", "🧘")
    assert "💧" not in again.text
    await ana.until(lambda: labels(card) == {"Undo"})


# The digest and the statistics


async def late_week(world: World, person: Person) -> Message:
    """A week in which the question of 17:30 was answered an hour late three times; returns its
    digest.
    """
    await world.set_up(person)
    for day in (2, 3, 4):
        question = await world.asked(person, f"2026-03-0{day} 17:30", "💧")
        world.move_to(local(f"2026-03-0{day} 18:35", BERLIN))
        await tapped(person, "Yes", "18:35 a glass", question)
    await said(person, "/water 1 l", "Shall I note it?")
    await said(person, "yes", "1,250 of 1,250 ml")
    world.move_to(local("2026-03-08 18:00", BERLIN))
    return await person.expect("Your week, ")


async def test_a_digest_is_a_picture_whose_buttons_do_what_they_say(world: World) -> None:
    ana = world.server.person(1)
    digest = await late_week(world, ana)
    assert digest.file is not None
    assert digest.file.content.startswith(b"\x89PNG")
    assert min(digest.file.size) >= 900
    assert "💧 You answer 17:30 late. Move it to 18:30?" in digest.text
    [fact] = [each for each in facts() if each.text in digest.text]
    await tapped(ana, "Source", fact.source.title, digest)
    assert await toast_of(ana, "Move to 18:30", digest) == "Done. /habits shows it."
    await ana.until(lambda: labels(digest) == {"Source", "Not for me"})
    assert "No more about" in await toast_of(ana, "Not for me", digest)
    again = await said(ana, "/digest", "Your week, 2 Mar to 7 Mar")
    assert again.file is not None
    assert (again.text, again.file.content) == (digest.text, digest.file.content)
    stats = await said(ana, "/stats", "Seven days to 8 Mar")
    week = stats.file
    await (await ana.tap("12 weeks", stats)).answered()
    await ana.until(lambda: stats.file is not week and "✓ 12 weeks" in labels(stats))
    assert stats.file is not None
    assert week is not None
    assert stats.file.content != week.content
    await world.asked(ana, "2026-03-09 18:30", "💧")
    assert "09 17:30" not in asked_at(world, ana, "💧")
    await (await ana.tap_raw("v1:apply:1", digest.message_id)).answered()
    assert ana.toasts[-1].text == "That has changed since. /habits shows how it is."


async def test_topics_left_out_never_come_again_and_the_last_one_stays(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    topics = sorted({fact.topic for fact in facts()})
    told = []
    for week in range(len(topics) - 1):
        world.move_to(local("2026-03-08 18:00", BERLIN) + timedelta(days=7 * week, hours=2))
        digest = await ana.expect("Your week, ")
        [fact] = [each for each in facts() if each.text in digest.text]
        told.append(fact.topic)
        assert "No more about" in await toast_of(ana, "Not for me", digest)
    assert sorted(set(told)) == sorted(told), "a topic left out is never told again"
    world.move_to(local("2026-03-08 18:00", BERLIN) + timedelta(days=7 * len(topics), hours=2))
    digest = await ana.expect("Your week, ")
    [fact] = [each for each in facts() if each.text in digest.text]
    assert fact.topic not in told
    assert (
        await toast_of(ana, "Not for me", digest)
        == "It is the last topic you left on, so it stays."
    )


async def test_a_digest_whose_picture_cannot_be_rendered_is_sent_as_text(world: World) -> None:
    await world.stop()
    broken = world.folder / "broken"
    broken.mkdir()
    (broken / "resvg_py.py").write_text("raise ImportError('a library that this machine lacks')\n")
    world.environment["PYTHONPATH"] = f"{broken}:{__file__.rpartition('/tests/')[0]}"
    await world.start()
    ana = world.server.person(1)
    digest = await late_week(world, ana)

    assert digest.file is None
    assert "💧 Water: 1 of 1 day" in digest.text
    assert {"Source", "Not for me", "Move to 18:30"} == labels(digest)
    stats = await said(ana, "/stats", "Seven days to")
    assert stats.file is None
    assert "picture_not_rendered" in world.log()


async def test_before_the_first_week_digest_says_when_it_comes(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana)
    await said(ana, "/digest", "Your first week comes on Sunday 8 Mar at 18:00.")
    stats = await said(ana, "/stats", "Not much to show yet")
    assert stats.file is None


@pytest.mark.parametrize("words", ["/timezone", "/habits", "/water", "/pause 3d"])
async def test_commands_before_the_end_of_the_set_up_lead_back_to_it(
    words: str, world: World
) -> None:
    ana = world.server.person(1)
    await said(ana, "/start", "Small daily habits")
    await said(ana, words, "Small daily habits")
    assert await world.rows("SELECT count(*) FROM habits") == [(0,)]
