"""Storing a file as Parquet, whole or one part a period, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from monitor.errors import BatchError
from monitor.jobs.arrow_types import ROWS, rebatch, rows_at_once, to_frame
from monitor.jobs.instants import instants
from monitor.jobs.periods import Period, Unreadable, period_of, starts
from monitor.jobs.refusing import in_a_sentence, quote, refuse
from monitor.jobs.spilling import Spills
from monitor.jobs.table_file import TableFile
from monitor.terms import Cadence

Keep = Callable[[str], bool]  # says of a column, by its name, whether it is stored
Write = Callable[[pa.RecordBatch], None]

pq: Any = pyarrow.parquet

MOST_PERIODS = 10_000


def to_parquet(table: TableFile, path: Path, *, keep: Keep | None = None) -> int:
    """Streams the rows, in their settled types, into one Parquet file; returns how many."""
    schema = _kept(table, keep)
    rows = 0
    with _writer(path, schema) as write:
        for batch in table.batches():
            write(batch.select(schema.names))
            rows += batch.num_rows
    return rows


def partition(
    table: TableFile,
    *,
    timestamp: str,
    cadence: Cadence,
    folder: Path,
    keep: Keep | None = None,
) -> list[tuple[Period, Path, int]]:
    """One Parquet file a period with its number of rows, oldest first, rows in the file's order.

    Sorted or not, a bounded number of rows is held; the others wait in spill files in ``folder``.
    BatchError counts the timestamps that cannot be read, over the whole file.
    """
    schema = _kept(table, keep)
    with Spills(folder, schema) as spills:
        for batch, found in _timed(table, timestamp):
            spills.add(batch.select(schema.names), starts(found, cadence))
            if len(spills.rows) > MOST_PERIODS:
                raise _too_many(table, cadence)
        return [_part(spills, start, cadence, folder) for start in sorted(spills.rows)]


def _kept(table: TableFile, keep: Keep | None) -> pa.Schema:
    return pa.schema([field for field in table.schema if keep is None or keep(field.name)])


def _timed(table: TableFile, timestamp: str) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    """Pieces with their instants; a bad one ends them, and is raised once all are counted."""
    if timestamp not in table.columns:
        present = ", ".join(quote(column) for column in table.columns[:20])
        found = f"has no timestamp column {quote(timestamp)}"
        raise refuse(table.name, found, f"there is {present}")
    unreadable, rows = Unreadable(timestamp), 0
    for batch in table.batches():
        with in_a_sentence(table.name, table.format):
            values = to_frame(batch.select([timestamp]))[timestamp]
            read = instants(values)
        values.index = pd.RangeIndex(rows, rows + len(values))
        rows += len(values)
        unreadable = unreadable.and_in(values, read)
        if not unreadable.count:
            yield batch, read
    if unreadable.count:
        raise unreadable.error()


def _too_many(table: TableFile, cadence: Cadence) -> BatchError:
    found = f"spans more than {MOST_PERIODS:,} periods of one {cadence}"
    return refuse(table.name, found, "choose a longer cadence, or check its timestamps")


def _part(
    spills: Spills, start: np.datetime64, cadence: Cadence, folder: Path
) -> tuple[Period, Path, int]:
    period = period_of(pd.Timestamp(start, tz="UTC"), cadence)
    path = folder / f"{period.starts_at:%Y%m%dT%H%M%SZ}.parquet"
    size = rows_at_once(len(spills.schema), ROWS)
    with _writer(path, spills.schema) as write:
        for batch in rebatch(spills.take(start), spills.schema, size):
            write(batch)
    return period, path, spills.rows[start]


@contextmanager
def _writer(path: Path, schema: pa.Schema) -> Iterator[Write]:
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        yield lambda batch: writer.write_batch(batch, row_group_size=ROWS)
