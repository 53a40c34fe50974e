"""Dispatching: what was planned is sent. This is the second of the two phases.

    planned ─claim─▶ claimed ─rate limiter─▶ Telegram ─▶ sent, planned (retry), cancelled, misfired
       ▲                │            │            │       (recorded in batches: engine.outcomes)
       │                │            │ marked     │ no answer, or the process died
       │                │            ▼ (departures)▼ after the mark:
       ├─ the process died before    └──────── ambiguous ──▶ uncertain (storage.claims)
       │  the mark      │                          │
       │                ▼ no longer wanted:        │
       │                  cancelled, misfired      │
       └──────── one more copy ────────────────────┘

Telegram's sendMessage has no idempotency key: after a crash or a lost answer nobody knows whether
a message was accepted. That doubt begins when a request begins to leave, which is marked right
before. An ambiguous send is settled only after Telegram has answered some other call well.

Whether a row is too late is decided twice: when it is claimed, and right before the request leaves,
because it may have waited for a permit, or the process may have been suspended. For that reason the
lease is measured with CLOCK_BOOTTIME.

Rows are claimed in batches, because a statement costs as much for a hundred rows as for ten. For
the same reason nothing is claimed while only a few sends could start.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, assert_never
from uuid import uuid4

from reminder_bot.clock import Clock, boot_time
from reminder_bot.content import foods
from reminder_bot.domain.card import Card, Row
from reminder_bot.domain.check_in import CheckIn, Status
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.food import suggest
from reminder_bot.domain.habit import Role
from reminder_bot.domain.notice import Notice, is_wanted
from reminder_bot.domain.reminder import repeat_at, send_until
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import UNREADABLE_RETRY
from reminder_bot.engine.departures import Departure, Departures
from reminder_bot.engine.messenger import Messenger, Outcome, OutcomeKind
from reminder_bot.engine.outcomes import Record, Recorder
from reminder_bot.storage import check_ins, claims, digests, notices, tables
from reminder_bot.storage.cards import list_cards
from reminder_bot.storage.claims import OutcomeRow
from reminder_bot.storage.database import Connection, Database

__all__ = ["Dispatcher"]

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
# No request begins in the last part of a lease, so that its answer comes before the lease ends.
LEASE_MARGIN = timedelta(seconds=30)
FIRST_BACKOFF, LONGEST_BACKOFF = timedelta(seconds=5), timedelta(minutes=5)
BATCH = 500


class Dispatcher:
    """Claims, sends and records. It keeps nothing in memory but the sends in progress.

    in_flight: how many sends may be in progress at once; a chat that hangs occupies one of them.
    on_room: called when sends can start again after a step had to leave rows unclaimed.
    """

    def __init__(
        self,
        database: Database,
        messenger: Messenger,
        clock: Clock,
        *,
        in_flight: int = 60,
        on_room: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._messenger = messenger
        self._clock = clock
        self._in_flight = self._free = in_flight
        # How many places must be free for a claim to be worth its statements.
        self._worth_claiming = min(max(1, in_flight // 4), BATCH)
        self._on_room = on_room
        self._is_full = False
        self._name = uuid4().hex
        self._sends: set[asyncio.Task[None]] = set()
        self._recorder = Recorder(database, clock, self._name)
        self._departures = Departures(database, clock, self._name)
        self._is_stopping = False

    async def start(self, now: datetime) -> None:
        """Call this before the first step. On SQLite it ends the claims of the last process."""
        if self._database.is_sqlite:
            await self._end_claims(now, all_of_them=True)

    async def step(self, now: datetime) -> int:
        """One round: claim what is due and start to send it; returns how many rows were claimed.

        During a halt nothing is claimed: the rows would be released at once and claimed again in
        the next round, and a crash in between would make them ambiguous although no request left.
        """
        await self._settle_ambiguous(now)
        claimed = 0
        # In this order, because check-ins have the shortest grace and digests the longest.
        for table, send in (
            (tables.check_ins, self._send_check_ins),
            (tables.notices, self._send_notices),
            (tables.digests, self._send_digests),
        ):
            while not self._is_stopping and not self._messenger.is_halted:
                self._is_full = self._free < self._worth_claiming
                if self._is_full:
                    return claimed
                limit = min(self._free, BATCH)
                # Counted from before the claim, because the database may take long to answer.
                leased_until = boot_time() + (LEASE - LEASE_MARGIN).total_seconds()
                ids = await self._claim(table, now, limit)
                claimed += len(ids)
                if not ids:
                    break
                try:
                    await send(ids, now, leased_until)
                except Exception:
                    # No send has started yet, so release the claims. On SQLite they would otherwise
                    # last until a restart.
                    rows = [_row(each, Status.PLANNED) for each in ids]
                    self._recorder.add(Record(table, rows, 0))
                    raise
                if len(ids) < limit:
                    break  # nothing more is due
        return claimed

    async def drain(self) -> None:
        """Wait until every send in progress has ended and its outcome is recorded."""
        while not self.is_idle:
            if self._sends:
                await asyncio.wait(set(self._sends))
            await self._recorder.write()

    async def stop(self) -> None:
        """Claim nothing more, and finish the sends in progress."""
        self._is_stopping = True
        await self.drain()

    @property
    def is_idle(self) -> bool:
        return not self._sends and not self._recorder.has_waiting

    async def _settle_ambiguous(self, now: datetime) -> None:
        """End claims with an expired lease, and settle the rows that became ambiguous before
        Telegram last answered a call without an error.
        """
        has_expired, has_ambiguous = await self._database.read(_find_unsettled)
        if has_expired:
            await self._end_claims(now, all_of_them=False)
        answered_at = self._messenger.answered_at
        if answered_at is None or not (has_expired or has_ambiguous):
            return
        copies, given_up = await self._database.write(claims.settle_ambiguous, answered_at)
        if copies or given_up:
            log.warning("ambiguous_settled", extra={"copies": copies, "uncertain": given_up})

    async def _end_claims(self, now: datetime, *, all_of_them: bool) -> None:
        released, ambiguous = await self._database.write(
            claims.end_claims, now, all_of_them=all_of_them
        )
        if released:
            log.warning("claims_released", extra={"count": released})
        if ambiguous:
            log.warning("claims_ambiguous", extra={"count": ambiguous})

    async def _claim(self, table: claims.Queue, now: datetime, limit: int) -> list[int]:
        next_at = await self._database.read(claims.find_next, table)
        if next_at is None or next_at > now:
            return []
        return await self._database.write(
            claims.claim, table, now, limit=limit, by=self._name, lease=LEASE
        )

    # Check-ins

    async def _send_check_ins(self, ids: list[int], now: datetime, leased_until: float) -> None:
        cards, skipped, eaten = await self._database.read(_load_cards, ids)
        for card in cards:
            try:
                statuses = [
                    _status_if_unwanted(
                        card.user, row, (row.habit.id, row.check_in.day) in skipped, now
                    )
                    for row in card.rows
                ]
                wanted = [
                    row for row, status in zip(card.rows, statuses, strict=True) if status is None
                ]
                wanted = _with_food(card.user, wanted, eaten.get(card.user.id, []))
            except (ValueError, KeyError, OSError) as error:
                self._postpone(
                    tables.check_ins,
                    card.user.id,
                    [row.check_in.id for row in card.rows],
                    now,
                    error,
                )
                continue
            for row, status in zip(card.rows, statuses, strict=True):
                if status is not None:
                    self._recorder.add(_not_sent(row, status, now))
            if wanted:
                self._start(self._ask(Card(card.user, tuple(wanted)), leased_until))
        await self._recorder.write()

    async def _ask(self, card: Card, leased_until: float) -> None:
        until = min(row.check_in.send_until for row in card.rows)
        ids = [row.check_in.id for row in card.rows]
        is_wanted = self._departure(tables.check_ins, ids, until, leased_until)
        outcome = await _outcome_of(self._messenger.ask(card, is_wanted))
        now = self._clock.now()
        record = Record(tables.check_ins, [], card.user.id, outcome.kind is OutcomeKind.UNREACHABLE)
        for row in card.rows:
            each = row.check_in
            if outcome.kind is OutcomeKind.SENT:
                self._add_sent(record, card.user, each, outcome, now)
            elif outcome.kind is OutcomeKind.NOT_WANTED and now >= each.send_until:
                self._recorder.add(_not_sent(row, Status.MISFIRED, now))
            else:
                record.rows.append(_failed(outcome, now, "check_in", each.id, each.attempts))
        self._recorder.add(record)

    def _add_sent(
        self, record: Record, user: User, check_in: CheckIn, outcome: Outcome, now: datetime
    ) -> None:
        row = _row(check_in.id, Status.SENT)
        row["message_id"], row["sent_at"] = outcome.message_id, now
        if check_in.sent_at is None:
            row["arrived_at"] = now
        row["food_id"] = check_in.food_id
        # The time until the repeat counts from the actual send, so after a late ask it is as long.
        asked_at = max(check_in.send_after, now.replace(second=0, microsecond=0))
        again = repeat_at(check_in.role, user.hours, asked_at, check_in.repeats_left)
        row["repeat_at"] = again
        if again is not None:  # the next ask has its own grace
            kind, role, day = check_in.kind, check_in.role, check_in.day
            row["send_until"] = send_until(kind, role, user.hours, day, again)
        record.rows.append(row)
        if check_in.message_id is not None:
            record.to_edit.append((check_in.message_id, check_in.id))
        if outcome.message_id is not None:
            record.sent.append((outcome.message_id, check_in.id))

    # Digests

    async def _send_digests(self, ids: list[int], now: datetime, leased_until: float) -> None:
        found = await self._database.read(digests.list_digests, ids)
        for user, digest in found:
            if self._is_still_due(tables.digests, user, digest, user.is_asked, now):
                still = self._departure(
                    tables.digests, [digest.id], digest.send_until, leased_until
                )
                self._start(
                    self._send_one(
                        tables.digests, digest, self._messenger.send_digest(user, digest, still)
                    )
                )
        await self._recorder.write()

    # Notices

    async def _send_notices(self, ids: list[int], now: datetime, leased_until: float) -> None:
        found = await self._database.read(notices.list_notices, ids)
        for user, notice in found:
            if self._is_still_due(tables.notices, user, notice, is_wanted(notice.kind, user), now):
                still = self._departure(
                    tables.notices, [notice.id], notice.send_until, leased_until
                )
                self._start(
                    self._send_one(
                        tables.notices, notice, self._messenger.send_notice(user, notice, still)
                    )
                )
        await self._recorder.write()

    # Digests and notices

    def _is_still_due(
        self, table: claims.Queue, user: User, each: Digest | Notice, fits: bool, now: datetime
    ) -> bool:
        """Whether to send a claimed digest or notice now.

        If not, it is recorded as cancelled, misfired, or planned for the end of the quiet hours.

        fits: whether the user's present state still calls for it.
        """
        try:
            is_quiet = fits and user.zone is not None and user.hours.is_quiet_at(now)
        except (ValueError, KeyError, OSError) as error:
            self._postpone(table, user.id, [each.id], now, error)
            return False
        if fits and not is_quiet and now < each.send_until:
            return True
        row = _row(each.id, Status.CANCELLED)
        if fits and now >= each.send_until:
            row["status"] = Status.MISFIRED
        elif is_quiet:
            row["status"], row["send_after"] = Status.PLANNED, user.hours.next_waking(now)
        self._recorder.add(Record(table, [row], user.id))
        return False

    async def _send_one(
        self, table: claims.Queue, each: Digest | Notice, send: Awaitable[Outcome]
    ) -> None:
        outcome = await _outcome_of(send)
        now = self._clock.now()
        if outcome.kind is OutcomeKind.SENT:
            row = _row(each.id, Status.SENT)
            row["message_id"], row["sent_at"] = outcome.message_id, now
            if outcome.file_id is not None:
                row["file_id"] = outcome.file_id
        elif outcome.kind is OutcomeKind.NOT_WANTED and now >= each.send_until:
            row = _row(each.id, Status.MISFIRED)
        else:
            row = _failed(outcome, now, table.name.removesuffix("s"), each.id, each.attempts)
        is_unreachable = outcome.kind is OutcomeKind.UNREACHABLE
        self._recorder.add(Record(table, [row], each.user_id, is_unreachable))

    # Check-ins, digests and notices

    def _departure(
        self, table: claims.Queue, ids: Sequence[int], until: datetime, leased_until: float
    ) -> Departure:
        """What a send asks right before it leaves: it must be neither too late, nor with an expired
        lease, after which another process may send the same.
        """
        return Departure(
            self._departures,
            table,
            ids,
            lambda: self._clock.now() < until and boot_time() < leased_until,
        )

    def _postpone(
        self,
        table: claims.Queue,
        user_id: int,
        ids: Sequence[int],
        now: datetime,
        error: Exception,
    ) -> None:
        """Release rows whose user's hours cannot be computed (an unknown zone), to try later."""
        log.error(
            "send_postponed",
            extra={"user": user_id, "error": error, "retry_after": UNREADABLE_RETRY},
        )
        rows = [_row(each, Status.PLANNED) for each in ids]
        for row in rows:
            row["send_after"] = now + UNREADABLE_RETRY
        self._recorder.add(Record(table, rows, user_id))

    def _start(self, send: Coroutine[Any, Any, None]) -> None:
        self._free -= 1
        self._recorder.under_way += 1
        task = asyncio.create_task(send)
        self._sends.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._free += 1
        self._recorder.under_way -= 1
        self._sends.discard(task)
        if self._is_full and self._free >= self._worth_claiming:
            self._is_full = False
            self._on_room()
        if not task.cancelled() and task.exception() is not None:
            # The row stays claimed. Its claim ends when the lease expires, on SQLite at the next
            # start.
            log.error("send_failed", exc_info=task.exception())
        if self._recorder.has_waiting and not self._recorder.is_writing:
            writing = asyncio.ensure_future(self._recorder.write())
            self._sends.add(writing)
            writing.add_done_callback(self._sends.discard)


