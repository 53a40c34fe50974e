"""The faults the bot must survive, each with its protection and the test that fails without it.

    python -m tests.faults              lists them
    python -m tests.faults prove        takes out each protection in turn, in a copy, and shows its test fail
    python -m tests.faults prove 4 12   only these

A protection is taken out by replacing a piece of the source. Where the piece is not there any more, or the
test passes without it, the proof fails and says so: this list follows the code.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FAULTS", "Fault"]

ROOT = Path(__file__).parent.parent
COPIED = ("reminder_bot", "tests", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Fault:
    """One fault by its number: where its protection stands, what replaces it, and the test that then fails."""

    number: int
    name: str
    file: str
    protection: str
    without: str
    test: str


ENGINE, CHAT, STORAGE = "reminder_bot/engine", "reminder_bot/chat", "reminder_bot/storage"

FAULTS = (
    Fault(
        1,
        "kill -9 while sending",
        f"{ENGINE}/dispatching.py",
        "doubted = await deliveries.doubt_claims(connection, now, all_of_them=True)",
        "doubted = 0",
        "tests/engine/test_dispatching.py::test_what_a_killed_process_had_claimed_is_in_doubt_on_sqlite",
    ),
    Fault(
        2,
        "kill -9 storm on taps",
        f"{CHAT}/polling.py",
        "if batch and await self._handle(batch):",
        "if batch and asyncio.ensure_future(self._handle(batch)):",
        "tests/chat/test_polling.py",
    ),
    Fault(
        3,
        "SIGTERM under load",
        "reminder_bot/app.py",
        "async with asyncio.timeout(STOP_WITHIN):",
        "async with asyncio.timeout(0):",
        "tests/journeys/test_stopping.py::test_a_stop_under_load_finishes_what_is_in_flight_and_repeats_nothing",
    ),
    Fault(
        4,
        "answer lost after acceptance",
        f"{STORAGE}/deliveries.py",
        "hopeless = or_(hopeless, is_water)",
        "hopeless = or_(hopeless, is_water & (table.c.id < 0))",
        "tests/engine/test_dispatching.py::test_a_lost_answer_costs_one_further_copy_and_for_water_none",
    ),
    Fault(
        5,
        "Telegram unreachable for 45 minutes",
        "reminder_bot/domain/reminder.py",
        "bounds.append(ask_at + allowed)",
        "bounds.append(ask_at + allowed * 9)",
        "tests/journeys/test_trouble.py::test_after_45_minutes_without_telegram_water_is_let_go_and_the_rest_comes_late_once",
    ),
    Fault(
        6,
        "429, also across a restart",
        "reminder_bot/app.py",
        "self.gate.halt(left.total_seconds())",
        "pass",
        "tests/journeys/test_trouble.py::test_a_halt_outlives_a_restart",
    ),
    Fault(
        8,
        "one bad chat",
        f"{ENGINE}/dispatching.py",
        "self._start(self._ask(Card(card.user, tuple(wanted)), leased_until))",
        "await self._ask(Card(card.user, tuple(wanted)), leased_until)",
        "tests/engine/test_dispatching.py::test_a_chat_that_hangs_takes_one_place_and_no_more",
    ),
    Fault(
        10,
        "401 and 404 on the token",
        f"{CHAT}/polling.py",
        "        except TelegramError as error:\n            return [], error",
        "        except NetworkError as error:\n            return [], error",
        "tests/journeys/test_stopping.py::test_a_token_refused_later_costs_nothing_and_sends_go_on_when_it_works_again",
    ),
    Fault(
        11,
        "poison update",
        f"{CHAT}/polling.py",
        "if tries == TRIES:",
        "if tries == 10**9:",
        "tests/chat/test_polling.py",
    ),
    Fault(
        12,
        "duplicate, reordered, random-id updates",
        f"{STORAGE}/updates.py",
        "return inserted.rowcount > 0",
        "return True",
        "tests/storage/test_updates.py",
    ),
    Fault(
        13,
        "clock changes in every zone",
        "reminder_bot/domain/day.py",
        "return datetime.combine(on, wall_time, ZoneInfo(zone)).astimezone(UTC)",
        "return datetime.combine(on, wall_time.replace(fold=1), ZoneInfo(zone)).astimezone(UTC)",
        "tests/domain/test_schedule.py",
    ),
    Fault(
        14,
        "the wall clock jumps",
        f"{ENGINE}/ticking.py",
        "return now + self.interval",
        "return (previous_fire_time or now) + self.interval",
        "tests/engine/test_ticking.py::test_all_steps_tick_on_after_the_wall_clock_was_moved",
    ),
    Fault(
        17,
        "edits around the due time",
        f"{ENGINE}/planning.py",
        "due = await reminders.list_due(connection, now, BATCH, user_id)",
        "due = await reminders.list_due(connection, now, BATCH, -1 if user_id else None)",
        "tests/engine/test_planning.py::test_a_slot_moved_ahead_around_its_time_is_neither_lost_nor_asked_twice",
    ),
    Fault(
        18,
        "digest truth",
        f"{ENGINE}/digesting.py",
        "first_day = told_until + ONE_DAY",
        "pass",
        "tests/engine/test_arranging.py::test_however_the_day_is_moved_no_day_is_told_twice",
    ),
    Fault(
        26,
        "forged callback_data",
        f"{STORAGE}/check_ins.py",
        "where(check_ins.c.id == check_in_id, check_ins.c.user_id == user_id)",
        "where(check_ins.c.id == check_in_id)",
        "tests/journeys/test_bad_input.py::test_forged_and_foreign_taps_are_answered_and_change_nothing",
    ),
    Fault(
        27,
        "tap races",
        f"{ENGINE}/replying.py",
        "    if check_in.reply is not None:\n        return Result(Told.RECORDED_ALREADY, check_in, await _owe(",
        "    if False:\n        return Result(Told.RECORDED_ALREADY, check_in, await _owe(",
        "tests/engine/test_replying.py::test_a_second_tap_changes_nothing_and_says_so",
    ),
    Fault(
        28,
        "hostile names and texts",
        f"{CHAT}/texts.py",
        "typed=escape(typed, quote=False)",
        "typed=typed",
        "tests/journeys/test_bad_input.py",
    ),
)


def prove(fault: Fault) -> str | None:
    """Take a protection out in a copy and run its test: None when it fails as it must, else what is wrong."""
    with tempfile.TemporaryDirectory(prefix="reminder-bot-fault-") as name:
        copy = Path(name)
        for each in COPIED:
            source = ROOT / each
            if source.is_dir():
                shutil.copytree(source, copy / each, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / each)
        file = copy / fault.file
        text = file.read_text()
        if fault.protection not in text:
            return f"the protection is not in {fault.file} any more: {fault.protection!r}"
        if _run(copy, fault.test) != 0:
            return f"{fault.test} does not pass as it is"
        file.write_text(text.replace(fault.protection, fault.without))
        code = _run(copy, fault.test)
    return None if code == 1 else f"{fault.test} ended with {code} without the protection"


def _run(copy: Path, test: str) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", "--timeout=60", test]
    # The copy comes before the installed package, in child processes too.
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False).returncode


def main(arguments: list[str]) -> int:
    chosen = [fault for fault in FAULTS if not arguments[1:] or str(fault.number) in arguments[1:]]
    if arguments[:1] != ["prove"]:
        for fault in FAULTS:
            print(f"{fault.number:>2}  {fault.name}: {fault.test}")
        return 0
    failures = 0
    for fault in chosen:
        wrong = prove(fault)
        failures += wrong is not None
        print(f"{fault.number:>2}  {fault.name}: {wrong or 'its test fails without the protection'}", flush=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
