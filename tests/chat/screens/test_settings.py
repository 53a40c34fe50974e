"""/settings and /pause: what can be set, by tap and in words, and what is refused and why."""

import pytest

from reminder_bot.content import facts
from tests.chat.conversation import Conversation, Row, labels

TOPICS = sorted({fact.topic for fact in facts()})


def hours(row: Row) -> list[str | None]:
    return [
        row[name] and row[name][:5] for name in ("wake", "sleep", "weekend_wake", "weekend_sleep")
    ]


def said(talk: Conversation) -> list[str]:
    return [each.text for each in talk.person.messages if each.from_bot]


# What the list says


async def test_the_list_says_both_pairs_of_hours_where_they_differ(settled: Conversation) -> None:
    await settled.do("hours/we/0800-0000")

    screen = await settled.send("/settings")

    assert "Mon–Fri: up at 07:00, asleep by 23:00." in screen.text
    assert "Weekend: up at 08:00, asleep by 00:00." in screen.text


async def test_the_list_says_until_when_it_is_paused(settled: Conversation) -> None:
    await settled.send("/pause 3d")

    assert "Paused until Thursday 5 Mar, 07:00." in (await settled.send("/settings")).text


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        ("discreet", "Questions come without their words. Open shows them."),
        ("tidy", "Questions that nobody answered will be deleted."),
        ("dark", "The next picture is dark."),
    ],
)
async def test_a_switch_says_what_it_means_when_it_is_switched_on(
    flag: str, words: str, settled: Conversation
) -> None:
    assert await settled.do(f"settings/{flag}") == words
    assert await settled.do(f"settings/{flag}") == ""


async def test_a_discreet_question_says_nothing_until_it_is_opened(settled: Conversation) -> None:
    await settled.do("settings/discreet")
    question = await settled.asked("2026-03-02 07:30")
    assert "A short question" in question.text
    assert "💧" not in question.text

    await settled.tap("Open", question)

    assert question.text.startswith("💧 A glass of water?")


# Hours


async def test_hours_of_the_weekend_leave_the_other_days(settled: Conversation) -> None:
    await settled.do("hours/we/0800-0000")

    assert hours(settled.user) == ["07:00", "23:00", "08:00", "00:00"]


async def test_hours_of_the_other_days_leave_the_weekend(settled: Conversation) -> None:
    await settled.do("hours/wd/0600-2200")

    assert hours(settled.user) == ["06:00", "22:00", "07:00", "23:00"]


async def test_hours_that_are_the_same_again_are_kept_as_one_pair(settled: Conversation) -> None:
    await settled.do("hours/we/0800-0000")
    await settled.do("hours/wd/0800-0000")

    assert hours(settled.user) == ["08:00", "00:00", None, None]


async def test_hours_of_all_days_end_the_weekends_own(settled: Conversation) -> None:
    await settled.do("hours/we/0800-0000")
    await settled.do("hours/all/0600-2200")

    assert hours(settled.user) == ["06:00", "22:00", None, None]


async def test_the_screen_opens_at_the_working_days_where_hours_differ(
    settled: Conversation,
) -> None:
    await settled.do("hours/we/0800-0000")

    screen = await settled.go("hours")

    assert labels(screen)[0] == ["All days", "✓ Mon–Fri", "Weekend"]
    assert "Quiet from 23:00 to 07:00" in screen.text


async def test_the_weekends_screen_says_its_own_quiet_hours(settled: Conversation) -> None:
    await settled.do("hours/we/0800-0000")

    assert "Quiet from 00:00 to 08:00" in (await settled.go("hours/we")).text


async def test_default_times_follow_the_hours(settled: Conversation) -> None:
    await settled.do("hours/all/0600-2200")

    (row,) = settled.rows("SELECT schedule FROM reminders WHERE id = 3")
    assert row["schedule"] == "1234567 07:00"


async def test_hours_that_leave_no_night_are_refused(settled: Conversation) -> None:
    toast = await settled.do("hours/all/0700-0600")

    assert "leave no day or no night" in toast
    assert settled.person.toasts[-1].is_alert
    assert hours(settled.user) == ["07:00", "23:00", None, None]


async def test_a_time_of_ones_own_that_would_be_in_quiet_hours_moves_and_the_answer_says_so(
    settled: Conversation,
) -> None:
    await settled.go("times/3/all")
    await settled.send("22:30")

    toast = await settled.do("hours/all/0600-2200")

    assert toast == "🧘 22:30 has moved to 21:00."
    assert settled.person.toasts[-1].is_alert
    assert hours(settled.user) == ["06:00", "22:00", None, None]
    (row,) = settled.rows("SELECT schedule FROM reminders WHERE id = 3")
    assert row["schedule"] == "1234567 21:00"


