"""Leases: work that only one of several replicas does at a time.

The clock of the PostgreSQL server decides, because the clocks of the replicas may differ.
"""

from datetime import timedelta

from sqlalchemy import Connection, Interval, bindparam, delete, func, or_
from sqlalchemy.dialects.postgresql import insert

from reminder_bot.storage.tables import leases

__all__ = ["acquire_lease", "release_lease"]


_ROW = insert(leases).values(
    leased_until=func.clock_timestamp() + bindparam("length", type_=Interval())
)
_ACQUIRE_LEASE = _ROW.on_conflict_do_update(
    index_elements=[leases.c.name],
    set_={"holder": _ROW.excluded.holder, "leased_until": _ROW.excluded.leased_until},
    where=or_(
        leases.c.holder == _ROW.excluded.holder, leases.c.leased_until < func.clock_timestamp()
    ),
)


def acquire_lease(connection: Connection, name: str, holder: str, length: timedelta) -> bool:
    """Acquire a lease or renew it; False while another holder has it. PostgreSQL only."""
    values = {"name": name, "holder": holder, "length": length}
    return connection.execute(_ACQUIRE_LEASE, values).rowcount > 0


def release_lease(connection: Connection, name: str, holder: str) -> None:
    connection.execute(delete(leases).where(leases.c.name == name, leases.c.holder == holder))
