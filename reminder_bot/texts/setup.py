"""The first contact: welcome, hours, habits, the plan, and the first answer.

The sentences of the step about the zone are in `zones`, those that ask for other hours in `hours`.
"""

from datetime import date, datetime

from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.user import User
from reminder_bot.engine.entries import DayRow
from reminder_bot.texts import formats, hours, safety, settings, water, zones
from reminder_bot.texts.habit_words import done_at, plain_done, words_of
from reminder_bot.texts.translation import Translation


def description(t: Translation) -> str:
    """What an empty chat shows above Telegram's own START."""
    return t.gettext(
        "Small daily habits for gut and skin: water, fermented food, quiet minutes, bedtime. You "
        "answer with one tap."
        " General information, not medical advice."
    )


# The first step


def welcome(t: Translation) -> str:
    title = t.gettext("Small daily habits for gut and skin.")
    return "\n".join(
        [
            f"<b>{title}</b>",
            t.gettext(
                "I remind you of water, fermented food, quiet minutes and bedtime. You answer "
                "with one tap."
            ),
            t.gettext(
                "Once a week you see how it went. Your answers stay on this server: /privacy"
            ),
        ]
    )


def start_button(t: Translation) -> str:
    return t.gettext("Start")


# Hours


def ask_hours(t: Translation, user: User, now: datetime) -> str:
    current_time, if_wrong = zones.current_time(t, user, now), t.gettext("If they differ, go back.")
    question = t.gettext("When do you get up, and when do you want to be asleep?")
    return f"{current_time} {if_wrong}\n\n{question}"


# Habits and diet


def ask_habits(t: Translation, user: User, *, is_none_chosen: bool) -> str:
    """is_none_chosen: the user tapped Ready without choosing any habit."""
    question = t.gettext("Which should I help with?")
    lines = [
        _chosen_hours(t, user),
        "",
        f"<b>{question}</b>",
        t.gettext("Choose at least one.") if is_none_chosen else t.gettext("And how do you eat?"),
        "",
        safety.not_medical_advice(t),
        safety.ask_your_doctor_first(t),
    ]
    return "\n".join(lines)


def _chosen_hours(t: Translation, user: User) -> str:
    return t.gettext("Up at {wake}, asleep by {sleep}.").format(
        wake=f"{user.weekday_hours.wake:%H:%M}", sleep=f"{user.weekday_hours.sleep:%H:%M}"
    )


def more_diets_button(t: Translation, ticked: int) -> str:
    """ticked: how many of those behind it."""
    if ticked:
        return t.gettext("More ({n} ticked)").format(n=ticked)
    return t.gettext("More")


def ask_diets(t: Translation) -> str:
    title = t.gettext("What shall I leave out?")
    return f"<b>{title}</b>\n{settings.diet(t)}"


def ready_button(t: Translation) -> str:
    return t.gettext("Ready")


# The plan


def plan(
    t: Translation,
    user: User,
    first_at: datetime | None,
    digest_at: datetime | None,
    asks: int,
    now: datetime,
) -> str:
    """The last card. first_at: the next reminder. asks: the largest number of asks on one day."""
    title = t.gettext("All set.")
    lines = [f"<b>{title}</b>"]
    if first_at is not None:
        lines.append(_next_reminder(t, user, first_at, now))
    lines.append(_amount_and_quiet(t, user, asks))
    if user.weekday_hours.is_less_than_advised:
        lines.append(hours.too_little_sleep(t, user.weekday_hours))
    if digest_at is not None:
        lines.append(_first_digest(t, user, digest_at))
    advice = f"{safety.not_medical_advice(t)} {safety.ask_your_doctor_first_more(t)}"
    lines += ["", f"<i>{advice}</i>"]
    return "\n".join(lines)


def _next_reminder(t: Translation, user: User, first_at: datetime, now: datetime) -> str:
    first, today = user.hours.local(first_at), user.hours.local(now).date()
    return _next_reminder_on(t, first.date(), today).format(
        day=formats.weekday(t, first.isoweekday()), time=f"{first:%H:%M}"
    )


def _next_reminder_on(t: Translation, day: date, today: date) -> str:
    """The sentence for today, tomorrow or a later day, with placeholders."""
    if day == today:
        return t.gettext("The next reminder comes today at {time}.")
    if day == today + ONE_DAY:
        return t.gettext("The next reminder comes tomorrow at {time}.")
    return t.gettext("The next reminder comes on {day} at {time}.")


def _amount_and_quiet(t: Translation, user: User, asks: int) -> str:
    return t.gettext("About {asks} short messages a day, quiet from {sleep} to {wake}.").format(
        asks=asks,
        sleep=f"{user.weekday_hours.sleep:%H:%M}",
        wake=f"{user.weekday_hours.wake:%H:%M}",
    )


def _first_digest(t: Translation, user: User, digest_at: datetime) -> str:
    local = user.hours.local(digest_at)
    return t.gettext("Your week comes on {day}, {date}, at {time}.").format(
        day=formats.weekday(t, local.isoweekday()),
        date=formats.day_and_month(t, local.date()),
        time=f"{local:%H:%M}",
    )


# The first answer


def ask_to_try(t: Translation, kind: HabitKind) -> str:
    """Only kinds whose specification says `is_tried_at_setup`."""
    return f"{kind.spec.sign} {words_of(kind).try_now(t)}"


def tried(t: Translation, user: User, row: DayRow, at: datetime) -> str:
    """What was recorded by the first answer."""
    clock = formats.clock(at, user)
    if user.is_without_numbers:
        done = plain_done(t, clock)
    elif row.habit.goal_ml:
        amount = words_of(row.habit.kind).amount_at(t, clock, row.habit.portion_ml, row.habit)
        done = f"{amount} · {water.of_goal(t, row.done_ml, row.habit, is_today=True)}"
    else:
        done = done_at(t, clock)
    return f"{row.habit.kind.spec.sign} {done}"


def not_yet_button(t: Translation) -> str:
    return t.gettext("Not yet")
