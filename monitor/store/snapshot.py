"""The whole database as one Parquet file a table, from either database and into either."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Float,
    LargeBinary,
    MetaData,
    Table,
    Text,
    cast,
    delete,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.types import TypeEngine, UserDefinedType

from monitor.store.migrate import config_for
from monitor.store.tables import UtcDateTime, metadata

CHUNK_ROWS = 20_000
NUMBERS: dict[pa.DataType, TypeEngine[Any]] = {pa.int64(): BigInteger(), pa.float64(): Float()}


class JsonText(UserDefinedType[str]):
    """JSON as the text it is stored as."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSON"


def write_tables(connection: Connection, folder: Path) -> dict[str, int]:
    """One file a table, NAME.parquet; the rows of each, parents before children."""
    return {
        table.name: _write(connection, table, folder / f"{table.name}.parquet")
        for table in metadata.sorted_tables
    }


def _write(connection: Connection, table: Table, path: Path) -> int:
    schema = pa.schema([_field(column) for column in table.c])
    rows = 0
    query = select(*[_plain(column) for column in table.c]).order_by(*table.primary_key)
    streamed = connection.execution_options(yield_per=CHUNK_ROWS).execute(query)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in streamed.partitions():
            columns = zip(*part, strict=True)
            arrays = [
                pa.array(list(values), field.type)
                for values, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.table(arrays, schema=schema))
            rows += len(part)
    return rows


def _plain(column: Column[Any]) -> Any:
    """JSON is taken as the text it is, so that it comes back letter by letter."""
    return cast(column, Text).label(column.name) if isinstance(column.type, JSON) else column


def _field(column: Column[Any]) -> pa.Field:
    kinds = {
        "json": (pa.string(), JSON),
        "instant": (pa.timestamp("us", tz="UTC"), UtcDateTime),
        "bytes": (pa.large_binary(), LargeBinary),
    }
    for kind, (arrow, type_) in kinds.items():
        if isinstance(column.type, type_):
            return pa.field(column.name, arrow, metadata={"kind": kind})
    python = column.type.python_type
    arrow = {int: pa.int64(), float: pa.float64(), str: pa.string()}[python]
    return pa.field(column.name, arrow, metadata={"kind": "plain"})


def read_tables(connection: Connection, folder: Path, *, revision: str) -> None:
    """Fills an empty database with the tables as they were at that revision, and brings it to the
    newest."""
    from alembic import command

    command.upgrade(config_for(connection), revision)
    there = {path.stem: path for path in folder.glob("*.parquet")}
    order = [table.name for table in metadata.sorted_tables if table.name in there]
    for name in [*order, *sorted(there.keys() - set(order))]:
        _read(connection, name, there[name])
    command.upgrade(config_for(connection), "head")


def _read(connection: Connection, name: str, path: Path) -> None:
    file = pq.ParquetFile(path)
    table = Table(name, MetaData(), *[Column(f.name, _type(f)) for f in file.schema_arrow])
    connection.execute(delete(table))  # what the migrations put in
    for batch in file.iter_batches(CHUNK_ROWS):
        if batch.num_rows:
            connection.execute(insert(table), batch.to_pylist())
    if connection.dialect.name == "postgresql" and "id" in table.c:
        _go_on_counting(connection, table)


def _type(field: pa.Field) -> TypeEngine[Any]:
    kind = (field.metadata or {}).get(b"kind", b"plain").decode()
    known: dict[str, TypeEngine[Any]] = {
        "json": JsonText(),
        "instant": UtcDateTime(),
        "bytes": LargeBinary(),
    }
    return known.get(kind) or NUMBERS.get(field.type, Text())


def _go_on_counting(connection: Connection, table: Table) -> None:
    """PostgreSQL numbers rows by a counter of its own, which inserted numbers do not move."""
    counter = connection.scalar(
        text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table.name}
    )
    newest = connection.scalar(select(func.max(table.c.id)))
    if counter is not None and newest is not None:
        values = {"counter": counter, "newest": newest}
        connection.execute(text("SELECT setval(:counter, :newest)"), values)
