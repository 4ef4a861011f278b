"""Finding rows by their ids in stored files, and writing those files without them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
from numpy.typing import NDArray

from monitor.errors import BatchError
from monitor.jobs.arrow_types import ROWS, Contents, cast, settle
from monitor.jobs.reading import open_table, to_parquet
from monitor.jobs.table_file import TableFile
from monitor.models.labels import label, labels

pq: Any = pyarrow.parquet
pc: Any = pyarrow.compute

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RowIds:
    """Ids as they are compared: text, spelled as ``labels`` spells it."""

    texts: frozenset[str]

    @classmethod
    def of(cls, given: Collection[str]) -> RowIds:
        """Blank ones left out, as rows without an id are found by none."""
        return cls(frozenset(text for text in map(label, given) if text))

    def among(self, values: pa.Array) -> Bools:
        """Which values of a column are among them.

        >>> RowIds.of(["7", " b "]).among(pa.array([7.0, 8.0])).tolist()
        [True, False]
        """
        wanted = pa.array(sorted(self.texts), pa.large_string())
        if pa.types.is_integer(values.type):
            texts = values.cast(pa.large_string())
        elif pa.types.is_large_string(values.type):
            plain = pc.replace_substring(values, pattern="\0", replacement="")
            texts = pc.utf8_trim_whitespace(plain)
        else:
            texts = pa.array(labels(values.to_pandas()), pa.large_string())
        return np.asarray(pc.is_in(texts, value_set=wanted).to_numpy(zero_copy_only=False))


def found_in(path: Path, columns: Sequence[str], ids: RowIds) -> Bools | None:
    """Which rows of a stored file have one of the ids in one of the columns; None where it has
    none of the columns."""
    pieces = _pieces(path, columns)
    found = [
        np.logical_or.reduce([ids.among(piece.column(name)) for name in piece.schema.names])
        for piece in pieces
        if piece.num_columns
    ]
    return np.concatenate(found) if found else None


def _pieces(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The columns that there are, in the few types that we compute with."""
    if not _is_parquet(path):
        table = open_table(path, name=path.name)
        present = [name for name in columns if name in table.columns]
        yield from (piece.select(present) for piece in table.batches())
        return
    with pq.ParquetFile(path, pre_buffer=False) as file:
        present = [name for name in columns if name in file.schema_arrow.names]
        for piece in file.iter_batches(ROWS, columns=present):
            kinds = [settle(field, missing=False).type for field in piece.schema]
            values = [cast(piece.column(k), kind) for k, kind in enumerate(kinds)]
            yield pa.RecordBatch.from_arrays(values, names=present)


def has_ids(path: Path, columns: Sequence[str], ids: RowIds) -> bool:
    """Whether any kind of file that is kept holds a row with one of the ids; what is no table does
    not."""
    try:
        found = found_in(path, columns, ids)
    except (BatchError, pa.ArrowException):
        return False
    return found is not None and bool(found.any())


def write_without(path: Path, gone: Bools, target: Path) -> None:
    """The rows that are not ``gone``, in their order: Parquet in its own types, other formats as
    Parquet in the types they are read in."""
    if _is_parquet(path):
        _copy(path, gone, target)
    else:
        to_parquet(_without(open_table(path, name=path.name), gone), target)


def _copy(path: Path, gone: Bools, target: Path) -> None:
    with (
        pq.ParquetFile(path, pre_buffer=False) as file,
        pq.ParquetWriter(target, file.schema_arrow, compression="zstd") as writer,
    ):
        for piece in _left(file.iter_batches(ROWS), gone):
            writer.write_batch(piece)


def _without(table: TableFile, gone: Bools) -> TableFile:
    def read(size: int) -> Iterator[pa.RecordBatch]:
        return _left(table.contents.read(size), gone)

    return replace(table, contents=Contents(table.schema, int((~gone).sum()), read))


def _left(pieces: Iterator[pa.RecordBatch], gone: Bools) -> Iterator[pa.RecordBatch]:
    start = 0
    for piece in pieces:
        yield piece.filter(pa.array(~gone[start : start + piece.num_rows]))
        start += piece.num_rows


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"
