"""The job that joins late labels to stored predictions: nothing is scored again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from monitor.errors import PassingFault
from monitor.jobs.conclude import Decided, conclude, tally_from
from monitor.jobs.partitions import known_labels
from monitor.jobs.predictions import read_ids, read_predictions
from monitor.jobs.reading import open_table
from monitor.jobs.retention import check_kept, check_same
from monitor.jobs.sequence import advance
from monitor.jobs.version import Version, active_versions
from monitor.measures.layout import Layout
from monitor.measures.rows import Rows
from monitor.measures.tally import Outcomes, tally_outcomes
from monitor.models.labels import labels
from monitor.models.spec import Spec
from monitor.store import queue, results, rows, writes
from monitor.store.engine import Connection, Store
from monitor.terms import JobKind, Task

Late = pd.Series  # labels (text, or float for regression) indexed by row id (text), ids unique


@dataclass(frozen=True, slots=True)
class Match:
    """The labels that belong to one batch."""

    batch: Any
    runs: list[Any]
    late: Late


@dataclass(frozen=True, slots=True)
class Joined:
    """One batch with its labels: what is to be written, made before the database is held."""

    batch: Any
    labels_sha256: str
    outcomes: list[tuple[Version, Any, Outcomes, int]]  # of each run, with its labelled rows


def attach(
    store: Store,
    job: queue.Job,
    *,
    beat: Callable[[float], None],
    clock: Callable[[], datetime],
) -> None:
    """Joins the file's labels to every scored batch and measures the touched ones again.

    A file that is joined again, for batches that came after it, leaves alone those it was joined
    to before: newer files may have corrected them.
    """
    with store.read() as connection:
        file = rows.batch_with_rows(connection, job.batch_id)
        versions = active_versions(connection, job.model_id)
        runs = rows.scored_batches(connection, job.model_id)
    late, repeated = read_labels(store.files.path(file.file_sha256), versions[0].spec)
    matches, found = [], set[str]()
    for share, match in enumerate(_match(store, runs, late), start=1):
        matches.append(match)
        found.update(match.late.index)
        beat(min(0.5 * share / max(len(runs), 1), 0.5))
    known = file.notes.get("batches", ())
    fresh = [m for m in matches if m.batch.labels_sha256 is None or m.batch.name not in known]
    by_id = {version.id: version for version in versions}
    with store.files.scratch() as folder:
        joined = [_join(store, folder, match, by_id) for match in fresh]
    now = clock()
    with store.write() as connection:
        writes.hold_model(connection, job.model_id)
        queue.finish(connection, job, now=now)
        check_same(connection, file)
        check_kept(store, *(one.labels_sha256 for one in joined))
        decided = _decided(connection, joined, by_id)
        for one in joined:
            _replace(connection, one, decided, now)
        _advance(connection, joined, by_id, now)
        notes = {
            "labels": len(late),
            "matched": len(found),
            "unmatched": len(late) - len(found),
            "duplicate_ids": repeated,
            "batches": [m.batch.name for m in matches],
        }
        joined_notes = {"notes": {**file.notes, **notes}, "labelled": len(found)}
        rows.set_batch(connection, file.id, joined_notes)


def read_labels(path: Path, spec: Spec) -> tuple[Late, int]:
    """The file's labels by id, the last of several winning, and how many ids came again."""
    name, target = spec.columns.id, spec.columns.target
    assert name is not None
    assert target is not None
    frames = list(open_table(path, name=path.name).frames(65_536))
    table = pd.concat(frames, ignore_index=True)
    values = _values(table[target], spec.task)
    late = pd.Series(values, index=labels(table[name]))
    late = late[~pd.isna(late.index) & late.notna().to_numpy()]
    repeated = int(late.index.duplicated().sum())
    return late[~late.index.duplicated(keep="last")], repeated


def _values(column: pd.Series, task: Task) -> np.ndarray:
    if task is Task.REGRESSION:
        return pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64")
    return labels(column)


def _match(store: Store, scored: list[tuple[Any, list[Any]]], late: Late) -> list[Match]:
    matches = []
    for batch, runs in scored:
        ids = read_ids(store.files.path(runs[0].predictions_sha256))
        mine = late[late.index.isin(ids)]
        if len(mine):
            matches.append(Match(batch, runs, mine))
    return matches


