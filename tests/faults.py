"""The known faults: for each the code that protects against it, and a test that needs that code.

    python -m tests.faults                   list the faults
    python -m tests.faults prove             prove all protections
    python -m tests.faults prove -j 2 4 12   prove those of faults 4 and 12, two at a time

A proof copies the project, runs the test, replaces the protection in the copy, and runs the test
again: it must pass first and fail then. The results are printed as a Markdown table.

A protection is named by its code, which is compared as a syntax tree. So neither the formatting of
the source nor its comments matter, nor whether a call is awaited. If the code has been renamed or
rewritten, the proof fails and says that the protection was not found.
"""

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["FAULTS", "ROOT", "Fault", "copied_project", "remove_protection"]

ROOT = Path(__file__).parent.parent
COPIED = ("reminder_bot", "tests", "pyproject.toml", "README.md")


@dataclass(frozen=True)
class Fault:
    """One protection against a fault; a fault may have several.

    number, name: of the fault.
    file: where the protection is.
    protection: an expression or a statement; empty for the whole body of `function`.
    without: what replaces it, wherever it occurs.
    test: a test that passes with the protection and fails without it.
    function: the function to search, such as `Class.method`; empty for the whole file.
    """

    number: int
    name: str
    file: str
    protection: str
    without: str
    test: str
    function: str = ""


BOT_API, TEXTS = "reminder_bot/bot_api", "reminder_bot/texts"
ENGINE, CHAT, STORAGE = "reminder_bot/engine", "reminder_bot/chat", "reminder_bot/storage"

