"""Parts of a batch that can be counted apart from each other, wherever there is a processor."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from monitor.jobs.ahead import Predicted, ahead, at_once
from monitor.jobs.parquet_files import open_parquet
from monitor.jobs.reading import open_table
from monitor.jobs.refusing import safe_name
from monitor.jobs.table_file import TableFile
from monitor.measures.groupings import Coded
from monitor.measures.layout import Layout
from monitor.measures.rows import Rows
from monitor.measures.tally import Tally, tally
from monitor.models.chunk import Frame, as_series
from monitor.models.chunk import Rows as Given
from monitor.models.contract import Contract
from monitor.models.convert import coded_rows
from monitor.models.kinds import Kind
from monitor.models.labels import labels
from monitor.models.spec import Spec
from monitor.store import places

pq: Any = pyarrow.parquet

CHUNK_ROWS = 32_768
SCORED_ROWS = 4 * CHUNK_ROWS  # of a file that holds its scores: there is no model's process
PARTITION_ROWS = 8 * CHUNK_ROWS
MODEL_ROWS = -(-PARTITION_ROWS // 6)  # four pieces take 40 MB more for 3 % of the CPU seconds


class Predictor(Protocol):
    """Whatever predicts from rows, in the form it is given them; ``peak_bytes`` is its memory
    where it runs in a process of its own."""

    peak_bytes: int

    def predict(self, frame: Given) -> Given: ...


@dataclass(frozen=True, slots=True)
class Partition:
    """Row ``groups`` of a Parquet file, or with None a whole file of any format; ``offset`` rows of
    the batch stand before it, and it has ``rows``, None where nobody has counted them."""

    uri: str
    groups: tuple[int, ...] | None
    offset: int
    rows: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """What is known of a partition once it is counted; adding up in order is all that is left."""

    tally: Tally
    rows: int
    labelled: int
    predict_seconds: float

    def __add__(self, other: Counted) -> Counted:
        return Counted(
            self.tally + other.tally,
            self.rows + other.rows,
            self.labelled + other.labelled,
            self.predict_seconds + other.predict_seconds,
        )


def partitions_of(uri: str, *, offset: int = 0) -> tuple[Partition, ...]:
    """A Parquet file's row groups, so many together that they hold about 262 144 rows; any other
    file is one partition.  The cut depends on the file alone, so that every engine adds up the same
    sums in the same order."""
    with places.told(uri), places.opened(uri) as stream:
        if stream.read(4) != b"PAR1":
            return (Partition(uri, None, offset, None),)
        found = pq.ParquetFile(stream, pre_buffer=False).metadata
        sizes = [found.row_group(k).num_rows for k in range(found.num_row_groups)]
    return tuple(_cut(uri, sizes, offset)) or (Partition(uri, None, offset, 0),)


def _cut(uri: str, sizes: list[int], offset: int) -> Iterator[Partition]:
    groups: list[int] = []
    rows = 0
    for number, size in enumerate(sizes):
        if groups and rows + size > PARTITION_ROWS:
            yield Partition(uri, tuple(groups), offset, rows)
            offset, groups, rows = offset + rows, [], 0
        groups.append(number)
        rows += size
    if groups:
        yield Partition(uri, tuple(groups), offset, rows)


@contextmanager
def opened(partition: Partition, *, name: str = "") -> Iterator[TableFile]:
    """The partition as a table; what cannot be read in parts is copied here first."""
    uri, name = partition.uri, name or safe_name(places.shown(partition.uri))
    if partition.groups is not None:
        contents = open_parquet(uri, name=name, groups=partition.groups)
        yield TableFile(Path(uri), name, "Parquet", contents)
    elif not places.is_remote(uri):
        yield open_table(uri, name=name)
    else:
        with TemporaryDirectory(prefix="fairwatch-part-") as folder:
            copy = places.fetch(uri, Path(folder) / "part")
            yield open_table(copy, name=name)


def count(
    table: TableFile,
    runner: Predictor,
    *,
    spec: Spec,
    contract: Contract,
    layout: Layout,
    offset: int,
    write: Callable[[pa.Array, Rows], None],
    progress: Callable[[int], None] = lambda rows: None,
) -> Counted:
    """Scores the rows and counts them; ``write`` is given every chunk's ids and rows.

    ``progress`` is told the rows done after each chunk, and may raise to stop the work.
    """
    total, done, labelled, predicting = None, 0, 0, 0.0
    with closing(_predicted(table, runner, spec, contract)) as chunks:
        for one in chunks:
            rows = coded_rows(one.frame, one.predictions, spec=spec, contract=contract)
            found = tally(rows, layout)
            total = found if total is None else total + found
            write(row_ids(one.frame, spec, offset + done), rows)
            predicting += one.seconds
            labelled += known_labels(rows.actual)
            done += rows.n
            progress(done)
            del one, rows, found  # before the next chunk is read
    return Counted(total or Tally.zero(layout), done, labelled, predicting)


def _predicted(
    table: TableFile, runner: Predictor, spec: Spec, contract: Contract
) -> Generator[Predicted, None, None]:
    """Scores that are in the file are there at once; a model is asked ahead of the counting."""
    coded = _few_texts(contract)
    if spec.runner.kind == "columns":
        return at_once(table.chunks(SCORED_ROWS, coded=coded), runner.predict)
    return ahead(table.chunks(MODEL_ROWS, coded=coded), runner.predict)


def _few_texts(contract: Contract) -> list[str]:
    """The columns that models and measures take as texts of which there are few."""
    return [
        column.name
        for column in contract.columns.values()
        if column.categories and (column.kind is Kind.CATEGORICAL or column.dtype == "str")
    ]


def row_ids(frame: Frame, spec: Spec, offset: int) -> pa.Array:
    """The id column as text, null where missing, or whole numbers; or the row's number where the
    model has no id."""
    if spec.columns.id is None:
        return pa.array(np.arange(offset, offset + len(frame)))
    if spec.columns.id not in frame.columns:  # as if each were missing
        return pa.nulls(len(frame), pa.string())
    ids = frame[spec.columns.id]
    if isinstance(ids, pa.Array) and pa.types.is_integer(ids.type):
        return ids
    ids = as_series(ids)
    if isinstance(ids.dtype, np.dtype) and ids.dtype.kind in "iu":
        return pa.array(ids.to_numpy())  # as text they are what labels() says of them
    return pa.array(labels(ids), pa.string())


def known_labels(actual: np.ndarray | Coded | None) -> int:
    """How many rows have a label."""
    if actual is None:
        return 0
    if isinstance(actual, Coded):
        return int((actual.codes >= 0).sum())
    missing: np.ndarray = pd.isna(actual)
    return int((~missing).sum())
