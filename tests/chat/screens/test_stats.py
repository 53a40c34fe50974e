"""/stats: what is on record now, as a picture and a few honest lines."""

from datetime import date

from reminder_bot import texts
from reminder_bot.chat.screens.stats import stats_of
from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, labels
from tests.support.people import load_user
from tests.texts.reading import ENGLISH


async def day(talk: Conversation, number: int, *, quiet: str, food: str) -> None:
    """A day of March on which these two were asked and answered so."""
    for at, button in (("08:00", quiet), ("12:00", food)):
        await talk.tick(f"2026-03-{number:02} {at}")
        if button:
            await talk.tap(button)


async def three_days(talk: Conversation) -> Message:
    """Quiet minutes every day, food on the first; bedtime and water are off."""
    await talk.do("habit/1/remove")
    await talk.do("habit/4/remove")
    await day(talk, 2, quiet="Yes", food="Yes")
    await day(talk, 3, quiet="Yes", food="No")
    await day(talk, 4, quiet="Yes", food="No")
    return await talk.send("/stats")


async def test_without_a_judged_day_it_says_so_and_shows_nothing(settled: Conversation) -> None:
    answer = await settled.send("/stats")

    assert answer.text == "Not much to show yet. Come back tomorrow."
    assert (answer.file, answer.buttons) == (None, [])


async def test_it_sums_seven_days_names_the_hardest_habit_and_the_longest_streak(
    settled: Conversation,
) -> None:
    answer = await three_days(settled)

    assert answer.text.split("\n") == [
        "Seven days to 4 Mar: 4 of 5 kept.",
        "Hardest: 🥛 Fermented food, 1 of 2.",
        "🧘 Quiet minutes: 3 days, never two missed in a row.",
    ]
    assert answer.file is not None


async def test_of_streaks_that_are_as_long_the_first_habits_one_is_named(
    settled: Conversation,
) -> None:
    for habit in (1, 2, 4):
        await settled.do(f"habit/{habit}/remove")
    await settled.do("add/sugar")
    for day_at in ("02 08:00", "02 20:00", "03 08:00", "03 20:00"):
        await settled.tick(f"2026-03-{day_at}")
        await settled.tap("Yes")

    answer = await settled.send("/stats")

    assert answer.text.split("\n")[1:] == ["🧘 Quiet minutes: 2 days, never two missed in a row."]


async def test_a_good_night_is_no_answer_about_the_night(settled: Conversation) -> None:
    """Two evenings after the first day; the morning in between says that the night was no good
    one.
    """
    for habit in (1, 2, 3):
        await settled.do(f"habit/{habit}/remove")
    await settled.tick("2026-03-03 22:15")
    await settled.tap("Good night")
    await settled.tick("2026-03-04 07:15")
    await settled.tap("No")
    await settled.tick("2026-03-04 22:15")
    await settled.tap("Good night")

    answer = await settled.send("/stats")

    assert answer.text.startswith("Seven days to 4 Mar: 0 of 1 kept.")


async def test_the_seven_days_before_stand_beside_them(settled: Conversation) -> None:
    await three_days(settled)
    settled.move_to("2026-03-09 13:00")
    await day(settled, 9, quiet="Yes", food="Yes")

    answer = await settled.send("/stats")

    assert "The seven before: 2 of 2." in answer.text
    assert answer.text.startswith("Seven days to 9 Mar: 4 of ")


async def test_a_correction_shows_at_once(settled: Conversation) -> None:
    await three_days(settled)
    await settled.do("today/2026-03-03/2/yes")

    answer = await settled.send("/stats")

    assert answer.text.startswith("Seven days to 4 Mar: 5 of 5 kept.")


async def test_where_all_was_kept_no_habit_is_the_hardest(settled: Conversation) -> None:
    await settled.do("habit/1/remove")
    await settled.do("habit/4/remove")
    await day(settled, 2, quiet="Yes", food="Yes")

    answer = await settled.send("/stats")

    assert answer.text == "Seven days to 2 Mar: 2 of 2 kept."


async def test_twelve_weeks_replace_the_picture_in_the_same_message(
    settled: Conversation,
) -> None:
    answer = await three_days(settled)
    assert labels(answer) == [["✓ 7 days", "12 weeks", "Close"]]
    week, count = answer.file, len(settled.person.messages)

    await settled.tap("12 weeks", answer)

    assert labels(answer) == [["7 days", "✓ 12 weeks", "Close"]]
    assert answer.file is not None
    assert week is not None
    assert answer.file.content != week.content
    assert len(settled.person.messages) == count


async def test_the_words_of_an_own_habit_are_shown_as_they_were_typed(
    settled: Conversation,
) -> None:
    for habit in (1, 2, 3, 4):
        await settled.do(f"habit/{habit}/remove")
    await settled.go("own")
    await settled.send("Rock & <roll>")
    for day_at in ("02 17:30", "03 17:30"):
        await settled.tick(f"2026-03-{day_at}")
        await settled.tap("Yes")
    answer = await settled.send("/stats")
    words = "⭐ Rock & <roll>: 2 days, never two missed in a row."
    assert words in answer.text.split("\n")

    for view in ("12 weeks", "7 days"):
        await settled.tap(view, answer)
        assert words in answer.text.split("\n"), view


async def test_twelve_weeks_are_those_up_to_the_end_of_this_one(settled: Conversation) -> None:
    await three_days(settled)
    user = await load_user(settled.bench.database)

    with settled.bench.database.connection() as connection:
        picture = stats_of(connection, user, "weeks", settled.now).make_svg()

    title = texts.charts.weeks_title(ENGLISH, date(2025, 12, 15), date(2026, 3, 8))
    assert picture is not None
    assert title in picture


async def test_a_view_that_does_not_exist_is_an_old_button(settled: Conversation) -> None:
    answer = await three_days(settled)

    toast = await settled.tap_raw("v1:stats:year", answer)

    assert toast == "This button is from an older message."
    assert labels(answer) == [["✓ 7 days", "12 weeks", "Close"]]
