"""Every sentence the bot says, in the person's language, within the limits that a lock screen sets.

A calm friend: short, concrete, one sign at the start, numbers with their base, never guilt. Functions
take the translation first and return HTML; what comes from people or files is escaped here.
"""

from datetime import date, datetime, time, timedelta
from html import escape

from reminder_bot.chat.language import Translation
from reminder_bot.content import FOOTER, SAFETY
from reminder_bot.domain.card import Row
from reminder_bot.domain.check_in import Later, Reply, Status
from reminder_bot.domain.day import ONE_DAY
from reminder_bot.domain.digest import Digest
from reminder_bot.domain.fact import Certainty, Fact, Source
from reminder_bot.domain.food import Food, allergens
from reminder_bot.domain.habit import HabitKind, Role
from reminder_bot.domain.user import User

SIGN = {
    HabitKind.HYDRATION: "💧",
    HabitKind.PROBIOTIC: "🥛",
    HabitKind.MEDITATION: "🧘",
    HabitKind.BEDTIME: "🌙",
}
LONGEST_SUGGESTION = 110  # with room for a translation two fifths longer, within 160
LONGEST_CAPTION = 1000


def clock(instant: datetime, user: User) -> str:
    """The time of day as the person's clock shows it."""
    return f"{user.week.local(instant):%H:%M}"


# Check-ins


def row_text(t: Translation, user: User, row: Row, food: Food | None, now: datetime) -> str:
    """One check-in as its card shows it: the question, or what became of it."""
    check_in, sign = row.check_in, SIGN[row.habit.kind]
    if check_in.reply is not None:
        return f"{sign} {_result(t, user, row)}"
    if check_in.is_snoozed:
        return f"{sign} " + t.gettext("Back at {time}.").format(time=clock(check_in.send_after, user))
    return f"{sign} {_question(t, user, row, food, now)}"


def _question(t: Translation, user: User, row: Row, food: Food | None, now: datetime) -> str:
    match row.habit.kind:
        case HabitKind.HYDRATION:
            return f"{t.gettext('A glass of water?')} · {_standing(t, user, row, now)}"
        case HabitKind.PROBIOTIC:
            return _suggestion(t, user, food)
        case HabitKind.MEDITATION:
            return t.gettext("A few quiet minutes?")
    day = row.check_in.day
    if row.check_in.role is Role.WIND_DOWN:
        sleep = user.week.sleeps_at(day)
        hours = (user.week.wakes_at(day + ONE_DAY) - sleep) / timedelta(hours=1)
        return t.gettext("{now}. Asleep by {time} gives you {hours} h. Time to wind down.").format(
            now=clock(row.check_in.send_after, user), time=clock(sleep, user), hours=f"{hours:.1f}".removesuffix(".0")
        )
    slept = user.week.sleeps_at(day - ONE_DAY)
    return t.gettext("Asleep by {time} last night?").format(time=clock(slept, user))


def _suggestion(t: Translation, user: User, food: Food | None) -> str:
    question = t.gettext("Something fermented today?")
    if food is None:
        return question
    idea = t.gettext("{food}, maybe.").format(food=escape(t.gettext(food.name), quote=False))
    if not user.diet and (found := allergens(food)):
        contains = t.gettext("Contains {allergens}.").format(allergens=", ".join(_allergen(t, each) for each in found))
        return f"{question} {idea} {contains}"
    how = escape(t.gettext(food.serving), quote=False)
    text = f"{question} {idea} {how}"
    return text if len(question) + len(food.name) + len(food.serving) <= LONGEST_SUGGESTION else f"{question} {idea}"


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
    portion = row.habit.portion_ml or 1
    done, goal = row.done_ml // portion, -(-(row.habit.goal_ml or 0) // portion)
    if user.week.day_of(now) == row.check_in.day:
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
    at = clock(check_in.replied_at, user)
    match row.habit.kind:
        case HabitKind.HYDRATION:
            standing = _standing(t, user, row, check_in.replied_at)
            if check_in.amount is None or check_in.amount == row.habit.portion_ml:
                return f"{t.gettext('{time} a glass').format(time=at)} · {standing}"
            return f"{t.gettext('{time} {amount} ml').format(time=at, amount=check_in.amount)} · {standing}"
        case HabitKind.PROBIOTIC | HabitKind.MEDITATION:
            if user.week.day_of(check_in.replied_at) == check_in.day:
                return t.gettext("{time} · done for today").format(time=at)
            return t.gettext("{time} · done for that day").format(time=at)
    slept = user.week.sleeps_at(check_in.day - ONE_DAY)
    return t.gettext("Asleep by {time} last night: yes.").format(time=clock(slept, user))


