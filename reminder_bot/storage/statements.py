"""Statements that differ between SQLite and PostgreSQL: upserts, many rows at once, the time.

Many rows are written by one statement. On PostgreSQL each column is passed as one array, because a
statement for each row costs several times the processor time on both sides. On SQLite the driver
runs one prepared statement for each row inside the process, which is equally fast; it gets the
values directly, because SQLAlchemy's own way takes twice the time.

Statements are built once, with named parameters, because building a statement takes several times
as long as executing it. Where the SQL of the databases differs, an expression is compiled
differently for each, so that one constant serves both.

An INSERT or UPDATE without `values` writes the columns that its parameters name. Therefore the
parameters of an UPDATE's condition never have the name of a column, for example `of_check_in`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Interval,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    column,
    func,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from reminder_bot.storage.tables import Instant

__all__ = [
    "among",
    "among_rows",
    "insert_into",
    "insert_new",
    "insert_or_leave",
    "time_after",
    "update_rows",
]

_SQLITE = sqlite_dialect()
Row = Mapping[str, Any]
Condition = Callable[[Table, Mapping[str, ColumnElement[Any]]], ColumnElement[bool]]


class _Ids(TypeDecorator[Iterable[int]]):
    """Any number of integers as one parameter: an array on PostgreSQL, a JSON text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(BigInteger()))

    def process_bind_param(self, value: Iterable[int] | None, dialect: Dialect) -> Any:
        numbers = list(value or ())
        if wrong := [each for each in numbers if type(each) is not int]:
            raise ValueError(f"ids are whole numbers, not {type(wrong[0]).__name__}")
        return f"[{','.join(map(str, numbers))}]" if dialect.name == "sqlite" else numbers


class _Among(FunctionElement[bool]):
    # It has no Boolean type, because that would be rendered as `(… IN …) = 1` on SQLite, and SQLite
    # would not use an index for it.
    inherit_cache = True


