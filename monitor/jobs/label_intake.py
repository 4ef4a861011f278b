"""Taking in files of ids and labels that came late: checked, stored, queued for the join."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from monitor.errors import BatchError, ContractError
from monitor.jobs.examine import Examination, compared, examine
from monitor.jobs.intake import Part, Receipt, again, batch_row, part_of
from monitor.jobs.periods import Period
from monitor.jobs.reading import open_table, safe_name, to_parquet
from monitor.jobs.retention import check_kept
from monitor.jobs.version import Version, champion_of
from monitor.store import queue, writes
from monitor.store.engine import Store
from monitor.terms import JobKind, Role


def receive_labels(
    store: Store,
    model: str,
    path: Path,
    *,
    name: str,
    source: str,
    now: datetime | None = None,
) -> Receipt:
    """Stores a file of ids and labels and queues the join; BatchError says what to do."""
    now = now or store.now()
    with store.read() as connection:
        _check_labels_spec(champion_of(connection, model))
    seen = examine(store, model, path, name=name, role=Role.LABELS)
    if seen.repeated:
        return again(seen)
    if seen.report.fatal:
        raise ContractError(seen.report.sentence)
    part = _store_labels(store, path, name, seen, now)
    with store.write() as connection:
        version = champion_of(connection, model)
        writes.hold_model(connection, version.model_id)
        seen = compared(connection, version, seen, Role.LABELS)
        if seen.repeated:
            return again(seen)
        label = Path(safe_name(name)).name.split(".")[0] or "labels"
        label = writes.free_name(connection, version.model_id, label)
        row = batch_row(version, part, seen, label, safe_name(name), source, now)
        batch_id = writes.add_batch(connection, {**row, "role": Role.LABELS})
        job = queue.enqueue(
            connection,
            kind=JobKind.LABELS,
            key=f"labels:{batch_id}",
            model_id=version.model_id,
            version_id=None,
            batch_id=batch_id,
            order_at=now,
            now=now,
        )
        check_kept(store, part.file_sha256)
    sentence = f"Received {seen.rows:,} labels; joining them to stored predictions is queued."
    return Receipt((label,), (job or 0,), seen.rows, False, seen.report, sentence)


def _check_labels_spec(version: Version) -> None:
    columns = version.spec.columns
    if columns.id is None or columns.target is None:
        missing = "id" if columns.id is None else "target"
        raise BatchError(
            f"Labels are joined by row id, and {version.model} names no {missing} column: "
            f"add {missing} to [columns] in its spec and register it again."
        )
    if version.contract is None:
        raise BatchError(
            f"{version.model} has no batch yet that labels could be joined to: add one first."
        )


def _store_labels(store: Store, path: Path, name: str, seen: Examination, now: datetime) -> Part:
    with store.files.scratch() as folder:
        stored = folder / "labels.parquet"
        to_parquet(open_table(path, name=safe_name(name)), stored)
        return part_of(store, Period(now, now), stored, seen.rows, seen.digests[None])
