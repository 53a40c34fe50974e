"""What the two databases are told differently: rows that may be there already, many rows at once,
the time.

Many rows go in one statement. On PostgreSQL each column is one array: a statement a row costs
several times the processor time, on both sides. SQLite's driver runs one prepared statement row by
row without leaving the process, which is as good there.
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
    """The instant `after` from now: by the database's clock where processes share one, for
    theirs may differ.
    """
    if connection.dialect.name == "postgresql":
        return func.clock_timestamp() + after
    return literal(now + after, Instant)


def insert_into(connection: Connection, table: Table) -> Any:
    """The database's own INSERT, which can say what to do about a row that is there already."""
    return insert_sqlite(table) if connection.dialect.name == "sqlite" else insert_postgresql(table)


def insert_or_leave(connection: Connection, table: Table) -> Any:
    """An INSERT that leaves a row alone that is there already."""
    return insert_into(connection, table).on_conflict_do_nothing()


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that have the same columns; one that is there already, by any unique key,
    stays as it is.
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
    """Set columns of rows, each {"id": …, column: value …} with the same names, where `only` holds.

    beside: what a row brings that is no column, with its type; `only` is given all that a row
    brings.
    """
    if not rows:
        return
    types = {name: beside.get(name) or table.c[name].type for name in rows[0]}
    changed = [name for name in types if name != "id" and name not in beside]
    if connection.dialect.name == "sqlite":
        # A name of its own: the column's belongs to the statement.
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
    """Whether a column of numbers holds one of these: one parameter, however many they are."""
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
    """Whether two columns of numbers hold one of these pairs: one parameter a column at most."""
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
    """The rows of a call as a table: `unnest` of one array a column."""
    arrays = [bindparam(f"its_{name}", type_=ARRAY(type_)) for name, type_ in types.items()]
    columns = [column(name, type_) for name, type_ in types.items()]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def _arrays(types: Mapping[str, TypeEngine[Any]], rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {f"its_{name}": [row[name] for row in rows] for name in types}
