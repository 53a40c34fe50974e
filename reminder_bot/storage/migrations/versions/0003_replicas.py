"""What replicas on one database share: who leads, and how much of the token's rate is spent."""

import sqlalchemy as sa
from alembic import op

from reminder_bot.storage.tables import Instant

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("leased_until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "budgets",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("next_unpaid_at", Instant(), nullable=False),
        sa.Column("halted_until", Instant()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_budgets")),
    )
