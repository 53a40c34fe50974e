"""Every sentence the bot says, in the person's language, within the limits that a lock screen sets.

A calm friend: short, concrete, one sign at the start, numbers with their base, never guilt.
Functions take the translation first and return HTML; what comes from people or files is escaped
here.
"""

from datetime import datetime, timedelta
from html import escape

from reminder_bot.domain.card import Row
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.food import Food, allergens
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.notice import Notice, NoticeKind
from reminder_bot.domain.user import User
from reminder_bot.engine.entries import DayRow
from reminder_bot.texts import formats, names
from reminder_bot.texts.translation import Translation

LONGEST_SUGGESTION = 160


LONGEST_ALERT = 200
LONGEST_SLEEP_TOLD = timedelta(hours=9)  # more is not advised: the prompt must not praise it


def row_text(t: Translation, user: User, row: Row, food: Food | None, now: datetime) -> str:
    """One check-in as its card shows it: the question, or what became of it."""
    check_in, sign = row.check_in, names.SIGN[row.habit.kind]
    if check_in.reply is not None:
        return f"{sign} {_result(t, user, row)}"
    if check_in.is_snoozed and check_in.timer_minutes:
        until = formats.clock(check_in.send_after, user)
        return f"{sign} " + t.gettext("{minutes} quiet minutes, until {time}.").format(
            minutes=check_in.timer_minutes, time=until
        )
    if check_in.is_snoozed:
        return f"{sign} " + t.gettext("Back at {time}.").format(
            time=formats.clock(check_in.send_after, user)
        )
    return f"{sign} {_question(t, user, row, food, now)}"


def _question(t: Translation, user: User, row: Row, food: Food | None, now: datetime) -> str:
    match row.habit.kind:
        case HabitKind.HYDRATION:
            return f"{t.gettext('A glass of water?')} · {_standing(t, user, row, now)}"
        case HabitKind.PROBIOTIC:
            return _suggestion(t, user, food, is_new=row.has_new_food)
        case HabitKind.MEDITATION if row.check_in.timer_minutes:
            return t.gettext("{minutes} minutes are over. Done?").format(
                minutes=row.check_in.timer_minutes
            )
        case HabitKind.MEDITATION:
            return t.gettext("A few quiet minutes?")
        case HabitKind.FIBRE:
            return t.gettext("Some fibre today: beans, oats, vegetables?")
        case HabitKind.SUGAR:
            return t.gettext("Easy on sugar today?")
        case HabitKind.SKINCARE:
            return t.gettext("Gentle skincare done?")
        case HabitKind.BREAK:
            return t.gettext("A short break, just to breathe?")
        case HabitKind.CUSTOM:
            return f"{escape(row.habit.words or '', quote=False)}?"
    day = row.check_in.day
    if row.check_in.role is Role.WIND_DOWN:
        sleep = user.hours.sleeps_at(day)
        length = user.hours.wakes_at(day + ONE_DAY) - sleep
        if length > LONGEST_SLEEP_TOLD:
            return t.gettext("{now}. Asleep by {time}, as planned? Time to wind down.").format(
                now=formats.clock(row.check_in.send_after, user), time=formats.clock(sleep, user)
            )
        return t.gettext("{now}. Asleep by {time} gives you {hours} h. Time to wind down.").format(
            now=formats.clock(row.check_in.send_after, user),
            time=formats.clock(sleep, user),
            hours=formats.hours_long(length),
        )
    slept = user.hours.sleeps_at(day - ONE_DAY)
    return t.gettext("Asleep by {time} last night?").format(time=formats.clock(slept, user))