FAULTS = (
    Fault(
        1,
        "kill -9 while sending",
        f"{ENGINE}/dispatching.py",
        "self._end_claims(now, all_of_them=True)",
        "pass",
        "tests/engine/test_dispatching.py"
        "::test_what_a_killed_process_had_claimed_is_ambiguous_on_sqlite",
    ),
    Fault(
        1,
        "a replica killed while sending",
        f"{STORAGE}/claims.py",
        "condition &= table.c.leased_until < func.clock_timestamp()",
        "pass",
        "tests/storage/test_claims.py::test_on_postgresql_a_claim_ends_when_its_lease_expires",
    ),
    Fault(
        1,
        "an outcome after the claim was lost",
        f"{STORAGE}/claims.py",
        "and_(table.c.status == Status.CLAIMED, table.c.claimed_by == row['by'])",
        "or_(table.c.id > 0, table.c.claimed_by == row['by'])",
        "tests/engine/test_dispatching.py"
        "::test_what_a_process_that_slept_sends_late_is_not_recorded_over_anothers",
        function="_is_claimed",
    ),
    Fault(
        2,
        "kill -9 storm on taps",
        f"{BOT_API}/poller.py",
        "self._handle(batch)",
        "asyncio.ensure_future(self._handle(batch))",
        "tests/bot_api/test_poller.py",
        function="Poller._poll",
    ),
    Fault(
        3,
        "SIGTERM under load",
        "reminder_bot/app.py",
        "asyncio.timeout(STOP_WITHIN)",
        "asyncio.timeout(0)",
        "tests/journeys/test_stopping.py"
        "::test_a_stop_under_load_finishes_what_is_in_flight_and_repeats_nothing",
    ),
    Fault(
        4,
        "answer lost after acceptance",
        f"{STORAGE}/claims.py",
        "hopeless = or_(hopeless, is_frequent)",
        "pass",
        "tests/engine/test_dispatching.py"
        "::test_a_lost_answer_costs_one_further_copy_and_for_water_none",
    ),
    Fault(
        5,
        "Telegram unreachable for 45 minutes",
        "reminder_bot/domain/reminder.py",
        "ask_at + allowed",
        "ask_at + allowed * 9",
        "tests/journeys/test_trouble.py"
        "::test_after_45_minutes_without_telegram_water_misfires_and_the_rest_is_sent_once",
    ),
    Fault(
        6,
        "429, also across a restart",
        "reminder_bot/app.py",
        "self.rate_limiter.halt(left.total_seconds())",
        "pass",
        "tests/journeys/test_trouble.py::test_a_halt_outlives_a_restart",
    ),
    Fault(
        6,
        "a 429 to another replica",
        f"{STORAGE}/shared_rate.py",
        "halted_until is not None and halted_until > now",
        "False",
        "tests/storage/test_shared_rate.py::test_a_halt_is_everybodys",
    ),
    Fault(
        7,
        "10,000 people at nine",
        f"{BOT_API}/rate_limiter.py",
        "",
        "return self._halted_until - now",
        "tests/journeys/test_rush.py"
        "::test_a_rush_at_nine_is_sent_at_the_full_rate_and_does_not_delay_taps",
        function="RateLimiter._closed_for",
    ),
    Fault(
        7,
        "two replicas within one rate",
        "reminder_bot/app.py",
        "None if self.database.is_sqlite else self._reserve",
        "None",
        "tests/journeys/test_replicas.py"
        "::test_two_replicas_send_all_once_within_one_rate_and_one_of_them_polls",
    ),
    Fault(
        7,
        "two replicas claim the same",
        f"{STORAGE}/claims.py",
        "select(table.c.id)"
        ".where(table.c.status == Status.PLANNED, table.c.send_after <= bindparam('now'))"
        ".order_by(table.c.send_after, table.c.user_id)"
        ".limit(bindparam('limit'))"
        ".with_for_update(skip_locked=True)",
        "select(table.c.id)"
        ".where(table.c.status == Status.PLANNED, table.c.send_after <= bindparam('now'))"
        ".order_by(table.c.send_after, table.c.user_id)"
        ".limit(bindparam('limit'))",
        "tests/storage/test_claims.py::test_no_row_is_claimed_by_two_workers",
    ),
    Fault(
        7,
        "two replicas take the same permits",
        f"{STORAGE}/shared_rate.py",
        "select(budgets.c.next_at, budgets.c.next_unpaid_at, budgets.c.halted_until,"
        " func.clock_timestamp()).where(_SENDS).with_for_update()",
        "select(budgets.c.next_at, budgets.c.next_unpaid_at, budgets.c.halted_until,"
        " func.clock_timestamp()).where(_SENDS)",
        "tests/storage/test_shared_rate.py",
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
        f"{BOT_API}/poller.py",
        "isinstance(error, Conflict)",
        "False",
        "tests/journeys/test_trouble.py::test_a_second_poller_is_reported_in_the_log_and_loses_no_tap",
    ),
    Fault(
        10,
        "401 and 404 on the token",
        f"{BOT_API}/poller.py",
        "TelegramError",
        "Conflict",
        "tests/journeys/test_stopping.py"
        "::test_a_token_refused_later_loses_nothing_and_sends_continue_when_it_works_again",
        function="Poller._fetch",
    ),
    Fault(
        11,
        "poison update",
        f"{BOT_API}/poller.py",
        "tries == TRIES",
        "False",
        "tests/bot_api/test_poller.py",
    ),
    Fault(
        12,
        "duplicate, reordered, random-id updates",
        f"{STORAGE}/updates.py",
        "set(connection.execute(_record_updates(connection.dialect.name), rows).scalars())",
        "set(update_ids)",
        "tests/storage/test_updates.py",
    ),
    Fault(
        12,
        "an update that comes twice in a poll",
        f"{CHAT}/batches.py",
        "new.discard(each.update_id)",
        "pass",
        "tests/chat/test_batches.py::test_an_update_that_comes_twice_in_a_batch_counts_once",
    ),
    Fault(
        12,
        "a tap delivered twice",
        f"{CHAT}/taps.py",
        "not is_new",
        "False",
        "tests/chat/test_taps.py::test_a_screens_button_delivered_twice_is_done_once",
        function="run_tap",
    ),
    Fault(
        12,
        "words delivered twice",
        f"{CHAT}/typed.py",
        "not is_new",
        "False",
        "tests/chat/test_typed.py::test_words_delivered_twice_count_once",
        function="run_message",
    ),
    Fault(
        13,
        "clock changes in every zone",
        "reminder_bot/domain/day.py",
        "datetime.combine(on, wall_time, ZoneInfo(zone))",
        "datetime.combine(on, wall_time.replace(fold=1), ZoneInfo(zone))",
        "tests/domain/test_schedule.py",
    ),
    Fault(
        14,
        "the wall clock jumps",
        f"{ENGINE}/ticking.py",
        "now + self.interval",
        "(previous_fire_time or now) + self.interval",
        "tests/engine/test_ticking.py::test_all_steps_tick_on_after_the_wall_clock_was_moved",
    ),
    Fault(
        14,
        "the wall clock jumps under a sleeping step",
        f"{ENGINE}/ticking.py",
        "abs(moved) > DRIFT",
        "False",
        "tests/engine/test_ticking.py::test_a_step_with_a_long_interval_runs_soon_after_a_jump",
    ),
    Fault(
        15,
        "stopped for ten minutes in the middle of sending",
        f"{ENGINE}/dispatching.py",
        "self._clock.now() < until and boot_time() < leased_until",
        "True",
        "tests/journeys/test_clock.py"
        "::test_a_bot_stopped_for_ten_minutes_in_the_middle_of_sending_asks_nothing_late_or_twice",
    ),
    Fault(
        15,
        "woken when another looks after the messages",
        f"{BOT_API}/sender.py",
        "self._may_edit() and is_wanted()",
        "True",
        "tests/bot_api/test_sender.py"
        "::test_nothing_is_edited_while_another_replica_edits_the_messages",
    ),
    Fault(
        15,
        "asleep while it asked for the lease",
        f"{ENGINE}/leading.py",
        "asked_at + LENGTH.total_seconds()",
        "boot_time() + LENGTH.total_seconds()",
        "tests/engine/test_leading.py::test_a_lease_counts_from_before_it_was_asked_for",
    ),
    Fault(
        16,
        "downtime of hours, days, weeks",
        f"{ENGINE}/planning.py",
        "due_around(schedule, now)",
        "due_around(schedule, reminder.next_due_at)",
        "tests/journeys/test_downtime.py::test_after_a_downtime_at_most_one_of_each_habit_is_asked",
    ),
    Fault(
        17,
        "edits around the due time",
        f"{ENGINE}/planning.py",
        "reminders.list_due(connection, now, BATCH, user_id)",
        "reminders.list_due(connection, now, BATCH, -1 if user_id else None)",
        "tests/engine/test_planning.py"
        "::test_a_slot_moved_ahead_around_its_time_is_neither_lost_nor_asked_twice",
    ),
    Fault(
        17,
        "a reminder that another has moved",
        f"{STORAGE}/reminders.py",
        'reminders.c.next_due_at == row["old"]',
        "reminders.c.id > 0",
        "tests/storage/test_reminders.py::test_a_reminder_that_another_has_moved_stays_as_it_is",
    ),
    Fault(
        17,
        "a reminder that did not move on",
        f"{STORAGE}/check_ins.py",
        "insert_new(connection, check_ins, rows)",
        "connection.execute(check_ins.insert(), rows) if rows else None",
        "tests/engine/test_planning.py"
        "::test_a_reminder_that_did_not_move_on_plans_no_second_check_in",
    ),
    Fault(
        18,
        "digest truth",
        f"{ENGINE}/digesting.py",
        "first_day = covered_until + ONE_DAY",
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
        "planning.recompute(self.database, now)",
        "0",
        "tests/test_app.py::test_new_zone_data_computes_the_times_ahead_anew",
    ),
    Fault(
        19,
        "a zone that is gone",
        f"{ENGINE}/planning.py",
        "(ValueError, KeyError, OSError)",
        "ZeroDivisionError",
        "tests/journeys/test_bad_input.py"
        "::test_an_unknown_zone_stops_only_its_user_who_is_asked_for_it_again",
        function="_planned",
    ),
    Fault(
        20,
        "three processes on one SQLite file",
        f"{STORAGE}/database.py",
        '"BEGIN IMMEDIATE"',
        '"BEGIN"',
        "tests/storage/test_database.py"
        "::test_three_processes_on_one_sqlite_file_lose_nothing_and_meet_no_lock",
    ),
    Fault(
        21,
        "disk full",
        f"{BOT_API}/poller.py",
        "is_away(error)",
        'is_away(error) and "full" not in str(error)',
        "tests/journeys/test_stopping.py"
        "::test_a_disk_that_fills_up_loses_no_tap_and_sends_nothing_that_is_not_claimed",
        function="Poller._take_all",
    ),
    Fault(
        21,
        "database read-only",
        f"{STORAGE}/migrating.py",
        "_prove_writable(database)",
        "pass",
        "tests/journeys/test_stopping.py::test_a_read_only_file_is_refused",
    ),
    Fault(
        22,
        "backup under load",
        f"{STORAGE}/backing_up.py",
        "_copy_pages(old, new, shown)",
        "shutil.copyfile(source, copy)",
        "tests/storage/test_backing_up.py"
        "::test_a_backup_under_writes_holds_whole_transactions_only",
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
        "raise DatabaseUnusable(_cure(database, error)) from error",
        "raise",
        "tests/journeys/test_stopping.py"
        "::test_a_damaged_database_is_refused_with_advice_and_left_alone",
    ),
    Fault(
        23,
        "PostgreSQL restarted under three replicas",
        f"{BOT_API}/poller.py",
        "is_away(error)",
        "False",
        "tests/journeys/test_replicas.py"
        "::test_a_database_that_is_restarted_under_three_replicas_loses_nothing",
        function="Poller._take_all",
    ),
    Fault(
        24,
        "a replica cut off from the database",
        f"{ENGINE}/leading.py",
        "boot_time() < self._until",
        "self._until > 0",
        "tests/journeys/test_replicas.py"
        "::test_a_replica_cut_off_from_the_database_sends_nothing_and_another_continues",
    ),
    Fault(
        24,
        "two replicas lead",
        f"{STORAGE}/leases.py",
        "or_(leases.c.holder == _ROW.excluded.holder,"
        " leases.c.leased_until < func.clock_timestamp())",
        "leases.c.holder != ''",
        "tests/storage/test_leases.py::test_one_of_many_replicas_acquires_the_lease",
    ),
    Fault(
        24,
        "the lease waits behind other work",
        f"{STORAGE}/database.py",
        'ThreadPoolExecutor(1, "database-urgent")',
        "self._writing",
        "tests/storage/test_database.py::test_urgent_work_never_waits_for_other_work",
    ),
    Fault(
        24,
        "the lease waits for a connection",
        f"{STORAGE}/database.py",
        "_, self._urgent = postgresql.engines(address.options, 1)",
        "self._urgent = self._writer",
        "tests/storage/test_database.py::test_urgent_work_never_waits_for_other_work",
    ),
    Fault(
        24,
        "work that waits for a database that hangs",
        f"{STORAGE}/database.py",
        "monotonic() - asked_at > limit.total_seconds()",
        "False",
        "tests/storage/test_database.py"
        "::test_work_that_has_waited_too_long_for_a_thread_is_given_up",
    ),
    Fault(
        25,
        "migration killed in the middle, with data",
        f"{STORAGE}/migrating.py",
        "database.transaction(LONGEST_UPGRADE)",
        "database.connection()",
        "tests/storage/test_migrating.py"
        "::test_killed_in_the_middle_of_a_later_upgrade_nothing_is_lost",
    ),
    Fault(
        25,
        "transfer: claimed rows are ambiguous",
        f"{STORAGE}/transferring.py",
        "end_claims(writing, now, all_of_them=True)",
        "pass",
        "tests/storage/test_transferring.py"
        "::test_what_a_process_was_sending_is_ambiguous_in_the_copy",
    ),
    Fault(
        26,
        "forged callback_data",
        f"{STORAGE}/check_ins.py",
        "_SELECT_TO_CHANGE.where(check_ins.c.id == bindparam('check_in_id'),"
        " check_ins.c.user_id == bindparam('user_id'))",
        "_SELECT_TO_CHANGE.where(check_ins.c.id == bindparam('check_in_id'))",
        "tests/journeys/test_bad_input.py"
        "::test_forged_and_foreign_taps_are_answered_and_change_nothing",
    ),
    Fault(
        26,
        "a reply to somebody else's question",
        f"{CHAT}/reply_buttons.py",
        "check_in.user_id != user.id",
        "False",
        "tests/journeys/test_bad_input.py"
        "::test_forged_and_foreign_taps_are_answered_and_change_nothing",
    ),
    Fault(
        27,
        "tap races",
        f"{ENGINE}/replying.py",
        "check_in.reply is not None",
        "False",
        "tests/engine/test_replying.py::test_a_second_tap_changes_nothing_and_says_so",
        function="_outcome_of",
    ),
    Fault(
        27,
        "two taps in one poll",
        f"{ENGINE}/replying.py",
        "check_in.id in recorded",
        "False",
        "tests/chat/test_batches.py::test_the_first_of_two_taps_on_one_question_counts",
    ),
    Fault(
        28,
        "hostile names and texts",
        f"{TEXTS}/water.py",
        "escape(typed, quote=False)",
        "typed",
        "tests/journeys/test_bad_input.py::test_texts_that_cannot_be_read_are_answered_with_what_to_do",
    ),
    Fault(
        29,
        "blocked and deactivated",
        f"{ENGINE}/outcomes.py",
        "record_unreachable(connection, unreachable, now)",
        "pass",
        "tests/journeys/test_abuse.py"
        "::test_chats_that_are_gone_are_tried_once_and_cost_the_others_nothing",
    ),
    Fault(
        29,
        "somebody floods",
        f"{CHAT}/updates.py",
        "asyncio.wait([before])",
        "pass",
        "tests/journeys/test_abuse.py"
        "::test_a_person_who_floods_delays_nobody_and_is_told_that_answers_are_left_out",
    ),
    Fault(
        21,
        "what was only claimed counts as perhaps sent",
        f"{STORAGE}/claims.py",
        "table.c.ambiguous_at.is_not(None)",
        "table.c.id > 0",
        "tests/engine/test_dispatching.py"
        "::test_what_a_killed_process_had_claimed_and_not_begun_is_asked_once_more",
        function="end_claims",
    ),
    Fault(
        21,
        "a request leaves without its mark",
        f"{ENGINE}/departures.py",
        "self._has_begun and self._is_wanted()",
        "True",
        "tests/engine/test_dispatching.py"
        "::test_what_another_process_has_taken_over_meanwhile_does_not_leave",
    ),
    Fault(
        21,
        "a mark outlives its claim",
        f"{STORAGE}/claims.py",
        "update(table).where(table.c.id.in_(select(due.c.id))).values(status=Status.CLAIMED, "
        "leased_until=time_after('until'), ambiguous_at=None)",
        "update(table).where(table.c.id.in_(select(due.c.id))).values(status=Status.CLAIMED, "
        "leased_until=time_after('until'))",
        "tests/storage/test_claims.py::test_a_mark_counts_for_one_claim_only",
    ),
    Fault(
        22,
        "the lease counts from when the claim came back",
        f"{ENGINE}/dispatching.py",
        "boot_time() < leased_until",
        "True",
        "tests/engine/test_dispatching.py"
        "::test_a_stall_before_the_claim_comes_back_counts_against_its_lease",
    ),
    Fault(
        18,
        "answers are not paced a chat",
        f"{BOT_API}/sender.py",
        "self._rate_limiter.acquire(priority, chat_id, waits_out_halt=is_wanted is None, "
        "is_wanted=is_wanted, notes_departure=True)",
        "self._rate_limiter.acquire(priority, None, waits_out_halt=is_wanted is None, "
        "is_wanted=is_wanted, notes_departure=True)",
        "tests/simulation/test_floods.py"
        "::test_somebody_who_writes_200_times_a_second_costs_others_half_a_second_at_most",
    ),
    Fault(
        18,
        "a 429 of one chat halts all",
        f"{BOT_API}/rate_limiter.py",
        "self._chats.halt(chat_id, asyncio.get_running_loop().time(), seconds)",
        "True",
        "tests/bot_api/test_sender.py::test_a_wait_halts_its_chat_and_nobody_else",
    ),
    Fault(
        18,
        "every message of a flood is answered",
        f"{CHAT}/updates.py",
        "self._waiting[chat_id] >= MOST_WAITING",
        "False",
        "tests/chat/test_updates.py"
        "::test_of_many_updates_the_first_are_answered_and_one_message_tells_about_the_rest",
    ),
    Fault(
        18,
        "groups and strangers are answered without limit",
        f"{CHAT}/updates.py",
        "self._outsiders.spend(each.outsider, now)",
        "True",
        "tests/chat/test_updates.py"
        "::test_groups_and_people_who_are_not_invited_have_a_small_budget",
    ),
    Fault(
        18,
        "a crowd of newcomers is answered at once",
        f"{CHAT}/budgets.py",
        "self._next_at = now + wait + self._gap",
        "pass",
        "tests/chat/test_updates.py"
        "::test_newcomers_are_answered_at_a_steady_pace_and_have_a_budget_each",
    ),
    Fault(
        19,
        "a proxy's page decides about a person",
        f"{BOT_API}/answers.py",
        "not _refuses(payload)",
        "False",
        "tests/bot_api/test_answers.py"
        "::test_a_refusal_that_is_not_telegrams_says_nothing_about_a_person",
    ),
    Fault(
        24,
        "the poller waits although Telegram answers others",
        f"{BOT_API}/poller.py",
        "self._go_on.set()",
        "pass",
        "tests/bot_api/test_polling_again.py"
        "::test_after_an_outage_it_polls_soon_after_another_call_was_answered",
        function="Poller.note_call",
    ),
    Fault(
        24,
        "a poll whose answer was lost goes on for a minute",
        f"{BOT_API}/poller.py",
        "self._may_be_lost = True",
        "pass",
        "tests/bot_api/test_polling_again.py::test_a_poll_whose_answer_may_be_lost_is_begun_anew",
        function="Poller.note_call",
    ),
    Fault(
        25,
        "an answer that is there at once is asked for in a hot loop",
        f"{BOT_API}/poller.py",
        "self._pause_if_nothing_is_new(batch)",
        "pass",
        "tests/bot_api/test_polling_again.py"
        "::test_no_answer_is_asked_for_in_a_hot_loop_and_none_silences_the_poller",
    ),
    Fault(
        25,
        "an update that cannot be read",
        f"{CHAT}/updates.py",
        "return None",
        "raise",
        "tests/chat/test_updates.py::test_an_update_that_cannot_be_read_costs_no_other",
        function="Chat._read",
    ),
    Fault(
        25,
        "a nonsensical wait silences the bot",
        f"{BOT_API}/answers.py",
        "math.ceil(min(value, MAX_RETRY_AFTER))",
        "math.ceil(min(value, 10**9))",
        "tests/bot_api/test_answers.py"
        "::test_a_wait_is_a_number_of_seconds_within_an_hour_or_the_default",
    ),
    Fault(
        25,
        "a traceback each time",
        "reminder_bot/tracebacks.py",
        "record.exc_info = record.exc_text = None",
        "pass",
        "tests/test_tracebacks.py::test_a_kind_is_shown_once_and_its_line_each_time",
    ),
    Fault(
        27,
        "the database file is lost: a transaction goes on",
        f"{STORAGE}/database.py",
        "self._refuse_lost_file(is_locked=connect == self._writer.begin)",
        "pass",
        "tests/storage/test_file_watch.py::test_a_changed_file_is_noticed_and_nothing_is_written",
    ),
    Fault(
        27,
        "the database file is lost: a new one is made",
        "reminder_bot/cli.py",
        "refuse_lost(settings.database_url, settings.data_dir)",
        "pass",
        "tests/journeys/test_lost_database.py"
        "::test_a_removed_database_is_reported_refused_and_restored",
    ),
    Fault(
        27,
        "the database file is lost: an older backup is copied over it",
        f"{STORAGE}/file_watch.py",
        "is_other or counter < noted",
        "False",
        "tests/storage/test_file_watch.py::test_a_changed_file_is_noticed_and_nothing_is_written",
    ),
    Fault(
        27,
        "the database file is lost: health says that all is well",
        "reminder_bot/heartbeat.py",
        "return fault or None",
        "return None",
        "tests/test_heartbeat.py::test_a_fault_is_told_at_once_and_until_it_is_over",
    ),
    Fault(
        28,
        "a log at DEBUG: what libraries do",
        "reminder_bot/logs.py",
        "record.levelno >= logging.WARNING or _is_ours(record)",
        "True",
        "tests/journeys/test_log_privacy.py"
        "::test_a_log_at_debug_holds_nothing_of_what_people_wrote",
    ),
    Fault(
        28,
        "a log at DEBUG: values of libraries",
        "reminder_bot/logs.py",
        'str(record.msg).partition("\\n")[0]',
        "record.getMessage()",
        "tests/test_logs.py::test_no_library_logs_a_value_at_any_level",
    ),
    Fault(
        28,
        "a log at DEBUG: texts of exceptions",
        "reminder_bot/logs.py",
        "return type(cause).__name__",
        "return str(cause)",
        "tests/test_logs.py::test_no_library_logs_a_value_at_any_level",
    ),
    Fault(
        29,
        "the demo: a program of another user acts",
        "reminder_bot/simulator/page.py",
        "not secrets.compare_digest(secret, self._secret.encode())",
        "False",
        "tests/test_demo.py::test_a_program_that_does_not_know_the_address_is_refused",
    ),
    Fault(
        29,
        "the demo: half a character in a request",
        "reminder_bot/simulator/page_actions.py",
        "json.dumps(parsed, ensure_ascii=False).encode()",
        "pass",
        "tests/test_demo.py::test_a_body_that_is_no_json_of_whole_characters_is_refused",
    ),
    Fault(
        29,
        "a host's mistake: an address shows its password",
        f"{STORAGE}/address.py",
        "AddressError(\"has a host or a port that can't be read: write host, host:5432 or "
        '[::1]:5432; " f"{_ESCAPED}")',
        'AddressError(f"has {place} as its host: write host:5432")',
        "tests/storage/test_address.py"
        "::test_a_mistake_is_one_line_with_a_cure_and_without_the_password",
    ),
    Fault(
        29,
        "a host's mistake: a database that can't store every character",
        f"{STORAGE}/migrating.py",
        "_refuse_encoding(connection)",
        "pass",
        "tests/storage/test_migrating.py"
        "::test_a_postgresql_database_that_cannot_store_every_character_is_refused",
    ),
    Fault(
        29,
        "a file that others can read: the database",
        f"{STORAGE}/database.py",
        "os.close(private_opener(str(file), os.O_RDONLY | os.O_CREAT))",
        "pass",
        "tests/test_files.py::test_a_new_database_is_private_from_the_first_moment",
    ),
    Fault(
        29,
        "a file that others can read: a directory named by mistake changes",
        f"{STORAGE}/database.py",
        "_refuse_what_is_no_file(self.file)",
        "self.make_private()",
        "tests/test_files.py::test_a_directory_or_a_pipe_named_as_the_database_keeps_its_mode",
    ),
    Fault(
        29,
        "a host's mistake: no home directory",
        "reminder_bot/settings.py",
        'not base.is_absolute() or os.environ.get("HOME") == ""',
        "False",
        "tests/test_settings.py::test_without_a_home_the_data_directory_must_be_set",
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
        f"{BOT_API}/poller.py",
        "for task in (poll, stop, go_on):\n    task.cancel()",
        "stop = go_on = poll\npoll.cancel()",
        "tests/journeys/test_soak.py::test_days_with_many_people_violate_no_invariant",
        function="Poller._fetch",
    ),
    Fault(
        30,
        "soak: erased is gone",
        f"{STORAGE}/users.py",
        "delete(users).where(users.c.id == user_id)",
        "update(users).where(users.c.id == user_id).values(wants_infants=False)",
        "tests/journeys/test_soak.py::test_days_with_many_people_violate_no_invariant",
    ),
    Fault(
        34,
        "allergens that depend on layout",
        f"{TEXTS}/foods.py",
        "first = [*named, *with_allergens]",
        "first = named",
        "tests/texts/test_foods.py::test_how_to_eat_a_food_gives_way_to_its_allergens",
    ),
    Fault(
        34,
        "what a food may contain is not said",
        f"{TEXTS}/foods.py",
        "possible_allergens(food)",
        "()",
        "tests/texts/test_foods.py::test_a_food_names_its_allergens_every_time",
    ),
    Fault(
        34,
        "a caution that is cut to fit",
        f"{TEXTS}/foods.py",
        "second = [*_cautions(t, food)]",
        "second = [*_cautions(t, food)][:1]",
        "tests/texts/test_foods.py::test_a_caution_is_said_whole_every_time",
    ),
    Fault(
        34,
        "what a food may contain does not rule it out",
        "reminder_bot/domain/food.py",
        "food.tags | food.may_contain",
        "food.tags",
        "tests/domain/test_food.py::test_what_a_food_may_contain_rules_it_out",
    ),
    Fault(
        35,
        "a digest's fact about neither gut nor skin",
        "reminder_bot/domain/fact.py",
        "fact.names_gut or fact.names_skin",
        "True",
        "tests/domain/test_fact.py::test_facts_about_neither_gut_nor_skin_are_left_out",
    ),
    Fault(
        35,
        "the link of gut and skin comes late",
        "reminder_bot/domain/fact.py",
        "sum(fact.is_about_the_link for fact in fitting if fact.id in order) < LINK_FIRST",
        "False",
        "tests/domain/test_fact.py::test_the_first_facts_are_about_the_link_of_gut_and_skin",
    ),
    Fault(
        35,
        "a topic twice in a row at the end of a round",
        "reminder_bot/domain/fact.py",
        "urgent is not None",
        "False",
        "tests/domain/test_fact.py::test_a_topic_with_most_of_what_is_left_comes_now",
    ),
    Fault(
        35,
        "a run of facts that join late",
        "reminder_bot/domain/fact.py",
        "told.count(told[-1]) == 1",
        "False",
        "tests/domain/test_fact.py::test_a_group_that_joins_late_is_spread",
    ),
    Fault(
        35,
        "always a fact on the weakest habit",
        "reminder_bot/domain/fact.py",
        "number % 2 == 1",
        "True",
        "tests/domain/test_fact.py"
        "::test_the_topic_of_the_habit_that_went_worst_is_preferred_in_every_second_digest",
    ),
    Fault(
        35,
        "a fact that was never sent counts as told",
        f"{STORAGE}/digests.py",
        "digests.c.status.not_in(NEVER_SENT)",
        "digests.c.id > 0",
        "tests/storage/test_digests.py"
        "::test_a_fact_was_told_if_its_digest_was_sent_or_may_have_been",
    ),
    Fault(
        35,
        "told to drink more on a lowered goal",
        f"{ENGINE}/digesting.py",
        "_drinks_less(user, of_user)",
        "False",
        "tests/engine/test_digesting.py::test_who_has_lowered_the_goal_is_never_told_to_drink_more",
    ),
    Fault(
        32,
        "a region that does not match is ignored",
        "reminder_bot/content/cities.py",
        "[city for city in _containing(f'\\n|{place}|', table) if _is_in(city, areas)]",
        "list(_containing(f'\\n|{place}|', table))",
        "tests/content/test_cities.py::test_a_region_is_never_ignored",
    ),
    Fault(
        32,
        "a similar name is taken as certain",
        "reminder_bot/content/cities.py",
        "self.is_exact and len(zones) == 1",
        "len(zones) == 1",
        "tests/content/test_cities.py::test_a_misspelt_name_is_never_taken",
    ),
    Fault(
        32,
        "one of several cities with the same name is taken",
        "reminder_bot/content/cities.py",
        "self.is_exact and len(zones) == 1",
        "self.is_exact and zones",
        "tests/content/test_cities.py::test_a_typed_place_is_taken_only_where_it_is_certain",
    ),
    Fault(
        32,
        "an offset with the sign of the zone's name",
        "reminder_bot/domain/zone.py",
        "-hours",
        "hours",
        "tests/domain/test_zone.py::test_the_zone_of_a_whole_hour_has_this_offset",
        function="fixed_zone",
    ),
    Fault(
        32,
        "a typed city that is taken before its clock is checked",
        f"{CHAT}/onboarding.py",
        "check_zone(connection, user, found.zone)",
        "_choose_zone(connection, user, found.zone, now)",
        "tests/chat/test_onboarding.py::test_a_city_with_another_clock_leads_back_to_the_clocks",
    ),
    Fault(
        32,
        "a typed city that is taken on a journey before its clock is checked",
        f"{CHAT}/screens/settings.py",
        "ScreenResult(f'check/{found.zone}')",
        "_store_zone(visit, found.zone)",
        "tests/chat/screens/test_settings.py"
        "::test_a_city_with_another_clock_leads_back_to_the_clocks",
    ),
    Fault(
        36,
        "a digest that new hours leave in quiet hours",
        f"{ENGINE}/configuring.py",
        "nearest(hours, user.digest_weekday, user.digest_at)",
        "user.digest_at",
        "tests/engine/test_configuring.py"
        "::test_the_digest_of_somebody_who_works_at_night_moves_to_a_waking_hour",
    ),
    Fault(
        36,
        "a digest that is lost on a flight to the east",
        f"{ENGINE}/planning.py",
        "missed_by_change(before, user, stored, now) or digest_due",
        "digest_due",
        "tests/engine/test_configuring.py"
        "::test_whoever_flies_east_past_the_hour_of_the_digest_gets_it_late",
    ),
    Fault(
        36,
        "a button that can only be refused",
        f"{CHAT}/screens/settings.py",
        "next_possible(user.hours, weekday, at, 60 if way == 'later' else -60)",
        "wall(minutes(at) + (60 if way == 'later' else -60))",
        "tests/chat/screens/test_settings.py::test_the_hour_of_the_digest_skips_the_quiet_hours",
    ),
    Fault(
        20,
        "a child process for each shared location",
        "reminder_bot/content/zone_at.py",
        "self._child is None or self._child.returncode is not None",
        "True",
        "tests/content/test_zone_at.py::test_one_child_answers_all_questions",
    ),
    Fault(
        20,
        "any number of waiting locations",
        "reminder_bot/content/zone_at.py",
        "not _is_on_earth(latitude, longitude) or self.waiting >= MOST_WAITING",
        "not _is_on_earth(latitude, longitude)",
        "tests/content/test_zone_at.py::test_too_many_waiting_questions_are_not_kept",
    ),
    Fault(
        20,
        "all locations of one person are looked up",
        f"{CHAT}/updates.py",
        "user_id in self._locating",
        "False",
        "tests/test_app.py"
        "::test_sixty_people_who_share_locations_hold_nobody_up_and_need_one_child",
    ),
    Fault(
        20,
        "a location that nothing asked for is looked up",
        f"{CHAT}/typed.py",
        "not _is_location_asked(user)",
        "False",
        "tests/chat/test_typed.py::test_a_location_that_nothing_asked_for_is_not_looked_at",
    ),
    Fault(
        33,
        "a changed goal rewrites past days",
        "reminder_bot/domain/term.py",
        "day >= today or habit.goal_ml is None",
        "True",
        "tests/domain/test_term.py::test_a_day_has_the_goal_that_was_set_last_for_it",
    ),
    Fault(
        33,
        "a day is judged by a limit",
        "reminder_bot/domain/adherence.py",
        "record.is_limit",
        "False",
        "tests/domain/test_adherence.py",
        function="verdict",
    ),
    Fault(
        33,
        "a limit rewrites past days",
        f"{ENGINE}/counting.py",
        "known.is_limit(habit, day, today)",
        "habit.is_limit",
        "tests/engine/test_counting.py::test_a_limit_counts_from_the_day_on_which_it_was_set",
        function="records_of",
    ),
    Fault(
        33,
        "a goal is not recorded with its day",
        f"{ENGINE}/configuring.py",
        "terms.insert_terms(connection, [(user.id, term)])",
        "pass",
        "tests/engine/test_counting.py::test_a_goal_counts_from_the_day_on_which_it_was_set",
    ),
    Fault(
        33,
        "a day on which less was asked is judged",
        "reminder_bot/domain/adherence.py",
        "record.gaps",
        "False",
        "tests/domain/test_adherence.py::test_a_day_with_less_asked_is_neutral_unless_it_was_kept",
        function="verdict",
    ),
    Fault(
        33,
        "a goal that the day's questions could not reach is missed",
        "reminder_bot/domain/adherence.py",
        "record.goal_ml and record.reachable_ml < record.goal_ml",
        "False",
        "tests/domain/test_adherence.py"
        "::test_water_is_judged_by_what_the_questions_of_the_day_could_reach",
    ),
    Fault(
        33,
        "a day of our downtime is judged",
        f"{ENGINE}/planning.py",
        "terms.insert_terms(connection, lost)",
        "pass",
        "tests/engine/test_counting.py"
        "::test_a_day_with_a_question_for_which_the_bot_was_too_late_is_neutral",
    ),
    Fault(
        33,
        "a day of a block is judged",
        f"{CHAT}/people.py",
        "planning.record_absence(connection, back, user.unreachable_at, now)",
        "pass",
        "tests/engine/test_counting.py::test_the_days_of_a_block_are_neutral_unless_they_were_kept",
    ),
    Fault(
        33,
        "the day on which a pause ends is judged",
        f"{ENGINE}/configuring.py",
        "terms.insert_terms(connection, [(user.id, GapTerm(None, Gap.RETURN, today, today))])",
        "pass",
        "tests/engine/test_configuring.py"
        "::test_the_days_of_a_pause_are_neutral_with_the_one_on_which_it_ends",
    ),
    Fault(
        33,
        "a picture that disagrees with its sum",
        "reminder_bot/domain/adherence.py",
        "verdict(record)",
        "Verdict.KEPT if record.is_kept else Verdict.MISSED",
        "tests/domain/test_adherence.py::test_a_sum_is_what_one_counts_in_the_picture",
        function="cell",
    ),
    Fault(
        33,
        "a streak that ends where the reading ends",
        f"{ENGINE}/counting.py",
        "length *= 2",
        "return {kind: each.kept for kind, each in streaks.items()}",
        "tests/engine/test_counting.py::test_a_streak_has_no_horizon",
    ),
    Fault(
        33,
        "a best day among equal ones",
        "reminder_bot/domain/digest.py",
        "most and kept.count(most) == 1",
        "most",
        "tests/domain/test_digest.py"
        "::test_the_best_day_has_most_habits_kept_and_there_is_none_among_equals",
    ),
    Fault(
        33,
        "an answer to a late bot is called late",
        f"{STORAGE}/check_ins.py",
        "func.coalesce(check_ins.c.arrived_at, check_ins.c.sent_at)",
        "check_ins.c.due_at",
        "tests/engine/test_digesting.py::test_the_answer_to_a_late_bot_is_not_late",
    ),
    Fault(
        33,
        "a suggestion from what was entered on /today",
        f"{STORAGE}/check_ins.py",
        "check_ins.c.is_entered.is_(False)",
        "check_ins.c.id > 0",
        "tests/engine/test_digesting.py"
        "::test_what_was_entered_on_the_day_s_card_makes_no_suggestion",
    ),
    Fault(
        33,
        "a digest before three whole days",
        f"{ENGINE}/planning.py",
        "max(now, earliest_digest(user, first_day))",
        "now",
        "tests/engine/test_digesting.py"
        "::test_the_first_digest_comes_after_three_whole_days_and_names_no_day_before",
    ),
    Fault(
        33,
        "a goal that its questions cannot reach",
        f"{ENGINE}/configuring.py",
        "_add_questions(connection, user, habit, goal_ml, now)",
        "0",
        "tests/engine/test_configuring.py"
        "::test_a_higher_goal_adds_questions_on_the_days_that_have_any",
    ),
    Fault(
        31,
        "typed words: a time as an amount",
        f"{TEXTS}/understanding/__init__.py",
        "is_bare and (not found['number'].isdecimal())",
        "False",
        "tests/chat/test_meaning.py::test_words_are_recorded_on_what_they_mean",
        function="_amount_ml",
    ),
    Fault(
        31,
        "typed words: a bare number as glasses",
        f"{CHAT}/typed.py",
        "0 < number < SMALLEST_ML",
        "False",
        "tests/chat/test_meaning.py::test_words_are_recorded_on_what_they_mean",
    ),
    Fault(
        31,
        "typed words: on an older question",
        "reminder_bot/domain/typed_answer.py",
        "len(on_card) == 1 and (is_new or len(candidates) == 1)",
        "on_card or (on_card := list(candidates))",
        "tests/domain/test_typed_answer.py",
    ),
    Fault(
        31,
        "typed words: while a screen asks",
        f"{CHAT}/typed.py",
        "SCREENS.awaited(user, request.now)",
        "None",
        "tests/chat/test_meaning.py::test_nothing_is_recorded_on_a_habit_while_a_screen_asks",
    ),
    Fault(
        31,
        "typed words: in reply to a screen",
        f"{CHAT}/typed.py",
        "request.asking_path",
        "None",
        "tests/chat/test_typed.py"
        "::test_a_reply_to_a_screen_is_its_answer_also_after_another_command",
        function="_read_as_reply",
    ),
    Fault(
        31,
        "typed words: in reply to what asks nothing",
        f"{CHAT}/typed.py",
        "return [SendText(user.id, texts.errors.asks_nothing(request.t))]",
        "return _read_by_itself(connection, request)",
        "tests/chat/test_meaning.py::test_words_are_recorded_on_what_they_mean",
        function="_read_as_reply",
    ),
    Fault(
        31,
        "amounts: taps of one batch",
        f"{ENGINE}/replying.py",
        "drunk[key] = Drunk(so_far.day_ml + amount, so_far.hour_ml + amount)",
        "pass",
        "tests/chat/test_care.py"
        "::test_taps_on_several_cards_in_one_batch_are_asked_back_after_a_litre",
    ),
    Fault(
        31,
        "amounts: typed or by a screen's button",
        f"{ENGINE}/entries.py",
        "return Recorded(habit, None, None, doubt=doubt)",
        "pass",
        "tests/chat/test_care.py",
    ),
    Fault(
        31,
        "amounts: a confirmation that is repeated",
        f"{CHAT}/screens/asked_back.py",
        "each.id > asked.last and each.amount == asked.ml",
        "False",
        "tests/chat/test_care.py::test_ten_taps_on_what_asks_back_record_once",
    ),
)


