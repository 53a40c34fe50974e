"""A limit for water: the goal of a habit may be the most that somebody is allowed to drink."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"


def upgrade() -> None:
    op.add_column(
        "habits",
        sa.Column("is_limit", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