def _find_unsettled(connection: Connection) -> tuple[bool, bool]:
    """Whether a lease has expired (by PostgreSQL's clock), and whether a row is ambiguous."""
    is_shared = connection.dialect.name == "postgresql"
    has_expired = is_shared and claims.has_expired_lease(connection)
    return has_expired, claims.has_ambiguous(connection)


def _load_cards(
    connection: Connection, ids: Sequence[int]
) -> tuple[list[Card], set[tuple[int, date]], dict[int, list[str]]]:
    """What is needed to send claimed check-ins: (cards, skipped, foods).

    skipped: (habit id, day) of what was skipped. foods: those suggested to each user so far, the
    oldest first.
    """
    cards = list_cards(connection, ids)
    rows = [row for card in cards for row in card.rows]
    habit_ids, days = {row.habit.id for row in rows}, {row.check_in.day for row in rows}
    eaters = {row.check_in.user_id for row in rows if row.habit.kind.spec.food_kind}
    return (
        cards,
        check_ins.list_skipped(connection, habit_ids, days),
        check_ins.list_foods(connection, eaters),
    )


async def _outcome_of(send: Awaitable[Outcome]) -> Outcome:
    """The outcome of a send. After an unexpected error it is ambiguous, because Telegram may have
    accepted the message.
    """
    try:
        return await send
    except Exception as error:
        log.exception("send_failed")
        return Outcome(OutcomeKind.AMBIGUOUS, reason=type(error).__name__)


