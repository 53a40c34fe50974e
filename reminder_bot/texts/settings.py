"""The sentences of /settings: the list of all, the digest's day, the diet, the topics of facts.

Hours, pauses and zones have modules of their own.
"""

from datetime import datetime

from reminder_bot.domain.user import User
from reminder_bot.texts import formats
from reminder_bot.texts.translation import Translation


def title(t: Translation) -> str:
    return t.gettext("Settings")


def place_and_time(t: Translation, user: User, now: datetime) -> str:
    return t.gettext("{place}: {time}").format(
        place=formats.place(user.zone), time=formats.clock(now, user)
    )


def digest_time(t: Translation, user: User) -> str:
    return t.gettext("Your week comes on {day} at {time}.").format(
        day=formats.weekday(t, user.digest_weekday), time=f"{user.digest_at:%H:%M}"
    )


def habits_button(t: Translation) -> str:
    return t.gettext("Habits")


def hours_button(t: Translation) -> str:
    return t.gettext("Hours")


def digest_button(t: Translation) -> str:
    return t.gettext("Week")


def diet_button(t: Translation) -> str:
    return t.gettext("Diet")


def facts_button(t: Translation) -> str:
    return t.gettext("Facts")


def zone_button(t: Translation) -> str:
    return t.gettext("Time zone")


def pause_button(t: Translation) -> str:
    return t.gettext("Pause")


# Switches


def discreet_switch(t: Translation, *, is_on: bool) -> str:
    return _switch(t, t.gettext("Discreet"), is_on)


def tidy_switch(t: Translation, *, is_on: bool) -> str:
    return _switch(t, t.gettext("Tidy chat"), is_on)


def dark_switch(t: Translation, *, is_on: bool) -> str:
    return _switch(t, t.gettext("Dark pictures"), is_on)


def numbers_switch(t: Translation, *, is_on: bool) -> str:
    return _switch(t, t.gettext("Without numbers"), is_on)


def _switch(t: Translation, label: str, is_on: bool) -> str:
    state = t.gettext("on") if is_on else t.gettext("off")
    return f"{label}: {state}"


def switched_on(t: Translation, flag: str) -> str:
    """What a switch does, shown when it is turned on. flag: the name of the field of `User`."""
    effects = {
        "is_discreet": t.gettext("Questions come without their words. Open shows them."),
        "is_tidy": t.gettext("Questions that nobody answered will be deleted."),
        "is_dark": t.gettext("The next picture is dark."),
        "is_without_numbers": t.gettext("No sums, streaks or pictures any more."),
    }
    return effects[flag]


# The digest's day and hour


def digest_title(t: Translation) -> str:
    return t.gettext("Your week")


def digest_time_and_content(t: Translation, user: User) -> str:
    return t.gettext("It comes on {day} at {time} and tells the days before.").format(
        day=formats.weekday(t, user.digest_weekday), time=f"{user.digest_at:%H:%M}"
    )


def hour_earlier_button(t: Translation) -> str:
    return t.gettext("− 1 h")


def hour_later_button(t: Translation) -> str:
    return t.gettext("+ 1 h")


# Diet and facts


def diet_title(t: Translation) -> str:
    return t.gettext("Diet")


def diet(t: Translation) -> str:
    return t.gettext("Food ideas leave out what you tick. Always read the label.")


def facts_title(t: Translation) -> str:
    return t.gettext("Facts")


def ask_topics(t: Translation) -> str:
    return t.gettext("One comes with your week. What may it be about?")


def about_babies_button(t: Translation) -> str:
    return t.gettext("About babies")


def one_topic_stays(t: Translation) -> str:
    return t.gettext("One topic stays: the week brings a fact.")
