"""Many rows at once, without what SQLAlchemy makes of every row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert


def insert_many(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Inserts rows of types that the driver knows, their values in the order of ``columns``, which
    must name every column that has a default in ``table``."""
    if not rows:
        return
    statement, order = _statement(connection.dialect, table, tuple(columns))
    if order is None:
        named = [dict(zip(columns, row, strict=True)) for row in rows]
        connection.exec_driver_sql(statement, named)
    else:
        connection.exec_driver_sql(statement, list(map(itemgetter(*order), rows)))


@lru_cache(maxsize=8)
def _statement(
    dialect: Dialect, table: Table, columns: tuple[str, ...]
) -> tuple[str, tuple[int, ...] | None]:
    """The text, and the places of the values it wants; None where it wants them by name."""
    compiled = insert(table).compile(dialect=dialect, column_keys=list(columns))
    if compiled.positiontup is None:
        return str(compiled), None
    return str(compiled), tuple(columns.index(name) for name in compiled.positiontup)