def _suggestion(t: Translation, user: User, food: Food | None, *, is_new: bool) -> str:
    """The question and one idea: its allergens until a diet is set, what to mind the first time,
    else how to eat it.
    """
    question = t.gettext("Something fermented today?")
    if food is None:
        return question
    parts = [question, t.gettext("{food}, maybe.").format(food=t.gettext(food.name))]
    more = _sentences(caveat(t, food)) if is_new and food.caveat else [t.gettext(food.serving)]
    if not user.diet and (found := allergens(food)):
        contains = t.gettext("Contains {allergens}.").format(
            allergens=", ".join(_allergen(t, each) for each in found)
        )
        more = [each for each in more if each != contains]
        if not any(each.startswith(contains.removesuffix(".")) for each in more):
            parts.append(contains)
    for sentence in more:
        if (
            len(" ".join([*parts, sentence])) + 2 <= LONGEST_SUGGESTION
        ):  # the sign and a space stand before
            parts.append(sentence)
    return escape(" ".join(parts), quote=False)


def caveat(t: Translation, food: Food) -> str:
    """What to mind with a food, for an alert, which holds 200 characters."""
    return t.gettext(food.caveat)[:LONGEST_ALERT] if food.caveat else ""


def is_caveat_cut(t: Translation, user: User, food: Food) -> bool:
    """Whether the question has no room for all of a food's caveat."""
    whole = _suggestion(t, user, food, is_new=True)
    return any(escape(each, quote=False) not in whole for each in _sentences(caveat(t, food)))


def _sentences(text: str) -> list[str]:
    return [each if each.endswith(".") else f"{each}." for each in text.split(". ") if each]


def good_to_know(t: Translation) -> str:
    return t.gettext("Good to know")


def discreet(t: Translation, questions: int) -> str:
    """What a lock screen may show of a question that is nobody else's business."""
    return "🔔 " + t.ngettext(
        "A short question for you.", "{n} short questions for you.", questions
    ).format(n=questions)


def open_it(t: Translation) -> str:
    return t.gettext("Open")


def start_timer(t: Translation, minutes: int) -> str:
    return t.gettext("Start {minutes} min").format(minutes=minutes)


def notice(t: Translation, user: User, notice: Notice) -> str:
    match notice.kind:
        case NoticeKind.NUDGE:
            return t.gettext("Your reminders are one minute away. Shall we go on?")
        case NoticeKind.PAUSE_ENDS:
            assert user.paused_until is not None
            return t.gettext("Your pause ends tomorrow at {time}. /pause makes it longer.").format(
                time=formats.clock(user.paused_until, user)
            )


def go_on(t: Translation) -> str:
    return t.gettext("Go on")


def _allergen(t: Translation, tag: str) -> str:
    names = {
        "dairy": t.gettext("milk"),
        "soy": t.gettext("soy"),
        "gluten": t.gettext("gluten"),
        "fish": t.gettext("fish"),
        "shellfish": t.gettext("shellfish"),
        "nuts": t.gettext("nuts"),
    }
    return names[tag]


def _standing(t: Translation, user: User, row: Row, now: datetime) -> str:
    """Where the day stands, in portions: "3 of 6 today"."""
    done, goal = formats.portions(row.done_ml, row.habit)
    return of_goal(t, done, goal, is_today=user.hours.day_of(now) == row.check_in.day)


def of_goal(t: Translation, done: int, goal: int, *, is_today: bool) -> str:
    if is_today:
        return t.gettext("{done} of {goal} today").format(done=done, goal=goal)
    return t.gettext("{done} of {goal} that day").format(done=done, goal=goal)


