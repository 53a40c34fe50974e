"""What a person can set: pauses, discretion, custom habits; what the bot says by itself besides
questions.
"""

import sqlalchemy as sa
from alembic import op

from reminder_bot.storage.tables import Id, Instant

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for column in (
        sa.Column("paused_until", Instant()),
        sa.Column("asked_since", Instant()),
        _flag("is_discreet"),
        _flag("is_tidy"),
        _flag("is_dark"),
        _flag("wants_infants"),
        sa.Column("unwanted_topics", sa.String(200), nullable=False, server_default=""),
        sa.Column("awaits", sa.String(60), nullable=False, server_default=""),
        sa.Column("awaits_message_id", sa.BigInteger()),
        sa.Column("awaits_until", Instant()),
    ):
        op.add_column("users", column)
    _partial_index("ix_users_paused_until", "users", "paused_until", "paused_until IS NOT NULL")
    op.add_column("habits", sa.Column("words", sa.String(60)))
    op.add_column("habits", sa.Column("removed_at", Instant()))
    op.add_column("check_ins", sa.Column("timer_minutes", sa.SmallInteger()))
    op.add_column("digests", sa.Column("first_day", sa.Date()))
    op.add_column("digests", sa.Column("suggestion", sa.String(80)))
    op.add_column("digests", sa.Column("file_id", sa.String(200)))
    op.create_table(
        "notices",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("send_after", Instant(), nullable=False),
        sa.Column("send_until", Instant(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("copies", sa.SmallInteger(), nullable=False),
        sa.Column("claimed_by", sa.String(32)),
        sa.Column("leased_until", Instant()),
        sa.Column("ambiguous_at", Instant()),
        sa.Column("sent_at", Instant()),
        sa.Column("message_id", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_notices_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "user_id", "kind", "due_at", name=op.f("uq_notices_user_id_kind_due_at")
        ),
    )
    _partial_index("ix_notices_planned", "notices", "send_after", "status = 'planned'")
    _partial_index("ix_notices_claimed", "notices", "leased_until", "status = 'claimed'")
    _partial_index("ix_notices_ambiguous", "notices", "ambiguous_at", "status = 'ambiguous'")
    op.create_table(
        "pauses",
        sa.Column("id", Id, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_pauses_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    op.create_index("ix_pauses_user_id_last_day", "pauses", ["user_id", "last_day"])


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _partial_index(name: str, table: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