def _row(row_id: int, status: Status) -> OutcomeRow:
    """The columns that every outcome sets: the new status, and the end of the claim."""
    return {"id": row_id, "status": status, "claimed_by": None}


def _failed(outcome: Outcome, now: datetime, kind: str, row_id: int, attempts: int) -> OutcomeRow:
    """The row of a send that did not succeed. kind: the name of its id in the log."""
    match outcome.kind:
        case OutcomeKind.AMBIGUOUS:
            log.warning("send_ambiguous", extra={kind: row_id, "reason": outcome.reason})
            row = _row(row_id, Status.AMBIGUOUS)
            row["ambiguous_at"] = now
        case OutcomeKind.UNREACHABLE:
            log.info("user_unreachable", extra={kind: row_id, "reason": outcome.reason})
            row = _row(row_id, Status.CANCELLED)
        case OutcomeKind.REFUSED:
            log.error("send_refused", extra={kind: row_id, "reason": outcome.reason})
            row = _row(row_id, Status.CANCELLED)
        case OutcomeKind.NOT_WANTED:
            row = _row(row_id, Status.PLANNED)
        case OutcomeKind.NOT_SENT:
            row = _row(row_id, Status.PLANNED)
            wait = outcome.retry_after or min(FIRST_BACKOFF * 2**attempts, LONGEST_BACKOFF)
            # Capped, because 2**attempts would overflow a timedelta after days of failures.
            row["send_after"], row["attempts"] = now + wait, min(attempts + 1, 10)
        case OutcomeKind.SENT:
            raise AssertionError("a send that succeeded is recorded by its caller")
        case _:
            assert_never(outcome.kind)
    return row


