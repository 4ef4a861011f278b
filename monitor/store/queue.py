"""The jobs table as a queue: claimed under a lease, finished behind a fence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from monitor.errors import FairwatchError
from monitor.store.engine import Store
from monitor.store.tables import jobs, workers
from monitor.terms import JobKind, JobStatus

ORDER = (
    JobKind.REPORT,
    JobKind.SCORE,
    JobKind.SEQUENCE,
    JobKind.LABELS,
    JobKind.EXPLAIN,
    JobKind.EXPIRE,
)


class LostLease(FairwatchError):
    """Another worker has the job now; whatever this one made of it is dropped."""


@dataclass(frozen=True, slots=True)
class Job:
    """One claimed piece of work; ``attempt`` is the fence of its finish."""

    id: int
    kind: JobKind
    key: str
    model_id: int
    version_id: int | None
    batch_id: int
    attempt: int
    faults: int


def enqueue(
    connection: Connection,
    *,
    kind: JobKind,
    key: str,
    model_id: int,
    version_id: int | None,
    batch_id: int,
    order_at: datetime,
    now: datetime,
) -> int | None:
    """Adds a job and returns its id; None when the same work was asked for before."""
    if connection.scalar(select(jobs.c.id).where(jobs.c.key == key)) is not None:
        return None
    values = {
        "kind": kind,
        "key": key,
        "model_id": model_id,
        "version_id": version_id,
        "batch_id": batch_id,
        "status": JobStatus.QUEUED,
        "order_at": order_at,
        "due_at": now,
        "created_at": now,
    }
    added: int = connection.execute(insert(jobs).values(values).returning(jobs.c.id)).scalar_one()
    return added


def withdraw(connection: Connection, *, kind: JobKind, version_id: int, batch_id: int) -> None:
    """Drops what waits to be done; what runs or is done stays."""
    mine = (jobs.c.kind == kind, jobs.c.version_id == version_id, jobs.c.batch_id == batch_id)
    connection.execute(delete(jobs).where(*mine, jobs.c.status == JobStatus.QUEUED))


def claim(store: Store, *, worker: str, now: datetime) -> Job | None:
    """Takes the oldest period that is due, for as long as the lease; None when nothing is."""
    until = now + timedelta(seconds=store.settings.lease_seconds)
    with store.read() as connection:  # a look that finds nothing must not count as a change
        if connection.scalar(_DUE, {"now": now}) is None:
            return None
    with store.write() as connection:
        taken = connection.execute(_TAKEN, {"now": now, "by": worker, "until": until})
        row = taken.mappings().one_or_none()
    return _job(row) if row is not None else None


def _due() -> Select[tuple[int]]:
    # Labels wait for the batches of their model, or they would find nothing to join, and for
    # labels that came before them, or those would win.
    before = jobs.alias()
    earlier = or_(
        before.c.order_at < jobs.c.order_at,
        and_(before.c.order_at == jobs.c.order_at, before.c.id < jobs.c.id),
        before.c.status == JobStatus.RUNNING,
    )
    held_up = exists().where(
        before.c.model_id == jobs.c.model_id,
        before.c.status.in_([JobStatus.QUEUED, JobStatus.RUNNING]),
        before.c.kind.not_in([JobKind.EXPLAIN, JobKind.REPORT, JobKind.EXPIRE]),
        or_(before.c.kind == JobKind.SCORE, jobs.c.kind == JobKind.EXPLAIN, earlier),
    )
    ready = and_(
        jobs.c.status == JobStatus.QUEUED,
        jobs.c.due_at <= bindparam("now"),
        or_(jobs.c.kind.in_([JobKind.REPORT, JobKind.SCORE, JobKind.EXPIRE]), ~held_up),
    )
    # Somebody waits for a report, which is of a batch that was scored already.
    # Rows are deleted last, when nothing is left to be done with them.
    rank = case({kind: place for place, kind in enumerate(ORDER)}, value=jobs.c.kind)
    # History is scored in its order; explained first is what people look at first, the newest.
    oldest = case((jobs.c.kind != JobKind.EXPLAIN, jobs.c.order_at))
    order = (rank, oldest, jobs.c.order_at.desc(), jobs.c.id)
    return select(jobs.c.id).where(ready).order_by(*order).limit(1)


# Asked again and again, so they are put together once.
_DUE: Final = _due()
_TAKEN: Final = (
    update(jobs)
    .where(jobs.c.id == _DUE.with_for_update(skip_locked=True).scalar_subquery())
    .values(
        status=JobStatus.RUNNING,
        attempt=jobs.c.attempt + 1,
        worker=bindparam("by"),
        lease_until=bindparam("until"),
        started_at=bindparam("now"),
        progress=0.0,
        error=None,
    )
    .returning(jobs)
)


def _job(row: Any) -> Job:
    return Job(
        row["id"],
        JobKind(row["kind"]),
        row["key"],
        row["model_id"],
        row["version_id"],
        row["batch_id"],
        row["attempt"],
        row["faults"],
    )


def heartbeat(store: Store, job: Job, *, progress: float, now: datetime) -> None:
    """Renews the lease and tells how far the work is; LostLease when it is somebody else's."""
    lease = now + timedelta(seconds=store.settings.lease_seconds)
    with store.note() as connection:
        _fenced(connection, job, lease_until=lease, progress=progress)


