"""Care: the goal for water may be a limit, from a day on, and a user may want to see no numbers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("habits", _flag("is_limit"))
    op.add_column("terms", _flag("is_limit"))
    op.add_column("users", _flag("is_without_numbers"))


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
