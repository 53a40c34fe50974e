"""One digest whose figures and cells were computed by hand."""

import json

from reminder_bot.simulator import Message, Person
from tests.support.world import World, local

BERLIN = "Europe/Berlin"
# Monday to Saturday. K kept, N no, S skipped, P paused, U unanswered, - not counted: Monday is the
# first day, on Thursday the pause ends, and where the clock jumps the bot is late for a question.
PAPER = """
hydration  K - P - - -   1 of 1
probiotic  - U P K - -   1 of 2
meditation K S P K N -   2 of 3
bedtime    K - P - - -   1 of 1
"""
MARKS = {
    "-": "not-due",
    "K": "kept",
    "N": "no",
    "S": "skipped",
    "P": "paused",
    "U": "unanswered",
}


async def answer(person: Person, question: Message, *buttons: str) -> None:
    for button in buttons:
        await (await person.tap(button, question)).answered()
        await person.expect(lambda message: message is question)


async def says(person: Person, words: str, answered: str) -> None:
    await person.send(words)
    await person.expect(answered)


async def test_a_digest_has_the_figures_that_were_computed_by_hand(world: World) -> None:
    ana = world.server.person(1)
    await world.set_up(ana, BERLIN)  # on Monday at 07:01: she was not there on Sunday
    await world.asked(ana, "2026-03-02 07:30", "💧")
    await says(ana, "/water 1.5 l", "Shall I note it?")
    await says(ana, "yes", "1,500 of 1,250 ml")
    await answer(ana, await world.asked(ana, "2026-03-02 08:00", "🧘"), "Yes")
    await answer(ana, await world.asked(ana, "2026-03-02 12:00", "🥛"), "No")
    await answer(
        ana, await world.asked(ana, "2026-03-03 07:15", "🌙"), "Yes"
    )  # about Monday's evening
    await answer(ana, await world.asked(ana, "2026-03-03 07:30", "💧"), "+500 ml")
    await answer(ana, await world.asked(ana, "2026-03-03 08:00", "🧘"), "Later", "Skip today")
    await world.asked(ana, "2026-03-03 12:00", "🥛")
    world.move_to(local("2026-03-04 07:05", BERLIN))
    await says(ana, "/pause 1d", "Paused until Thursday 5 Mar, 07:00.")
    await answer(ana, await world.asked(ana, "2026-03-05 12:00", "🥛"), "Yes")
    await answer(ana, await world.asked(ana, "2026-03-05 12:30", "💧"), "No")
    await answer(
        ana, await world.asked(ana, "2026-03-06 07:15", "🌙"), "No"
    )  # about Thursday's evening
    await world.asked(ana, "2026-03-06 07:30", "💧")
    await answer(ana, await world.asked(ana, "2026-03-06 08:00", "🧘"), "No")
    await says(ana, "/today", "Today, Friday 6 Mar")
    card = ana.newest
    await answer(ana, card, "‹ Thu 5 Mar", "🧘 Yes")
    world.move_to(local("2026-03-08 18:00", BERLIN))
    digest = await ana.expect("Your week, ")

    assert digest.text.split("\n")[:6] == [
        "Your week, 2 Mar to 7 Mar · 5 of 7 kept",
        "💧 Water: 1 of 1 day",
        "🥛 Fermented food: 1 of 2 days",
        "🧘 Quiet minutes: 2 of 3 days",
        "🌙 Bedtime: 1 of 1 day",
        "Best day: Monday",
    ]
    [(stored,)] = await world.rows("SELECT figures FROM digests")
    told = json.loads(stored)["habits"]
    cells = {kind: [mark for mark, _ in habit["cells"]] for kind, habit in told.items()}
    paper = [line.split() for line in PAPER.strip().split("\n")]
    assert cells == {kind: [MARKS[each] for each in row[:6]] for kind, *row in paper}
    assert {kind: habit["days"][:2] for kind, habit in told.items()} == {
        kind: [int(row[6]), int(row[8])] for kind, *row in paper
    }
    assert digest.file is not None
