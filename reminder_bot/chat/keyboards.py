"""The buttons under a message, the same thing always in the same place: Yes first and green, No plain, Later blue.

Keyboards are Telegram's JSON as plain dicts; `style` (Bot API 9.4) is plain on older clients.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from reminder_bot.chat import texts
from reminder_bot.chat.callback_data import data
from reminder_bot.chat.language import Translation
from reminder_bot.domain.card import Card, Row
from reminder_bot.domain.check_in import Later, later_at
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.user import User

__all__ = ["Button", "Keyboard", "button", "in_rows", "inline", "location_keyboard", "of_card", "remove_keyboard"]

Button = dict[str, Any]
Keyboard = dict[str, Any]
MORE_WATER_ML = 500


def button(text: str, callback_data: str, style: str | None = None) -> Button:
    return {"text": text, "callback_data": callback_data} | ({"style": style} if style else {})


def inline(rows: Iterable[Sequence[Button]]) -> Keyboard:
    """An inline keyboard; without rows it takes the buttons away."""
    return {"inline_keyboard": [list(row) for row in rows if row]}


def in_rows(buttons: Iterable[Button], width: int = 3) -> list[list[Button]]:
    rest = iter(buttons)
    return list(iter(lambda: list(islice(rest, width)), []))


def location_keyboard(share: str, cancel: str) -> Keyboard:
    return {
        "keyboard": [[{"text": share, "request_location": True}], [{"text": cancel}]],
        "resize_keyboard": True,
        "one_time_keyboard": True,
    }


remove_keyboard: Keyboard = {"remove_keyboard": True}


def of_card(t: Translation, card: Card, now: datetime, view: str = "") -> Keyboard:
    """The buttons of a card; on one with several rows each button carries its habit's sign.

    view: `later:ID` opens the choices of Later for that check-in.
    """
    rows: list[list[Button]] = []
    for row in card.rows:
        sign = f"{texts.SIGN[row.habit.kind]} " if len(card.rows) > 1 else ""
        if view == f"later:{row.check_in.id}" and texts.status_is_open(row, now):
            rows += _later_choices(t, card.user, row, now, sign)
        else:
            rows += _of_row(t, row, now, sign)
    return inline(rows)


def _of_row(t: Translation, row: Row, now: datetime, sign: str) -> list[list[Button]]:
    check_in = row.check_in
    if check_in.reply is not None or check_in.is_snoozed:
        return [[button(sign + texts.undo(t), data("undo", check_in.id))]]
    if not texts.status_is_open(row, now):
        return []
    if check_in.role is Role.WIND_DOWN:
        return [[button(sign + texts.good_night(t), data("yes", check_in.id), "success")]]
    rows = [
        [
            button(sign + texts.yes(t), data("yes", check_in.id), "success"),
            button(sign + texts.no(t), data("no", check_in.id)),
            button(sign + texts.later(t), data("later", check_in.id), "primary"),
        ]
    ]
    if row.habit.kind is HabitKind.HYDRATION:
        rows.append([button(sign + texts.more_water(t, MORE_WATER_ML), data("more", check_in.id))])
    return rows


def _later_choices(t: Translation, user: User, row: Row, now: datetime, sign: str) -> list[list[Button]]:
    check_in = row.check_in
    choices = [choice for choice in Later if choice is not Later.EVENING or later_at(choice, user.week, now) > now]
    return [
        [button(sign + texts.later_choice(t, choice), data(choice, check_in.id), "primary") for choice in choices],
        [
            button(sign + texts.skip_today(t), data("skip", check_in.id)),
            button(sign + texts.back(t), data("back", check_in.id)),
        ],
    ]