def finish(connection: Connection, job: Job, *, now: datetime) -> None:
    """Marks the job done inside the transaction that holds its results."""
    _fenced(connection, job, status=JobStatus.DONE, progress=1.0, lease_until=None, finished_at=now)


def _fenced(connection: Connection, job: Job, **values: object) -> None:
    mine = update(jobs).where(
        jobs.c.id == job.id,
        jobs.c.attempt == job.attempt,
        jobs.c.status == JobStatus.RUNNING,
    )
    if connection.execute(mine.values(**values)).rowcount != 1:
        raise LostLease(f"Job {job.id} was taken over by another worker.")


def postpone(store: Store, job: Job, error: str, *, now: datetime) -> None:
    """Queues the job again after a passing fault, later each time; fails it in the end."""
    tries = job.faults + 1
    if tries >= store.settings.max_attempts:
        fail(store, job, f"{error} Tried {tries} times; retry it when the cause is gone.", now=now)
        return
    values: dict[str, object] = {
        "status": JobStatus.QUEUED,
        "faults": tries,
        "due_at": now + timedelta(seconds=min(2.0**tries, 300.0)),
        "lease_until": None,
        "error": error,
    }
    with store.write() as connection:
        _fenced(connection, job, **values)


def fail(store: Store, job: Job, error: str, *, now: datetime) -> None:
    """Ends the job; the batch is kept and can be retried by hand."""
    with store.write() as connection:
        _fenced(
            connection,
            job,
            status=JobStatus.FAILED,
            error=error,
            lease_until=None,
            finished_at=now,
        )


def recover(store: Store, *, now: datetime, dead_worker: str | None = None) -> int:
    """Takes back jobs whose worker died; returns how many.

    A worker is dead when its lease ran out, or when its parent says so.  Crashes are counted apart
    from exceptions: a batch that killed ``max_crashes`` workers is set aside as poison.
    """
    lost = jobs.c.worker == dead_worker if dead_worker else jobs.c.lease_until < now
    with store.read() as connection:
        rows = connection.execute(
            select(jobs.c.id, jobs.c.crashes).where(jobs.c.status == JobStatus.RUNNING, lost)
        ).all()
    for row in rows:
        _take_back(store, row.id, row.crashes + 1, now)
    return len(rows)


def give_back(store: Store, *, worker: str, now: datetime) -> None:
    """Queues what a worker held that was asked to stop; that is no crash."""
    mine = update(jobs).where(jobs.c.worker == worker, jobs.c.status == JobStatus.RUNNING)
    with store.write() as connection:
        connection.execute(mine.values(status=JobStatus.QUEUED, due_at=now, lease_until=None))


def nobody_works(connection: Connection, *, now: datetime) -> None:
    """Queues what was at work elsewhere, which is no crash, and forgets the workers."""
    running = update(jobs).where(jobs.c.status == JobStatus.RUNNING)
    connection.execute(running.values(status=JobStatus.QUEUED, due_at=now, lease_until=None))
    connection.execute(delete(workers))


def _take_back(store: Store, job_id: int, crashes: int, now: datetime) -> None:
    poison = crashes >= store.settings.max_crashes
    values: dict[str, object] = {
        "crashes": crashes,
        "lease_until": None,
        "status": JobStatus.FAILED if poison else JobStatus.QUEUED,
        "due_at": now,
        "error": f"The worker died {crashes} time{'s' * (crashes > 1)} on this batch"
        + ("; it is set aside. Look at the model and the file, then retry." if poison else "."),
        "finished_at": now if poison else None,
    }
    with store.write() as connection:
        connection.execute(
            update(jobs)
            .where(
                jobs.c.id == job_id,
                jobs.c.status == JobStatus.RUNNING,
                jobs.c.crashes == crashes - 1,
            )
            .values(**values)
        )


def retry(store: Store, job_id: int, *, now: datetime) -> None:
    """Queues a failed job again with a clean slate; attempts go on counting, for the fence."""
    with store.write() as connection:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.status == JobStatus.FAILED)
            .values(status=JobStatus.QUEUED, crashes=0, faults=0, due_at=now, error=None)
        )


def again(connection: Connection, key: str, *, now: datetime) -> None:
    """Queues a job that is over once more; one that waits or runs is left alone."""
    over = jobs.c.status.in_([JobStatus.DONE, JobStatus.FAILED])
    values = {"status": JobStatus.QUEUED, "crashes": 0, "faults": 0, "due_at": now, "error": None}
    connection.execute(update(jobs).where(jobs.c.key == key, over).values(**values))


def waiting(store: Store) -> int:
    """How many jobs are queued or running, those for later included."""
    with store.read() as connection:
        pending = jobs.c.status.in_([JobStatus.QUEUED, JobStatus.RUNNING])
        return connection.scalar(select(func.count()).select_from(jobs).where(pending)) or 0


def status_of(store: Store, job_ids: tuple[int, ...]) -> list[tuple[str, float, str | None]]:
    """(status, progress, error) of these jobs."""
    with store.read() as connection:
        query = select(jobs.c.status, jobs.c.progress, jobs.c.error).where(jobs.c.id.in_(job_ids))
        return [(row[0], row[1], row[2]) for row in connection.execute(query)]
