"""Sends cards, digests and notices, and renders their pictures.

The engine decides what is sent and when; this module adds text, buttons and picture, and calls the
sender. `Messages` is the engine's `Messenger`.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from hashlib import blake2b
from typing import assert_never

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.bot_api.rate_limiter import Priority
from reminder_bot.bot_api.sender import Sender, always
from reminder_bot.bot_api.transport import File
from reminder_bot.chat import keyboards
from reminder_bot.clock import Clock
from reminder_bot.content import fact_of
from reminder_bot.domain.card import Card
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.notice import Notice, NoticeKind
from reminder_bot.domain.user import User
from reminder_bot.engine.messenger import Outcome, OutcomeKind
from reminder_bot.pictures import week_pictures
from reminder_bot.pictures.renderer import NotRendered, Renderer
from reminder_bot.texts.translation import Translation, translation

__all__ = ["Messages", "card_text"]

log = logging.getLogger(__name__)


class _Uploads:
    """Telegram's ids of the pictures that were uploaded lately, so that the same picture of
    somebody else needs no upload. The least recently used are forgotten.
    """

    MOST = 1000

    def __init__(self) -> None:
        self._ids: OrderedDict[bytes, str] = OrderedDict()

    def find(self, file: File) -> str | None:
        key = _content_hash(file)
        if key in self._ids:
            self._ids.move_to_end(key)
        return self._ids.get(key)

    def add(self, file: File, file_id: str) -> None:
        self._ids[_content_hash(file)] = file_id
        if len(self._ids) > self.MOST:
            self._ids.popitem(last=False)

    def forget(self, file: File) -> None:
        self._ids.pop(_content_hash(file), None)


def _content_hash(file: File) -> bytes:
    return blake2b(file.content, digest_size=16).digest()


class Messages:
    """Sends what the engine has planned, and digests that somebody asks for again."""

    def __init__(self, sender: Sender, clock: Clock, renderer: Renderer) -> None:
        self._sender = sender
        self._clock = clock
        self._renderer = renderer
        self._rendering = asyncio.Lock()
        self._uploads = _Uploads()

    @property
    def answered_at(self) -> datetime | None:
        return self._sender.answered_at

    @property
    def is_halted(self) -> bool:
        return self._sender.is_halted

    async def ask(self, card: Card, is_wanted: Callable[[], bool]) -> Outcome:
        """Send a card of check-ins as a new message. A discreet one names no habit until it is
        opened.
        """
        t = translation(card.user.language)
        now = self._clock.now()
        is_discreet = card.user.is_discreet
        text = texts.check_in.discreet(t, len(card.rows)) if is_discreet else card_text(card, now)
        return await self._sender.send(
            Priority.REMINDER,
            card.user.id,
            is_wanted,
            text=text,
            reply_markup=keyboards.of_card(t, card, now, is_discreet=is_discreet),
            disable_notification=card.is_silent,
        )

    async def send_notice(
        self, user: User, notice: Notice, is_wanted: Callable[[], bool]
    ) -> Outcome:
        """Send a notice: one line that asks nothing, without a sound."""
        t = translation(user.language)
        return await self._sender.send(
            Priority.REMINDER,
            user.id,
            is_wanted,
            text=texts.notices.line(t, user, notice),
            reply_markup=keyboards.inline([_notice_buttons(t, notice.kind)]),
            disable_notification=True,
        )

    async def send_digest(
        self, user: User, digest: Digest, is_wanted: Callable[[], bool]
    ) -> Outcome:
        """Send a digest; to a discreet user only a line that it is ready, with a button."""
        if not user.is_discreet:
            return await self._send_digest(Priority.DIGEST, user, digest, is_wanted)
        t = translation(user.language)
        open_it = keyboards.button(texts.buttons.open_words(t), data("digest", digest.id))
        return await self._sender.send(
            Priority.DIGEST,
            user.id,
            is_wanted,
            text=texts.digest.discreet(t),
            reply_markup=keyboards.inline([[open_it]]),
        )

    async def send_digest_again(self, user: User, digest: Digest) -> Outcome:
        """Send a digest to somebody who asks for it."""
        return await self._send_digest(Priority.REPLY, user, digest, None)

    async def _send_digest(
        self,
        priority: Priority,
        user: User,
        digest: Digest,
        is_wanted: Callable[[], bool] | None,
    ) -> Outcome:
        """Send a digest with its picture, or as text if the picture can't be rendered or Telegram
        refuses it.
        """
        t = translation(user.language)
        caption = texts.digest.caption(t, digest, fact_of(digest.fact_id))
        keyboard = keyboards.of_digest(t, digest)
        send = partial(self._sender.send, priority, user.id, is_wanted)
        if user.is_without_numbers:
            plain = texts.digest.caption_without_numbers(t, digest, fact_of(digest.fact_id))
            return await send(text=plain, reply_markup=keyboard)
        send_photo = partial(send, "sendPhoto", caption=caption, reply_markup=keyboard)
        make_svg = partial(week_pictures.of_digest, t, user, digest)
        render = partial(self.render, make_svg, is_wanted or always)
        outcome = await self._send_picture(send_photo, digest.file_id, render)
        if outcome is not None and outcome.kind is not OutcomeKind.REFUSED:
            return outcome
        if outcome is not None:
            log.error("digest_picture_refused", extra={"digest": digest.id})
        # The lease of the digest may have expired while other pictures were rendered.
        if is_wanted is not None and not is_wanted():
            return Outcome(OutcomeKind.NOT_WANTED)
        return await send(text=caption, reply_markup=keyboard)

    async def _send_picture(
        self,
        send: Callable[..., Awaitable[Outcome]],
        file_id: str | None,
        render: Callable[[], Awaitable[File | None]],
    ) -> Outcome | None:
        """Send a picture that Telegram has already, by its id, or a file. None without a picture.

        An id that Telegram refuses is forgotten, and the file is sent.
        """
        if file_id is not None:
            outcome = await send(photo=file_id)
            if outcome.kind is not OutcomeKind.REFUSED:
                return outcome
        file = await render()
        if file is None:
            return None
        known = self._uploads.find(file)
        if known is not None:
            outcome = await send(photo=known)
            if outcome.kind is not OutcomeKind.REFUSED:
                return outcome
            self._uploads.forget(file)
        outcome = await send(photo=file)
        if outcome.file_id is not None:
            self._uploads.add(file, outcome.file_id)
        return outcome

    async def render(
        self, make_svg: Callable[[], str | None], is_wanted: Callable[[], bool] = always
    ) -> File | None:
        """A picture as a file to send.

        None if there is nothing to show, if it can't be rendered, or if it is no longer wanted.

        One picture at a time: making an SVG blocks the event loop for milliseconds, and the
        renderer has one child process anyway, so several at once would only delay taps.
        """
        async with self._rendering:
            svg = make_svg() if is_wanted() else None
            if svg is None:
                return None
            try:
                return File("week.png", await self._renderer.render(svg), "image/png")
            except NotRendered as error:
                log.warning("picture_not_rendered", extra={"reason": str(error)})
                return None


def card_text(card: Card, now: datetime) -> str:
    """The text of a card: a line for each check-in."""
    t = translation(card.user.language)
    lines = (
        texts.check_in.line(t, card.user, row, keyboards.food_of(row.check_in.food_id), now)
        for row in card.rows
    )
    return "\n".join(lines)


def _notice_buttons(t: Translation, kind: NoticeKind) -> list[keyboards.Button]:
    match kind:
        case NoticeKind.NUDGE:
            return [keyboards.button(texts.notices.go_on_button(t), data("resume"))]
        case NoticeKind.PAUSE_ENDS:
            return []
        case _:
            assert_never(kind)