def remove_protection(source: str, fault: Fault) -> str:
    """The source without the protection. Raises LookupError if the protection is not in it."""
    tree = ast.parse(source)
    scope = _find_function(tree, fault.function) if fault.function else tree
    if fault.protection:
        replacement = _Replacement(fault.protection, fault.without)
        replacement.visit(scope)
        if replacement.count == 0:
            raise LookupError(f"{fault.file} does not contain {fault.protection!r}")
    else:
        scope.body = ast.parse(fault.without).body
    return ast.unparse(ast.fix_missing_locations(tree))


class _Replacement(ast.NodeTransformer):
    """Replaces an expression or a statement wherever it occurs.

    If both texts are expressions, the expression is replaced, otherwise the whole statement.
    """

    def __init__(self, old: str, new: str) -> None:
        olds, news = ast.parse(old).body, ast.parse(new).body
        assert len(olds) == 1, f"one expression or one statement is expected: {old!r}"
        is_expression = all(isinstance(each, ast.Expr) for each in [*olds, *news])
        self._old = _normal(_value(olds[0]) if is_expression else olds[0])
        self._new = _value(news[0]) if is_expression else news
        self.count = 0

    def visit(self, node: ast.AST) -> Any:
        if ast.dump(_normal(node)) == ast.dump(self._old):
            self.count += 1
            return self._new
        return self.generic_visit(node)