# Buttons


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


# Toasts: the short words under a tap


def recorded_already(t: Translation) -> str:
    return t.gettext("That is noted already. Undo changes it.")


def nothing_to_undo(t: Translation) -> str:
    return t.gettext("Nothing to undo here.")


def day_is_over(t: Translation) -> str:
    return t.gettext("That day has ended, so it stays as it is.")


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
    return t.gettext("I talk in private only: {link}").format(link=f"https://t.me/{escape(username)}")


def not_understood(t: Translation) -> str:
    return t.gettext("I didn't get that. Tap a button above, or see /help.")


def no_open_question(t: Translation) -> str:
    return t.gettext("Nothing is open right now. I'll ask when it's time.")


def no_amount(t: Translation, typed: str) -> str:
    return t.gettext("I can't read “{typed}” as an amount. Send it like 500 ml, or 2 glasses.").format(
        typed=escape(typed, quote=False)
    )


def unknown_command(t: Translation) -> str:
    return t.gettext("I don't know this command. /help lists what I can do.")


# First contact


def welcome(t: Translation) -> str:
    return "\n".join(
        [
            f"<b>{t.gettext('Small daily habits for gut and skin.')}</b>",
            t.gettext("I remind you of water, fermented food, quiet minutes and bedtime. You answer with one tap."),
            t.gettext("Once a week you see how it went. Your answers stay on this server: /privacy"),
        ]
    )


def start(t: Translation) -> str:
    return t.gettext("Start")


def ask_clock(t: Translation) -> str:
    return t.gettext("What time is it for you now?")


def ask_city(t: Translation) -> str:
    return t.gettext("Which of these cities has your clock?")


def which_city(t: Translation) -> str:
    return t.gettext("Which one is it?")


def type_city_now(t: Translation) -> str:
    return t.gettext("Send me the name of a city near you.")


def no_city(t: Translation, typed: str) -> str:
    return t.gettext("I can't find “{typed}”. Send a larger city nearby, like Lisbon.").format(
        typed=escape(typed, quote=False)
    )


def no_zone_there(t: Translation) -> str:
    return t.gettext("I can't tell the time zone of that place. Send me the name of a city instead.")


def other(t: Translation) -> str:
    return t.gettext("Other")


def type_city(t: Translation) -> str:
    return t.gettext("Type a city")


def location(t: Translation) -> str:
    return f"📍 {t.gettext('Location')}"


def share_location(t: Translation) -> str:
    return f"📍 {t.gettext('Share my location')}"


def ask_location(t: Translation) -> str:
    return t.gettext("Tap the button below. I read your time zone from it once and keep no place.")


def cancel(t: Translation) -> str:
    return t.gettext("Cancel")


def zone_found(t: Translation) -> str:
    return t.gettext("Thank you, found it.")


def ask_hours(t: Translation, user: User, now: datetime) -> str:
    shown = clock(now, user)
    phone = f'<tg-time unix="{int(now.timestamp())}" format="t">{shown}</tg-time>'
    place = escape((user.zone or "").rsplit("/", 1)[-1].replace("_", " "), quote=False)
    return "\n".join(
        [
            t.gettext("{place}: {time}. Your phone says {phone}. If they differ, go back.").format(
                place=place, time=shown, phone=phone
            ),
            "",
            t.gettext("When do you get up, and when do you want to be asleep?"),
        ]
    )


def ask_wake(t: Translation) -> str:
    return t.gettext("When do you get up?")


def ask_sleep(t: Translation) -> str:
    return t.gettext("When do you want to be asleep?")


def no_hours(t: Translation, typed: str) -> str:
    return t.gettext("I can't read “{typed}” as two times. Send them like 07:00 23:00.").format(
        typed=escape(typed, quote=False)
    )


def impossible_hours(t: Translation) -> str:
    return t.gettext("These hours leave no day or no night: at least 8 hours awake and 3 asleep. Choose others.")


def hours(wake: time, sleep: time) -> str:
    """A pair of hours as a button shows it."""

    def short(at: time) -> str:
        return f"{at:%-H}" if at.minute == 0 else f"{at:%-H:%M}"

    return f"{short(wake)} – {short(sleep) if sleep != time(0) else '24'}"


