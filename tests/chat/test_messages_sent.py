"""What the bot starts by itself: its words, buttons, sound, and what replaces a refused picture."""

import pytest

from reminder_bot.bot_api.transport import File
from reminder_bot.chat.messages import _Uploads
from reminder_bot.simulator import Fault, Person
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
    assert digest.text.startswith("Your week, 2 Mar to 7 Mar")
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


async def with_equal_weeks(settled: Conversation) -> tuple[Person, Person]:
    """Ana and Ben, who said yes once at the same time, and have not opened their digests."""
    ana, ben = settled.person, settled.server.person(8, "Ben")
    await settled.set_up(ben)
    await settled.tick("2026-03-02 08:00")
    for person in (ana, ben):
        await settled.tap("Yes", person.newest, person)
    settled.execute("UPDATE users SET is_discreet = 1")
    await settled.tick("2026-03-08 18:00")
    return ana, ben


def photos(settled: Conversation) -> list[bool]:
    """Whether each photo that Telegram accepted was uploaded, or sent by its id."""
    calls = settled.server.accepted("sendPhoto")
    return [not isinstance(call.parameters["photo"], str) for call in calls]


async def test_the_same_picture_is_uploaded_once(settled: Conversation) -> None:
    ana, ben = await with_equal_weeks(settled)

    await settled.tap("Open", ana.newest, ana)
    await settled.tap("Open", ben.newest, ben)

    assert photos(settled) == [True, False]
    assert ana.newest.file is not None
    assert ben.newest.file == ana.newest.file


async def test_a_picture_whose_id_telegram_forgot_is_uploaded_again(settled: Conversation) -> None:
    ana, ben = await with_equal_weeks(settled)
    await settled.tap("Open", ana.newest, ana)
    settled.server.faults.add("sendPhoto", Fault.refusal(400, "Bad Request: wrong file identifier"))

    await settled.tap("Open", ben.newest, ben)

    assert photos(settled) == [True, True]
    assert ben.newest.file is not None


async def test_a_digest_whose_recorded_id_telegram_forgot_is_uploaded_again(
    settled: Conversation,
) -> None:
    ana, _ = await with_equal_weeks(settled)
    settled.execute("UPDATE digests SET file_id = 'forgotten'")
    settled.server.faults.add("sendPhoto", Fault.refusal(400, "Bad Request: wrong file identifier"))

    await settled.tap("Open", ana.newest, ana)

    assert photos(settled) == [True]
    (row,) = settled.rows("SELECT file_id FROM digests WHERE user_id = ?", ana.id)
    assert row["file_id"] != "forgotten"


def test_the_ids_of_the_last_pictures_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Uploads, "MOST", 2)
    uploads, files = (
        _Uploads(),
        [File("week.png", each, "image/png") for each in (b"1", b"2", b"3")],
    )

    for number, file in enumerate(files[:2]):
        uploads.add(file, f"id {number}")
    known = [uploads.find(file) for file in files]
    uploads.find(files[0])  # used again
    uploads.add(files[2], "id 2")

    assert known == ["id 0", "id 1", None]
    assert [uploads.find(file) for file in files] == ["id 0", None, "id 2"]
