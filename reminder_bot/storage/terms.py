"""Terms in the database: goals by the day from which they hold, and spans with less asked."""

from collections.abc import Iterable
from datetime import date
from typing import TypedDict

from sqlalchemy import Connection, bindparam, select

from reminder_bot.domain.adherence import Gap
from reminder_bot.domain.term import GapTerm, GoalTerm, Terms
from reminder_bot.storage.statements import insert_new
from reminder_bot.storage.tables import terms

__all__ = ["GOAL", "insert_terms", "load_terms"]

GOAL = "goal"  # the `kind` of a goal's row; that of any other row is a `Gap`


class _Row(TypedDict):
    """All columns, because one statement inserts rows of both kinds."""

    user_id: int
    habit_id: int | None
    kind: str
    first_day: date
    last_day: date | None
    goal_ml: int | None
    portion_ml: int | None
    is_limit: bool


def insert_terms(connection: Connection, given: Iterable[tuple[int, GoalTerm | GapTerm]]) -> None:
    """Record terms, each with the user whose it is."""
    insert_new(connection, terms, [_row(user_id, term) for user_id, term in given])


def _row(user_id: int, term: GoalTerm | GapTerm) -> _Row:
    row: _Row = {
        "user_id": user_id,
        "habit_id": term.habit_id,
        "kind": GOAL,
        "first_day": term.first_day,
        "last_day": None,
        "goal_ml": None,
        "portion_ml": None,
        "is_limit": False,
    }
    if isinstance(term, GoalTerm):
        row["goal_ml"], row["portion_ml"] = term.goal_ml, term.portion_ml
        row["is_limit"] = term.is_limit
    else:
        row["kind"], row["last_day"] = term.gap, term.last_day
    return row


_LIST_TERMS = select(terms).where(terms.c.user_id == bindparam("user_id")).order_by(terms.c.id)


def load_terms(connection: Connection, user_id: int) -> Terms:
    goals: list[GoalTerm] = []
    gaps: list[GapTerm] = []
    for row in connection.execute(_LIST_TERMS, {"user_id": user_id}):
        if row.kind == GOAL:
            goal = row.goal_ml, row.portion_ml, row.is_limit
            goals.append(GoalTerm(row.habit_id, row.first_day, *goal))
        else:
            gaps.append(GapTerm(row.habit_id, Gap(row.kind), row.first_day, row.last_day))
    return Terms(goals, gaps)
