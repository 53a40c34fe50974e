"""What people type, and the locations that they share: which question or screen it is for."""

from dataclasses import replace

import pytest

from reminder_bot.content.zone_at import ZoneMap
from reminder_bot.domain.habit import HabitKind, Measure
from tests.chat.conversation import Conversation, entries, labels


@pytest.mark.parametrize("words", ["/water", "500 ml"])
async def test_words_delivered_twice_count_once(words: str, settled: Conversation) -> None:
    await settled.tick("2026-03-02 07:30")
    message = await settled.person.send(words)
    [update] = settled.server.updates.pending
    await settled.take()

    settled.server.updates.inject(update)
    await settled.take()

    assert len(entries(settled)) == 1
    assert message in settled.person.messages


async def test_yes_answers_the_newest_open_question(settled: Conversation) -> None:
    await settled.tick("2026-03-02 07:30")
    newest = await settled.asked("2026-03-02 08:00")

    await settled.send("yes")

    assert entries(settled) == [("meditation", None)]
    assert labels(newest) == [["Undo"]]


@pytest.mark.parametrize(("words", "shown"), [("yes", "🌙 Good night."), ("no", "🌙 Noted.")])
async def test_words_after_the_wind_down_are_for_it_and_not_for_an_older_question(
    words: str, shown: str, settled: Conversation
) -> None:
    await settled.do("add/skincare")
    question = await settled.asked("2026-03-02 21:45")
    wind_down = await settled.asked("2026-03-02 22:15")

    await settled.send(words)

    assert entries(settled) == []
    assert wind_down.text == shown
    assert question.text.startswith("🧴 Gentle skincare done?")


async def test_an_amount_means_water(settled: Conversation) -> None:
    await settled.tick("2026-03-02 07:30")
    await settled.tick("2026-03-02 08:00")

    message = await settled.person.send("500 ml")
    await settled.take()

    assert entries(settled) == [("hydration", 500)]
    assert message.reaction == "👌"


async def test_glasses_are_counted_in_ones_own_size(settled: Conversation) -> None:
    await settled.do("habit/1/glass")
    await settled.tick("2026-03-02 07:30")

    await settled.send("2 glasses")

    assert entries(settled) == [("hydration", 600)]


