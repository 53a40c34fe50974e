"""Each command does what its line in Telegram's menu says."""

import json

import pytest

from reminder_bot.simulator import Message
from reminder_bot.texts.menu import commands
from reminder_bot.texts.translation import translation
from tests.chat.conversation import Conversation, changed, labels


def amounts(talk: Conversation) -> list[int | None]:
    """What counts, in the order it was noted."""
    rows = talk.rows("SELECT amount FROM entries WHERE undone_at IS NULL ORDER BY id")
    return [row["amount"] for row in rows]


def documents(talk: Conversation) -> list[Message]:
    return [each for each in talk.person.messages if each.file is not None]


def test_the_menu_says_what_each_command_is_for() -> None:
    assert commands(translation("en")) == {
        "today": "Where the day stands",
        "water": "Note a glass, or “/water 500”",
        "habits": "Habits and their times",
        "stats": "How it went",
        "digest": "Your last week again",
        "undo": "Take back the last answer",
        "pause": "Silence for a while",
        "resume": "End a pause",
        "settings": "Hours, diet, discretion and more",
        "timezone": "Your clock, when you travel",
        "export": "All your data as files",
        "delete": "Delete all your data",
        "privacy": "What is kept, and where",
        "help": "How it works, and health notes",
        "start": "Begin, or see today",
    }


async def test_start_begins(talk: Conversation) -> None:
    card = await talk.send("/start")

    assert "Small daily habits" in card.text
    assert talk.user["setup"] == "welcome"


async def test_start_shows_today_to_somebody_who_is_set_up_and_erases_nothing(
    settled: Conversation,
) -> None:
    before = settled.state()

    card = await settled.send("/start")

    assert card.text.startswith("Today, Monday 2 Mar")
    assert settled.state() == before


async def test_start_again_resumes_at_the_same_step(talk: Conversation) -> None:
    await talk.send("/start")
    await talk.tap("Start")

    card = await talk.send("/start")

    assert "What time is it" in card.text
    assert talk.user["setup_message_id"] == card.message_id


async def test_today_shows_where_the_day_stands(settled: Conversation) -> None:
    await settled.send("/water 500")

    card = await settled.send("/today")

    assert card.text.split("\n") == [
        "Today, Monday 2 Mar",
        "💧 Water · 500 of 1,250 ml",
        "🥛 Fermented food · open",
        "🧘 Quiet minutes · open",
        "🌙 Lights out by 23:00 the night before · open",
    ]


async def test_water_notes_a_glass(settled: Conversation) -> None:
    answer = await settled.send("/water")

    assert answer.text == "💧 07:01 a glass · 250 of 1,250 ml today"
    assert amounts(settled) == [250]


async def test_water_notes_the_amount_that_is_named(settled: Conversation) -> None:
    answer = await settled.send("/water 500")

    assert answer.text == "💧 07:01 500 ml · 500 of 1,250 ml today"
    assert amounts(settled) == [500]