def plan(
    t: Translation, user: User, first_at: datetime | None, digest_at: datetime | None, asks: int, now: datetime
) -> str:
    lines = [f"<b>{t.gettext('All set.')}</b>"]
    if first_at is not None:
        lines.append(_first(t, user, first_at, now))
    lines.append(
        t.gettext("Up to {asks} short messages a day, quiet from {sleep} to {wake}.").format(
            asks=asks, sleep=f"{user.hours.sleep:%H:%M}", wake=f"{user.hours.wake:%H:%M}"
        )
    )
    if not user.hours.is_healthy:
        lines.append(t.gettext("That is {hours} h of sleep; 7 to 9 is advised for most adults.").format(
            hours=f"{user.hours.sleep_length / timedelta(hours=1):.1f}".removesuffix(".0")
        ))  # fmt: skip
    if digest_at is not None:
        there = user.week.local(digest_at)
        lines.append(
            t.gettext("Your week comes on {day}, {date}, at {time}.").format(
                day=weekday(t, there.isoweekday()), date=_date(t, there.date()), time=f"{there:%H:%M}"
            )
        )
    lines.append("")
    lines.append(f"<i>{t.gettext('General information, not medical advice.')} {_ask_first(t)}</i>")
    return "\n".join(lines)


def _first(t: Translation, user: User, first_at: datetime, now: datetime) -> str:
    first, today = user.week.local(first_at), user.week.local(now)
    if first.date() == today.date():
        return t.gettext("The next reminder comes today at {time}.").format(time=f"{first:%H:%M}")
    if first.date() == today.date() + ONE_DAY:
        return t.gettext("The next reminder comes tomorrow at {time}.").format(time=f"{first:%H:%M}")
    return t.gettext("The next reminder comes on {day} at {time}.").format(
        day=weekday(t, first.isoweekday()), time=f"{first:%H:%M}"
    )


def _ask_first(t: Translation) -> str:
    return t.gettext("Pregnant, immune-weak or on a fluid limit: ask your doctor first. More in /help.")


def weekday(t: Translation, iso: int) -> str:
    names = (
        t.gettext("Monday"),
        t.gettext("Tuesday"),
        t.gettext("Wednesday"),
        t.gettext("Thursday"),
        t.gettext("Friday"),
        t.gettext("Saturday"),
        t.gettext("Sunday"),
    )
    return names[iso - 1]


# The digest


def digest(t: Translation, digest: Digest, fact: Fact) -> str:
    """A week in few lines, one fact, the footer; without the takeaway where it would not fit a caption."""
    whole = _digest(t, digest, fact, with_takeaway=True)
    return whole if len(whole) <= LONGEST_CAPTION else _digest(t, digest, fact, with_takeaway=False)


def _digest(t: Translation, digest: Digest, fact: Fact, *, with_takeaway: bool) -> str:
    first = digest.last_day - 6 * ONE_DAY
    title = t.gettext("Your week, {first} to {last}").format(first=_date(t, first), last=_date(t, digest.last_day))
    kept = sum(each.this.kept for each in digest.figures.habits)
    due = sum(each.this.due for each in digest.figures.habits)
    lines = [f"<b>{title}</b>" + (f" · {t.gettext('{kept} of {due}').format(kept=kept, due=due)}" if due else "")]
    if digest.figures.answers == 0:
        lines.append(t.gettext("A quiet week. That's fine: the next one starts today."))
        lines.append(t.gettext("One tap when a question comes is enough."))
    else:
        lines += [_habit_line(t, *line) for line in _habit_figures(digest)]
        if digest.figures.best_day is not None:
            lines.append(t.gettext("Best day: {day}").format(day=weekday(t, digest.figures.best_day.isoweekday())))
    lines += ["", f"{escape(t.gettext(fact.text), quote=False)} ({certainty(t, fact.certainty)})"]
    if with_takeaway:
        lines.append(escape(t.gettext(fact.takeaway), quote=False))
    lines += ["", f"<i>{escape(t.gettext(FOOTER), quote=False)}</i>"]
    return "\n".join(lines)


def _habit_figures(digest: Digest) -> list[tuple[HabitKind, int, int, int, int]]:
    return [(each.kind, each.this.kept, each.this.due, each.last.kept, each.last.due) for each in digest.figures.habits]


