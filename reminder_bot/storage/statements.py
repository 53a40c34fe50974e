"""Statements that differ between SQLite and PostgreSQL: upserts, many rows at once, the time.

Many rows are written by one statement. On PostgreSQL each column is passed as one array, because a
statement for each row costs several times the processor time on both sides. On SQLite the driver
runs one prepared statement for each row inside the process, which is equally fast.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    column,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.types import TypeEngine

from reminder_bot.storage.tables import Instant

__all__ = [
    "among",
    "among_pairs",
    "insert_into",
    "insert_new",
    "insert_or_leave",
    "time_of",
    "update_rows",
]

Row = Mapping[str, Any]


def time_of(
    connection: Connection, now: datetime, after: timedelta = timedelta(0)
) -> ColumnElement[datetime]:
    """The instant `after` from now: by PostgreSQL's clock, or the caller's `now` on SQLite.

    The clocks of several replicas may differ; the server has one.
    """
    if connection.dialect.name == "postgresql":
        return func.clock_timestamp() + after
    return literal(now + after, Instant)


def insert_into(connection: Connection, table: Table) -> Any:
    """The INSERT of the database's dialect, which supports ON CONFLICT."""
    return insert_sqlite(table) if connection.dialect.name == "sqlite" else insert_postgresql(table)


def insert_or_leave(connection: Connection, table: Table) -> Any:
    """An INSERT that does nothing if the row exists."""
    return insert_into(connection, table).on_conflict_do_nothing()


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns.

    A row that exists already, by any unique key, stays as it is.
    """
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        connection.execute(insert_or_leave(connection, table), [dict(row) for row in rows])
        return
    types = {name: table.c[name].type for name in rows[0]}
    given = _given(types)
    statement = insert_or_leave(connection, table).from_select(
        list(types), select(*given.c), include_defaults=False
    )
    connection.execute(statement, _arrays(types, rows))


def update_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    only: Callable[[Mapping[str, ColumnElement[Any]]], ColumnElement[bool]] = lambda _: true(),
    **beside: TypeEngine[Any],
) -> None:
    """Update rows, each {"id": …, column: value …} with the same keys, where `only` holds.

    only: a condition built from the values of a row, by key.
    beside: keys that are not columns and that only the condition uses, with their types.
    """
    if not rows:
        return
    types = {name: beside.get(name) or table.c[name].type for name in rows[0]}
    changed = [name for name in types if name != "id" and name not in beside]
    if connection.dialect.name == "sqlite":
        # Prefixed, because UPDATE reserves the column names for its own parameters.
        own = {name: bindparam(f"its_{name}", type_=type_) for name, type_ in types.items()}
        statement = (
            update(table)
            .where(table.c.id == own["id"], only(own))
            .values({each: own[each] for each in changed})
        )
        connection.execute(
            statement, [{f"its_{name}": row[name] for name in types} for row in rows]
        )
        return
    given = _given(types)
    values = {name: given.c[name] for name in changed}
    statement = update(table).where(table.c.id == given.c.id, only(given.c)).values(values)
    connection.execute(statement, _arrays(types, rows))


def among(
    connection: Connection, column_: ColumnElement[Any], ids: Iterable[int]
) -> ColumnElement[bool]:
    """Whether an integer column is one of `ids`, passed as one parameter for any number of them."""
    numbers = list(ids)
    if connection.dialect.name == "sqlite":
        each = func.json_each(f"[{','.join(map(str, numbers))}]").table_valued("value")
        return column_.in_(select(each.c.value))
    return column_ == func.any(bindparam(None, numbers, type_=ARRAY(BigInteger)))


def among_pairs(
    connection: Connection,
    columns: tuple[ColumnElement[Any], ColumnElement[Any]],
    pairs: Iterable[tuple[int, int]],
) -> ColumnElement[bool]:
    """Whether two integer columns are one of `pairs`, passed as at most one parameter a column."""
    both = list(pairs)
    if connection.dialect.name == "sqlite":
        each = func.json_each(
            f"[{','.join(f'[{one},{other}]' for one, other in both)}]"
        ).table_valued("value")
        ones = [func.json_extract(each.c.value, path) for path in ("$[0]", "$[1]")]
        return tuple_(*columns).in_(select(*ones).select_from(each))
    sides = ([one for one, _ in both], [other for _, other in both])
    arrays = [bindparam(None, side, type_=ARRAY(BigInteger)) for side in sides]
    given = (
        func.unnest(*arrays)
        .table_valued(column("one"), column("other"), name="given")
        .render_derived()
    )
    return tuple_(*columns).in_(select(given.c.one, given.c.other))


def _given(types: Mapping[str, TypeEngine[Any]]) -> Any:
    """The rows of a call as a table expression: `unnest` of one array for each column."""
    arrays = [bindparam(f"its_{name}", type_=ARRAY(type_)) for name, type_ in types.items()]
    columns = [column(name, type_) for name, type_ in types.items()]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def _arrays(types: Mapping[str, TypeEngine[Any]], rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {f"its_{name}": [row[name] for row in rows] for name in types}
