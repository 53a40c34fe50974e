"""The buttons of every screen, row by row: a button that is lost, new or elsewhere is seen here.

On Monday 2 March 2026, 07:01 in Berlin, right after a first contact with the four habits.
"""

from itertools import chain

from reminder_bot.domain.habit import HabitKind
from reminder_bot.texts import names
from tests.chat.conversation import Conversation, labels
from tests.texts.reading import ENGLISH

SCREENS = {
    "today": """
        💧 +250 ml | 💧 +500 ml
        🥛 Yes
        🧘 Yes
        🌙 Yes
        ‹ Sun 1 Mar | Close
    """,
    "today/2026-03-01": """
        💧 +250 ml | 💧 +500 ml
        🥛 Yes
        🧘 Yes
        🌙 Yes
        ‹ Sat 28 Feb | Mon 2 Mar › | Close
    """,
    "habits": """
        💧 Water | 🥛 Fermented food
        🧘 Quiet minutes | 🌙 Bedtime
        Add | Back
    """,
    "habit/1": """
        Times
        − 250 ml | + 250 ml | Glass 250 ml
        Limit: off
        Repeat: off | Sound: off
        Remove | Back
    """,
    "habit/2": """
        Times
        Repeat: off | Sound: on
        Remove | Back
    """,
    "habit/4": """
        Evening | Morning
        Repeat: gentle | Sound: on
        Remove | Back
    """,
    "own": """
        Back
    """,
    "times/1/all": """
        ✓ All days | Mon–Fri | Weekend
        ✕ 07:30 | ✕ 10:00 | ✕ 12:30
        ✕ 15:00 | ✕ 17:30 | ✕ 20:00
        − 30 min | + 30 min
        Add a time | Usual times
        Back
    """,
    "times/3/wd": """
        All days | ✓ Mon–Fri | Weekend
        − 30 min | + 30 min
        Add a time | Usual times
        Back
    """,
    "slot/3/all": """
        07:00 | 08:00 | 09:00 | 10:00
        11:00 | 12:00 | 13:00 | 14:00
        15:00 | 16:00 | 17:00 | 18:00
        19:00 | 20:00 | 21:00 | 22:00
        Back
    """,
    "settings": """
        Habits | Hours | Week
        Diet | Facts | Time zone
        Discreet: off | Tidy chat: off
        Dark pictures: off | Pause
        Without numbers: off
        Close
    """,
    "hours": """
        ✓ All days | Mon–Fri | Weekend
        6 – 22 | 7 – 23 | 8 – 24
        Other | Back
    """,
    "hours/we": """
        All days | Mon–Fri | ✓ Weekend
        6 – 22 | 7 – 23 | 8 – 24
        Other | Back
    """,
    "hours/all/wake": """
        04:00 | 05:00 | 06:00
        07:00 | 08:00 | 09:00
        10:00 | 11:00 | 12:00
        13:00 | 14:00 | 15:00
        Back
    """,
    "hours/all/0630": """
        18:30 | 19:30 | 20:30
        21:30 | 22:30 | 23:30
        00:30 | 01:30 | 02:30
        Back
    """,
    "week": """
        Mon | Tue | Wed
        Thu | Fri | Sat
        ✓ Sun
        − 1 h | + 1 h
        Back
    """,
    "diet": """
        vegan | no dairy
        no gluten | no soy
        no fish or shellfish | no nuts
        no alcohol or traces | low salt
        low FODMAP | low tyramine, histamine
        Back
    """,
    "facts": """
        ✓ Antibiotics | ✓ Gut and skin
        ✓ Water | ✓ Stress
        ✓ Fibre | ✓ Probiotics
        ✓ Skincare | ✓ Sleep
        ✓ Sugar and diet
        About babies
        Back
    """,
    "pause": """
        1 day | 3 days
        7 days | 14 days
        Until I'm back
        Back
    """,
    "zone": """
        03:01 | 06:01 | 07:01
        08:01 | 09:01 | 11:01
        11:31 | 14:01
        Other | Type a city | 📍 Location
        Back
    """,
    "zone/city": """
        Back
    """,
    "zone/clock/60": """
        Berlin, Madrid
        Lagos, Luanda
        Back
    """,
    "moved/Europe/Lisbon": """
        Keep Lisbon time
        Back | Close
    """,
}
ANSWERS = {
    "/water": """
        Undo
        +250 ml | +500 ml
    """,
    "/pause 3d": """
        Resume
        1 day | 3 days
        7 days | 14 days
        Until I'm back
        Back
    """,
    "/delete": """
        Delete all | Keep
    """,
}
# Each step of the first contact, and what leads to it: a button, or words.
STEPS = (
    (
        "/start",
        """
        Start
        """,
    ),
    (
        "Start",
        """
        01:01 | 03:01 | 06:01
        07:01 | 08:01 | 09:01
        11:31 | 14:01
        Other | Type a city | 📍 Location
        Back
        """,
    ),
    (
        "Type a city",
        """
        Back
        """,
    ),
    (
        "Berlin",
        """
        Yes | No
        Back
        """,
    ),
    (
        "Yes",
        """
        6 – 22 | 7 – 23 | 8 – 24
        Other
        Back | Skip
        """,
    ),
    (
        "Other",
        """
        04:00 | 05:00 | 06:00
        07:00 | 08:00 | 09:00
        10:00 | 11:00 | 12:00
        13:00 | 14:00 | 15:00
        Back
        """,
    ),
    (
        "06:00",
        """
        18:00 | 19:00 | 20:00
        21:00 | 22:00 | 23:00
        00:00 | 01:00 | 02:00
        Back
        """,
    ),
    (
        "22:00",
        """
        ✓ 💧 Water | ✓ 🥛 Fermented food
        ✓ 🧘 Quiet minutes | ✓ 🌙 Bedtime
        vegan | no dairy
        no gluten | More
        Health notes
        Ready
        Back | Skip
        """,
    ),
    (
        "More",
        """
        vegan | no dairy
        no gluten | no soy
        no fish or shellfish | no nuts
        no alcohol or traces | low salt
        low FODMAP | low tyramine, histamine
        Back
        """,
    ),
    (
        "Back",
        """
        ✓ 💧 Water | ✓ 🥛 Fermented food
        ✓ 🧘 Quiet minutes | ✓ 🌙 Bedtime
        vegan | no dairy
        no gluten | More
        Health notes
        Ready
        Back | Skip
        """,
    ),
    (
        "Health notes",
        """
        More
        Back
        """,
    ),
    (
        "More",
        """
        Back
        """,
    ),
    (
        "Back",
        """
        More
        Back
        """,
    ),
    (
        "Back",
        """
        ✓ 💧 Water | ✓ 🥛 Fermented food
        ✓ 🧘 Quiet minutes | ✓ 🌙 Bedtime
        vegan | no dairy
        no gluten | More
        Health notes
        Ready
        Back | Skip
        """,
    ),
    (
        "Ready",
        """
        Yes | Not yet
        Back
        """,
    ),
    (
        "Yes",
        """
        Undo
        """,
    ),
)