class _AwaitRemover(ast.NodeTransformer):
    def visit_Await(self, node: ast.Await) -> Any:
        return self.visit(node.value)


def _normal(node: ast.AST) -> ast.AST:
    """A copy without `await`, so that it does not matter whether a function is a coroutine."""
    return _AwaitRemover().visit(copy.deepcopy(node))  # type: ignore[no-any-return]


def _value(statement: ast.stmt) -> ast.expr:
    assert isinstance(statement, ast.Expr)
    return statement.value


def _find_function(tree: ast.Module, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef:
    scope: Any = tree
    for part in name.split("."):
        found = [each for each in scope.body if getattr(each, "name", None) == part]
        if not found:
            raise LookupError(f"there is no {name}")
        scope = found[0]
    return scope  # type: ignore[no-any-return]


def prove(fault: Fault) -> str | None:
    """Prove one protection; return None, or what is wrong."""
    with copied_project() as copied:
        file = copied / fault.file
        try:
            without = remove_protection(file.read_text(), fault)
        except LookupError as error:
            return str(error)
        if _run(copied, fault.test) != 0:
            return f"{fault.test} does not pass as it is"
        file.write_text(without)
        code = _run(copied, fault.test)
    return None if code == 1 else f"{fault.test} ended with {code} without the protection"


@contextmanager
def copied_project() -> Iterator[Path]:
    """A folder with a copy of the project, in which a protection can be removed."""
    with tempfile.TemporaryDirectory(prefix="reminder-bot-fault-") as name:
        for each in COPIED:
            source, target = ROOT / each, Path(name) / each
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        yield Path(name)


def _run(folder: Path, test: str) -> int:
    """Run a test in a copy of the project and return the exit code of pytest."""
    pytest = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0"]
    # Tests about outages are not in the default run, but some of them show a protection.
    groups = "not (crash or sweep or soak or endurance or browser or faults)"
    options = ["-p", "no:cacheprovider", "--timeout=120", "-m", groups]
    # With PYTHONPATH, child processes import the copy and not the installed package.
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [*pytest, *options, test], cwd=folder, env=environment, capture_output=True, check=False
    )
    return done.returncode


