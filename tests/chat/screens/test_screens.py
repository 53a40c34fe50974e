"""Screens, by their paths: what is forged leads nowhere, and nobody reaches what is another's."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reminder_bot import texts
from reminder_bot.bot_api.callback_data import read
from reminder_bot.chat.keyboards import Keyboard
from reminder_bot.chat.screens import asked_back as asked_back_screen
from reminder_bot.chat.screens import habits as habits_screen
from reminder_bot.chat.screens import settings as settings_screen
from reminder_bot.chat.screens import today as today_screen
from reminder_bot.chat.screens.menu import OPENS, SCREENS
from reminder_bot.chat.screens.screen import NoSuchScreen, Screen, ScreenResult, destination
from reminder_bot.domain.habit import HabitKind
from reminder_bot.domain.hours import DayHours
from reminder_bot.engine import entries
from reminder_bot.storage.database import Database
from reminder_bot.storage.exports import list_rows
from reminder_bot.storage.habits import list_habits, update_habit
from reminder_bot.storage.pending_edits import record_pending_edit
from reminder_bot.storage.tables import habits, reminders
from reminder_bot.texts.translation import PSEUDO, translation
from tests.support.people import change, load_user, rows_of, settle
from tests.texts.reading import assert_html, visible

# Monday, ten in Berlin.
TEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FROM_COMMANDS = today_screen.NAMES | habits_screen.NAMES | settings_screen.NAMES
NAMES = sorted(FROM_COMMANDS | asked_back_screen.NAMES)


@pytest.fixture
async def database(database: Database) -> Database:
    """Ana (7) and Ben (8) have every habit there is."""
    for user_id in (7, 8):
        await settle(database, TEN, user_id=user_id, habits=list(HabitKind))
    return database


async def show(database: Database, path: str, user_id: int = 7) -> Screen:
    user = await load_user(database, user_id)
    with database.connection() as connection:
        return SCREENS.show(connection, user, path, TEN)


async def act(database: Database, path: str, user_id: int = 7) -> ScreenResult:
    user = await load_user(database, user_id)
    with database.transaction() as connection:
        return SCREENS.act(connection, user, path, TEN)


async def type_in(
    database: Database, path: str, text: str, now: datetime = TEN
) -> ScreenResult | str | None:
    """Stand at a screen that asks for words, and type."""
    with database.transaction() as connection:
        SCREENS.expect(connection, await load_user(database), path, TEN, 5)
    user = await load_user(database)
    with database.transaction() as connection:
        awaited = SCREENS.awaited(user, now)
        return None if awaited is None else SCREENS.read(connection, user, awaited, text, now)


def buttons(keyboard: Keyboard) -> list[str]:
    return [each["callback_data"] for line in keyboard["inline_keyboard"] for each in line]


async def of(database: Database, user_id: int) -> Any:
    with database.connection() as connection:
        return list_rows(connection, user_id)


async def id_of(database: Database, kind: HabitKind, user_id: int = 7) -> int:
    with database.connection() as connection:
        return list_habits(connection, [user_id])[user_id][kind].id


# What is forged

PIECES = st.sampled_from(
    [
        *NAMES,
        "all",
        "wd",
        "we",
        "yes",
        "no",
        "clear",
        "less",
        "more",
        "goal",
        "glass",
        "sound",
        "repeat",
        "remove",
        "usual",
        "earlier",
        "later",
        "wake",
        "city",
        "clock",
        "nowhere",
        "find",
        "lost",
        "set",
        "day",
        "hour",
        "resume",
        "undo",
        "infants",
        "sleep",
        "vegan",
        "discreet",
        "tidy",
        "dark",
        "custom",
        "fibre",
        "hydration",
        "2026-03-02",
        "2026-03-01",
        "2026-02-16",
        "2020-01-01",
        "0001-01-01",
        "9999-12-31",
        "20260302",
        "2026-W10-1",
        "1",
        "2",
        "9",
        "10",
        "12",
        "18",
        "20",
        "250",
        "2000",
        "2001",
        "0",
        "-60",
        "60",
        "99999",
        "-9999",
        "999999999999999999",
        "0730",
        "2500",
        "x0730",
        "a0730",
        "a2330",
        "0700-2300",
        "0700-0701",
        "2300-0700",
        "Europe",
        "Berlin",
        "Asia",
        "Tokyo",
        "Mars",
        "UTC",
        "",
        ".",
        "..",
        "+",
        "_",
    ]
)
PATHS = st.one_of(
    st.lists(PIECES, min_size=1, max_size=5).map("/".join),
    st.from_regex(r"[A-Za-z0-9_+/.-]{1,48}", fullmatch=True).filter(str.isascii),
).filter(lambda path: 0 < len(path) <= 48)


_as_they_were: dict[str, Any] = {}


@settings(
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=PATHS, text=st.text(max_size=60))
@example(path="today/0001-01-01/1/yes", text="")
@example(path="hours/everyday/0700-2300", text="7 23")
@example(path="today/2026-03-02/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", text="")
@example(path="zone/clock/99999", text="Berlin")
@example(path="moved/Europe/Berlin", text="\0")
async def test_a_forged_path_leads_somewhere_or_nowhere_and_never_to_another_person(
    database: Database, path: str, text: str
) -> None:
    theirs = _as_they_were.setdefault(database.url, await of(database, 8))
    user = await load_user(database)

    for verb in ("go", "do", "type"):
        try:
            with database.transaction() as connection:
                onward: ScreenResult | str | None = ScreenResult(path)
                if verb == "do":
                    onward = SCREENS.act(connection, user, path, TEN)
                elif verb == "type":
                    SCREENS.expect(connection, user, path, TEN, 5)
                    onward = SCREENS.read(connection, user, path, text, TEN)
                if isinstance(onward, ScreenResult):
                    SCREENS.enter(connection, await load_user(database), onward.path, TEN, 5)
                    record_pending_edit(connection, 7, 5, TEN, view=f"/{onward.path}")
        except NoSuchScreen:
            pass

    assert await of(database, 8) == theirs
    (await load_user(database)).hours.day_of(TEN)  # and their own settings can still be read


async def test_whose_time_zone_is_not_known_sees_no_screen(database: Database) -> None:
    await change(database, 7, zone=None)

    for path in NAMES:
        with pytest.raises(NoSuchScreen):
            await show(database, path)


@pytest.mark.parametrize(
    "path", ["habit/{habit}/sound", "today/2026-03-02/{habit}/yes", "times/{reminder}/all/later"]
)
async def test_what_is_anothers_is_not_there(database: Database, path: str) -> None:
    (row, *_) = await rows_of(database, reminders, reminders.c.user_id == 8)
    forged = path.format(habit=row["habit_id"], reminder=row["id"])
    theirs = await of(database, 8)

    with pytest.raises(NoSuchScreen):
        await act(database, forged)

    assert await of(database, 8) == theirs


@pytest.mark.parametrize(
    "path",
    [
        "zone/find",
        "zone/lost",
        "zone/clock/99999",
        "zone/clock",
        "moved/Mars/Olympus",
        "hours/we/25",
        "hours/sunday",
        "times/1/sunday",
    ],
)
async def test_a_path_that_no_button_carries_leads_nowhere(database: Database, path: str) -> None:
    with pytest.raises(NoSuchScreen):
        await show(database, path)


# What is there


async def test_every_button_of_every_screen_leads_somewhere(database: Database) -> None:
    """From /settings, /habits and /today on, by breadth, without doing anything."""
    await change(database, 7, paused_at=TEN, paused_until=TEN + timedelta(days=3))
    with database.transaction() as connection:
        update_habit(connection, await id_of(database, HabitKind.CUSTOM), removed_at=TEN)
    seen: set[str] = set()
    ahead = [*OPENS.values(), "pause"]
    while ahead:
        path = ahead.pop()
        if path in seen or path.count("/") > 3 or len(seen) > 250:
            continue
        seen.add(path)
        screen = await show(database, path)
        assert_html(screen.text)
        assert visible(screen.text) <= 4096
        taps = [read(each) for each in buttons(screen.keyboard)]
        assert None not in taps
        assert all(1 <= len(line) <= 4 for line in screen.keyboard["inline_keyboard"])
        ahead += [destination(tap.argument) for tap in taps if tap and tap.verb == "go"]

    assert {path.partition("/")[0] for path in seen} >= FROM_COMMANDS - {"water", "moved", "check"}


@pytest.mark.parametrize(
    "path", ["today", "habits", "settings", "zone", "hours", "week", "diet", "facts", "pause"]
)
async def test_every_screen_is_translated_line_by_line(database: Database, path: str) -> None:
    await change(database, 7, language=PSEUDO)

    screen = await show(database, path)

    assert [line for line in screen.text.splitlines() if line and "[" not in line] == []


async def test_a_change_is_shown_at_once(database: Database) -> None:
    onward = await act(database, "settings/discreet")

    assert (onward.path, (await load_user(database)).is_discreet) == ("settings", True)
    assert "Discreet: on" in str((await show(database, onward.path)).keyboard)


async def test_a_screen_that_asks_for_words_takes_them_for_ten_minutes(database: Database) -> None:
    habit_id = await id_of(database, HabitKind.CUSTOM)

    assert await type_in(database, "own", "Walk", TEN + 10 * MINUTE) is None
    onward = await type_in(database, "own", "Walk after lunch?", TEN + 9 * MINUTE)

    assert isinstance(onward, ScreenResult)
    (row,) = await rows_of(database, habits, habits.c.id == habit_id)
    assert row["words"] == "Walk after lunch"


async def test_on_another_screen_words_are_not_expected_any_more(database: Database) -> None:
    with database.transaction() as connection:
        SCREENS.enter(connection, await load_user(database), "own", TEN, 5)
    assert (await load_user(database)).awaits == "own"
    with database.transaction() as connection:
        SCREENS.enter(connection, await load_user(database), "settings", TEN, 5)

    user = await load_user(database)
    assert (user.awaits, user.awaits_message_id, user.awaits_until) == ("", None, None)


async def test_words_that_cannot_be_read_are_answered_with_an_example(database: Database) -> None:
    (row, *_) = await rows_of(database, reminders, reminders.c.user_id == 7)

    assert "weekdays 7:30" in str(await type_in(database, f"times/{row['id']}/all", "whenever"))
    assert "07:00 23:00" in str(await type_in(database, "hours", "early"))
    assert "5d" in str(await type_in(database, "pause", "a while"))
    assert "Lisbon" in str(await type_in(database, "zone", "Atlantis upon Nowhere"))


async def test_typed_hours_and_typed_times_are_set(database: Database) -> None:
    meditation = await id_of(database, HabitKind.MEDITATION)
    (row,) = await rows_of(database, reminders, reminders.c.habit_id == meditation)

    await type_in(database, f"times/{row['id']}/all", "weekdays at 9:30")
    await type_in(database, "hours/all", "6:30 22:30")

    (row,) = await rows_of(database, reminders, reminders.c.habit_id == meditation)
    assert row["schedule"] == "12345 09:30 67 08:00"
    assert (await load_user(database)).weekday_hours == DayHours(time(6, 30), time(22, 30))


async def test_a_setting_that_contradicts_another_is_refused_in_words_and_changes_nothing(
    database: Database,
) -> None:
    before = await rows_of(database, reminders)

    refused = await type_in(database, "hours/all", "6:30 12:00")

    assert isinstance(refused, ScreenResult)
    assert refused.is_alert
    assert "no day or no night" in refused.words
    assert (
        await rows_of(database, reminders),
        (await load_user(database)).weekday_hours.sleep,
    ) == (
        before,
        time(23),
    )


async def test_hours_for_days_that_are_none_are_not_set(database: Database) -> None:
    """Or a forged button would change something and then say that it leads nowhere."""
    with pytest.raises(NoSuchScreen):
        await act(database, "hours/everyday/0600-2200")

    assert (await load_user(database)).weekday_hours == DayHours(time(7), time(23))


async def test_a_tap_on_the_days_card_notes_and_takes_back(database: Database) -> None:
    water = await id_of(database, HabitKind.HYDRATION)

    for what in ("250", "500", "less"):
        result = await act(database, f"today/2026-03-02/{water}/{what}")
        assert result.path == "today", "a path with a date would stay at that day for ever"

    user = await load_user(database)
    rows = await database.read(entries.rows_of, user, TEN.date(), TEN)
    assert rows[0].done_ml == 250


@pytest.mark.parametrize(
    "day", ["2026-02-15", "2026-03-03", "1999-12-31", "yesterday", "2026-02-30"]
)
async def test_a_day_that_is_too_far_away_is_not_on_the_card(database: Database, day: str) -> None:
    with pytest.raises(NoSuchScreen):
        await show(database, f"today/{day}")


async def test_the_goal_stays_between_its_bounds(database: Database) -> None:
    water = await id_of(database, HabitKind.HYDRATION)

    for way in ["less"] * 5 + ["more"] * 13:
        await act(database, f"habit/{water}/goal/{way}")
        (row,) = await rows_of(database, habits, habits.c.id == water)
        assert 500 <= row["goal_ml"] <= 3500


async def test_one_topic_of_facts_always_stays(database: Database) -> None:
    for topic in settings_screen.topics():
        await act(database, f"facts/{topic}")

    assert len((await load_user(database)).unwanted_topics) == len(settings_screen.topics()) - 1


def test_every_command_of_the_menu_fits_what_telegram_takes() -> None:
    for language in ("en", PSEUDO):
        for name, line in texts.menu.commands(translation(language)).items():
            assert 1 <= len(name) <= 32
            assert 3 <= len(line) <= 256
