"""Leases: work that only one of several replicas does at a time.

The clock of the PostgreSQL server decides, because the clocks of the replicas may differ.
"""

from datetime import timedelta

from sqlalchemy import Connection, delete, func, or_
from sqlalchemy.dialects.postgresql import insert

from reminder_bot.storage.tables import leases

__all__ = ["release_lease", "take_lease"]


def take_lease(connection: Connection, name: str, holder: str, length: timedelta) -> bool:
    """Acquire a lease or renew it; False while another holder has it. PostgreSQL only."""
    row = insert(leases).values(
        name=name, holder=holder, leased_until=func.clock_timestamp() + length
    )
    acquired = connection.execute(
        row.on_conflict_do_update(
            index_elements=[leases.c.name],
            set_={"holder": row.excluded.holder, "leased_until": row.excluded.leased_until},
            where=or_(leases.c.holder == holder, leases.c.leased_until < func.clock_timestamp()),
        )
    )
    return acquired.rowcount > 0


def release_lease(connection: Connection, name: str, holder: str) -> None:
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