async def test_an_amount_is_for_the_newest_of_two_questions_about_amounts(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if skincare, which is asked at 21:45, was counted in millilitres, too."""
    spec = replace(HabitKind.SKINCARE.spec, measure=Measure.MILLILITRES)
    monkeypatch.setattr(HabitKind.SKINCARE, "spec", spec)
    await settled.do("add/skincare")
    settled.execute("UPDATE habits SET portion_ml = 100 WHERE kind = 'skincare'")
    water = await settled.asked("2026-03-02 20:00")
    await settled.tick("2026-03-02 21:45")

    await settled.send("2 glasses")
    await settled.send("2 glasses", reply_to=water)

    assert entries(settled) == [("skincare", 200), ("hydration", 500)]


@pytest.mark.parametrize("other", ["/today", "/pause"])
async def test_a_reply_to_a_screen_is_its_answer_also_after_another_command(
    other: str, settled: Conversation
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    screen = await settled.go("times/1/all")
    await settled.send(other)

    await settled.send("9.30", reply_to=screen)

    assert "Every day: 09:30" in settled.person.newest.text
    assert screen not in settled.person.messages
    assert entries(settled) == []
    assert question.text.startswith("💧 A glass of water?")


@pytest.mark.parametrize("command", ["/today", "/stats", "/help", "/settings"])
async def test_a_reply_to_a_message_that_asks_nothing_is_no_answer(
    command: str, settled: Conversation
) -> None:
    await settled.asked("2026-03-02 07:30")
    shown = await settled.send(command)
    before = entries(settled)

    for words in ("500", "yes"):
        answer = await settled.send(words, reply_to=shown)
        assert answer.text.startswith("That message asks nothing.")

    assert entries(settled) == before


async def test_two_taps_on_what_is_asked_back_record_once(settled: Conversation) -> None:
    asked_back = await settled.send("20")
    data = next(each.data for row in asked_back.buttons for each in row if each.text == "20 ml")

    for _ in range(3):
        await settled.tap_raw(data or "", asked_back)

    assert entries(settled) == [("hydration", 20)]
    assert asked_back.text == "💧 07:01 20 ml · 20 of 1,250 ml today"


async def test_which_one_is_still_answered_after_a_restart(settled: Conversation) -> None:
    """What was typed stands in the buttons; after ten minutes typed words mean something else."""
    water = await settled.asked("2026-03-02 07:30")
    quiet = await settled.asked("2026-03-02 08:00")
    settled.move_to("2026-03-02 08:40")
    asked_back = await settled.send("done")
    settled.move_to("2026-03-02 09:10")

    await settled.tap("Both", asked_back)

    assert entries(settled) == [("hydration", 250), ("meditation", None)]
    assert water.text == "💧 09:10 a glass · 250 of 1,250 ml today"
    assert quiet.text == "🧘 09:10 · done for today"
    assert labels(asked_back) == [["💧 Undo", "🧘 Undo"]]


async def test_a_reply_belongs_to_its_message(settled: Conversation) -> None:
    older = await settled.asked("2026-03-02 07:30")
    await settled.tick("2026-03-02 08:00")

    await settled.send("no", reply_to=older)

    assert labels(older) == [["Undo"]]
    assert entries(settled) == []


async def test_an_amount_in_reply_to_what_is_no_water_answers_nothing(
    settled: Conversation,
) -> None:
    quiet = await settled.asked("2026-03-02 08:00")

    answer = await settled.send("500 ml", reply_to=quiet)

    assert entries(settled) == []
    assert answer.text.startswith("That question takes a yes or a no.")


async def test_yes_without_an_open_question_is_answered_with_a_hint(settled: Conversation) -> None:
    answer = await settled.send("yes")

    assert entries(settled) == []
    assert answer.text.startswith("Nothing is open right now.")


async def test_an_amount_that_cannot_be_read_is_quoted(settled: Conversation) -> None:
    answer = await settled.send("0 ml")

    assert "“0 ml”" in answer.text


async def test_more_than_one_entry_can_hold_is_answered_with_that_bound(
    settled: Conversation,
) -> None:
    for words in ("5000 ml", "2.1 l", "/water 3 l"):
        answer = await settled.send(words)

        typed = words.removeprefix("/water ")
        assert answer.text == f"“{typed}” is more than I note at once: at most 2,000 ml."
    assert entries(settled) == []


@pytest.mark.parametrize("words", ["how are you?", "🤷"])
async def test_words_that_are_not_understood_are_answered_with_a_hint(
    words: str, settled: Conversation
) -> None:
    assert "I didn't get that" in (await settled.send(words)).text


async def test_a_sticker_is_not_understood(settled: Conversation) -> None:
    await settled.person.send_sticker()
    await settled.take()

    assert "I didn't get that" in settled.person.newest.text


async def test_a_bare_number_before_it_is_meant_for_the_screen(settled: Conversation) -> None:
    await settled.tick("2026-03-02 07:30")
    await settled.go("pause")

    await settled.send("5")

    assert entries(settled) == []
    assert settled.user["paused_at"] is not None


async def test_a_bare_number_is_no_answer_to_a_newer_question_about_something_else(
    settled: Conversation,
) -> None:
    await settled.go("pause")
    settled.execute("UPDATE users SET awaits_until = '2026-03-02 08:00:00.000000'")
    await settled.tick("2026-03-02 08:00")

    await settled.send("5")

    assert entries(settled) == []
    assert settled.user["paused_at"] is not None


async def test_a_number_in_reply_to_a_question_is_not_meant_for_the_screen(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    await settled.go("pause")

    await settled.send("300", reply_to=question)

    assert entries(settled) == [("hydration", 300)]
    assert settled.user["paused_at"] is None


async def test_a_location_that_nothing_asked_for_is_not_looked_at(
    settled: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float]] = []

    async def zone_at(_: ZoneMap, latitude: float, longitude: float) -> str:
        asked.append((latitude, longitude))
        return "Europe/Lisbon"

    monkeypatch.setattr(ZoneMap, "zone_at", zone_at)
    before = settled.user["zone"]

    await settled.person.share_location(38.72, -9.14)
    await settled.take()

    assert settled.user["zone"] == before
    assert asked == []


async def test_a_location_shared_from_timezone_sets_the_zone(settled: Conversation) -> None:
    screen = await settled.send("/timezone")
    await settled.tap("📍 Location", screen)

    await settled.person.share_location(38.72, -9.14)
    await settled.take()

    assert settled.person.newest.text == "Lisbon: is it 06:01 now?"
    assert settled.person.keyboard is None
    await settled.tap("Yes")
    assert settled.user["zone"] == "Europe/Lisbon"
    assert "Lisbon: 06:01" in settled.person.newest.text
