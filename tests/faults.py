"""The faults the bot must survive, each with its protection and the test that fails without it.

    python -m tests.faults                   lists them
    python -m tests.faults prove             takes out each protection in turn, in a copy, and shows its test fail
    python -m tests.faults prove -j 2 4 12   only these, two at a time

A fault may have several protections. One is taken out by replacing a piece of the source. Where the
piece is not there any more, or the test passes without it, the proof fails and says so: this list
follows the code. What is proved is printed as a table.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FAULTS", "Fault"]

ROOT = Path(__file__).parent.parent
COPIED = ("reminder_bot", "tests", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Fault:
    """A fault by its number, and one protection: where it stands, what replaces it, and the test
    that then fails.
    """

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
        "tests/bot_api/test_poller.py",
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
        6,
        "a 429 to another replica",
        f"{STORAGE}/budgets.py",
        "if halted_until is not None and halted_until > now:",
        "if False:",
        "tests/storage/test_shared_rate.py::test_a_halt_is_everybodys",
    ),
    Fault(
        7,
        "10,000 people at nine",
        f"{CHAT}/gate.py",
        "        if len(self._released) == self._pace.rate:\n"
        "            opens_at = max(opens_at, self._released[0] + WINDOW)\n"
        "        if opens_at > now:\n"
        "            return opens_at - now\n"
        "        turn_at = self._turns.next_at(now, self._pace, len(self._waiting))\n"
        "        return None if turn_at is None else turn_at - now",
        "        return opens_at - now",
        "tests/journeys/test_rush.py::test_nine_o_clock_keeps_the_rate_loses_no_time_and_lets_taps_pass",
    ),
    Fault(
        7,
        "two replicas within one rate",
        "reminder_bot/app.py",
        "reserve=None if self.database.is_sqlite else self._reserve,",
        "reserve=None,",
        "tests/journeys/test_replicas.py::test_two_replicas_send_all_once_within_one_rate_and_one_of_them_polls",
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
        9,
        "two pollers, 409",
        f"{CHAT}/polling.py",
        "if isinstance(error, Conflict):",
        "if False:",
        "tests/journeys/test_trouble.py::test_a_second_poller_is_named_in_the_log_and_costs_no_tap",
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
        "tests/bot_api/test_poller.py",
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
        14,
        "the wall clock jumps under a sleeping step",
        f"{ENGINE}/ticking.py",
        "if abs(moved) > DRIFT:",
        "if False:",
        "tests/engine/test_ticking.py::test_a_step_with_a_long_interval_runs_soon_after_a_jump",
    ),
    Fault(
        15,
        "stopped for ten minutes in the middle of sending",
        f"{ENGINE}/dispatching.py",
        "return lambda: self._clock.now() < until and boot_time() < leased_until",
        "return lambda: True",
        "tests/journeys/test_clock.py::"
        "test_a_bot_stopped_for_ten_minutes_in_the_middle_of_sending_asks_nothing_late_or_twice",
    ),
    Fault(
        15,
        "woken when another looks after the messages",
        f"{CHAT}/messenger.py",
        "may_send=lambda: self._may_draw() and is_wanted(), ",
        "",
        "tests/bot_api/test_sender.py::test_nothing_is_drawn_where_another_looks_after_the_messages",
    ),
    Fault(
        15,
        "asleep while it asked for the lease",
        f"{ENGINE}/leading.py",
        "self._until = asked_at +",
        "self._until = boot_time() +",
        "tests/engine/test_leading.py::test_a_lease_counts_from_before_it_was_asked_for",
    ),
    Fault(
        16,
        "downtime of hours, days, weeks",
        f"{ENGINE}/planning.py",
        "due, following = due_around(schedule, now)",
        "due, following = due_around(schedule, standing.next_due_at)",
        "tests/journeys/test_downtime.py::test_after_a_downtime_at_most_one_of_each_habit_is_asked",
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
        "tests/engine/test_configuring.py::test_however_the_day_is_moved_no_day_is_told_twice",
    ),
    Fault(
        19,
        "zone data older than ours",
        "reminder_bot/__init__.py",
        "zoneinfo.reset_tzpath(to=())",
        "zoneinfo.reset_tzpath()",
        "tests/domain/test_zone.py::test_the_zone_data_is_that_of_the_tzdata_wheel",
    ),
    Fault(
        19,
        "zone data that changed",
        "reminder_bot/app.py",
        "count = await planning.recompute(self.database, now)",
        "count = 0",
        "tests/test_app.py::test_new_zone_data_computes_the_times_ahead_anew",
    ),
    Fault(
        19,
        "a zone that is gone",
        f"{ENGINE}/planning.py",
        "except (ValueError, KeyError, OSError) as error:  # an unknown zone, hours that do not "
        "fit",
        "except ZeroDivisionError as error:",
        "tests/journeys/test_bad_input.py::test_a_zone_that_is_gone_stops_one_person_only_and_is_asked_for_again",
    ),
    Fault(
        20,
        "three processes on one SQLite file",
        f"{STORAGE}/database.py",
        '_sqlite_engine(address, "BEGIN IMMEDIATE", pool_size=1)',
        '_sqlite_engine(address, "BEGIN", pool_size=1)',
        "tests/storage/test_database.py::test_three_processes_on_one_sqlite_file_lose_nothing_and_meet_no_lock",
    ),
    Fault(
        21,
        "disk full",
        f"{CHAT}/polling.py",
        "if is_away(error):",
        'if is_away(error) and "full" not in str(error):',
        "tests/journeys/test_stopping.py::test_a_disk_that_fills_up_costs_no_tap_and_sends_nothing_that_is_not_claimed",
    ),
    Fault(
        21,
        "database read-only",
        f"{STORAGE}/migrating.py",
        "await _prove_writable(database)",
        "pass",
        "tests/journeys/test_stopping.py::test_a_read_only_file_is_refused",
    ),
    Fault(
        22,
        "backup under load",
        f"{STORAGE}/backing_up.py",
        "old.backup(new)",
        "shutil.copyfile(source, copy)",
        "tests/storage/test_backing_up.py::test_a_backup_under_writes_holds_whole_transactions_only",
    ),
    Fault(
        22,
        "restore",
        f"{STORAGE}/backing_up.py",
        "database.hold()",
        "pass",
        "tests/storage/test_backing_up.py::test_a_restore_under_a_running_bot_is_refused",
    ),
    Fault(
        22,
        "corrupt file",
        f"{STORAGE}/migrating.py",
        "        raise DatabaseUnusable(_cure(database, error)) from error",
        "        raise",
        "tests/journeys/test_stopping.py::test_a_damaged_database_is_refused_with_advice_and_left_alone",
    ),
    Fault(
        23,
        "PostgreSQL restarted under three replicas",
        f"{CHAT}/polling.py",
        "                if is_away(error):\n                    if self._stopping.is_set():",
        "                if False:\n                    if self._stopping.is_set():",
        "tests/journeys/test_replicas.py::test_a_database_that_is_restarted_under_three_replicas_loses_nothing",
    ),
    Fault(
        24,
        "a replica cut off from the database",
        f"{ENGINE}/leading.py",
        "return boot_time() < self._until",
        "return self._until > 0",
        "tests/journeys/test_replicas.py::test_a_replica_cut_off_from_the_database_is_silent_and_another_goes_on",
    ),
    Fault(
        25,
        "migration killed in the middle, with data",
        f"{STORAGE}/migrating.py",
        "async with database.write(LONGEST_UPGRADE) as connection:",
        "async with database.read() as connection:",
        "tests/storage/test_migrating.py::test_killed_in_the_middle_of_a_later_upgrade_nothing_is_lost",
    ),
    Fault(
        25,
        "transfer: what was claimed is in doubt",
        f"{STORAGE}/transferring.py",
        "await doubt_claims(writing, now, all_of_them=True)",
        "pass",
        "tests/storage/test_transferring.py::test_what_a_process_had_claimed_is_in_doubt_in_the_copy",
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
        "    if check_in.reply is not None:\n        return Result(Told.RECORDED_ALREADY, "
        "check_in, await _owe(",
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
    Fault(
        29,
        "blocked and deactivated",
        f"{ENGINE}/recording.py",
        "await record_unreachable(connection, unreachable, now)",
        "pass",
        "tests/journeys/test_abuse.py::test_chats_that_are_gone_are_tried_once_and_cost_the_others_nothing",
    ),
    Fault(
        29,
        "somebody floods",
        f"{CHAT}/bot.py",
        "                await asyncio.wait([before])",
        "                pass",
        "tests/journeys/test_abuse.py::test_one_who_floods_keeps_nobody_waiting_and_misses_no_word",
    ),
    Fault(
        30,
        "secrets",
        "reminder_bot/logs.py",
        '_TOKEN.sub("***", text)',
        "text",
        "tests/test_logs.py::test_a_token_is_known_by_its_form",
    ),
    Fault(
        30,
        "soak: nothing grows",
        f"{CHAT}/polling.py",
        "            for task in (poll, stop):\n                task.cancel()\n"
        "            await asyncio.gather(poll, stop, return_exceptions=True)",
        "            poll.cancel()",
        "tests/journeys/test_soak.py::test_days_of_many_lives_keep_every_promise_and_leave_nothing_behind",
    ),
    Fault(
        30,
        "soak: erased is gone",
        f"{STORAGE}/users.py",
        "await connection.execute(delete(users).where(users.c.id == user_id))",
        "await connection.execute(update(users).where(users.c.id == "
        "user_id).values(wants_infants=False))",
        "tests/journeys/test_soak.py::test_days_of_many_lives_keep_every_promise_and_leave_nothing_behind",
    ),
)


def prove(fault: Fault) -> str | None:
    """Take a protection out in a copy and run its test: None when it fails as it must, else what
    is wrong.
    """
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
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "--timeout=120",
        test,
    ]
    # The copy comes before the installed package, in child processes too.
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, check=False
    ).returncode


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults", description="The faults the bot must survive."
    )
    parser.add_argument("what", nargs="?", choices=["list", "prove"], default="list")
    parser.add_argument("-j", type=int, default=1, metavar="N", help="so many proofs at a time")
    parser.add_argument(
        "numbers", nargs="*", type=int, help="of the faults; all where none is given"
    )
    asked = parser.parse_intermixed_args(arguments)
    chosen = [fault for fault in FAULTS if not asked.numbers or fault.number in asked.numbers]
    if asked.what == "list":
        for fault in chosen:
            print(f"{fault.number:>2}  {fault.name}: {fault.test}")
        return 0
    print("| | fault | test | without its protection |\n|---|---|---|---|")
    failures = 0
    with ThreadPoolExecutor(asked.j) as proofs:
        for fault, (wrong, seconds) in zip(chosen, proofs.map(_timed, chosen), strict=True):
            failures += wrong is not None
            outcome = f"NOT PROVED: {wrong}" if wrong else "it fails"
            print(
                f"| {fault.number} | {fault.name} | `{fault.test}` | {outcome} ({seconds:.0f} s) |",
                flush=True,
            )
    return 1 if failures else 0


def _timed(fault: Fault) -> tuple[str | None, float]:
    began = time.monotonic()
    return prove(fault), time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