def _result(t: Translation, user: User, row: Row) -> str:
    check_in = row.check_in
    if check_in.reply is Reply.NO:
        return t.gettext("Noted.")
    if check_in.reply is Reply.SKIPPED:
        return t.gettext("Skipped today.")
    if check_in.role is Role.WIND_DOWN:
        return t.gettext("Good night.")
    assert check_in.replied_at is not None
    at = formats.clock(check_in.replied_at, user)
    match row.habit.kind:
        case HabitKind.HYDRATION:
            standing = _standing(t, user, row, check_in.replied_at)
            return f"{amount_at(t, at, check_in.amount, row.habit.portion_ml)} · {standing}"
        case HabitKind.MEDITATION if check_in.amount:
            return t.gettext("{time} · {minutes} min").format(time=at, minutes=check_in.amount)
        case HabitKind.BEDTIME:
            slept = user.hours.sleeps_at(check_in.day - ONE_DAY)
            return t.gettext("Asleep by {time} last night: yes.").format(
                time=formats.clock(slept, user)
            )
        case _:
            if user.hours.day_of(check_in.replied_at) == check_in.day:
                return t.gettext("{time} · done for today").format(time=at)
            return t.gettext("{time} · done for that day").format(time=at)


def amount_at(t: Translation, at: str, amount: int | None, portion: int | None) -> str:
    """What was drunk and when: "10:32 a glass"."""
    if amount is None or amount == portion:
        return t.gettext("{time} a glass").format(time=at)
    return t.gettext("{time} {amount} ml").format(time=at, amount=amount)


def yes(t: Translation) -> str:
    return t.gettext("Yes")


def no(t: Translation) -> str:
    return t.gettext("No")


def good_night(t: Translation) -> str:
    return t.gettext("Good night")


def later(t: Translation) -> str:
    return t.gettext("Later")


def undo(t: Translation) -> str:
    return t.gettext("Undo")


def back(t: Translation) -> str:
    return t.gettext("Back")


def skip_today(t: Translation) -> str:
    return t.gettext("Skip today")


def more_water(t: Translation, amount: int) -> str:
    return t.gettext("+{amount} ml").format(amount=amount)


def later_choice(t: Translation, choice: Later) -> str:
    names = {
        Later.QUARTER: t.gettext("15 min"),
        Later.HOUR: t.gettext("1 h"),
        Later.EVENING: t.gettext("This evening"),
    }
    return names[choice]


def recorded_already(t: Translation) -> str:
    return t.gettext("That is noted already. Undo changes it.")


def nothing_to_undo(t: Translation) -> str:
    return t.gettext("Nothing to undo here.")


def day_is_over(t: Translation) -> str:
    return t.gettext("That day has ended. /today corrects it.")


def too_old(t: Translation) -> str:
    return t.gettext("That was more than 14 days ago, so it stays as it is.")


def too_late_to_snooze(t: Translation, last: str) -> str:
    return t.gettext("That would be in your quiet hours. The latest is {time}.").format(time=last)


def old_button(t: Translation) -> str:
    return t.gettext("This button is from an older message.")


def start_first(t: Translation) -> str:
    return t.gettext("Send /start and I will ask what time it is for you.")


def not_invited(t: Translation) -> str:
    return t.gettext("This bot is private. Its host can add you.")


def in_private(t: Translation, username: str) -> str:
    return t.gettext("I talk in private only: {link}").format(
        link=f"https://t.me/{escape(username)}"
    )


def not_understood(t: Translation) -> str:
    return t.gettext("I didn't get that. Tap a button above, or see /help.")


def no_open_question(t: Translation) -> str:
    return t.gettext("Nothing is open right now. I'll ask when it's time.")


def no_amount(t: Translation, typed: str) -> str:
    return t.gettext(
        "I can't read “{typed}” as an amount. Send it like 500 ml, or 2 glasses."
    ).format(typed=escape(typed, quote=False))


def standing(t: Translation, row: DayRow, *, is_today: bool = True) -> str:
    """Where a day of water stands, in portions."""
    done, goal = formats.portions(row.done_ml, row.habit)
    return of_goal(t, done, goal, is_today=is_today)


def status_is_open(row: Row, now: datetime) -> bool:
    """Whether a card still asks for this check-in."""
    return row.check_in.status in {
        Status.SENT,
        Status.CLAIMED,
        Status.PLANNED,
    } and row.check_in.is_open(now)


def set_already(t: Translation) -> str:
    return t.gettext("It is set like that already.")