def rows(text: str) -> list[list[str]]:
    return [line.strip().split(" | ") for line in text.strip().splitlines()]


async def test_every_screen_has_these_buttons(settled: Conversation) -> None:
    shown = {path: labels(await settled.go(path)) for path in SCREENS}

    assert shown == {path: rows(text) for path, text in SCREENS.items()}


async def test_every_habit_that_is_not_on_can_be_added(settled: Conversation) -> None:
    optional = [kind for kind in HabitKind if not kind.spec.is_offered_at_setup]

    *offered, back = chain.from_iterable(labels(await settled.go("add")))

    assert offered == [f"{kind.spec.sign} {names.habit(ENGLISH, kind)}" for kind in optional]
    assert back == "Back"


async def test_what_answers_a_command_has_these_buttons(settled: Conversation) -> None:
    shown = {words: labels(await settled.send(words)) for words in ANSWERS}

    assert shown == {words: rows(text) for words, text in ANSWERS.items()}


async def test_each_step_of_the_first_contact_has_these_buttons(talk: Conversation) -> None:
    shown = []
    for lead, _ in STEPS:
        if lead in {"/start", "Berlin"}:
            await talk.send(lead)
        else:
            await talk.tap(lead)
        shown.append(labels(talk.person.newest))

    assert shown == [rows(text) for _, text in STEPS]
