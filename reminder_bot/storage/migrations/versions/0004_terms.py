"""What held on each day: goals from the day on which they were set, and days with less asked; when
a question arrived, and whether its answer was given to it.

Present goals hold for all days until now, because no other is known. The first day of a user is
that of their row.
"""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from reminder_bot.storage.tables import Id, Instant

revision = "0004"
down_revision = "0003"

LONG_AGO = date(2000, 1, 1)
DAY_ENDS = timedelta(hours=4)
BATCH = 1000


def upgrade() -> None:
    terms = op.create_table(
        "terms",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("habit_id", sa.BigInteger()),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date()),
        sa.Column("goal_ml", sa.Integer()),
        sa.Column("portion_ml", sa.Integer()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_terms_user_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["habit_id"], ["habits.id"], name=op.f("fk_terms_habit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_terms")),
    )
    op.create_index("ix_terms_user_id", "terms", ["user_id"])
    op.create_index("ix_terms_habit_id", "terms", ["habit_id"])
    op.add_column("check_ins", sa.Column("arrived_at", Instant()))
    op.add_column(
        "check_ins",
        sa.Column("is_entered", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    _set_goals(terms)
    _set_first_days(terms)


def _set_goals(terms: sa.Table) -> None:
    habits = sa.table("habits", *map(sa.column, ("id", "user_id", "goal_ml", "portion_ml")))
    present = sa.select(
        habits.c.user_id,
        habits.c.id,
        sa.literal("goal"),
        sa.literal(LONG_AGO, sa.Date()),
        habits.c.goal_ml,
        habits.c.portion_ml,
    ).where(habits.c.goal_ml.is_not(None))
    names = ["user_id", "habit_id", "kind", "first_day", "goal_ml", "portion_ml"]
    op.get_bind().execute(sa.insert(terms).from_select(names, present))


def _set_first_days(terms: sa.Table) -> None:
    users = sa.table(
        "users",
        sa.column("id"),
        sa.column("zone"),
        sa.column("setup"),
        sa.column("created_at", Instant()),
    )
    connection = op.get_bind()
    found = connection.execute(
        sa.select(users.c.id, users.c.zone, users.c.created_at).where(users.c.setup == "done")
    ).all()
    rows = [
        {"user_id": user_id, "kind": "first", "first_day": day, "last_day": day}
        for user_id, zone, created_at in found
        for day in [_day(created_at, zone)]
    ]
    for start in range(0, len(rows), BATCH):
        connection.execute(sa.insert(terms), rows[start : start + BATCH])


def _day(instant: datetime, zone: str | None) -> date:
    return (instant.astimezone(_zone(zone)) - DAY_ENDS).date()


def _zone(name: str | None) -> tzinfo:
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, KeyError, OSError):  # the zone data no longer has it
        return UTC