def main(arguments: list[str]) -> int:
    asked = _parse(arguments)
    chosen = [fault for fault in FAULTS if not asked.numbers or fault.number in asked.numbers]
    if asked.what == "prove":
        return _prove_all(chosen, asked.jobs)
    for fault in chosen:
        print(f"{fault.number:>2}  {fault.name}: {fault.test}")
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description="List the known faults, or prove that their tests need the protections.",
    )
    parser.add_argument("what", nargs="?", choices=["list", "prove"], default="list")
    parser.add_argument(
        "-j", "--jobs", type=int, default=1, metavar="N", help="how many proofs run at a time"
    )
    parser.add_argument(
        "numbers", nargs="*", type=int, help="the numbers of the faults; without any, all faults"
    )
    return parser.parse_intermixed_args(arguments)


def _prove_all(faults: list[Fault], jobs: int) -> int:
    """Print a row for each proof; return 1 if any failed."""
    print("| | fault | test | without its protection |\n|---|---|---|---|")
    failures = 0
    with ThreadPoolExecutor(jobs) as proofs:
        for fault, (wrong, seconds) in zip(faults, proofs.map(_timed, faults), strict=True):
            failures += wrong is not None
            outcome = f"NOT PROVED: {wrong}" if wrong else "it fails"
            row = f"| {fault.number} | {fault.name} | `{fault.test}` | {outcome} "
            print(f"{row}({seconds:.0f} s) |", flush=True)
    return 1 if failures else 0


def _timed(fault: Fault) -> tuple[str | None, float]:
    began_at = time.monotonic()
    return prove(fault), time.monotonic() - began_at


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
