"""Everything that is stored about one user, table by table."""

from typing import Any

from sqlalchemy import Connection, select

from reminder_bot.storage.tables import metadata, users

__all__ = ["list_rows"]


def list_rows(connection: Connection, user_id: int) -> dict[str, list[dict[str, Any]]]:
    """The rows about a user by table, `users` first; tables without a user_id are left out."""
    tables = [users, *(table for table in metadata.sorted_tables if "user_id" in table.c)]
    found: dict[str, list[dict[str, Any]]] = {}
    for table in tables:
        owner = table.c.id if table is users else table.c.user_id
        rows = connection.execute(
            select(table).where(owner == user_id).order_by(*table.primary_key.columns)
        )
        found[table.name] = [dict(row) for row in rows.mappings()]
    return found