def among(column_: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether an integer column is one of the integers in the parameter `name`."""
    return _Among(column_, bindparam(name, type_=_Ids()))


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    column_, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column_} IN (SELECT value FROM json_each({ids}))"  # noqa: S608  (names, no values)


@compiles(_Among, "postgresql")
def _among_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    column_, ids = (compiler.process(each, **options) for each in element.clauses)
    return f"{column_} = ANY ({ids})"


class _AmongRows(FunctionElement[bool]):
    inherit_cache = True


def among_rows(columns: Sequence[ColumnElement[Any]], names: Sequence[str]) -> ColumnElement[bool]:
    """Whether integer columns are one of the rows in some parameters.

    Each parameter holds the integers of one column, in the order of the rows.
    """
    return _AmongRows(*columns, *(bindparam(name, type_=_Ids()) for name in names))


def _columns_and_arrays(element: Any, compiler: Any, options: Any) -> tuple[str, list[str]]:
    parts = [compiler.process(each, **options) for each in element.clauses]
    half = len(parts) // 2
    return f"({', '.join(parts[:half])})", parts[half:]


@compiles(_AmongRows, "sqlite")
def _among_rows_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    columns, (first, *others) = _columns_and_arrays(element, compiler, options)
    values = ["value", *(f"json_extract({each}, '$[' || key || ']')" for each in others)]
    return f"{columns} IN (SELECT {', '.join(values)} FROM json_each({first}))"  # noqa: S608


@compiles(_AmongRows, "postgresql")
def _among_rows_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    columns, arrays = _columns_and_arrays(element, compiler, options)
    return f"{columns} IN (SELECT * FROM unnest({', '.join(arrays)}))"  # noqa: S608


class _After(TypeDecorator[tuple[datetime, timedelta]]):
    """The (now, after) of `time_after`: SQLite gets their sum, PostgreSQL only `after`."""

    impl = Interval
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Instant() if dialect.name == "sqlite" else Interval())

    def process_bind_param(self, value: tuple[datetime, timedelta] | None, dialect: Dialect) -> Any:
        assert value is not None
        now, after = value
        return now + after if dialect.name == "sqlite" else after


class _TimeAfter(FunctionElement[datetime]):
    type = Instant()
    inherit_cache = True


def time_after(name: str) -> ColumnElement[datetime]:
    """The instant `after` from now, for (now, after) in the parameter `name`.

    By PostgreSQL's clock, because the clocks of several replicas may differ and the server has one;
    from the caller's `now` on SQLite.
    """
    return _TimeAfter(bindparam(name, type_=_After()))


@compiles(_TimeAfter, "sqlite")
def _time_after_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    (instant,) = (compiler.process(each, **options) for each in element.clauses)
    return str(instant)


@compiles(_TimeAfter, "postgresql")
def _time_after_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    (after,) = (compiler.process(each, **options) for each in element.clauses)
    return f"clock_timestamp() + {after}"


def insert_into(dialect: str, table: Table) -> Any:
    """The INSERT of a dialect that supports ON CONFLICT."""
    return insert_sqlite(table) if dialect == "sqlite" else insert_postgresql(table)


def insert_or_leave(connection: Connection, table: Table) -> Any:
    """An INSERT that does nothing if the row exists; its values are the parameters."""
    return _insert_or_leave(connection.dialect.name, table)


@lru_cache
def _insert_or_leave(dialect: str, table: Table) -> Any:
    return insert_into(dialect, table).on_conflict_do_nothing()


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns.

    A row that exists already, by any unique key, stays as it is. Columns that the rows leave out
    get the default of the database.
    """
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "sqlite":
        _execute_many(connection, _insert_row(table, names), rows)
        return
    connection.execute(_insert_arrays(table, names), _arrays(names, rows))


@lru_cache
def _insert_row(table: Table, names: tuple[str, ...]) -> Any:
    given = [bindparam(f"its_{name}", type_=table.c[name].type) for name in names]
    return (
        insert_sqlite(table)
        # Without WHERE, SQLite would take ON for the condition of a join.
        .from_select(list(names), select(*given).where(true()), include_defaults=False)
        .on_conflict_do_nothing()
    )


@lru_cache
def _insert_arrays(table: Table, names: tuple[str, ...]) -> Any:
    given = _given({name: table.c[name].type for name in names})
    return (
        insert_postgresql(table)
        .from_select(list(names), select(*given.c), include_defaults=False)
        .on_conflict_do_nothing()
    )


def update_rows(
    connection: Connection,
    table: Table,
    rows: Sequence[Row],
    only: Condition | None = None,
    **beside: TypeEngine[Any],
) -> None:
    """Update rows, each {"id": …, column: value …} with the same keys, where `only` holds.

    only: builds a condition from the table and the values of a row, by key. It is called once and
    its statement is kept, so it is a function of a module and no lambda.
    beside: keys that are not columns and that only the condition uses, with their types.
    """
    if not rows:
        return
    names = tuple(rows[0])
    statement = _update_rows(connection.dialect.name, table, names, only, tuple(beside.items()))
    if connection.dialect.name == "sqlite":
        _execute_many(connection, statement, rows)
    else:
        connection.execute(statement, _arrays(names, rows))


@lru_cache
def _update_rows(
    dialect: str,
    table: Table,
    names: tuple[str, ...],
    only: Condition | None,
    beside: tuple[tuple[str, TypeEngine[Any]], ...],
) -> Any:
    others = dict(beside)
    types = {name: others[name] if name in others else table.c[name].type for name in names}
    if dialect == "sqlite":
        # Prefixed, because UPDATE reserves the column names for its own parameters.
        given = {name: bindparam(f"its_{name}", type_=type_) for name, type_ in types.items()}
    else:
        given = dict(_given(types).c)
    is_right = true() if only is None else only(table, given)
    changed = [name for name in names if name != "id" and name not in others]
    return (
        update(table)
        .where(table.c.id == given["id"], is_right)
        .values({name: given[name] for name in changed})
    )


def _execute_many(connection: Connection, statement: Any, rows: Sequence[Row]) -> None:
    """Execute a statement once for each row, on SQLite. Its parameters are `its_` and a name."""
    sql, columns = _prepared(statement)
    values = zip(*(column(rows) for column in columns), strict=True)
    connection.exec_driver_sql(sql, list(values))


@lru_cache
def _prepared(statement: Any) -> tuple[str, list[Callable[..., list[Any]]]]:
    """The SQL, and for each of its parameters a function from rows to the driver's values."""
    compiled = statement.compile(dialect=_SQLITE)
    columns: list[Callable[..., list[Any]]] = []
    for key in compiled.positiontup:
        bound = compiled.binds[key]
        process = bound.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)
        if key.startswith("its_"):
            columns.append(partial(_column, key.removeprefix("its_"), process))
        else:  # a constant of the statement
            value = bound.value if process is None else process(bound.value)
            columns.append(partial(_repeated, value))
    return str(compiled), columns


def _column(name: str, process: Callable[[Any], Any] | None, rows: Sequence[Row]) -> list[Any]:
    if process is None:
        return [row[name] for row in rows]
    return [process(row[name]) for row in rows]


def _repeated(value: Any, rows: Sequence[Row]) -> list[Any]:
    return [value] * len(rows)


def _given(types: Mapping[str, TypeEngine[Any]]) -> Any:
    """The rows of a call as a table expression: `unnest` of one array for each column."""
    arrays = [bindparam(f"its_{name}", type_=ARRAY(type_)) for name, type_ in types.items()]
    columns = [column(name, type_) for name, type_ in types.items()]
    return func.unnest(*arrays).table_valued(*columns, name="given").render_derived()


def _arrays(names: Iterable[str], rows: Sequence[Row]) -> dict[str, list[Any]]:
    return {f"its_{name}": [row[name] for row in rows] for name in names}
