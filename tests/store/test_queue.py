"""A job is done once, whoever dies."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from monitor.store import queue, reads
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind, JobStatus

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def model_id(store: Store) -> int:
    with store.write() as connection:
        return connection.execute(
            insert(t.models)
            .values(name="m", task="binary", cadence="week", created_at=NOW)
            .returning(t.models.c.id)
        ).scalar_one()


def add(store: Store, model_id: int, key: str, *, kind: JobKind = JobKind.SCORE) -> int | None:
    with store.write() as connection:
        batch_id = connection.execute(
            insert(t.batches)
            .values(
                model_id=model_id, name=key, role="records", sha256=key, file_sha256=key,
                file_name=key, source="test", starts_at=NOW, ends_at=LATER, rows=1, size_bytes=1,
                notes={}, received_at=NOW,
            )
            .returning(t.batches.c.id)
        ).scalar_one()  # fmt: skip
        return queue.enqueue(
            connection, kind=kind, key=key, model_id=model_id, version_id=None, batch_id=batch_id,
            order_at=NOW, now=NOW,
        )  # fmt: skip


def finish(store: Store, job: queue.Job) -> None:
    with store.write() as connection:
        queue.finish(connection, job, now=NOW)


def status(store: Store, job_id: int) -> str:
    return queue.status_of(store, (job_id,))[0][0]


def test_the_same_work_asked_for_twice_is_one_job(store: Store, model_id: int) -> None:
    assert add(store, model_id, "a") is not None
    with store.write() as connection:
        again = queue.enqueue(
            connection, kind=JobKind.SCORE, key="a", model_id=model_id, version_id=None,
            batch_id=1, order_at=NOW, now=NOW,
        )  # fmt: skip
    assert again is None


def test_of_many_workers_one_gets_the_job(store: Store, model_id: int) -> None:
    for k in range(20):
        add(store, model_id, f"job {k}")
    claimed: list[int] = []

    def take(worker: str) -> None:
        while (job := queue.claim(store, worker=worker, now=NOW)) is not None:
            claimed.append(job.id)

    threads = [threading.Thread(target=take, args=(f"w{k}",)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == sorted(set(claimed))
    assert len(claimed) == 20


def test_labels_wait_for_the_batches_of_their_model(store: Store, model_id: int) -> None:
    add(store, model_id, "labels", kind=JobKind.LABELS)
    add(store, model_id, "rows")
    first = queue.claim(store, worker="w", now=NOW)
    assert first is not None
    assert first.kind is JobKind.SCORE
    assert queue.claim(store, worker="w", now=NOW) is None
    finish(store, first)
    assert queue.claim(store, worker="w", now=NOW) is not None


def test_a_worker_that_lost_its_lease_cannot_finish(store: Store, model_id: int) -> None:
    add(store, model_id, "a")
    slow = queue.claim(store, worker="slow", now=NOW)
    assert slow is not None
    assert queue.recover(store, now=LATER) == 1
    quick = queue.claim(store, worker="quick", now=LATER)
    assert quick is not None
    with pytest.raises(queue.LostLease):
        finish(store, slow)
    with pytest.raises(queue.LostLease):
        queue.heartbeat(store, slow, progress=0.5, now=LATER)
    finish(store, quick)
    assert status(store, quick.id) == JobStatus.DONE


def test_a_lease_that_is_renewed_is_not_taken_back(store: Store, model_id: int) -> None:
    add(store, model_id, "a")
    job = queue.claim(store, worker="w", now=NOW)
    assert job is not None
    queue.heartbeat(store, job, progress=0.4, now=LATER)
    assert queue.recover(store, now=LATER) == 0
    assert reads.jobs(store).iloc[0]["progress"] == 0.4


def test_a_dead_workers_job_comes_back_at_once(store: Store, model_id: int) -> None:
    add(store, model_id, "a")
    queue.claim(store, worker="dead", now=NOW)
    assert queue.recover(store, now=NOW, dead_worker="another") == 0
    assert queue.recover(store, now=NOW, dead_worker="dead") == 1
    assert queue.claim(store, worker="w", now=NOW) is not None


def test_a_batch_that_kills_three_workers_is_set_aside(store: Store, model_id: int) -> None:
    job_id = add(store, model_id, "poison")
    for _ in range(3):
        assert queue.claim(store, worker="w", now=NOW) is not None
        queue.recover(store, now=NOW, dead_worker="w")
    assert queue.claim(store, worker="w", now=NOW) is None
    assert status(store, job_id or 0) == JobStatus.FAILED
    assert "died 3 times" in reads.jobs(store).iloc[0]["error"]


def test_a_passing_fault_is_tried_again_later_and_later(store: Store, model_id: int) -> None:
    job_id, now, waits = add(store, model_id, "a"), NOW, []
    for _ in range(store.settings.max_attempts):
        job = queue.claim(store, worker="w", now=now)
        assert job is not None
        queue.postpone(store, job, "The model timed out.", now=now)
        assert queue.claim(store, worker="w", now=now) is None
        due = now
        while status(store, job.id) == JobStatus.QUEUED and not _claimable(store, due):
            due += timedelta(seconds=1)
        waits.append((due - now).total_seconds())
        now = due
    assert waits[:-1] == sorted(waits[:-1])
    assert status(store, job_id or 0) == JobStatus.FAILED


def _claimable(store: Store, now: datetime) -> bool:
    with store.read() as connection:
        return connection.execute(queue._DUE, {"now": now}).first() is not None


def test_a_failed_job_can_be_retried_with_a_clean_slate(store: Store, model_id: int) -> None:
    job_id = add(store, model_id, "a") or 0
    job = queue.claim(store, worker="w", now=NOW)
    assert job is not None
    queue.fail(store, job, "The model raised ValueError.", now=NOW)
    queue.retry(store, job_id, now=NOW)
    again = queue.claim(store, worker="w", now=NOW)
    assert again is not None
    assert (again.attempt, again.faults) == (2, 0)
