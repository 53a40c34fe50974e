"""The buttons under a message, the same thing always in the same place: Yes first and green, No
plain, Later blue.

Keyboards are Telegram's JSON as plain dicts; `style` (Bot API 9.4) is plain on older clients.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from itertools import islice
from typing import Any, assert_never

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import data
from reminder_bot.content import foods
from reminder_bot.domain.card import Card, Row
from reminder_bot.domain.check_in import TIMER_MINUTES, Later, Status, later_at
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.food import Food
from reminder_bot.domain.habit import Measure, Role
from reminder_bot.domain.hours import DayHours
from reminder_bot.domain.intake import Doubt
from reminder_bot.domain.user import User
from reminder_bot.engine.replying import ASKED_BACK
from reminder_bot.texts.translation import Translation

__all__ = [
    "Button",
    "Keyboard",
    "asked_back",
    "button",
    "in_rows",
    "inline",
    "location_keyboard",
    "of_card",
    "of_digest",
    "of_help",
    "remove_keyboard",
    "still_asks",
]

Button = dict[str, Any]
Keyboard = dict[str, Any]
MORE_WATER_ML = 500
# What is offered as wake and sleep time: in one tap, or the one after the other (hours from
# waking).
PAIRS = (DayHours(time(6), time(22)), DayHours(time(7), time(23)), DayHours(time(8), time(0)))
WAKES = tuple(time(hour) for hour in range(4, 16))
SLEEP_AFTER = range(12, 21)


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


def of_card(
    t: Translation, card: Card, now: datetime, view: str = "", *, is_discreet: bool = False
) -> Keyboard:
    """The buttons of a card; on one with several rows each button carries its habit's sign.

    view: `later:ID` opens the choices of Later for that check-in; see also `asked_back`.
    is_discreet: the words are not shown yet, and one more button shows them.
    """
    rows: list[list[Button]] = []
    for row in card.rows:
        sign = f"{row.habit.kind.spec.sign} " if len(card.rows) > 1 or is_discreet else ""
        doubtful = asked_back(view)
        if view == f"later:{row.check_in.id}" and still_asks(row, now):
            rows += _later_choices(t, card.user, row, now, sign)
        elif doubtful and doubtful[0] == row.check_in.id and row.check_in.reply is None:
            rows.append(_doubt_choices(t, doubtful, sign))
        else:
            rows += _of_row(t, card.user, row, now, sign)
    if is_discreet:
        rows.append([button(texts.buttons.open_words(t), data("back", card.rows[0].check_in.id))])
    return inline(rows)


def of_digest(t: Translation, digest: Digest) -> Keyboard:
    """The suggestion's button in the first row, the fact's buttons in the second."""
    suggestion = digest.suggestion
    apply = (
        [button(texts.digest.apply_button(t, suggestion), data("apply", digest.id), "primary")]
        if suggestion
        else []
    )
    about = [
        button(texts.digest.source_button(t), data("source", digest.fact_id)),
        button(texts.digest.not_for_me_button(t), data("notforme", digest.fact_id)),
    ]
    return inline([apply, about])


def of_help(t: Translation) -> Keyboard:
    return inline([[button(texts.safety.more_button(t), data("health", "more"))]])


def _of_row(t: Translation, user: User, row: Row, now: datetime, sign: str) -> list[list[Button]]:
    check_in = row.check_in
    if check_in.reply is not None or check_in.is_snoozed:
        return [[button(sign + texts.buttons.undo(t), data("undo", check_in.id))]]
    if not still_asks(row, now):
        return []
    match check_in.role:
        case Role.WIND_DOWN:
            good_night = sign + texts.check_in.good_night_button(t)
            return [[button(good_night, data("yes", check_in.id), "success")]]
        case Role.QUESTION:
            answers = [
                button(sign + texts.buttons.yes(t), data("yes", check_in.id), "success"),
                button(sign + texts.buttons.no(t), data("no", check_in.id)),
                button(sign + texts.buttons.later(t), data("later", check_in.id), "primary"),
            ]
            return [answers, _of_habit(t, row, sign)]
        case _:
            assert_never(check_in.role)


def _of_habit(t: Translation, row: Row, sign: str) -> list[Button]:
    """The buttons of an open question that only its kind of habit has."""
    check_in, spec = row.check_in, row.habit.kind.spec
    match spec.measure:
        case Measure.MILLILITRES:
            more = sign + texts.water.more_button(t, MORE_WATER_ML)
            return [button(more, data("more", check_in.id))]
        case Measure.MINUTES if check_in.timer_minutes is None:
            timer = sign + texts.check_in.start_timer_button(t, TIMER_MINUTES)
            return [button(timer, data("timer", check_in.id))]
        case Measure.MINUTES | Measure.DONE:
            food = food_of(check_in.food_id) if row.has_new_food else None
            if food is None or not texts.foods.is_caveat_cut(t, food):
                return []
            return [button(sign + texts.foods.good_to_know_button(t), data("food", food.id))]
        case _:
            assert_never(spec.measure)


def still_asks(row: Row, now: datetime) -> bool:
    """Whether a card still has the buttons of this question."""
    asking = {Status.SENT, Status.CLAIMED, Status.PLANNED}
    return row.check_in.status in asking and row.check_in.is_open(now)


def asked_back(view: str) -> tuple[int, int, Doubt] | None:
    """The check-in, the millilitres and the doubt of a view that asks an amount back."""
    if not view.startswith(ASKED_BACK):
        return None
    check_in_id, ml, doubt = view.removeprefix(ASKED_BACK).split(":")
    return int(check_in_id), int(ml), Doubt(int(doubt))


def _doubt_choices(t: Translation, doubtful: tuple[int, int, Doubt], sign: str) -> list[Button]:
    check_in_id, ml, doubt = doubtful
    sure = data("sure", f"{check_in_id}/{ml}/{doubt.value}")
    return [
        button(sign + texts.asked_back.note_it_button(t, ml), sure),
        button(sign + texts.asked_back.no_button(t), data("back", check_in_id)),
    ]


def food_of(food_id: str | None) -> Food | None:
    return next((food for food in foods() if food.id == food_id), None)


def _later_choices(
    t: Translation, user: User, row: Row, now: datetime, sign: str
) -> list[list[Button]]:
    check_in = row.check_in
    choices = [Later.QUARTER, Later.HOUR]
    if later_at(Later.EVENING, user.hours, now) > now:
        choices.append(Later.EVENING)
    return [
        [
            button(
                sign + texts.check_in.later_button(t, choice), data(choice, check_in.id), "primary"
            )
            for choice in choices
        ],
        [
            button(sign + texts.check_in.skip_today_button(t), data("skip", check_in.id)),
            button(sign + texts.buttons.back(t), data("back", check_in.id)),
        ],
    ]