def _keep(store: Store, folder: Path, match: Match) -> str:
    """Adds the new labels to those already joined; a corrected label replaces the old one."""
    late = match.late
    if match.batch.labels_sha256 is not None:
        before = read_late(store.files.path(match.batch.labels_sha256))
        late = pd.concat([before[~before.index.isin(late.index)], late])
    path = folder / f"{match.batch.id}.parquet"
    table = {"id": pa.array(late.index, pa.string()), "label": pa.array(late.to_numpy())}
    pq.write_table(pa.table(table), path, compression="zstd")
    return store.files.keep(path)


def read_late(path: Path, classes: Sequence[str] = ()) -> Late:
    """Labels joined so far, by id, spelled as the ``classes`` of the version that asks."""
    table = pq.read_table(path).to_pandas()
    values = labels(table["label"], classes) if classes else table["label"].to_numpy()
    return pd.Series(values, index=table["id"].to_numpy(dtype=object))


def outcomes_with(predictions: Path, labels_path: Path, layout: Layout) -> tuple[Outcomes, int]:
    """The outcomes of stored predictions once labels are joined, and how many rows have one."""
    late = read_late(labels_path, layout.classes)
    total, labelled = Outcomes.zero(layout), 0
    for ids, scored in read_predictions(predictions):
        known = with_late(ids, scored, late)
        total = total + tally_outcomes(known, layout)
        labelled += known_labels(known.actual)
    return total, labelled


def with_late(ids: np.ndarray, scored: Rows, late: Late) -> Rows:
    """The rows with the labels that came late, which win over those that came with the batch."""
    actual = late.reindex(ids).to_numpy(dtype=object if late.dtype == object else None)
    missing = pd.isna(actual)
    if scored.actual is not None:
        actual = np.where(missing, scored.actual, actual)
    elif actual.dtype == object:
        actual = np.where(missing, np.array(None, dtype=object), actual)
    return replace(scored, actual=actual)


def _join(store: Store, folder: Path, match: Match, versions: Mapping[int, Version]) -> Joined:
    sha256 = _keep(store, folder, match)
    outcomes = []
    for run in match.runs:
        version = versions.get(run.version_id)
        if version is not None and version.layout is not None:
            predictions = store.files.path(run.predictions_sha256)
            late = store.files.path(sha256)
            outcomes.append((version, run, *outcomes_with(predictions, late, version.layout)))
    return Joined(match.batch, sha256, outcomes)


def _decided(
    connection: Connection, joined: Sequence[Joined], versions: Iterable[int]
) -> dict[int, Decided]:
    """What each version has judged after the first batch of all; what the job itself judges, oldest
    first, makes no difference to those that follow."""
    first = min((one.batch.starts_at for one in joined), default=None)
    if first is None:
        return {}
    return {version: results.decided_after(connection, version, first) for version in versions}


def _replace(
    connection: Connection, joined: Joined, decided: Mapping[int, Decided], now: datetime
) -> None:
    batch = joined.batch
    if not rows.replace_labels(
        connection, batch.id, before=batch.labels_sha256, after=joined.labels_sha256
    ):
        raise PassingFault("Labels arrived or rows were deleted meanwhile; joined again.")
    for version, run, outcomes, labelled in joined.outcomes:
        assert version.layout is not None
        stored = results.load_tallies(connection, version.id, batch.id)
        tally = replace(tally_from(stored, version.layout), outcomes=outcomes)
        rows.set_batch(connection, batch.id, {"labelled": labelled})
        conclude(
            connection,
            version,
            version.layout,
            batch,
            tally,
            facts=run.facts,
            decided=decided[version.id],
            now=now,
        )


def _advance(
    connection: Connection, joined: Sequence[Joined], versions: Mapping[int, Version], now: datetime
) -> None:
    """Once for each version, from the first batch whose labels it has got."""
    for version in versions.values():
        touched = [
            one.batch.starts_at
            for one in joined
            if any(mine.id == version.id for mine, *_ in one.outcomes)
        ]
        if touched and version.layout is not None:
            advance(connection, version, version.layout, since=min(touched), now=now)


def rejoin(connection: Connection, model_id: int, batch_id: int, *, now: datetime) -> None:
    """Looks again at label files with unmatched ids, for labels may arrive before their batch."""
    for file in rows.label_files(connection, model_id):
        # One that is queued will be looked at anyway, after all batches that wait.
        if file.notes.get("unmatched") and not rows.is_queued(connection, file.id):
            queue.enqueue(
                connection,
                kind=JobKind.LABELS,
                key=f"labels:{file.id}:after:{batch_id}",
                model_id=model_id,
                version_id=None,
                batch_id=file.id,
                order_at=file.starts_at,
                now=now,
            )
