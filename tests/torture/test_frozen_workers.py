"""Workers frozen in the middle of a job and woken after their lease: what they made is dropped."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from monitor.clock import utc_now
from monitor.settings import Settings
from monitor.store import queue, reads
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobStatus
from tests.jobs.loans import measured, undone, work_off
from tests.torture.kills import (
    NEVER,
    WEEKS,
    a_worker,
    hand_in,
    nothing_was_lost,
    same_rows,
)
from tests.torture.test_killed_workers import quiet

__all__ = ["quiet"]
LEASE = 1.0


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, database_url="", lease_seconds=LEASE, max_crashes=10_000)


@pytest.mark.parametrize("rounds", [1, pytest.param(40, marks=pytest.mark.slow)])
def test_frozen_workers_that_wake_up_do_nothing_twice(
    store: Store,
    settings: Settings,
    quiet: Callable[[int], Store],
    home: Path,
    tmp_path: Path,
    rounds: int,
) -> None:
    chance, weeks, taken_over = random.Random(rounds), 0, 0
    for k in range(rounds):
        weeks += WEEKS
        hand_in(store, tmp_path, range(weeks - WEEKS + 1, weeks + 1))
        with a_worker(settings, f"frozen{k}", NEVER) as frozen:
            while not (mine := owned(store, f"frozen{k}")):
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.2))
            os.kill(frozen.pid, signal.SIGSTOP)
            in_a_write = not can_be_written(home)
            while in_a_write and k % 5 != 4:  # most are frozen between their writes
                os.kill(frozen.pid, signal.SIGCONT)
                time.sleep(0.01)
                os.kill(frozen.pid, signal.SIGSTOP)
                in_a_write = not can_be_written(home)
            time.sleep(LEASE + 0.2)
            with a_worker(settings, f"awake{k}", NEVER) as awake:
                awake.join(2)
                patience = time.monotonic() + (0 if in_a_write else 60)
                while done_by(store, mine) != f"awake{k}" and time.monotonic() < patience:
                    time.sleep(0.1)
                os.kill(frozen.pid, signal.SIGCONT)
                for process in (frozen, awake):
                    process.join(120)
                    assert process.exitcode == 0
        taken_over += done_by(store, mine) == f"awake{k}"
    assert taken_over > 0
    assert undone(store) == []
    nothing_was_lost(store, weeks=weeks, quiet=quiet(weeks), work_off=work_off, alone=False)
    assert set(reads.jobs(store)["status"]) == {"done"}
    print(f"{taken_over} of {rounds} jobs were done by another worker in the meantime")


def test_a_batch_scored_late_changes_only_what_is_said_of_several(
    store: Store, quiet: Callable[[int], Store], tmp_path: Path
) -> None:
    """As where its worker froze and the others went on."""
    hand_in(store, tmp_path, range(1, WEEKS + 1))
    jobs, now = t.jobs.c, store.now()
    with store.write() as connection:
        first = connection.scalar(select(jobs.id).order_by(jobs.order_at).limit(1))
        due = update(t.jobs).where(jobs.id == first)
        connection.execute(due.values(due_at=now + timedelta(days=1)))
    work_off(store)
    with store.write() as connection:
        connection.execute(due.values(due_at=now))
    work_off(store)
    in_order = quiet(WEEKS)
    work_off(in_order)
    mine, theirs = measured(store), measured(in_order)
    assert not mine["value"].equals(theirs["value"])
    same_rows(mine, theirs)


def can_be_written(home: Path) -> bool:
    """False while somebody else is in the middle of a write."""
    with closing(sqlite3.connect(home / "fairwatch.db", timeout=0.1, isolation_level=None)) as raw:
        try:
            raw.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        raw.rollback()
        return True


def owned(store: Store, worker: str) -> int | None:
    mine = select(t.jobs.c.id).where(
        t.jobs.c.worker == worker, t.jobs.c.status == JobStatus.RUNNING
    )
    with store.read() as connection:
        return connection.scalar(mine)


def done_by(store: Store, job: int) -> str:
    with store.read() as connection:
        return str(connection.scalar(select(t.jobs.c.worker).where(t.jobs.c.id == job)))


def test_a_lease_that_was_lost_is_not_written_over(store: Store, tmp_path: Path) -> None:
    """The fence itself: a finish, a heartbeat and a failure of an earlier attempt."""
    hand_in(store, tmp_path, range(1, 2))
    now = utc_now()
    first = queue.claim(store, worker="first", now=now)
    later = now + timedelta(hours=1)
    queue.recover(store, now=later)
    second = queue.claim(store, worker="second", now=later)
    assert first is not None
    assert second is not None
    assert (first.id, first.attempt + 1) == (second.id, second.attempt)
    with pytest.raises(queue.LostLease):
        queue.heartbeat(store, first, progress=0.5, now=later)
    with pytest.raises(queue.LostLease):
        queue.fail(store, first, "too late", now=later)
    with pytest.raises(queue.LostLease), store.write() as connection:
        queue.finish(connection, first, now=later)
    assert owned(store, "second") == second.id
