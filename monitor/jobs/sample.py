"""A sample of the rows of a batch, or of the reference, as they were scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from monitor.errors import BatchError, RowsDeleted
from monitor.jobs.datasets import open_stored
from monitor.jobs.labels import read_late, with_late
from monitor.jobs.partitions import CHUNK_ROWS
from monitor.jobs.predictions import rows_of
from monitor.jobs.reading import open_table
from monitor.jobs.table_file import TableFile
from monitor.jobs.version import Version
from monitor.measures.rows import Ints, Rows
from monitor.models.convert import columns_of
from monitor.store import rows
from monitor.store.engine import Store

SAMPLE_ROWS = 20_000
ELSEWHERE = (
    "Rows of this batch were deleted here and not where its files lie: delete them there too, and "
    "add what is left as a new batch."
)
SEED = 1906  # the year of Student's sample of barley; any fixed number would do


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows chosen by chance, the same at every call, in the order of their file.

    ``rows`` are typed and scored, with the labels that have arrived; ``frame`` holds the same rows
    with the file's own columns, and ``ids`` their ids.  ``total`` counts the rows chosen from.
    """

    rows: Rows
    frame: pd.DataFrame
    ids: np.ndarray
    total: int


def sample_of(store: Store, version: Version, batch_id: int, *, most: int = SAMPLE_ROWS) -> Sample:
    """At most so many rows of a scored batch; NotFound where it was not scored or was removed,
    RowsDeleted where its rows are kept no longer."""
    with store.read() as connection:
        batch = rows.batch_with_rows(connection, batch_id)
        run = rows.run(connection, version.id, batch_id)
    if run.predictions_sha256 is None:
        raise BatchError(ELSEWHERE)
    sample = sample_from(
        open_stored(store.files.path(batch.file_sha256)),
        store.files.path(run.predictions_sha256),
        version,
        most=most,
    )
    if batch.labels_sha256 is None:
        return sample
    late = read_late(store.files.path(batch.labels_sha256), version.spec.classes)
    return replace(sample, rows=with_late(sample.ids, sample.rows, late))


def reference_sample(store: Store, version: Version, *, most: int = SAMPLE_ROWS) -> Sample | None:
    """The same of the reference; None where its rows or predictions are not kept."""
    if "reference_batch" in version.facts:
        with suppress(RowsDeleted):
            return sample_of(store, version, version.facts["reference_batch"], most=most)
        return None
    if "reference_predictions_sha256" not in version.facts:
        return None
    file, predictions = (
        store.files.path(version.facts[f"reference_{name}"])
        for name in ("sha256", "predictions_sha256")
    )
    return _sampled_once(_Stored(version.id, file, predictions, most, version))


@dataclass(frozen=True, slots=True)
class _Stored:
    """A version's reference as stored; equal where its files are, which are named by content."""

    version_id: int
    file: Path
    predictions: Path
    most: int
    version: Version = field(compare=False)


@lru_cache(maxsize=4)
def _sampled_once(stored: _Stored) -> Sample:
    """Every batch of a version is compared with the same rows, so that they are read once."""
    table = open_table(stored.file, name=stored.file.name)
    return sample_from(table, stored.predictions, stored.version, most=stored.most)


def sample_from(table: TableFile, predictions: Path, version: Version, *, most: int) -> Sample:
    """At most so many rows of a table and of its predictions, which hold the same rows in the
    same order; BatchError where some were deleted from its predictions alone."""
    assert version.contract is not None
    scored = pq.ParquetFile(predictions)
    total = scored.metadata.num_rows
    if table.rows not in (None, total):
        raise BatchError(ELSEWHERE)
    chosen = _chosen(total, most)
    stored = _table(scored, chosen).to_pandas()
    frame = pd.concat(_taken(table.frames(CHUNK_ROWS), chosen), ignore_index=True)
    given = replace(rows_of(stored), columns=columns_of(frame, version.contract))
    return Sample(given, frame, stored["id"].to_numpy(dtype=object), total)


def _chosen(total: int, most: int) -> Ints:
    if total <= most:
        return np.arange(total)
    drawn = np.random.default_rng(SEED).choice(total, most, replace=False, shuffle=False)
    return np.sort(drawn)


def _table(scored: pq.ParquetFile, chosen: Ints) -> pa.Table:
    frames: Iterator[Any] = scored.iter_batches(CHUNK_ROWS)
    start, taken = 0, []
    for batch in frames:
        taken.append(pa.table(batch).take(_within(chosen, start, batch.num_rows)))
        start += batch.num_rows
    return pa.concat_tables(taken)


def _taken(frames: Iterable[pd.DataFrame], chosen: Ints) -> Iterator[pd.DataFrame]:
    start = 0
    for frame in frames:
        yield frame.iloc[_within(chosen, start, len(frame))]
        start += len(frame)


def _within(chosen: Ints, start: int, size: int) -> Ints:
    """Which of the chosen lie in a chunk, counted from its start."""
    first, last = np.searchsorted(chosen, (start, start + size))
    return chosen[first:last] - start
