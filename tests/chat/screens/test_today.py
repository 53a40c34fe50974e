"""/today and /water: where the day stands, a tap to note or correct, fourteen days back."""

from reminder_bot.simulator import Message
from tests.chat.conversation import Conversation, labels


def line(message: Message, sign: str) -> str:
    """The line of a habit, without its sign."""
    return next(each[2:] for each in message.text.split("\n") if each.startswith(sign))


async def answered(talk: Conversation, at: str, button: str) -> None:
    await talk.tick(at)
    await talk.tap(button)


async def test_an_amount_that_is_no_whole_glass_is_said_in_full(settled: Conversation) -> None:
    await settled.send("/water 400")

    assert line(await settled.send("/today"), "💧") == "Water · 400 of 1,250 ml"


async def test_each_answer_is_shown_in_its_own_word(settled: Conversation) -> None:
    await answered(settled, "2026-03-02 08:00", "No")
    await answered(settled, "2026-03-02 12:00", "Later")
    await settled.tap("Skip today")

    card = await settled.send("/today")

    assert line(card, "🧘") == "Quiet minutes · no"
    assert line(card, "🥛") == "Fermented food · skipped"


async def test_what_nobody_answered_is_no_no(settled: Conversation) -> None:
    await settled.tick("2026-03-02 08:00")
    settled.move_to("2026-03-03 07:05")

    card = await settled.go("today/2026-03-02")

    assert line(card, "🧘") == "Quiet minutes · no answer"
    assert line(card, "🥛") == "Fermented food · not asked"


async def test_no_is_offered_only_where_something_was_asked(settled: Conversation) -> None:
    await settled.tick("2026-03-02 08:00")

    card = await settled.send("/today")

    assert labels(card)[1:3] == [["🥛 Yes"], ["🧘 Yes", "No"]]


async def test_a_good_night_is_no_answer_about_the_night_before(settled: Conversation) -> None:
    await answered(settled, "2026-03-03 07:15", "No")
    await answered(settled, "2026-03-03 22:15", "Good night")

    card = await settled.send("/today")

    assert line(card, "🌙") == "Lights out by 23:00 the night before · no"


async def test_bedtimes_row_is_about_the_night_before(settled: Conversation) -> None:
    card = await settled.send("/today")

    await settled.tap("🌙 Yes", card)

    assert line(card, "🌙") == "Lights out by 23:00 the night before · yes"
    assert [row["day"] for row in settled.rows("SELECT day FROM entries")] == ["2026-03-01"]


async def test_last_takes_back_the_newest_amount_alone(settled: Conversation) -> None:
    card = await settled.send("/today")
    await settled.tap("💧 +250 ml", card)
    await settled.tap("💧 +500 ml", card)

    await settled.tap("− last", card)

    rows = settled.rows("SELECT amount FROM entries WHERE undone_at IS NULL")
    assert [row["amount"] for row in rows] == [250]


async def test_last_is_not_offered_where_nothing_is_noted(settled: Conversation) -> None:
    card = await settled.send("/today")

    assert labels(card)[0] == ["💧 +250 ml", "💧 +500 ml"]


async def test_a_question_shows_what_the_card_corrects(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")
    card = await settled.send("/today")

    await settled.tap("🧘 Yes", card)

    assert question.text == "🧘 08:00 · done for today"
    assert labels(question) == [["Undo"]]


async def test_a_ticked_answer_is_cleared_by_a_tap(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")
    card = await settled.send("/today")
    await settled.tap("🧘 Yes", card)

    await settled.tap("🧘 ✓ Yes", card)

    assert line(card, "🧘") == "Quiet minutes · open"
    assert labels(question)[0] == ["Yes", "No", "Later"]
    assert settled.rows("SELECT * FROM entries WHERE undone_at IS NULL") == []


async def test_a_day_is_open_for_fourteen_days_and_its_pages_lead_there_and_back(
    settled: Conversation,
) -> None:
    card = await settled.send("/today")
    for _ in range(14):
        await settled.tap(labels(card)[-1][0], card)

    assert card.text.startswith("Monday 16 Feb")
    assert labels(card)[-1] == ["Tue 17 Feb ›", "Close"]
    for _ in range(14):
        await settled.tap(labels(card)[-1][-2], card)
    assert card.text.startswith("Today, Monday 2 Mar")
    assert labels(card)[-1] == ["‹ Sun 1 Mar", "Close"]


async def test_a_day_ends_at_four(settled: Conversation) -> None:
    settled.move_to("2026-03-03 03:59")
    assert (await settled.send("/today")).text.startswith("Today, Monday 2 Mar")

    settled.move_to("2026-03-03 04:00")
    assert (await settled.send("/today")).text.startswith("Today, Tuesday 3 Mar")


async def test_without_habits_the_card_says_how_to_add_one(settled: Conversation) -> None:
    for habit in (1, 2, 3, 4):
        await settled.do(f"habit/{habit}/remove")

    card = await settled.send("/today")

    assert "No habit is on. /habits adds one." in card.text


async def test_while_paused_the_card_says_that_notes_count(settled: Conversation) -> None:
    await settled.send("/pause 3d")

    card = await settled.send("/today")

    assert "Paused. What you note counts all the same." in card.text


# /water


async def test_a_noted_glass_is_taken_back_on_its_message(settled: Conversation) -> None:
    answer = await settled.send("/water")

    await settled.tap("Undo", answer)

    assert answer.text == "💧 Taken back · 0 of 1,250 ml today"
    assert labels(answer) == [["+250 ml", "+500 ml"]]


async def test_a_message_of_a_noted_glass_notes_more(settled: Conversation) -> None:
    answer = await settled.send("/water")

    await settled.tap("+500 ml", answer)

    assert answer.text == "💧 07:01 500 ml · 750 of 1,250 ml today"


async def test_another_glass_is_offered_in_its_own_size(settled: Conversation) -> None:
    await settled.do("habit/1/glass")

    answer = await settled.send("/water")

    assert labels(answer) == [["Undo"], ["+300 ml", "+500 ml"]]


async def test_words_are_not_awaited_by_the_day(settled: Conversation) -> None:
    await settled.send("/today")

    answer = await settled.send("something else")

    assert "I didn't get that" in answer.text