async def test_typed_hours_that_move_the_digest_are_answered_with_its_new_hour(
    settled: Conversation,
) -> None:
    await settled.go("hours")

    await settled.send("22:00 14:00")

    said = [each.text for each in settled.person.messages if each.from_bot]
    assert "Your week has moved from 18:00 to 22:00." in said
    assert settled.user["digest_at"].startswith("22:00")


async def test_no_button_offers_hours_without_a_night_in_common(settled: Conversation) -> None:
    await settled.go("hours")
    await settled.send("22:00 14:00")

    screen = await settled.go("hours/we")
    assert "7 – 23" not in {label for row in labels(screen) for label in row}
    await settled.tap("Other", screen)
    wakes = [label for row in labels(screen) for label in row if ":" in label]
    for wake in wakes:
        sleeps = await settled.go(f"hours/we/{wake.replace(':', '')}")
        for sleep in (label for row in labels(sleeps) for label in row if ":" in label):
            pair = f"{wake}-{sleep}".replace(":", "")
            assert "night in common" not in await settled.do(f"hours/we/{pair}")
            settled.execute("UPDATE users SET weekend_wake = NULL, weekend_sleep = NULL")


async def test_hours_that_are_set_already_are_answered_with_a_hint(settled: Conversation) -> None:
    assert await settled.do("hours/all/0700-2300") == "It is set like that already."


async def test_an_unhealthy_night_gets_one_line_and_no_refusal(settled: Conversation) -> None:
    await settled.go("hours/all")

    screen = await settled.send("5:00 23:30")

    assert "That is short. If you can't sleep longer, a doctor can help." in screen.text
    assert hours(settled.user) == ["05:00", "23:30", None, None]


async def test_typed_hours_are_for_the_days_on_the_screen(settled: Conversation) -> None:
    await settled.go("hours/we")

    await settled.send("8:30 23:30")

    assert hours(settled.user) == ["07:00", "23:00", "08:30", "23:30"]


async def test_words_that_are_no_hours_are_answered_with_an_example(settled: Conversation) -> None:
    await settled.go("hours")

    answer = await settled.send("early")

    assert answer.text == "I can't read “early” as two times. Send them like 07:00 23:00."


async def test_waking_and_sleeping_are_chosen_one_after_the_other(settled: Conversation) -> None:
    screen = await settled.go("hours")
    for button in ("Other", "05:00", "21:00"):
        await settled.tap(button, screen)

    assert hours(settled.user) == ["05:00", "21:00", None, None]


# The digest's day and hour


async def test_the_digest_comes_on_the_day_and_hour_that_were_tapped(
    settled: Conversation,
) -> None:
    await settled.do("week/day/6")
    await settled.do("week/hour/later")

    assert settled.user["next_digest_at"] == "2026-03-07 18:00:00.000000"  # 19:00 in Berlin
    assert "Saturday at 19:00" in (await settled.send("/settings")).text


async def test_the_hour_of_the_digest_skips_the_quiet_hours(settled: Conversation) -> None:
    for _ in range(5):
        assert await settled.do("week/hour/later") == ""

    assert settled.user["digest_at"].startswith("07:00")
    assert await settled.do("week/hour/earlier") == ""
    assert settled.user["digest_at"].startswith("22:00")


async def test_a_day_on_which_the_hour_of_the_digest_is_quiet_moves_the_hour(
    settled: Conversation,
) -> None:
    await settled.go("hours/we")
    await settled.send("10:00 23:00")
    for _ in range(7):
        await settled.do("week/hour/later")
    await settled.do("week/day/1")
    for _ in range(4):
        await settled.do("week/hour/earlier")
    assert settled.user["digest_at"].startswith("08:00")

    toast = await settled.do("week/day/6")

    assert toast == "Your week has moved from 08:00 to 10:00."
    assert settled.user["digest_at"].startswith("10:00")


# Diet and facts


async def test_a_ticked_diet_is_kept_and_a_second_tap_clears_it(settled: Conversation) -> None:
    screen = await settled.go("diet")
    await settled.tap("vegan", screen)
    await settled.tap("no gluten", screen)
    await settled.tap("✓ vegan", screen)

    assert settled.user["diet"] == "no-gluten"
    assert "✓ no gluten" in labels(screen)[1]


