"""The stored predictions of a run: what late labels are joined to, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from monitor.measures.groupings import Coded
from monitor.measures.rows import Rows

CHUNK_ROWS = 65_536


class PredictionsFile:
    """Writes a Parquet file: id, prediction, actual, weight, score:k and group:attribute."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> PredictionsFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, ids: pa.Array, rows: Rows) -> None:
        self.append(_table(ids, rows))

    def append(self, table: pa.Table) -> None:
        """Rows that are in the columns of this file already."""
        if self._writer is None:
            self._writer = _writer(self._path, table.schema)
        self._writer.write_table(table.cast(self._writer.schema))


def _writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Dictionaries for labels and groups alone: ids and scores hardly repeat.  They are texts to
    whoever reads them; all is read, so that extremes of each column would serve nobody."""
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        use_dictionary=[one.name for one in schema if _repeats(one)],
        write_statistics=False,
        store_schema=False,
    )


def _repeats(field: pa.Field) -> bool:
    return field.name != "id" and not pa.types.is_floating(field.type)


def _table(ids: pa.Array, rows: Rows) -> pa.Table:
    columns: dict[str, pa.Array] = {"id": ids.cast(pa.string())}
    for name, values in (("prediction", rows.predicted), ("actual", rows.actual)):
        if values is not None:
            columns[name] = _typed(values)
    if rows.weight is not None:
        columns["weight"] = pa.array(rows.weight, pa.float64())
    if rows.scores is not None:
        for k in range(rows.scores.shape[1]):
            columns[f"score:{k}"] = pa.array(rows.scores[:, k], pa.float64())
    for attribute, groups in rows.groups.items():
        columns[f"group:{attribute}"] = _typed(groups)
    return pa.table(columns)


def _typed(values: Any) -> pa.Array:
    if isinstance(values, Coded):
        return values.array()
    if values.dtype == object:
        return pa.array(values, pa.string(), from_pandas=True)
    return pa.array(values, pa.float64())


def read_predictions(path: Path) -> Iterator[tuple[np.ndarray, Rows]]:
    """Chunks of (ids as text, rows without feature columns), as they were written."""
    for batch in pq.ParquetFile(path).iter_batches(CHUNK_ROWS):
        frame = batch.to_pandas()
        yield frame["id"].to_numpy(dtype=object), rows_of(frame)


def read_ids(path: Path) -> np.ndarray:
    """The ids alone, as text."""
    ids = pq.read_table(path, columns=["id"])["id"]
    return np.asarray(ids.to_pandas(), dtype=object)


def rows_of(frame: pd.DataFrame) -> Rows:
    """Stored predictions as rows without feature columns."""
    scores = [name for name in frame.columns if name.startswith("score:")]
    groups = [name for name in frame.columns if name.startswith("group:")]
    return Rows(
        columns={},
        groups={name.removeprefix("group:"): _text(frame[name]) for name in groups},
        predicted=_values(frame, "prediction"),
        actual=_values(frame, "actual"),
        scores=frame[scores].to_numpy(dtype="float64") if scores else None,
        weight=frame["weight"].to_numpy() if "weight" in frame else None,
        n=len(frame),
    )


def _values(frame: pd.DataFrame, name: str) -> np.ndarray | None:
    if name not in frame:
        return None
    if pd.api.types.is_float_dtype(frame[name]):
        return frame[name].to_numpy(dtype="float64")
    return _text(frame[name])


def _text(column: pd.Series) -> np.ndarray:
    values = column.to_numpy(dtype=object, copy=True)
    values[pd.isna(values)] = None
    return values
