"""/habits: what is on, when each is asked, how loudly, and how often."""

import pytest

from reminder_bot.domain.habit import HabitKind
from tests.chat.conversation import Conversation, labels

WATER, FOOD, QUIET, BED = "habit/1", "habit/2", "habit/3", "habit/4"


def schedule(talk: Conversation, reminder: int) -> str:
    (row,) = talk.rows("SELECT schedule FROM reminders WHERE id = ?", reminder)
    return str(row["schedule"])


# The list


async def test_without_a_habit_the_list_says_so(settled: Conversation) -> None:
    for path in (WATER, FOOD, QUIET, BED):
        await settled.do(f"{path}/remove")

    screen = await settled.send("/habits")

    assert "None is on. Add one below." in screen.text
    assert labels(screen) == [["Add", "Back"]]


async def test_a_habit_that_is_not_asked_today_says_so(settled: Conversation) -> None:
    await settled.go("times/3/all")
    await settled.send("weekends at 10")
    settled.execute("UPDATE reminders SET schedule = '67 10:00' WHERE id = 3")

    screen = await settled.send("/habits")

    assert "🧘 Quiet minutes · not today" in screen.text


async def test_up_to_three_times_are_named_and_more_are_counted(settled: Conversation) -> None:
    settled.execute("UPDATE reminders SET schedule = '1234567 08:00,09:00,10:00' WHERE id = 3")
    assert "🧘 Quiet minutes · 08:00, 09:00, 10:00" in (await settled.send("/habits")).text

    settled.execute("UPDATE reminders SET schedule = '1234567 07:00,08:00,09:00,10:00' WHERE id=3")
    assert "🧘 Quiet minutes · 4 times a day" in (await settled.send("/habits")).text


