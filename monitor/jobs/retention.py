"""Deleting rows that have been kept as long as they may be; what was counted of them stays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from monitor.errors import NotFound, PassingFault, RowsDeleted
from monitor.store import queue, retention, row_files, rows, writes
from monitor.store.engine import Connection, Store
from monitor.terms import JobKind

MEANWHILE = "Rows were deleted while this was done: it has to be done again without them."


def look_out(store: Store, *, now: datetime) -> int:
    """Queues a job for each batch or label file whose time is over; returns how many."""
    default = store.settings.keep_rows_days
    with store.read() as connection:
        found = retention.expired(connection, default, now)
    if not found:
        return 0
    with store.write() as connection:
        found = retention.expired(connection, default, now)
        for batch in found:
            _ask(connection, batch.id, batch.model_id, received_at=batch.received_at, now=now)
    return len(found)


def _ask(
    connection: Connection, batch_id: int, model_id: int, *, received_at: datetime, now: datetime
) -> None:
    key = f"expire:{batch_id}"
    queue.again(connection, key, now=now)  # where the time was prolonged, and is over now
    queue.enqueue(
        connection,
        kind=JobKind.EXPIRE,
        key=key,
        model_id=model_id,
        version_id=None,
        batch_id=batch_id,
        order_at=received_at,
        now=now,
    )


def expire(store: Store, job: queue.Job, *, clock: Callable[[], datetime]) -> None:
    """The job that deletes rows, predictions, joined labels and report pages of one batch.

    The database lets go of the files first: a worker that is killed in between leaves files that
    nothing names, which are swept.
    """
    now, gone = clock(), set[str]()
    with store.write() as connection:
        writes.hold_model(connection, job.model_id)
        queue.finish(connection, job, now=now)
        batch = rows.batch(connection, job.batch_id)
        days = retention.is_expired(connection, batch, store.settings.keep_rows_days, now)
        if days is not None:
            why = f"rows are kept {retention.said(days)}"
            gone = row_files.delete_rows(connection, batch, why=why, now=now)
            what = f"deleted the rows of {batch.name}: {why}"
            writes.audit(connection, who="fairwatch", what=what, now=now)
    discard(store, gone)


def discard(store: Store, names: Collection[str]) -> None:
    """Removes the files of these hashes, but for those that something still uses."""
    if not names:
        return
    with store.note() as connection:
        row_files.hold_files(connection)
        store.files.discard(set(names) - row_files.used_files(connection))


def check_same(connection: Connection, batch: Any) -> None:
    """To be asked by whoever has read the batch's rows, in the transaction that keeps what came of
    it.  RowsDeleted where they were deleted; PassingFault where they or their labels are others."""
    now = rows.batch_with_rows(connection, batch.id)
    if now.labels_sha256 != batch.labels_sha256:
        raise PassingFault("Labels arrived or were deleted meanwhile; done again with those left.")
    if now.file_sha256 != batch.file_sha256:
        raise PassingFault(MEANWHILE)


def check_kept(store: Store, *names: str) -> None:
    """To be asked by whoever names a file, in the transaction that does, holding the model.

    PassingFault where somebody who deleted rows has removed it since.
    """
    try:
        for name in names:
            store.files.path(name)
    except NotFound as error:
        raise PassingFault(MEANWHILE) from error


def files_behind(connection: Connection, job: queue.Job) -> list[str | None]:
    """Hashes of the files that the job's rows, and those of its reference, are read from; None for
    those of a batch or version that is there no more."""
    facts: Mapping[str, Any] = {}
    with suppress(NotFound):
        facts = rows.version(connection, job.version_id or 0).facts
    batches = _files_of(connection, job.batch_id)
    batches += _files_of(connection, facts.get("reference_batch", 0))
    return [*batches, *(facts.get(name) for name in row_files.REFERENCE_FILES)]


def _files_of(connection: Connection, batch_id: int) -> list[str | None]:
    with suppress(NotFound):
        batch = rows.batch(connection, batch_id)
        return [batch.file_sha256, batch.labels_sha256]
    return [None, None]


def is_passing(store: Store, error: Exception, job: queue.Job, given: Sequence[str | None]) -> bool:
    """Whether what went wrong may be that rows were deleted while they were read: files of the job
    are others than those ``given``, or one was looked for that nothing uses any more."""
    if isinstance(error, RowsDeleted):
        return False
    with store.read() as connection:
        if isinstance(error, NotFound) and error.kind == "file":
            used = row_files.used_files(connection)
            return not any(name.startswith(error.name) for name in used)
        return files_behind(connection, job) != given