async def test_water_answers_the_open_question_and_sends_nothing_new(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 07:30")

    await settled.send("/water")

    assert settled.person.newest is question
    assert question.text == "💧 07:30 a glass · 250 of 1,250 ml today"
    assert [row["reply"] for row in settled.rows("SELECT reply FROM check_ins")] == ["yes"]


async def test_water_does_not_answer_the_question_of_another_day(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 20:00")
    settled.move_to("2026-03-03 07:10")

    answer = await settled.send("/water")

    assert answer is not question
    assert answer.text == "💧 07:10 a glass · 250 of 1,250 ml today"


async def test_water_says_so_where_it_cannot_read_the_amount(settled: Conversation) -> None:
    answer = await settled.send("/water lots")

    assert "“lots”" in answer.text
    assert amounts(settled) == []


async def test_water_says_so_where_water_is_not_among_the_habits(settled: Conversation) -> None:
    await settled.do("habit/1/remove")

    answer = await settled.send("/water")

    assert answer.text == "Water is not among your habits. /habits adds it."


async def test_habits_shows_the_habits_and_their_times(settled: Conversation) -> None:
    screen = await settled.send("/habits")

    assert screen.text.split("\n") == [
        "Your habits",
        "💧 Water · 6 times a day",
        "🥛 Fermented food · 12:00",
        "🧘 Quiet minutes · 08:00",
        "🌙 Bedtime · 07:15, 22:15",
    ]


async def test_stats_shows_how_it_went(settled: Conversation) -> None:
    settled.move_to("2026-03-02 08:30")
    await settled.send("/water 1500")
    await settled.send("yes")

    answer = await settled.send("/stats")

    assert answer.text.startswith("Seven days to 2 Mar: 1 of 1 kept.")


async def test_digest_says_when_the_first_one_comes(settled: Conversation) -> None:
    answer = await settled.send("/digest")

    assert answer.text == "Your first week comes on Sunday 8 Mar at 18:00."


async def test_digest_sends_the_last_one_again_with_the_same_fact(settled: Conversation) -> None:
    sent = await settled.asked("2026-03-08 18:00")

    again = await settled.send("/digest")

    assert again is not sent
    assert again.text == sent.text
    assert labels(again) == labels(sent)


async def test_undo_takes_back_the_last_answer(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")
    await settled.tap("No")

    answer = await settled.send("/undo")

    assert answer.text == "🧘 Taken back: 08:00 no"
    assert labels(question)[0] == ["Yes", "No", "Later"]


async def test_undo_takes_back_the_last_answer_and_no_good_night_after_it(
    settled: Conversation,
) -> None:
    await settled.tick("2026-03-02 20:00")
    await settled.tap("Yes")
    wind_down = await settled.asked("2026-03-02 22:15")
    await settled.tap("Good night")
    shown = labels(wind_down)

    answer = await settled.send("/undo")

    assert answer.text == "💧 Taken back: 20:00 a glass"
    assert labels(wind_down) == shown


async def test_undo_says_so_where_there_is_nothing_to_take_back(settled: Conversation) -> None:
    answer = await settled.send("/undo")

    assert answer.text == "Nothing to take back today. /today corrects other days."


async def test_pause_offers_how_long_to_be_silent(settled: Conversation) -> None:
    screen = await settled.send("/pause")

    assert "Silence for a while" in screen.text
    assert settled.user["paused_at"] is None
    assert settled.user["awaits"] == "pause"


async def test_pause_with_a_length_is_silent_until_then(settled: Conversation) -> None:
    screen = await settled.send("/pause 5d")

    assert "Paused until Saturday 7 Mar, 07:00." in screen.text
    assert settled.user["paused_until"].startswith("2026-03-07 06:00")


async def test_pause_says_so_where_it_cannot_read_the_length(settled: Conversation) -> None:
    answer = await settled.send("/pause soon")

    assert answer.text == "I can't read “soon” as a number of days. Send it like 5d."
    assert settled.user["paused_at"] is None


async def test_resume_ends_a_pause(settled: Conversation) -> None:
    await settled.send("/pause 5d")

    answer = await settled.send("/resume")

    assert answer.text == "Welcome back. Your reminders go on."
    assert settled.user["paused_at"] is None


async def test_resume_says_so_where_nothing_was_paused(settled: Conversation) -> None:
    answer = await settled.send("/resume")

    assert answer.text == "Nothing was paused."


async def test_settings_shows_hours_and_switches(settled: Conversation) -> None:
    screen = await settled.send("/settings")

    assert screen.text.split("\n") == [
        "Settings",
        "Berlin: 07:01",
        "Every day: up at 07:00, asleep by 23:00.",
        "Your week comes on Sunday at 18:00.",
    ]


async def test_timezone_shows_the_clock_beside_the_phones(settled: Conversation) -> None:
    screen = await settled.send("/timezone")

    assert "Berlin: 07:01. Your phone says 07:01." in screen.text
    assert "What time is it for you now?" in screen.text


async def test_export_hands_over_all_data_as_a_table_and_as_json(settled: Conversation) -> None:
    await settled.send("/water 500")

    await settled.send("/export")

    table, as_json = documents(settled)
    assert table.text.startswith("All that is known of you")
    assert table.file is not None
    assert as_json.file is not None
    assert table.file.filename == "reminder-bot-2026-03-02.csv"
    assert json.loads(as_json.file.content)["entries"][0]["amount"] == 500


async def test_delete_says_how_many_rows_and_asks_first(settled: Conversation) -> None:
    before = settled.state()
    rows = sum(len(of_table) for of_table in before.values())

    answer = await settled.send("/delete")

    assert answer.text == f"This deletes all that is known of you: {rows} rows. It can't be undone."
    assert settled.state() == before


async def test_privacy_says_what_is_kept_and_where(settled: Conversation) -> None:
    answer = await settled.send("/privacy")

    assert answer.text.startswith("What is kept")
    assert "the database of whoever hosts this bot" in answer.text
    assert "/delete removes all of it" in answer.text


async def test_help_says_how_it_works_and_has_the_health_notes(settled: Conversation) -> None:
    answer = await settled.send("/help")

    assert "Tap a button, or type" in answer.text
    assert "Health notes" in answer.text
    assert answer.text.count("•") >= 5


async def test_an_unknown_command_is_answered_with_how_to_find_the_others(
    settled: Conversation,
) -> None:
    answer = await settled.send("/frobnicate")

    assert answer.text == "I don't know this command. /help lists what I can do."


async def test_a_command_is_understood_in_capitals_and_with_the_bots_name(
    settled: Conversation,
) -> None:
    await settled.send("/WATER@reminder_test_bot 500")

    assert amounts(settled) == [500]


async def test_a_command_ends_what_a_screen_was_waiting_for(settled: Conversation) -> None:
    await settled.send("/pause")

    await settled.send("/today")

    assert settled.user["awaits"] == ""


async def test_before_the_first_contact_is_through_a_command_leads_back_to_it(
    talk: Conversation,
) -> None:
    await talk.send("/start")

    for command in ("/today", "/water", "/habits", "/pause 3d", "/undo", "/digest", "/stats"):
        card = await talk.send(command)
        assert "Small daily habits" in card.text, command

    assert talk.rows("SELECT * FROM habits") == []
    assert talk.user["paused_at"] is None


async def test_before_the_first_contact_is_through_help_privacy_and_ones_data_are_there(
    talk: Conversation,
) -> None:
    await talk.send("/start")

    assert "Health notes" in (await talk.send("/help")).text
    assert "What is kept" in (await talk.send("/privacy")).text
    assert "deletes all" in (await talk.send("/delete")).text
    await talk.send("/export")
    assert documents(talk)[0].text.startswith("All that is known of you")


async def test_water_answers_the_question_about_water_and_no_newer_one(
    settled: Conversation,
) -> None:
    water = await settled.asked("2026-03-02 07:30")
    quiet = await settled.asked("2026-03-02 08:00")

    await settled.send("/water")

    assert labels(water) == [["Undo"]]
    assert "Yes" in labels(quiet)[0]


@pytest.mark.parametrize(
    "words", [*(f"/{name}" for name in commands(translation("en"))), "/water 500", "/pause 3d"]
)
async def test_a_command_that_is_delivered_again_changes_things_once(
    words: str, settled: Conversation
) -> None:
    """An hour later, and for /resume after a new pause, which it must not end."""
    await settled.send("/water 300")
    await settled.send("/pause 5d" if words == "/resume" else "/water 200")
    await settled.person.send(words)
    [update] = settled.server.updates.pending
    await settled.take()
    if words == "/resume":
        await settled.send("/pause 5d")
    before = settled.state()
    settled.move_to("2026-03-02 08:01")

    settled.server.updates.inject(update)
    await settled.take()

    # A screen that is shown again waits for words anew.
    waiting = {"users.awaits", "users.awaits_message_id", "users.awaits_until"}
    assert changed(before, settled.state()) <= waiting