async def test_two_habits_to_add_stand_in_a_row(settled: Conversation) -> None:
    screen = await settled.go("add")

    to_add = sum(not kind.spec.is_offered_at_setup for kind in HabitKind)
    back = [1]
    assert [len(row) for row in labels(screen)] == [2] * (to_add // 2) + [1] * (to_add % 2) + back


async def test_with_every_habit_on_there_is_none_to_add(settled: Conversation) -> None:
    for kind in HabitKind:
        if not kind.spec.is_offered_at_setup and kind is not HabitKind.CUSTOM:
            await settled.do(f"add/{kind}")
    await settled.go("own")
    await settled.send("Walk")

    screen = await settled.send("/habits")

    assert labels(screen)[-1] == ["Back"]


# One habit


async def test_water_says_its_goal_and_who_decides_about_a_limit(settled: Conversation) -> None:
    screen = await settled.go(WATER)

    assert "Goal 1,250 ml a day, a glass is 250 ml." in screen.text
    assert "On a fluid limit? Leave water off" in screen.text


async def test_bedtime_names_its_two_times(settled: Conversation) -> None:
    screen = await settled.go(BED)

    assert "Evening: Every day: 22:15" in screen.text
    assert "Morning: Every day: 07:15" in screen.text


async def test_days_that_share_their_times_share_a_line(settled: Conversation) -> None:
    settled.execute("UPDATE reminders SET schedule = '135 08:00 24 09:00' WHERE id = 3")

    screen = await settled.go(QUIET)

    assert screen.text.split("\n")[1:] == [
        "Mon, Wed, Fri: 08:00",
        "Tue, Thu: 09:00",
        "Weekend: not asked",
    ]


@pytest.mark.parametrize(
    ("slots", "days"),
    [
        ("1234567 08:00", "all"),
        ("12345 08:00 67 09:00", "wd"),
        ("135 08:00 24 09:00", "wd"),
    ],
)
async def test_times_open_for_all_days_where_they_are_the_same_on_all(
    settled: Conversation, slots: str, days: str
) -> None:
    settled.execute("UPDATE reminders SET schedule = ? WHERE id = 3", slots)

    screen = await settled.go(QUIET)

    assert screen.buttons[0][0].data == f"v1:go:times/3/{days}"


async def test_the_goal_stays_between_500_and_3500_ml(settled: Conversation) -> None:
    for way, bound in (("less", 500), ("more", 3500)):
        toasts = [await settled.do(f"{WATER}/goal/{way}") for _ in range(13)]

        (row,) = settled.rows("SELECT goal_ml FROM habits WHERE id = 1")
        assert row["goal_ml"] == bound
        assert toasts[-1] == "The goal can be 500 to 3,500 ml."


async def test_a_removed_habit_is_not_asked_and_comes_back_with_its_history(
    settled: Conversation,
) -> None:
    await settled.tick("2026-03-02 08:00")
    await settled.tap("Yes")
    await settled.do(f"{QUIET}/remove")
    assert settled.rows("SELECT next_due_at FROM reminders WHERE id = 3") == [{"next_due_at": None}]

    await settled.do("add/meditation")

    assert settled.rows("SELECT id, removed_at FROM habits WHERE kind = 'meditation'") == [
        {"id": 3, "removed_at": None}
    ]
    assert len(settled.rows("SELECT * FROM entries WHERE habit_id = 3")) == 1
    assert settled.rows("SELECT next_due_at FROM reminders WHERE id = 3")[0]["next_due_at"]


async def test_an_own_habit_has_the_persons_words(settled: Conversation) -> None:
    await settled.go("own")

    screen = await settled.send("  Walk <b>after</b> lunch?? ")

    assert "⭐ Walk <b>after</b> lunch" in screen.text
    assert "Every day: 17:30" in screen.text
    (row,) = settled.rows("SELECT words FROM habits WHERE kind = 'custom'")
    assert row["words"] == "Walk <b>after</b> lunch"


async def test_an_own_habit_without_a_word_is_none(settled: Conversation) -> None:
    await settled.go("own")

    answer = await settled.send("???")

    assert "I didn't get that" in answer.text
    assert len(settled.rows("SELECT * FROM habits")) == 4


async def test_long_words_are_cut(settled: Conversation) -> None:
    await settled.go("own")

    await settled.send("x" * 200)

    (row,) = settled.rows("SELECT words FROM habits WHERE kind = 'custom'")
    assert len(row["words"]) <= 40


# Times by button


async def test_a_time_is_added_by_a_button(settled: Conversation) -> None:
    screen = await settled.go("times/3/all")
    await settled.tap("Add a time", screen)

    await settled.tap("15:00", screen)

    assert "Every day: 08:00 15:00" in screen.text
    assert schedule(settled, 3) == "1234567 08:00,15:00"


async def test_a_time_is_taken_out_by_a_button_but_the_last_one(settled: Conversation) -> None:
    screen = await settled.go("times/3/all")
    await settled.tap_raw("v1:do:times/3/all/a1500", screen)

    await settled.tap("✕ 08:00", screen)
    toast = await settled.tap_raw("v1:do:times/3/all/x1500", screen)

    assert schedule(settled, 3) == "1234567 15:00"
    assert toast == "It is set like that already."
    assert "✕ 15:00" not in str(labels(screen))


async def test_a_group_of_days_is_changed_alone(settled: Conversation) -> None:
    await settled.do("times/3/we/later")

    assert schedule(settled, 3) == "12345 08:00 67 08:30"


async def test_usual_times_bring_back_the_usual_ones(settled: Conversation) -> None:
    await settled.do("times/1/all/later")
    await settled.do("times/1/wd/usual")
    assert schedule(settled, 1).startswith("12345 07:30,10:00")
    assert " 67 08:00,10:30" in schedule(settled, 1)

    await settled.do("times/1/we/usual")

    assert schedule(settled, 1) == "1234567 07:30,10:00,12:30,15:00,17:30,20:00"


REFUSED = (
    "{sign} {time} would be in your quiet hours, 23:00 to 07:00. "
    "Choose another time, or change the hours in /settings."
)


async def test_no_button_leads_into_quiet_hours_and_an_old_one_is_refused(
    settled: Conversation,
) -> None:
    screen = await settled.go("times/4/all")

    await settled.tap("+ 30 min", screen)

    assert ["− 30 min"] in labels(screen)
    toast = await settled.do("times/4/all/later")
    assert toast == REFUSED.format(sign="🌙", time="23:15")
    assert settled.person.toasts[-1].is_alert
    assert schedule(settled, 4) == "1234567 22:45"


async def test_a_time_for_all_days_is_offered_only_if_it_is_possible_on_all(
    settled: Conversation,
) -> None:
    await settled.go("hours/we")
    await settled.send("10:00 23:00")

    for group, first in (("all", "10:00"), ("wd", "07:00"), ("we", "10:00")):
        assert labels(await settled.go(f"slot/3/{group}"))[0][0] == first


async def test_at_the_most_times_one_more_is_refused(settled: Conversation) -> None:
    await settled.go("times/3/all")
    await settled.send("every 60 min from 7 to 22")
    full = schedule(settled, 3)

    toasts = [await settled.do(f"times/3/all/a{hour:02}30") for hour in range(7, 22)]

    assert "times a day." in toasts[-1]
    assert schedule(settled, 3).startswith(full[:10])


async def test_the_weekends_own_hours_are_offered_for_it(settled: Conversation) -> None:
    await settled.do("hours/we/0800-0000")

    working, weekend = await settled.go("slot/3/wd"), await settled.go("slot/3/we")

    assert labels(working)[0][0] == "07:00"
    assert labels(weekend)[0][0] == "08:00"
    assert labels(weekend)[-2][-1] == "23:00"


async def test_hours_past_midnight_come_last(settled: Conversation) -> None:
    settled.execute("UPDATE users SET wake = '10:00:00.000000', sleep = '02:00:00.000000'")

    screen = await settled.go("slot/3/all")

    assert labels(screen)[0][0] == "10:00"
    assert labels(screen)[-2][-1] == "01:00"


# Times in words


@pytest.mark.parametrize(
    ("words", "stored", "days"),
    [
        ("9:30", "1234567 09:30", "All days"),
        ("weekdays at 7:30", "12345 07:30 67 08:00", "Mon–Fri"),
        ("weekends at 10", "12345 08:00 67 10:00", "Mon–Fri"),
        ("Mon Wed Fri 12:00", "135 12:00 2467 08:00", "Mon–Fri"),
        ("every 90 min from 9 to 12", "1234567 09:00,10:30,12:00", "All days"),
    ],
)
async def test_times_are_typed_as_people_say_them(
    words: str, stored: str, days: str, settled: Conversation
) -> None:
    await settled.go("times/3/all")

    screen = await settled.send(words)

    assert schedule(settled, 3) == stored
    assert f"✓ {days}" in labels(screen)[0]


async def test_a_bare_time_is_for_the_days_on_the_screen(settled: Conversation) -> None:
    await settled.go("times/3/we")

    screen = await settled.send("9:30")

    assert schedule(settled, 3) == "12345 08:00 67 09:30"
    assert "✓ Mon–Fri" in labels(screen)[0]


async def test_words_that_are_no_times_are_answered_with_an_example(settled: Conversation) -> None:
    await settled.go("times/3/all")

    answer = await settled.send("whenever")

    assert answer.text == "I can't read “whenever” as times. Send them like “weekdays 7:30”."


async def test_typed_times_in_quiet_hours_are_refused(settled: Conversation) -> None:
    await settled.go("times/3/all")

    await settled.send("23:30")

    said = [each.text for each in settled.person.messages if each.from_bot]
    assert REFUSED.format(sign="🧘", time="23:30") in said
    assert schedule(settled, 3) == "1234567 08:00"


async def test_times_that_are_set_already_are_answered_with_a_hint(settled: Conversation) -> None:
    await settled.go("times/3/all")

    await settled.send("8:00")

    said = [each.text for each in settled.person.messages if each.from_bot]
    assert "It is set like that already." in said


async def test_a_changed_time_is_asked_the_same_day(settled: Conversation) -> None:
    await settled.do("times/3/all/later")

    question = await settled.asked("2026-03-02 08:30")

    assert question.text == "🧘 A few quiet minutes?"
