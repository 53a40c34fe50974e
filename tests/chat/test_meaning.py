"""What typed words are recorded on: a table of situations and words, and what came of them.

Ana is up at 7 and asleep by 23, in Berlin. Each word is tried in the same state, in a transaction
that is rolled back. What came of it: entries ("💧500"), other answers ("🧘no"), the first words
that are sent, or the screen that asks back ("?which", "?what", "?much").
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from reminder_bot.chat.batches import run_batch
from reminder_bot.chat.effects import Effect, SendScreen, SendText
from reminder_bot.chat.requests import IncomingMessage
from reminder_bot.chat.screens.menu import SCREENS
from reminder_bot.domain.check_in import CheckIn, Reply
from reminder_bot.domain.habit import OFFERED_AT_SETUP, HabitKind
from reminder_bot.engine import replying
from reminder_bot.storage.check_ins import SELECT_CHECK_INS, check_in
from reminder_bot.storage.database import Connection, Database
from reminder_bot.storage.entries import list_entries
from reminder_bot.storage.habits import list_habits
from reminder_bot.storage.reminders import list_reminders
from reminder_bot.storage.users import find_user
from tests.support.messenger import Bench
from tests.support.people import BERLIN, check_ins_of, load_user, settle
from tests.support.world import local

SCREEN, OTHER = 900, 901
FOUR = OFFERED_AT_SETUP


def at(clock: str) -> datetime:
    return local(f"2026-03-02 {clock}", BERLIN)


@dataclass(frozen=True)
class Situation:
    """What has happened when somebody types at `now`.

    asked: when the engine made its rounds. answered: the kinds that were answered with yes.
    screen: the path of a screen that asks for text, opened at `now`. reply_to: the kind whose card
    the words reply to, or a message. words: what is expected of each.
    """

    now: str
    words: dict[str, str]
    asked: Sequence[str] = ()
    answered: Sequence[HabitKind] = ()
    screen: str = ""
    reply_to: HabitKind | int | None = None
    habits: Sequence[HabitKind] = field(default=FOUR)


WATER, FOOD, QUIET, BED = FOUR
NOT_UNDERSTOOD, NOTHING_OPEN = "I didn't get that", "Nothing is open"
NO_AMOUNT, TOO_MUCH = "I can't read", "is more than I note at once"
ASKS_NOTHING, YES_OR_NO = "That message asks nothing", "That question takes a yes or a no"
SITUATIONS: dict[str, Situation] = {
    "nothing is open": Situation(
        "07:10",
        {
            "500": "💧500",
            "50": "💧50",
            "1000": "💧1000",
            "2000": "?much",
            "1001": "?much",
            "1.5 l": "?much",
            "5 glasses": "?much",
            "12 ml": "?much",
            "29 ml": "?much",
            "30 ml": "💧30",
            "250 ml": "💧250",
            "2 glasses": "💧500",
            "0.5 l": "💧500",
            "5": "?what",
            "1": "?what",
            "12": "?what",
            "49": "?what",
            "2001": TOO_MUCH,
            "5000 ml": TOO_MUCH,
            "3 l": TOO_MUCH,
            "20 glasses": TOO_MUCH,
            "7.30": NO_AMOUNT,
            "7:30": NO_AMOUNT,
            "1.5": NO_AMOUNT,
            "0": NO_AMOUNT,
            "10 mg": NO_AMOUNT,
            "yes": NOTHING_OPEN,
            "no": NOTHING_OPEN,
            "ok": NOTHING_OPEN,
            "👍": NOTHING_OPEN,
            "hello": NOT_UNDERSTOOD,
            "both": NOT_UNDERSTOOD,
        },
    ),
    "nothing is measured": Situation(
        "07:10",
        {"500": "Water is not among", "5": NOT_UNDERSTOOD, "7.30": NO_AMOUNT},
        habits=[FOOD, BED],
    ),
    "one question is open, however old": Situation(
        "09:10",
        {
            "yes": "💧250",
            "👍🏽": "💧250",
            "no": "💧no",
            "500": "💧500",
            "300 ml": "💧300",
            "5": "?what",
            "7.30": NO_AMOUNT,
            "maybe": NOT_UNDERSTOOD,
        },
        asked=["07:30"],
    ),
    "the newest of two came just now": Situation(
        "08:05",
        {
            "yes": "🧘yes",
            "done": "🧘yes",
            "no": "🧘no",
            "500": "💧500",
            "500 ml": "💧500",
            "8": "?what",
        },
        asked=["07:30", "08:00"],
    ),
    "the newest of two came half an hour ago": Situation(
        "08:31", {"yes": "?which", "no": "?which", "500": "💧500"}, asked=["07:30", "08:00"]
    ),
    "the newest is answered, an older one is open": Situation(
        "08:05",
        {"yes": "?which", "no": "?which", "500": "💧500"},
        asked=["07:30", "08:00"],
        answered=[QUIET],
    ),
    "the amount's question is answered, another one is open": Situation(
        "07:40", {"500": "💧500", "yes": NOTHING_OPEN}, asked=["07:30"], answered=[WATER]
    ),
    "the wind-down came after the noon question": Situation(
        "22:20",
        {"ok": "🌙yes", "yes": "🌙yes", "no": "🌙no", "500": "💧500", "7.30": NO_AMOUNT},
        asked=["12:00", "22:15"],
    ),
    "the wind-down came a while ago": Situation(
        "22:50", {"ok": "?which", "no": "?which"}, asked=["12:00", "22:15"]
    ),
    "two rows are open on the newest card": Situation(
        "15:01",
        {"yes": "?which", "no": "?which", "300 ml": "💧300", "5": "?what"},
        asked=["15:00"],
        habits=[WATER, HabitKind.BREAK],
    ),
    "in reply to a card with two rows": Situation(
        "15:01",
        {"yes": "?which", "no": "?which", "300 ml": "💧300", "2": "💧500"},
        asked=["15:00"],
        habits=[WATER, HabitKind.BREAK],
        reply_to=WATER,
    ),
    "in reply to a card with one row left": Situation(
        "15:01",
        {"yes": "🍃yes", "no": "🍃no", "300 ml": YES_OR_NO},
        asked=["15:00"],
        answered=[WATER],
        habits=[WATER, HabitKind.BREAK],
        reply_to=WATER,
    ),
    "in reply to the older of two": Situation(
        "08:05",
        {
            "yes": "💧250",
            "no": "💧no",
            "500": "💧500",
            "2": "💧500",
            "7.30": NO_AMOUNT,
            "3 l": TOO_MUCH,
            "5": "?much",
            "12 ml": "?much",
            "maybe": NOT_UNDERSTOOD,
        },
        asked=["07:30", "08:00"],
        reply_to=WATER,
    ),
    "in reply to one that takes no amount": Situation(
        "08:05",
        {"yes": "🧘yes", "no": "🧘no", "500 ml": YES_OR_NO, "500": YES_OR_NO, "5": YES_OR_NO},
        asked=["07:30", "08:00"],
        reply_to=QUIET,
    ),
    "in reply to one that is answered": Situation(
        "08:05",
        {"yes": "That is noted already", "no": "That is noted already", "500": YES_OR_NO},
        asked=["07:30", "08:00"],
        answered=[QUIET],
        reply_to=QUIET,
    ),
    "in reply to the wind-down": Situation(
        "22:20",
        {"ok": "🌙yes", "no": "🌙no", "500": YES_OR_NO},
        asked=["12:00", "22:15"],
        reply_to=BED,
    ),
    "in reply to /today, /stats, /help or a digest": Situation(
        "07:35",
        dict.fromkeys(
            ("500", "500 ml", "2 glasses", "5", "7.30", "yes", "no", "ok", "👍", "hello"),
            ASKS_NOTHING,
        ),
        asked=["07:30"],
        reply_to=OTHER,
    ),
    "in reply to a question while a screen asks": Situation(
        "07:35",
        {"yes": "💧250", "500": "💧500", "no": "💧no"},
        asked=["07:30"],
        screen="pause",
        reply_to=WATER,
    ),
    "which one was asked back": Situation(
        "08:31",
        {
            "both": "💧250 🧘yes",
            "all of them": "💧250 🧘yes",
            "only the water": "💧250",
            "just water": "💧250",
            "water": "💧250",
            "💧": "💧250",
            "quiet minutes": "🧘yes",
            "the meditation": "🧘yes",
            "neither": "Nothing was recorded",
            "none": "Nothing was recorded",
            "no": "Nothing was recorded",
            "yes": "Which one?",
            "500 ml": "💧500",
            "the kefir": NOT_UNDERSTOOD,
        },
        asked=["07:30", "08:00"],
        screen="which/yes/{last}/0",
    ),
    "which one was asked back about a no": Situation(
        "08:31",
        {"both": "💧no 🧘no", "only the water": "💧no", "neither": "Nothing was recorded"},
        asked=["07:30", "08:00"],
        screen="which/no/{last}/0",
    ),
    "a lot was asked back": Situation(
        "08:31",
        {
            "yes": "💧1250",
            "ok": "💧1250",
            "no": "Nothing was recorded",
            "500": "💧500",
            "12 ml": "?much",
            "hello": NOT_UNDERSTOOD,
        },
        asked=["07:30", "08:00"],
        screen="much/1250/2/d260302/0",
    ),
    "a lot was asked back in reply to a question": Situation(
        "08:31",
        {"yes": "💧1250", "no": "Nothing was recorded", "250 ml": "💧250"},
        asked=["07:30", "08:00"],
        screen="much/1250/2/c1/0",
    ),
    "five what was asked back": Situation(
        "08:31",
        {
            "glasses": "?much",
            "minutes": "🧘5",
            "min.": "🧘5",
            "neither": "Nothing was recorded",
            "no": "Nothing was recorded",
            "500": "💧500",
            "yes": "?which",
            "hello": NOT_UNDERSTOOD,
        },
        asked=["07:30", "08:00"],
        screen="what/5/0",
    ),
}


class _Undone(Exception):
    """Rolls a transaction back."""


@dataclass
class Outcome:
    """The entries and replies that were recorded, and what is sent."""

    recorded: list[str]
    effects: list[Effect]
    is_changed: bool

    def __str__(self) -> str:
        return " ".join(self.recorded) or next(filter(None, map(_said, self.effects)), "nothing")


def _said(effect: Effect) -> str:
    match effect:
        case SendText(text=text):
            return text
        case SendScreen(path=path) if path.startswith(("which/", "what/", "much/")):
            return f"?{path.partition('/')[0]}"
        case SendScreen(path="noted"):
            return "Nothing was recorded."
        case SendScreen(path=path):
            return path
        case _:
            return ""


async def arrange(database: Database, situation: Situation) -> datetime:
    """Bring a situation about; returns the time."""
    await settle(database, at("07:01"), asked_since=at("07:01"), habits=situation.habits)
    bench = Bench(database, at("07:01"))
    for clock in situation.asked:
        await bench.tick(at(clock))
    now = at(situation.now)
    user = await load_user(database)
    for each in await check_ins_of(database):
        if each.kind in situation.answered:
            with database.transaction() as connection:
                replying.reply(connection, user, each, Reply.YES, now)
    if situation.screen:
        last = max((each.id for each in await check_ins_of(database)), default=0)
        with database.transaction() as connection:
            path = situation.screen.format(last=last)
            SCREENS.expect(connection, user, path, now, SCREEN)
    return now


def try_out(
    database: Database,
    words: str,
    now: datetime,
    reply_to: int | None = None,
    *,
    screen: str = "",
    asking_path: str | None = None,
) -> Outcome:
    """Type words, and take back all that came of it. screen: the path of one that asks for text,
    opened at 07:30. asking_path: that of the message that is replied to.
    """
    outcome = Outcome([], [], is_changed=False)
    message = IncomingMessage(1, 7, words, 990, reply_to, "en", asking_path=asking_path)
    with suppress(_Undone), database.transaction() as connection:
        if screen:
            user = find_user(connection, 7)
            assert user is not None
            SCREENS.expect(connection, user, screen, at("07:30"), SCREEN)
        before = _stored(connection)
        (outcome.effects,) = run_batch(connection, [message], now)
        after = _stored(connection)
        outcome.recorded = [each for each in after[0] if each not in before[0]]
        outcome.is_changed = after != before
        raise _Undone
    return outcome


def _stored(connection: Connection) -> tuple[list[str], object]:
    """What is recorded, as words; and all else that could be changed by an answer."""
    user = find_user(connection, 7)
    assert user is not None
    today = user.hours.day_of(at("12:00"))
    kinds = {each.id: kind for kind, each in list_habits(connection, [7])[7].items()}
    asked = [check_in(row) for row in connection.execute(SELECT_CHECK_INS)]
    done = list_entries(connection, 7, today, today)
    answers = {each.check_in_id for each in done}
    recorded = [_recorded(kinds[each.habit_id], each.amount or "yes") for each in done]
    replies = [
        _recorded(each.kind, each.reply)
        for each in asked
        if each.reply is not None and each.id not in answers
    ]
    open_ = [each for each in asked if each.reply is None]
    return recorded + replies, (open_, kinds, list_reminders(connection, [7]), user.zone)


def _recorded(kind: HabitKind, what: object) -> str:
    return f"{kind.spec.sign}{what}"


def message_of(asked: Sequence[CheckIn], reply_to: HabitKind | int | None) -> int | None:
    """The message to reply to."""
    if isinstance(reply_to, HabitKind):
        return next(each.message_id for each in reversed(asked) if each.kind is reply_to)
    return reply_to


@pytest.mark.parametrize("name", SITUATIONS)
async def test_words_are_recorded_on_what_they_mean(name: str, sqlite: Database) -> None:
    situation = SITUATIONS[name]
    now = await arrange(sqlite, situation)
    reply_to = message_of(await check_ins_of(sqlite), situation.reply_to)

    found = {words: str(try_out(sqlite, words, now, reply_to)) for words in situation.words}

    wrong = {
        words: (found[words], wanted)
        for words, wanted in situation.words.items()
        if not (found[words] == wanted or (wanted in found[words] and wanted[0].isalpha()))
    }
    assert wrong == {}


def test_the_table_is_large_enough() -> None:
    assert sum(len(each.words) for each in SITUATIONS.values()) >= 120


# Every screen that asks for text, with everything that could be taken for an answer

ASKING = (
    "pause",
    "own",
    "hours",
    "hours/we",
    "hours/all/wake",
    "hours/all/0630",
    "zone",
    "zone/all",
    "zone/city",
    "times/1/all",
    "times/2/wd",
    "slot/1/all",
)
ANSWERS = (
    *("yes", "ok", "👍", "+", "no", "nope", "-", "both", "neither"),
    *("500", "250 ml", "2 glasses", "5", "12", "1.5", "3000", "7.30", "9h15", "8 pm"),
)


async def test_nothing_is_recorded_on_a_habit_while_a_screen_asks(sqlite: Database) -> None:
    now = await arrange(sqlite, Situation("07:35", {}, asked=["07:30"]))

    tried = {
        (path, words): try_out(sqlite, words, now, screen=path)
        for path in ASKING
        for words in ANSWERS
    }

    assert [each for each, outcome in tried.items() if outcome.recorded] == []
    assert [each for each, outcome in tried.items() if not outcome.effects] == []


async def test_a_reply_to_a_screen_is_its_answer_also_if_another_one_asks(sqlite: Database) -> None:
    now = await arrange(sqlite, Situation("07:35", {}, asked=["07:30"]))
    late = at("09:55")
    words = ("yes", "500", "7.30", "2 glasses")

    for path in ASKING:
        alone = [str(try_out(sqlite, each, now, screen=path)) for each in words]
        in_reply = [str(try_out(sqlite, each, late, SCREEN, screen=path)) for each in words]
        older = [
            str(try_out(sqlite, each, now, OTHER, screen="pause", asking_path=path))
            for each in words
        ]
        assert in_reply == older == alone, path


@pytest.mark.parametrize("path", ["times/2/all", "slot/2/all"])
async def test_a_screen_that_asks_for_a_time_reads_it_as_a_time(
    path: str, sqlite: Database
) -> None:
    now = await arrange(sqlite, Situation("07:35", {}, asked=["07:30"]))

    for words in ("7.30", "9h15", "8 pm", "9"):
        assert try_out(sqlite, words, now, screen=path).is_changed, words


async def test_words_of_self_harm_are_answered_with_help_wherever_they_are_typed(
    sqlite: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    now = await arrange(sqlite, Situation("07:35", {}, asked=["07:30"]))
    water = message_of(await check_ins_of(sqlite), WATER)
    words = "I want to hurt myself"

    told = [
        *(try_out(sqlite, words, now, screen=path) for path in ("", "own", "zone/city", "pause")),
        *(try_out(sqlite, words, now, reply_to) for reply_to in (water, SCREEN, OTHER)),
    ]

    assert {str(each).partition(":")[0] for each in told} == {"If you think of harming yourself"}
    assert not any(each.is_changed for each in told)
    assert "hurt" not in caplog.text


async def test_an_answer_is_no_habits_name(sqlite: Database) -> None:
    now = await arrange(sqlite, Situation("07:35", {}))

    for words in ("yes", "no", "👍", "500", "250 ml", "5", "7.30"):
        assert "is no habit" in str(try_out(sqlite, words, now, screen="own")), words
    assert try_out(sqlite, "Walk after lunch", now, screen="own").is_changed
