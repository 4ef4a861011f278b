"""Batches whose rows stay where they lie: the store keeps a list of their files, and no row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from monitor.errors import BatchError
from monitor.jobs.arrow_types import Contents
from monitor.jobs.partitions import Partition, opened, partitions_of
from monitor.jobs.reading import open_table
from monitor.jobs.table_file import TableFile
from monitor.store import places

pq: Any = pyarrow.parquet

# Stored files are written by us, without metadata of their owner's, so no upload can say this.
MARK = {b"fairwatch": b"dataset"}
SCHEMA = pa.schema(
    {
        "uri": pa.string(),
        "size_bytes": pa.int64(),
        "changed": pa.int64(),
        "rows": pa.int64(),
    },
    metadata=MARK,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of a dataset as it was when it was received; ``changed`` as in ``places.Entry``."""

    uri: str
    size_bytes: int
    changed: int
    rows: int


def save(files: Sequence[Listed], path: Path) -> None:
    """Writes the list as the stored file of a batch."""
    columns = list(zip(*map(astuple, files), strict=True))
    arrays = [pa.array(column, kind.type) for column, kind in zip(columns, SCHEMA, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), path)


def files_of(path: Path) -> tuple[Listed, ...] | None:
    """What a stored file lists; None where it holds rows itself."""
    with suppress(pa.ArrowInvalid):
        found = pq.read_schema(path).metadata or {}
        if MARK.items() <= found.items():
            return tuple(Listed(**row) for row in pq.read_table(path).to_pylist())
    return None


def parts_of(path: Path) -> tuple[Partition, ...]:
    """The partitions of a stored file, those of a dataset file by file in the order of its list.

    BatchError where a file of a dataset has changed since it was received.
    """
    files = files_of(path)
    if files is None:
        return partitions_of(str(path))
    return tuple(chain.from_iterable(_parts(files)))


def _parts(files: Sequence[Listed]) -> Iterator[tuple[Partition, ...]]:
    offset = 0
    for file in files:
        _check(file)
        yield tuple(
            part if part.rows is not None else Partition(part.uri, None, offset, file.rows)
            for part in partitions_of(file.uri, offset=offset)
        )
        offset += file.rows


def _check(file: Listed) -> None:
    now = places.entry(file.uri)
    if (now.size_bytes, now.changed) != (file.size_bytes, file.changed):
        raise BatchError(
            f"{places.shown(file.uri)} has changed since it was received: "
            f"put the file back, or add the data again under another name."
        )


def open_stored(path: Path) -> TableFile:
    """The rows of a stored file, those of a dataset one file after the other."""
    if files_of(path) is None:
        return open_table(path, name=path.name)
    parts = parts_of(path)
    with opened(parts[0]) as first:
        schema = first.schema

    def read(size: int) -> Iterator[pa.RecordBatch]:
        for part in parts:
            with opened(part) as table:
                yield from table.contents.read(size)

    rows = sum(part.rows or 0 for part in parts)
    return TableFile(path, "dataset", "dataset", Contents(schema, rows, read))
