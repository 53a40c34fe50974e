"""The glossary in `reminder_bot.domain` explains every word of the project, each on one line."""

import re

import pytest

from reminder_bot import domain

WORDS = """
    adherence, ambiguous, ask, card, check-in, claim, configure, day, digest, due_at, edit, effects,
    entry, erase, expire, fact, goal, habit, halt, handler, hours, lease, misfired, not_sent,
    outcome, pause, pending edit, permit, priority, quiet hours, rate limiter, refused, release,
    reminder, render, repeat, retry, schedule, screen, screen module, send_after, sent, settle,
    slot, snooze, streak, unanswered, uncertain, unreachable, user
"""
# A word, at least one blank up to the column where all explanations begin.
LINE = re.compile(r"^ {4}(?=.{14}\S)(\S+(?: \S+)?) +(\S.*)$", re.MULTILINE)


def explained() -> list[tuple[str, str]]:
    assert domain.__doc__ is not None
    return [(word, text) for word, text in LINE.findall(domain.__doc__)]


@pytest.mark.parametrize("word", [word.strip() for word in WORDS.split(",")])
def test_every_word_is_explained(word: str) -> None:
    assert len(dict(explained())[word].split()) >= 3


def test_no_word_is_explained_twice() -> None:
    words = [word for word, _ in explained()]

    assert len(words) == len(set(words))
