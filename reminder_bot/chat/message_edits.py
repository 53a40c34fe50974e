"""Editing sent messages so that they show what is stored.

    a transaction changes what a message shows ─▶ and records a pending edit (storage.pending_edits)
                                                     │
            the effect of the tap edits at once ◀────┤
            `step` retries what was not edited ◀─────┘   in batches, lowest priority

An edit always shows what is stored at that moment, not the state that a tap expected. What a tap's
edit shows is read at the end of the tap's transaction.

An edit that was made is settled: its pending edit is deleted. Those of taps are settled together
(`edit_settling`).

If several edits of one message are in progress, the newest wins:

- An edit that waits at the rate limiter gives up if a newer one of this process has begun
  (`_LatestEdits`).
- An edit that was made although a newer one had begun is settled separately. If the message has
  changed since it was read (its version differs), one more edit is recorded, because Telegram may
  have received the older request last.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from reminder_bot import texts
from reminder_bot.bot_api.rate_limiter import Priority
from reminder_bot.bot_api.sender import NO_BUTTONS, Sender, always
from reminder_bot.chat import keyboards
from reminder_bot.chat.edit_settling import EditSettling
from reminder_bot.chat.keyboards import Keyboard
from reminder_bot.chat.messages import Messages, card_text
from reminder_bot.chat.new_messages import NewMessages
from reminder_bot.chat.onboarding import setup_card
from reminder_bot.chat.screens.menu import SCREENS
from reminder_bot.chat.screens.screen import NoSuchScreen
from reminder_bot.clock import Clock
from reminder_bot.domain.card import Card
from reminder_bot.domain.user import User
from reminder_bot.domain.zone import UNREADABLE_RETRY
from reminder_bot.engine.messenger import EditOutcome, OutcomeKind
from reminder_bot.storage import check_ins, pending_edits
from reminder_bot.storage.cards import list_cards, list_cards_on
from reminder_bot.storage.database import Connection, Database, is_database_error
from reminder_bot.storage.pending_edits import Message, PendingEdit
from reminder_bot.storage.users import find_user, list_users
from reminder_bot.texts.translation import translation

__all__ = ["SCREEN", "LoadedEdit", "Message", "MessageEditor", "load_edits"]

log = logging.getLogger(__name__)

# The prefix of a view that is the path of a screen.
SCREEN = "/"
BATCH = 100
# The waits are short, so that a tap shows within a minute of Telegram's return, however long the
# outage was. An edit is given up after TRIES waits, which is about a day.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=3), timedelta(seconds=30)
DOUBLED, TRIES = 4, 2880
# Raised if a stored value can't be used, such as an unknown zone.
UNREADABLE = (ValueError, KeyError, OSError)

Made = Sequence[tuple[PendingEdit, EditOutcome]]


@dataclass(frozen=True, slots=True)
class LoadedEdit:
    """What a message has to show.

    text: None if it keeps its text and loses its buttons. card: the check-ins that it shows.
    is_setup: whether it is the set-up card. is_obsolete: see `_is_obsolete`.
    """

    pending: PendingEdit
    user: User
    text: str | None
    keyboard: Keyboard
    card: Card | None = None
    is_setup: bool = False
    is_obsolete: bool = False

    @property
    def message(self) -> Message:
        return self.user.id, self.pending.message_id

    @property
    def is_screen(self) -> bool:
        return self.pending.view.startswith(SCREEN)


class _LatestEdits:
    """The latest edit in progress per message."""

    def __init__(self) -> None:
        self._latest: dict[Message, object] = {}

    @contextmanager
    def begin(self, messages: Sequence[Message]) -> Iterator[Callable[[Message], bool]]:
        """Make this block the latest edit of these messages.

        Yields a function that tells whether it still is the latest edit of a message.
        """
        mark = object()
        self._latest.update(dict.fromkeys(messages, mark))
        try:
            yield lambda message: self._latest.get(message) is mark
        finally:
            for message in messages:
                if self._latest.get(message) is mark:
                    del self._latest[message]


class MessageEditor:
    """Makes pending edits. new_messages: sends screens and the like that a person asks for."""

    def __init__(
        self, database: Database, sender: Sender, messages: Messages, clock: Clock
    ) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._latest = _LatestEdits()
        self.settling = EditSettling(database)
        self.new_messages = NewMessages(database, sender, messages, clock)

    async def step(self, now: datetime) -> int:
        """One round: make the edits that are due by `now`; returns how many."""
        await self.settling.settle()  # so that none of them is made again
        next_at = await self._database.read(pending_edits.find_next_pending_edit)
        count = 0
        while next_at is not None and next_at <= now:
            due = await self._database.read(pending_edits.list_due_pending_edits, now, BATCH)
            await self._edit_all(due, Priority.TIDYING)
            count += len(due)
            if len(due) < BATCH:
                break
        return count

    async def edit(self, pending: PendingEdit, loaded: LoadedEdit | None = None) -> None:
        """Edit one message now, and settle its pending edit soon.

        loaded: what it must show; if None, that is read first.
        """
        if loaded is None:
            await self._edit_all([pending], Priority.REPLY)
            return
        with self._latest.begin([loaded.message]) as is_latest:
            now = self._clock.now()
            await self._make([loaded], Priority.REPLY, now, is_latest, self._settle_soon)

    @property
    def is_idle(self) -> bool:
        """Whether all edits that were made are settled."""
        return self.settling.is_idle

    async def finish(self) -> None:
        """Settle at once what is still to be settled."""
        await self.settling.finish()

    async def _settle(self, made: Made) -> None:
        """Settle edits that were made, and postpone those that were not."""
        await self._database.write(_settle_all, made, self._clock.now())

    async def _settle_soon(self, made: Made) -> None:
        """Like `_settle`, but edits that were made are settled together with later ones."""
        others = [each for each in made if each[1] is not EditOutcome.EDITED]
        if others:
            await self._settle(others)
        self.settling.add(pending for pending, outcome in made if outcome is EditOutcome.EDITED)

    async def remove(
        self, user_id: int, message_id: int, is_wanted: Callable[[], bool] = always
    ) -> EditOutcome:
        """Delete a message. Telegram refuses that after two days; then only its buttons go."""
        outcome = await self._sender.delete(user_id, message_id, is_wanted)
        if outcome is EditOutcome.MESSAGE_GONE:
            return await self._remove_buttons(user_id, message_id, is_wanted)
        return outcome

    async def _edit_all(self, pending: Sequence[PendingEdit], priority: Priority) -> None:
        messages = [each.message for each in pending]
        # Begin before loading: what an earlier edit has to show was committed before it began, so
        # the latest edit shows it as well.
        with self._latest.begin(messages) as is_latest:
            await self._edit_read(pending, priority, is_latest)

    async def _edit_read(
        self,
        pending: Sequence[PendingEdit],
        priority: Priority,
        is_latest: Callable[[Message], bool],
    ) -> None:
        now = self._clock.now()
        try:
            edits = await self._database.read(_load_all, pending, now)
        except UNREADABLE as error:
            if _is_database_away(error):
                raise  # all of them stay pending
            if len(pending) == 1:
                await self._postpone_unreadable(pending[0], error)
            else:  # one of them cannot be read; edit the others
                for each in pending:
                    await self._edit_read([each], priority, is_latest)
            return
        await self._make(edits, priority, now, is_latest, self._settle)

    async def _make(
        self,
        edits: Sequence[LoadedEdit],
        priority: Priority,
        now: datetime,
        is_latest: Callable[[Message], bool],
        settle: Callable[[Made], Awaitable[None]],
    ) -> None:
        """Make edits, and give their outcomes to `settle`."""
        outcomes = await asyncio.gather(
            *(self._edit_if_latest(each, priority, now, is_latest) for each in edits),
            return_exceptions=True,
        )
        made = [
            (edit.pending, outcome)
            for edit, outcome in zip(edits, outcomes, strict=True)
            if isinstance(outcome, EditOutcome)
        ]
        if made:
            await settle(made)
        for edit, outcome in zip(edits, outcomes, strict=True):
            if isinstance(outcome, UNREADABLE) and not _is_database_away(outcome):
                await self._postpone_unreadable(edit.pending, outcome)
            elif isinstance(outcome, BaseException):
                raise outcome

    async def _edit_if_latest(
        self,
        edit: LoadedEdit,
        priority: Priority,
        now: datetime,
        is_latest: Callable[[Message], bool],
    ) -> EditOutcome | None:
        """Make an edit; returns None if a newer one of the same message has begun meanwhile.

        The newer one then reports the outcome. This one is settled here if it was made all the
        same.
        """
        outcome = await self._edit_one(edit, priority, now, lambda: is_latest(edit.message))
        if is_latest(edit.message):
            return outcome
        if outcome is EditOutcome.EDITED:
            await self._database.write(_settle_all, [(edit.pending, outcome)], self._clock.now())
        return None

    async def _edit_one(
        self, edit: LoadedEdit, priority: Priority, now: datetime, is_wanted: Callable[[], bool]
    ) -> EditOutcome:
        user_id, message_id = edit.message
        is_replaced = edit.pending.view == pending_edits.REPLACED
        if is_replaced or (edit.user.is_tidy and edit.is_obsolete):
            return await self._remove_obsolete(edit, is_wanted)
        if edit.text is None:
            outcome = await self._remove_buttons(user_id, message_id, is_wanted)
        else:
            outcome = await self._sender.edit(
                user_id, message_id, edit.text, edit.keyboard, priority, is_wanted
            )
        if outcome is EditOutcome.MESSAGE_GONE and not edit.is_screen:
            return await self._send_anew(edit, now)
        return outcome

    async def _remove_buttons(
        self, user_id: int, message_id: int, is_wanted: Callable[[], bool]
    ) -> EditOutcome:
        """Remove the buttons of a message and leave its text."""
        return await self._sender.edit_buttons(
            user_id, message_id, NO_BUTTONS, Priority.TIDYING, is_wanted
        )

    async def _remove_obsolete(
        self, edit: LoadedEdit, is_wanted: Callable[[], bool]
    ) -> EditOutcome:
        """Delete a message that was replaced, or that is obsolete for a user with `is_tidy`."""
        outcome = await self.remove(*edit.message, is_wanted)
        if outcome is not EditOutcome.NOT_SENT and edit.card is not None:
            ids = [row.check_in.id for row in edit.card.rows]
            await self._database.write(check_ins.record_message, ids, None)
        return outcome

    async def _send_anew(self, edit: LoadedEdit, now: datetime) -> EditOutcome:
        """Replace a message that the person deleted, if it has an answer or a snooze to show.

        Everything else needs no message any more.
        """
        if edit.is_setup:
            await self.new_messages.send_setup(edit.user.id)
            return EditOutcome.EDITED
        rows = edit.card.rows if edit.card is not None else ()
        done = tuple(row for row in rows if row.check_in.reply or row.check_in.is_snoozed)
        if not done:
            return EditOutcome.EDITED
        shown = Card(edit.user, done)
        outcome = await self._sender.say(
            edit.user.id,
            card_text(shown, now),
            reply_markup=_keyboard(shown, now),
            disable_notification=True,
        )
        if outcome.kind is OutcomeKind.NOT_SENT:
            return EditOutcome.NOT_SENT
        if outcome.kind is OutcomeKind.SENT:
            ids = [row.check_in.id for row in done]
            await self._database.write(check_ins.record_message, ids, outcome.message_id)
        return EditOutcome.EDITED

    async def _postpone_unreadable(self, pending: PendingEdit, error: Exception) -> None:
        later = self._clock.now() + UNREADABLE_RETRY
        log.error(
            "edit_unreadable",
            extra={"user": pending.user_id, "reason": error, "retry_at": later},
        )
        await self._database.write(pending_edits.postpone_pending_edit, pending, later)


def _is_database_away(error: BaseException) -> bool:
    """Whether an error of UNREADABLE comes from the connection to the database.

    An OSError may also come from a zone file that can't be read.
    """
    return isinstance(error, ConnectionError | TimeoutError)


# What messages have to show


def load_edits(
    connection: Connection,
    pending: Sequence[PendingEdit],
    now: datetime,
    users: Mapping[int, User],
) -> list[LoadedEdit]:
    """What these messages have to show; empty if one of them cannot be read.

    Then each is read by itself when it is edited, and what cannot be read is postponed.
    users: those that need not be read, by id.
    """
    try:
        return _load_all(connection, pending, now, users)
    except Exception as error:
        if is_database_error(error):
            raise  # the transaction cannot go on
        return []


def _load_all(
    connection: Connection,
    pending: Sequence[PendingEdit],
    now: datetime,
    users: Mapping[int, User] | None = None,
) -> list[LoadedEdit]:
    """What these messages have to show; those of erased users are left out."""
    users = dict(users or {})
    unread = {each.user_id for each in pending} - users.keys()
    if unread:
        users |= list_users(connection, unread)
    messages = [each.message for each in pending]
    cards = list_cards_on(connection, messages, users)
    return [
        _load_edit(
            connection, each, users[each.user_id], cards.get((each.user_id, each.message_id)), now
        )
        for each in pending
        if each.user_id in users
    ]


def _load_edit(
    connection: Connection, pending: PendingEdit, user: User, card: Card | None, now: datetime
) -> LoadedEdit:
    if pending.view.startswith(SCREEN):
        return LoadedEdit(pending, user, *_screen(connection, user, pending, now))
    if pending.message_id == user.setup_message_id:
        return LoadedEdit(pending, user, *setup_card(connection, user, now), is_setup=True)
    is_obsolete = _is_obsolete(pending, card, now)
    if card is not None:
        text, keyboard = card_text(card, now), _keyboard(card, now, pending.view)
        doubtful = keyboards.asked_back(pending.view)
        if doubtful is not None:
            _, ml, doubt = doubtful
            text = f"{text}\n{texts.asked_back.doubt(translation(user.language), doubt, ml)}"
        return LoadedEdit(pending, user, text, keyboard, card, is_obsolete=is_obsolete)
    elsewhere = _text_elsewhere(connection, pending, now)
    return LoadedEdit(pending, user, elsewhere, NO_BUTTONS, is_obsolete=is_obsolete)


def _screen(
    connection: Connection, user: User, pending: PendingEdit, now: datetime
) -> tuple[str, Keyboard]:
    """The screen that a message has to show, or a line that says it no longer exists."""
    try:
        screen = SCREENS.show(connection, user, pending.view.removeprefix(SCREEN), now)
    except NoSuchScreen:
        return texts.errors.screen_gone(translation(user.language)), NO_BUTTONS
    return screen.text, screen.keyboard


def _text_elsewhere(connection: Connection, pending: PendingEdit, now: datetime) -> str | None:
    """The text of a message whose check-in is on another one: what was answered there, or that it
    was asked again. None if neither is known.
    """
    found = list_cards(connection, [pending.check_in_id]) if pending.check_in_id else []
    if not found:
        return None
    card = found[0]
    check_in = card.rows[0].check_in
    if pending.view == pending_edits.ASKED_AGAIN:
        if check_in.sent_at is None:
            return None
        t = translation(card.user.language)
        return texts.check_in.asked_again(t, card.user, card.rows[0], check_in.sent_at)
    return card_text(card, now) if check_in.reply is not None else None


def _keyboard(card: Card, now: datetime, view: str = "") -> Keyboard:
    return keyboards.of_card(translation(card.user.language), card, now, view)


def _is_obsolete(pending: PendingEdit, card: Card | None, now: datetime) -> bool:
    """Whether a message has only questions that were not and can no longer be answered on it."""
    if pending.view == pending_edits.ASKED_AGAIN:
        return True
    return card is not None and not any(
        row.check_in.reply is not None or row.check_in.is_snoozed or keyboards.still_asks(row, now)
        for row in card.rows
    )


# Settling


def _settle_all(connection: Connection, made: Made, now: datetime) -> None:
    """Record the outcomes of edits: settle those that were made, postpone those that were not."""
    to_settle: list[PendingEdit] = []
    for pending, outcome in made:
        if outcome is EditOutcome.NOT_SENT and pending.attempts < TRIES:
            wait = min(FIRST_WAIT * 2 ** min(pending.attempts, DOUBLED), LONGEST_WAIT)
            pending_edits.postpone_pending_edit(connection, pending, now + wait)
        else:
            to_settle.append(pending)
    settled = pending_edits.settle_pending_edits(connection, to_settle)
    for pending, outcome in made:
        if outcome is EditOutcome.EDITED and pending.message not in settled:
            _edit_once_more(connection, pending, now)


def _edit_once_more(connection: Connection, pending: PendingEdit, now: datetime) -> None:
    """Edit a message again that changed during this edit: the newer edit may have arrived first.

    Not a screen, because only its outdated path is known here, and no message of an erased user.
    """
    if pending_edits.renew_pending_edit(connection, pending, now):
        return  # the newer edit is still pending, and will be made again
    if pending.view.startswith(SCREEN) or find_user(connection, pending.user_id) is None:
        return
    pending_edits.record_pending_edit(
        connection, pending.user_id, pending.message_id, now, pending.check_in_id
    )
