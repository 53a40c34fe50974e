"""What sets a kind of habit apart is in its entry and in its words, not where it is used."""

import re
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "reminder_bot"
THE_TABLE = {"domain/habit.py", "texts/habit_words.py"}

# The modules that know one kind by its name, and why a field of the entry would not do.
NAMED = {
    # /water is a command for water alone.
    "chat/commands.py": {"HYDRATION"},
    "chat/screens/today.py": {"HYDRATION"},
    # A custom habit is called what its user has typed.
    "chat/screens/habits.py": {"CUSTOM"},
    "pictures/charts.py": {"CUSTOM"},
    "texts/names.py": {"CUSTOM"},
}


def test_a_kind_is_named_only_where_a_field_would_not_do() -> None:
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        names = set(re.findall(r"\bHabitKind\.([A-Z]+)", file.read_text()))
        if names:
            found[str(file.relative_to(PACKAGE))] = names

    assert {file: names for file, names in found.items() if file not in THE_TABLE} == NAMED
