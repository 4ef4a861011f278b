"""One version on one file: chunks go through predict into tallies, in constant memory."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa

from monitor.jobs.partitions import (
    CHUNK_ROWS,
    Counted,
    Partition,
    Predictor,
    count,
    opened,
    partitions_of,
)
from monitor.jobs.predictions import PredictionsFile
from monitor.jobs.repeated_ids import Ids as Ids
from monitor.jobs.table_file import TableFile
from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import Tally
from monitor.models.contract import Contract
from monitor.models.convert import to_rows
from monitor.models.spec import Spec

LAYOUT_ROWS = 1_000_000  # bins are placed from at most so many rows of the reference


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
    parts: Sequence[Partition] | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> Evaluation:
    """Scores the file and counts it; the predictions, joinable by id, are written to ``keep``.

    ``parts`` are the file's partitions, or those that it lists.

    ``progress`` is told the share done after each chunk, and may raise to stop the work.
    """
    started = time.perf_counter()
    total: Counted | None = None
    parts = partitions_of(str(path)) if parts is None else parts
    size = sum(part.rows or 0 for part in parts)
    with PredictionsFile(keep) as predictions, Ids() as ids:

        def write(chunk_ids: pa.Array, rows: Rows) -> None:
            predictions.write(chunk_ids, rows)
            ids.add(chunk_ids)

        for part in parts:
            before = total.rows if total else 0
            with opened(part) as table:
                found = count(
                    table,
                    runner,
                    spec=spec,
                    contract=contract,
                    layout=layout,
                    offset=part.offset,
                    write=write,
                    progress=lambda done, start=before: progress(  # type: ignore[misc]
                        min((start + done) / (size or start + done or 1), 1.0)
                    ),
                )
            total = found if total is None else total + found
        repeated = ids.repeated
    total = total or Counted(Tally.zero(layout), 0, 0, 0.0)
    return evaluated(total, repeated, started=started, peak_bytes=runner.peak_bytes)


def evaluated(total: Counted, repeated: int, *, started: float, peak_bytes: int) -> Evaluation:
    """With what it cost since ``started``, by ``time.perf_counter``."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + peak_bytes / 1e6
    spent = time.perf_counter() - started
    service = Service(total.rows, spent, total.predict_seconds, peak)
    return Evaluation(total.tally, total.labelled, repeated, service)
