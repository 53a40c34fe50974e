"""Shows that the simulation sees faults: each of twenty protections is removed from a copy of the
project, and worlds are simulated until one of them fails.

    python -m tests.simulation.proof [NAME …]

Prints a row for each protection, with the first seed that fails. The exit code is 1 if one of them
is not seen within SEEDS worlds.
"""

import os
import re
import subprocess
import sys

from tests.faults import BOT_API, CHAT, ENGINE, FAULTS, Fault, copied_project, remove_protection

__all__ = ["PLANTED"]

SEEDS = 200
WORLD = ("--people", "3", "--days", "0.7")
# By their names in tests.faults.
KNOWN = (
    "kill -9 while sending",
    "kill -9 storm on taps",
    "answer lost after acceptance",
    "Telegram unreachable for 45 minutes",
    "duplicate, reordered, random-id updates",
    "stopped for ten minutes in the middle of sending",
    "downtime of hours, days, weeks",
    "tap races",
    "two taps in one poll",
    "disk full",
)


def _planted(name: str, file: str, protection: str, without: str, function: str = "") -> Fault:
    return Fault(0, name, file, protection, without, "", function)


PLANTED = (
    *(next(each for each in FAULTS if each.name == name) for name in KNOWN),
    _planted(
        "a proxy's page decides about a person",
        f"{BOT_API}/answers.py",
        "_refuses(payload)",
        "True",
    ),
    _planted(
        "outcomes are dropped while the database is away",
        f"{ENGINE}/outcomes.py",
        "is_away(error)",
        "False",
        "Recorder.write",
    ),
    _planted(
        "a lost answer counts as not sent",
        f"{BOT_API}/errors.py",
        "Outcome(OutcomeKind.AMBIGUOUS, reason=reason)",
        "Outcome(OutcomeKind.NOT_SENT, reason=reason)",
    ),
    _planted(
        "pending edits are not made by a step",
        "reminder_bot/app.py",
        "self.message_editor.step(now)",
        "0",
    ),
    _planted(
        "an undone reply leaves its entry",
        f"{ENGINE}/replying.py",
        "entries.undo_entry(connection, check_in.id, now)",
        "0",
    ),
    _planted(
        "the last update of a poll is not confirmed",
        f"{BOT_API}/poller.py",
        "max(int(each['update_id']) for each in batch) + 1",
        "max(int(each['update_id']) for each in batch)",
    ),
    _planted(
        "updates are put aside while the database is away",
        f"{BOT_API}/poller.py",
        "seems_away = is_away(error)",
        "seems_away = False",
    ),
    _planted(
        "ambiguous sends are never settled",
        f"{ENGINE}/dispatching.py",
        "self._database.write(claims.settle_ambiguous, answered_at)",
        "(0, 0)",
    ),
    _planted(
        "an edit that failed is not tried again",
        f"{CHAT}/message_edits.py",
        "outcome is EditOutcome.NOT_SENT and pending.attempts < TRIES",
        "False",
    ),
    _planted(
        "open questions are never closed",
        "reminder_bot/app.py",
        "expiring.close_unanswered(self.database, now)",
        "False",
    ),
)


def main(names: list[str]) -> int:
    unseen = 0
    print("| without the protection against | first seed that fails |\n|---|---|")
    for fault in PLANTED:
        if names and fault.name not in names:
            continue
        seed = first_seed(fault)
        unseen += seed is None
        print(f"| {fault.name} | {seed or 'NOT SEEN'} |", flush=True)
    return 1 if unseen else 0


def first_seed(fault: Fault) -> int | None:
    with copied_project() as folder:
        file = folder / fault.file
        file.write_text(remove_protection(file.read_text(), fault))
        command = [sys.executable, "-m", "tests.simulation", "--seeds", str(SEEDS), "--first"]
        done = subprocess.run(
            [*command, *WORLD],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"^seed (\d+):", done.stdout, re.MULTILINE)
    if done.returncode == 0:
        return None
    assert found is not None, done.stdout + done.stderr
    return int(found[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