def _habit_line(t: Translation, kind: HabitKind, kept: int, due: int, last_kept: int, last_due: int) -> str:
    name = f"{SIGN[kind]} {habit(t, kind)}"
    if due == 0:
        return f"{name}: {t.gettext('not asked')}"
    this_week = t.ngettext("{kept} of {due} day", "{kept} of {due} days", due).format(kept=kept, due=due)
    if last_due == 0:
        return f"{name}: {this_week}"
    return f"{name}: {this_week} ({t.gettext('last week {kept} of {due}').format(kept=last_kept, due=last_due)})"


def habit(t: Translation, kind: HabitKind) -> str:
    names = {
        HabitKind.HYDRATION: t.gettext("Water"),
        HabitKind.PROBIOTIC: t.gettext("Fermented food"),
        HabitKind.MEDITATION: t.gettext("Quiet minutes"),
        HabitKind.BEDTIME: t.gettext("Bedtime"),
    }
    return names[kind]


def _date(t: Translation, day: date) -> str:
    months = (
        t.gettext("{day} Jan"),
        t.gettext("{day} Feb"),
        t.gettext("{day} Mar"),
        t.gettext("{day} Apr"),
        t.gettext("{day} May"),
        t.gettext("{day} Jun"),
        t.gettext("{day} Jul"),
        t.gettext("{day} Aug"),
        t.gettext("{day} Sep"),
        t.gettext("{day} Oct"),
        t.gettext("{day} Nov"),
        t.gettext("{day} Dec"),
    )
    return months[day.month - 1].format(day=day.day)


def certainty(t: Translation, certainty: Certainty) -> str:
    names = {
        Certainty.GOOD: t.gettext("well supported"),
        Certainty.MODERATE: t.gettext("some evidence"),
        Certainty.EARLY: t.gettext("early research"),
    }
    return names[certainty]


def source_button(t: Translation) -> str:
    return t.gettext("Source")


def source(source: Source) -> str:
    """A reference as it is cited: authors, year, title, where it appeared, a link; what is not known is left out."""
    who = " ".join(each for each in (source.authors, f"({source.year})" if source.year else None) if each)
    parts = [each for each in (who, source.title, source.published_by) if each]
    lines = [escape(". ".join(parts), quote=False)]
    if source.url:
        lines.append(escape(source.url, quote=False))
    return "\n".join(lines)


# Help, privacy, erase


def help_text(t: Translation) -> str:
    return "\n".join(
        [
            t.gettext("I ask about water, fermented food, quiet minutes and bedtime. Tap a button, or type yes, no,"
                      " 2 glasses or 500 ml."),
            t.gettext("/start shows your plan. /privacy says what is kept. /delete removes it all."),
            "",
            f"<b>{t.gettext('Health notes')}</b>",
            *(escape(t.gettext(note), quote=False) for note in SAFETY),
        ]
    )  # fmt: skip


def privacy(t: Translation) -> str:
    return "\n".join(
        [
            f"<b>{t.gettext('What is kept')}</b>",
            t.gettext("Your Telegram number, time zone, hours, habits, the questions asked and your answers."
                      " No name, no place, nothing else you write."),
            t.gettext("It stays in the database of whoever hosts this bot and goes to nobody else."
                      " Telegram carries the messages."),
            t.gettext("/delete removes all of it at once."),
        ]
    )  # fmt: skip


def ask_erase(t: Translation, rows: int) -> str:
    return t.ngettext(
        "This deletes all that is known of you: {rows} row. It can't be undone.",
        "This deletes all that is known of you: {rows} rows. It can't be undone.",
        rows,
    ).format(rows=rows)


def erase_all(t: Translation) -> str:
    return t.gettext("Delete all")


def keep(t: Translation) -> str:
    return t.gettext("Keep")


def erased(t: Translation, rows: int) -> str:
    return t.ngettext(
        "Deleted: {rows} row. Nothing is known of you here any more. /start begins anew.",
        "Deleted: {rows} rows. Nothing is known of you here any more. /start begins anew.",
        rows,
    ).format(rows=rows)


def kept(t: Translation) -> str:
    return t.gettext("Nothing was deleted.")


def status_is_open(row: Row, now: datetime) -> bool:
    """Whether a card still asks for this check-in."""
    return row.check_in.status in {Status.SENT, Status.CLAIMED, Status.PLANNED} and row.check_in.is_open(now)


def kept_as_it_is(t: Translation) -> str:
    return t.gettext("Fine, no place then.")