async def test_one_topic_of_facts_always_stays(settled: Conversation) -> None:
    toasts = [await settled.do(f"facts/{topic}") for topic in TOPICS]

    assert settled.user["unwanted_topics"].split() == TOPICS[:-1]
    assert toasts[-1] == "One topic stays: the week brings a fact."


async def test_a_topic_comes_back(settled: Conversation) -> None:
    await settled.do("facts/sleep")
    await settled.do("facts/sleep")

    assert settled.user["unwanted_topics"] == ""


async def test_facts_about_babies_are_for_who_asks_for_them(settled: Conversation) -> None:
    assert not settled.user["wants_infants"]

    await settled.do("facts/infants")

    assert settled.user["wants_infants"]


# Pauses


async def test_a_pause_by_tap_is_silent(settled: Conversation) -> None:
    await settled.tap("3 days", await settled.send("/pause"))
    count = len(settled.person.messages)

    await settled.tick("2026-03-02 07:30")
    await settled.tick("2026-03-03 12:00")

    assert len(settled.person.messages) == count


async def test_a_pause_announces_its_end_the_evening_before(settled: Conversation) -> None:
    await settled.tap("3 days", await settled.send("/pause"))

    line = await settled.asked("2026-03-04 20:00")

    assert line.text == "Your pause ends tomorrow at 07:00. /pause makes it longer."
    assert line.is_silent


async def test_after_a_pause_the_questions_come_again(settled: Conversation) -> None:
    await settled.tap("1 day", await settled.send("/pause"))

    question = await settled.asked("2026-03-03 07:30")

    assert question.text.startswith("💧")


@pytest.mark.parametrize(("words", "until"), [("5d", "7 Mar"), ("2 weeks", "16 Mar")])
async def test_the_length_of_a_pause_is_typed(
    words: str, until: str, settled: Conversation
) -> None:
    await settled.send("/pause")

    screen = await settled.send(words)

    assert until in screen.text


async def test_words_that_are_no_length_are_answered_with_an_example(settled: Conversation) -> None:
    await settled.send("/pause")

    answer = await settled.send("a while")

    assert answer.text == "I can't read “a while” as a number of days. Send it like 5d."


# The zone


async def test_home_time_is_one_tap_away(settled: Conversation) -> None:
    await settled.send("/timezone")
    screen = await settled.send("Lisbon")
    assert screen.text == "Lisbon: is it 06:01 now?"
    await settled.tap("Yes", screen)
    assert "Lisbon: 06:01. Your phone says 06:01." in screen.text
    assert "Your times follow the clock there: 07:00 is 07:00 in Lisbon." in screen.text

    await settled.tap("Keep Berlin time", screen)

    assert settled.user["zone"] == "Europe/Berlin"


async def test_the_zone_that_stands_already_offers_nothing_to_keep(settled: Conversation) -> None:
    await settled.send("/timezone")

    screen = await settled.send("Berlin")
    await settled.tap("Yes", screen)

    assert labels(screen) == [["Back", "Close"]]


async def test_a_city_of_two_zones_is_asked_back(settled: Conversation) -> None:
    await settled.send("/timezone")

    screen = await settled.send("Springfield")
    assert "Which one is it?" in screen.text
    await settled.tap(labels(screen)[0][0], screen)
    await settled.tap("Yes", screen)

    assert settled.user["zone"].startswith("America/")


async def test_a_city_with_another_clock_leads_back_to_the_clocks(settled: Conversation) -> None:
    await settled.send("/timezone")
    screen = await settled.send("Lisbon")

    await settled.tap("No", screen)

    assert "What time is it for you now?" in screen.text
    assert settled.user["zone"] == "Europe/Berlin"


async def test_from_the_cities_of_a_name_back_leads_to_the_clocks(settled: Conversation) -> None:
    await settled.send("/timezone")
    screen = await settled.send("Springfield")

    await settled.tap("Back", screen)

    assert "What time is it for you now?" in screen.text


async def test_a_city_that_is_not_known_is_answered_with_an_example(settled: Conversation) -> None:
    await settled.send("/timezone")

    answer = await settled.send("Atlantis upon Nowhere")

    assert "I can't find “Atlantis upon Nowhere”" in answer.text
    assert settled.user["zone"] == "Europe/Berlin"


async def test_reminders_follow_the_new_clock(settled: Conversation) -> None:
    await settled.do("zone/set/Europe/Lisbon")

    (row,) = settled.rows("SELECT next_due_at FROM reminders WHERE id = 3")
    assert row["next_due_at"] == "2026-03-02 08:00:00.000000"  # eight in Lisbon
