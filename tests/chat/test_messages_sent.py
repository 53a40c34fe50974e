"""What the bot starts by itself: its words, buttons, sound, and what replaces a refused picture."""

from reminder_bot.simulator import Fault
from tests.chat.conversation import Conversation, labels


async def test_water_is_asked_silently_and_all_else_with_sound(settled: Conversation) -> None:
    water = await settled.asked("2026-03-02 07:30")
    quiet = await settled.asked("2026-03-02 08:00")

    assert (water.is_silent, quiet.is_silent) == (True, False)


async def test_a_card_of_two_has_a_line_and_buttons_for_each(settled: Conversation) -> None:
    await settled.do("times/3/all/earlier")

    card = await settled.asked("2026-03-02 07:30")

    assert [line[0] for line in card.text.split("\n")] == ["💧", "🧘"]
    assert labels(card) == [
        ["💧 Yes", "💧 No", "💧 Later"],
        ["💧 +500 ml"],
        ["🧘 Yes", "🧘 No", "🧘 Later"],
        ["🧘 Start 5 min"],
    ]


async def test_yes_is_green_later_is_blue_and_deleting_all_is_red(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")
    warning = await settled.send("/delete")

    assert [each.style for each in question.buttons[0]] == ["success", None, "primary"]
    assert [each.style for each in warning.buttons[0]] == ["danger", None]


async def test_a_discreet_card_says_how_many_questions_it_holds(settled: Conversation) -> None:
    await settled.do("settings/discreet")
    await settled.do("times/3/all/earlier")

    card = await settled.asked("2026-03-02 07:30")

    assert "2" in card.text
    assert not {"💧", "🧘"} & set(card.text)
    assert labels(card)[-1] == ["Open"]


async def test_a_discreet_digest_says_only_that_it_is_there(settled: Conversation) -> None:
    await settled.do("settings/discreet")

    line = await settled.asked("2026-03-08 18:00")

    assert (line.text, line.file) == ("🔔 Your week is ready.", None)
    assert labels(line) == [["Open"]]


async def test_a_digest_holds_a_picture_one_fact_its_source_and_the_footer(
    settled: Conversation,
) -> None:
    await settled.tick("2026-03-02 08:00")
    await settled.tap("Yes")

    digest = await settled.asked("2026-03-08 18:00")

    assert digest.file is not None
    assert digest.text.startswith("Your week, 1 Mar to 7 Mar")
    assert "Keep prescribed treatment going" in digest.text
    assert labels(digest)[-1] == ["Source", "Not for me"]


async def test_where_telegram_refuses_the_picture_the_words_go_out(settled: Conversation) -> None:
    await settled.tick("2026-03-02 08:00")
    await settled.tap("Yes")
    settled.server.faults.add(
        "sendPhoto", Fault.refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"), times=None
    )

    digest = await settled.asked("2026-03-08 18:00")

    assert digest.file is None
    assert digest.text.startswith("Your week, ")
    assert labels(digest)[-1] == ["Source", "Not for me"]