def _status_if_unwanted(user: User, row: Row, is_skipped: bool, now: datetime) -> Status | None:
    """The status of a claimed check-in that is not to be sent; None if it is to be sent."""
    if (
        not user.is_asked
        or row.habit.is_removed
        or row.is_done
        or (is_skipped and row.check_in.role is Role.QUESTION)
    ):
        return Status.CANCELLED
    if now >= row.check_in.send_until or user.hours.is_quiet_at(now):
        return Status.MISFIRED
    return None


def _not_sent(row: Row, status: Status, now: datetime) -> Record:
    """The record of a check-in that is not sent: cancelled, or misfired.

    If an earlier ask was sent, the check-in stays sent and open until it closes.
    """
    each = row.check_in
    if status is Status.MISFIRED:
        log.warning(
            "misfired",
            extra={
                "user": each.user_id,
                "check_in": each.id,
                "due_at": each.due_at,
                "late": now - each.send_after,
                "ask": each.ask,
            },
        )
    if each.copies:
        status = Status.UNCERTAIN  # the first copy may have arrived
    elif status is Status.MISFIRED and each.ask > 1 and now < each.closes_at:
        status = Status.SENT
    to_edit = [(each.message_id, each.id)] if each.message_id is not None else []
    return Record(tables.check_ins, [_row(each.id, status)], each.user_id, to_edit=to_edit)


def _with_food(user: User, rows: Sequence[Row], shown: Sequence[str]) -> list[Row]:
    """The rows, those of habits that suggest a food with one; a repeated ask keeps its food."""
    return [
        _with_suggestion(user, row, shown)
        if row.habit.kind.spec.food_kind is not None and row.check_in.food_id is None
        else row
        for row in rows
    ]


def _with_suggestion(user: User, row: Row, shown: Sequence[str]) -> Row:
    kind = row.habit.kind.spec.food_kind
    assert kind is not None
    food = suggest(foods(), kind, user.diet, shown, seed=user.id)
    if food is None:
        return row
    return replace(
        row, check_in=replace(row.check_in, food_id=food.id), has_new_food=food.id not in shown
    )
