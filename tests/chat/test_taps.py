"""Taps: every button has a handler, and a tap counts once, on its own message."""

import pytest

from reminder_bot.chat import reply_buttons, taps
from reminder_bot.simulator import Fault, Message
from tests.chat.conversation import Conversation, deliver_again, entries, labels
from tests.chat.test_every_button import KINDS

OLD_BUTTON = "This button is from an older message."


def verbs_of_all_buttons() -> set[str]:
    """KINDS is what the walks over every screen and card find."""
    return {kind.partition(":")[0] for kinds in KINDS.values() for kind in kinds.split()}


def test_every_button_has_a_handler_and_every_handler_a_button() -> None:
    handled = taps.HANDLERS.keys() | taps.READ_ONLY_HANDLERS.keys() | reply_buttons.VERBS

    assert verbs_of_all_buttons() == handled


def test_no_verb_has_two_handlers_but_those_that_an_id_distinguishes() -> None:
    read_only = taps.READ_ONLY_HANDLERS.keys()

    assert read_only & (taps.HANDLERS.keys() | reply_buttons.VERBS) == set()
    assert taps.HANDLERS.keys() & reply_buttons.VERBS == {"back", "skip"}


@pytest.mark.parametrize("verb", sorted(taps.READ_ONLY_HANDLERS))
async def test_a_read_only_button_of_what_does_not_exist_is_old(
    verb: str, settled: Conversation
) -> None:
    screen = await settled.send("/settings")

    assert await settled.tap_raw(f"v1:{verb}:nothing", screen) == OLD_BUTTON


@pytest.mark.parametrize(
    "data", ["v1:unknown", "v2:yes:1", "nonsense", "v1:yes:1:2", "v1:go", "v1:do", "v1:digest:x"]
)
async def test_a_forged_tap_is_an_old_button(data: str, settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")
    before = settled.state()

    assert await settled.tap_raw(data, question) == OLD_BUTTON

    assert settled.state() == before


async def test_a_set_up_button_under_another_message_is_old(settled: Conversation) -> None:
    question = await settled.asked("2026-03-02 08:00")

    assert await settled.tap_raw("v1:ready", question) == OLD_BUTTON


async def test_a_location_is_asked_for_only_by_a_screen_that_waits_for_it(
    settled: Conversation,
) -> None:
    screen = await settled.send("/settings")

    assert await settled.tap_raw("v1:location", screen) == OLD_BUTTON
    assert settled.person.keyboard is None


async def test_the_same_tap_delivered_twice_counts_once_and_is_answered_twice(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    yes = question.buttons[0][0].data
    tap = await settled.person.tap_raw(yes or "", question.message_id)
    await settled.take()

    await deliver_again(settled, tap)

    assert entries(settled) == [("hydration", 250)]
    assert labels(question) == [["Undo"]]
    answers = [each for each in settled.server.log if each.method == "answerCallbackQuery"]
    assert len(answers) == 2


async def test_a_tap_delivered_again_shows_its_card_without_waiting_for_the_next_round(
    settled: Conversation,
) -> None:
    question = await settled.asked("2026-03-02 07:30")
    away = settled.server.faults.add("editMessageText", Fault.server_error(), times=None)
    yes = question.buttons[0][0].data
    tap = await settled.person.tap_raw(yes or "", question.message_id)
    await settled.take()
    settled.server.faults.lift(away)
    assert labels(question) != [["Undo"]]

    await deliver_again(settled, tap)

    assert labels(question) == [["Undo"]]


async def test_a_screens_button_delivered_twice_is_done_once(settled: Conversation) -> None:
    screen = await settled.send("/today")
    tap = await settled.person.tap_raw("v1:do:today/2026-03-02/1/250", screen.message_id)
    await settled.take()

    await deliver_again(settled, tap)

    assert entries(settled) == [("hydration", 250)]


async def test_a_tap_that_opens_a_screen_shows_it_again_when_delivered_twice(
    settled: Conversation,
) -> None:
    screen = await settled.send("/settings")
    tap = await settled.person.tap_raw("v1:go:diet", screen.message_id)
    await settled.take()

    await deliver_again(settled, tap)

    assert screen.text.startswith("Diet")


async def test_erasing_takes_one_tap_after_the_question_and_leaves_others(
    settled: Conversation,
) -> None:
    ben = settled.server.person(8, "Ben")
    await settled.set_up(ben)
    question: Message = await settled.send("/delete")

    await settled.tap("Delete all", question)

    assert question.text.startswith("Deleted: ")
    assert settled.rows("SELECT id FROM users") == [{"id": 8}]
    assert len(settled.rows("SELECT * FROM habits")) == 4
