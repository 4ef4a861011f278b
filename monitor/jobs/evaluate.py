"""One version on one file: chunks go through predict into tallies, in constant memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from monitor.jobs.predictions import PredictionsFile
from monitor.jobs.reading import TableFile, open_table
from monitor.measures.layout import Layout, build_layout
from monitor.measures.tally import Tally, tally
from monitor.models.contract import Contract
from monitor.models.convert import to_rows
from monitor.models.labels import labels
from monitor.models.spec import Spec

CHUNK_ROWS = 65_536
LAYOUT_ROWS = 1_000_000  # bins are placed from at most so many rows of the reference


class Predictor(Protocol):
    """Whatever makes a frame of predictions from a frame of rows; ``peak_bytes`` is its memory
    where it runs in a process of its own."""

    peak_bytes: int

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame: ...


@dataclass(frozen=True, slots=True)
class Service:
    """What a run cost: wall seconds of all and of predict alone, and the peak
    memory of the worker and the model's process together."""

    rows: int
    seconds: float
    predict_seconds: float
    peak_memory_mb: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The tallies of one file, and how many of its rows came with a label or a repeated id."""

    tally: Tally
    labelled: int
    duplicate_ids: int
    service: Service


def place_bins(table: TableFile, runner: Predictor, *, spec: Spec, contract: Contract) -> Layout:
    """The layout made from a reference's first rows."""
    frames = list(islice(table.frames(CHUNK_ROWS), LAYOUT_ROWS // CHUNK_ROWS))
    predicted = pd.concat([runner.predict(frame) for frame in frames], ignore_index=True)
    whole = pd.concat(frames, ignore_index=True)
    return build_layout(
        to_rows(whole, predicted, spec=spec, contract=contract),
        task=spec.task,
        classes=spec.classes,
        positive=spec.outcome.positive,
        favourable=spec.outcome.favourable,
        favourable_range=spec.outcome.favourable_range,
        threshold=spec.outcome.threshold,
        attributes=tuple(feature.name for feature in spec.sensitive),
        segments=spec.columns.segments,
        reference_groups={
            feature.name: feature.reference for feature in spec.sensitive if feature.reference
        },
    )


def evaluate(
    path: Path,
    runner: Predictor,
    *,
    spec: Spec,
    contract: Contract,
    layout: Layout,
    keep: Path,
    progress: Callable[[float], None] = lambda share: None,
) -> Evaluation:
    """Scores the file and counts it; the predictions, joinable by id, are written to ``keep``.

    ``progress`` is told the share done after each chunk, and may raise to stop the work.
    """
    table = open_table(path, name=path.name)
    started, predicting = time.perf_counter(), 0.0
    total, done, labelled = Tally.zero(layout), 0, 0
    ids = _Ids()
    with PredictionsFile(keep) as predictions:
        for frame in table.frames(CHUNK_ROWS):
            begun = time.perf_counter()
            predicted = runner.predict(frame)
            predicting += time.perf_counter() - begun
            rows = to_rows(frame, predicted, spec=spec, contract=contract)
            total = total + tally(rows, layout)
            chunk_ids = row_ids(frame, spec, done)
            predictions.write(chunk_ids, rows)
            ids.add(chunk_ids)
            labelled += known_labels(rows.actual)
            done += len(frame)
            progress(min(done / (table.rows or done), 1.0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + runner.peak_bytes / 1e6
    service = Service(done, time.perf_counter() - started, predicting, peak)
    return Evaluation(total, labelled, ids.repeated, service)


def row_ids(frame: pd.DataFrame, spec: Spec, offset: int) -> np.ndarray:
    """The id column as text, or the row's number where the model has no id."""
    if spec.columns.id is None:
        return np.arange(offset, offset + len(frame)).astype(str).astype(object)
    ids = frame[spec.columns.id]
    if isinstance(ids.dtype, np.dtype) and ids.dtype.kind in "iu":
        # What labels() says of whole numbers, without a look at each of them.
        return ids.to_numpy().astype(str).astype(object)
    return labels(ids)


def known_labels(actual: np.ndarray | None) -> int:
    """How many rows have a label."""
    if actual is None:
        return 0
    missing: np.ndarray = pd.isna(actual)
    return int((~missing).sum())


class _Ids:
    """Counts ids seen before; eight bytes a row, so that large files fit."""

    def __init__(self) -> None:
        self._hashes: list[np.ndarray] = []

    def add(self, ids: np.ndarray) -> None:
        self._hashes.append(pd.util.hash_array(ids[~pd.isna(ids)], categorize=False))

    @property
    def repeated(self) -> int:
        """The rows that have the id of an earlier row."""
        seen = np.sort(np.concatenate(self._hashes)) if self._hashes else np.empty(0)
        return int((seen[1:] == seen[:-1]).sum())
