"""Chats that are gone and people who flood the bot do not affect others, and nobody can connect to
the bot from outside.
"""

from datetime import timedelta
from pathlib import Path

from reminder_bot import texts
from reminder_bot.chat.updates import MOST_WAITING
from reminder_bot.simulator import Fault
from reminder_bot.texts.translation import translation
from tests.support.crashing import CrashingWorld
from tests.support.stopwatch import Stopwatch
from tests.support.world import local

ZONE = "Europe/Berlin"
BEGIN = local("2026-03-02 06:50", ZONE)
WATER, QUIET_MINUTES = local("2026-03-02 07:30", ZONE), local("2026-03-02 08:00", ZONE)
ENGLISH = translation("en")
LISTENING = "0A"  # a state of /proc/net/tcp


async def test_chats_that_are_gone_are_tried_once_and_cost_the_others_nothing(folder: Path) -> None:
    """101 blocks the bot, and Telegram sends an update. 102 has deleted the account. 103 blocks the
    bot without an update. The chat of 104 is not found.
    """
    async with CrashingWorld(folder) as world:
        world.move_to(BEGIN)
        await world.seat(range(101, 107), ZONE, BEGIN)
        await world.start()
        await world.person(101).block()
        await world.server.updates.confirmed()
        await world.person(102).deactivate()
        blocked = Fault.refusal(403, "Forbidden: bot was blocked by the user")
        not_found = Fault.refusal(400, "Bad Request: chat not found")
        rules = [
            world.server.faults.add("*", fault, times=None, chat_id=chat)
            for chat, fault in ((103, blocked), (104, not_found))
        ]

        for instant in (WATER, QUIET_MINUTES, local("2026-03-02 10:00", ZONE)):
            await world.ask_at(instant)
        await world.tap_all("yes")
        await world.settle()

        gone = dict.fromkeys(range(101, 105), BEGIN)
        refused = [int(call.chat_id or 0) for call in world.server.log if call.status == 403]
        assert sorted(refused) == [102, 103], "one try each, and none of who said so"
        assert [rule.applied for rule in rules] == [1, 1]
        report = await world.checker.check(
            world.now(), world.log(), may_cancel=True, silent_since=gone
        )
        assert report.statuses["replied"] == 2 * 3


async def test_a_person_who_floods_delays_nobody_and_is_told_that_answers_are_left_out(
    folder: Path,
) -> None:
    """The answers come in order, although the picture that was asked for first takes longest."""
    words, others = 220, range(102, 112)
    async with CrashingWorld(folder) as world:

        def answers() -> list[str]:
            """What the flooder got, from the picture on."""
            sent = [call for call in world.server.log if call.chat_id == 101 and call.accepted]
            found = [
                "picture" if call.method == "sendPhoto" else str(call.parameters.get("text"))
                for call in sent
            ]
            return found[found.index("picture") :] if "picture" in found else []

        world.move_to(BEGIN)
        await world.seat(range(101, 112), ZONE, BEGIN)
        await world.start()
        flooder = world.person(101)
        await flooder.send("/water 1.5 l")  # the day's goal: without it there is no picture yet
        await flooder.expect("Shall I note it?")
        await flooder.send("yes")
        await flooder.expect("1,500 of 1,250 ml")
        await world.ask_at(WATER)
        await flooder.send("/stats")
        for _ in range(words):
            await flooder.send("what?")

        waits = []
        for other in others:
            stopwatch = Stopwatch()
            await (await world.tap(world.person(other), "yes")).answered()
            await world.person(other).expect("250 of 1,250 ml")
            waits.append(stopwatch.free_seconds)
        await world.server.updates.confirmed()
        await world.until(lambda: len(answers()) == MOST_WAITING + 1, "the answers")
        world.move_to(QUIET_MINUTES + timedelta(seconds=1))
        await world.settle()

        misunderstood, told = texts.errors.not_understood(ENGLISH), texts.errors.too_fast(ENGLISH)
        assert answers()[: MOST_WAITING + 1] == [
            "picture",
            *[misunderstood] * (MOST_WAITING - 1),
            told,
        ]
        assert max(waits) < 5, waits
        assert sorted(waits)[len(waits) // 2] < 1, waits
        await world.checker.check(world.now(), world.log())


async def test_the_bot_listens_on_no_port(folder: Path) -> None:
    """The bot fetches its updates, so there is no port to which a forged update could be sent."""
    async with CrashingWorld(folder) as world:
        await world.start()

        assert world.process is not None
        process = Path("/proc") / str(world.process.pid)
        own = {link.readlink().name for link in (process / "fd").iterdir() if link.is_symlink()}
        lines = [
            line.split()
            for name in ("tcp", "tcp6")
            for line in (process / "net" / name).read_text().splitlines()[1:]
        ]
        assert any(name.startswith("socket:") for name in own)
        assert [
            line for line in lines if line[3] == LISTENING and f"socket:[{line[9]}]" in own
        ] == []
