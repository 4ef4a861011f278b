"""The worker: what it does with jobs that fail, with signals, and with a quiet queue."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import pytest
from sqlalchemy import select

from monitor.clock import utc_now
from monitor.errors import Busy, ModelError, PassingFault
from monitor.jobs import worker as module
from monitor.jobs.open_models import Runners
from monitor.jobs.step import step
from monitor.jobs.worker import work
from monitor.models.chunk import Chunk
from monitor.settings import Settings
from monitor.store import queue, reads, writes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind
from tests.jobs.conftest import Give
from tests.jobs.loans import history, labels_of, loans, runs, undone, work_off

Fault = Callable[[int], None]


class Odd:
    """A runner that calls ``fault`` with the number of the call, then answers from the rows."""

    inputs: tuple[str, ...] = ()
    importances: ClassVar[dict[str, float]] = {}
    importances_by = ""
    peak_bytes = 0

    def __init__(self, fault: Fault) -> None:
        self.calls, self.fault = 0, fault

    def predict(self, chunk: Chunk) -> Chunk:
        self.calls += 1
        self.fault(self.calls)
        return Chunk({"prediction": chunk["answer"], "score": chunk["chance"]}, chunk.n)


class OddRunners(Runners):
    """Runners that give every version the same odd one."""

    def __init__(self, store: Store, fault: Fault) -> None:
        super().__init__(store)
        self.odd = Odd(fault)

    def __call__(self, version: Any) -> Any:
        return self.odd


def job(store: Store) -> pd.Series:
    jobs = reads.jobs(store)
    return jobs[jobs["kind"] != JobKind.EXPLAIN].iloc[-1]


def faults(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(t.jobs.c.faults)).scalars().first() or 0


def raising(error: Exception) -> Fault:
    def fault(_call: int) -> None:
        raise error

    return fault


def test_a_permanent_fault_is_not_tried_again(store: Store, give: Give) -> None:
    give(loans())
    runners = OddRunners(store, raising(ModelError("It cannot be run.")))
    assert step(store, "w", runners)
    assert not step(store, "w", runners, clock=later(1))
    assert (job(store)["status"], job(store)["error"]) == ("failed", "It cannot be run.")
    assert runners.odd.calls == 1


def later(hours: float) -> Callable[[], datetime]:
    return lambda: utc_now() + timedelta(hours=hours)


def test_a_passing_fault_is_tried_again_after_a_while(store: Store, give: Give) -> None:
    give(loans())

    def once(call: int) -> None:
        if call == 1:
            raise PassingFault("It took too long.")

    runners = OddRunners(store, once)
    step(store, "w", runners)
    assert (job(store)["status"], job(store)["error"]) == ("queued", "It took too long.")
    assert not step(store, "w", runners)
    assert step(store, "w", runners, clock=later(1))
    assert undone(store) == []
    assert len(runs(store)) == 1


def test_exceptions_are_counted_apart_from_crashes(store: Store, give: Give) -> None:
    give(loans())
    runners = OddRunners(store, raising(PassingFault("Not now.")))
    for hours in range(3):
        step(store, "w", runners, clock=later(hours))
    assert (job(store)["crashes"], faults(store)) == (0, 3)
    queue.claim(store, worker="w", now=utc_now() + timedelta(days=1))
    queue.recover(store, now=utc_now(), dead_worker="w")
    assert (job(store)["crashes"], faults(store)) == (1, 3)


def test_five_passing_faults_end_the_job_and_keep_the_batch(store: Store, give: Give) -> None:
    give(loans())
    runners = OddRunners(store, raising(PassingFault("Not now.")))
    for hours in range(8):
        step(store, "w", runners, clock=later(hours))
    assert runners.odd.calls == store.settings.max_attempts == 5
    assert job(store)["error"] == "Not now. Tried 5 times; retry it when the cause is gone."
    queue.retry(store, int(job(store)["id"]), now=utc_now())
    assert work_off(store) == 1
    assert undone(store) == []


def test_our_own_mistake_is_a_sentence_too_and_the_next_job_is_done(
    store: Store, give: Give, capsys: pytest.CaptureFixture[str]
) -> None:
    give(history(2))

    def first_time(call: int) -> None:
        if call == 1:
            raise ZeroDivisionError("division by zero")

    runners = OddRunners(store, first_time)
    assert step(store, "w", runners)
    assert step(store, "w", runners)
    errors = undone(store)
    assert errors == [
        "Fairwatch itself failed (ZeroDivisionError: division by zero); the batch is kept."
    ]
    assert "Traceback" in capsys.readouterr().err


def test_a_batch_deleted_while_it_is_scored_is_dropped(store: Store, give: Give) -> None:
    give(loans())

    def delete(_call: int) -> None:
        batch = int(reads.batches(store)["id"].iloc[0])
        writes.delete_batch(store, batch, who="test", now=utc_now())

    assert step(store, "w", OddRunners(store, delete))
    assert runs(store).empty
    assert reads.measurements(store, "loans").empty
    assert reads.jobs(store).empty


def test_what_a_slow_worker_made_is_dropped_when_its_job_was_taken_over(
    store: Store, give: Give
) -> None:
    give(loans())

    def overtaken(call: int) -> None:
        queue.recover(store, now=utc_now(), dead_worker="slow")
        assert step(store, "other", OddRunners(store, lambda _call: None))

    assert step(store, "slow", OddRunners(store, overtaken))
    assert len(runs(store)) == 1
    assert job(store)["worker"] == "other"
    assert undone(store) == []


def test_labels_that_arrive_while_a_batch_is_scored_are_not_lost(
    store: Store, give: Give, give_labels: Give
) -> None:
    frame = loans()
    give(frame.drop(columns="repaid"))

    def meanwhile(call: int) -> None:
        if call == 1:
            give_labels(labels_of(frame))

    runners = OddRunners(store, meanwhile)
    while step(store, "w", runners):
        pass
    assert reads.batches(store, "loans")["label_coverage"].iloc[-1] == 1


def test_a_quiet_queue_changes_nothing_that_pages_read(store: Store, give: Give) -> None:
    give(loans())
    work_off(store)
    before = reads.revision(store)
    assert work_off(store) == 0
    queue.recover(store, now=utc_now())
    assert reads.revision(store) == before


def test_a_heartbeat_that_finds_the_database_locked_does_not_end_the_job(
    store: Store, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_args: object, **_named: object) -> None:
        raise Busy("Another process holds the database.")

    give(loans())
    monkeypatch.setattr(queue, "heartbeat", locked)
    assert step(store, "w", OddRunners(store, lambda _call: None))
    assert undone(store) == []


def test_a_worker_asked_to_stop_gives_its_job_back_and_that_is_no_crash(
    store: Store, give: Give
) -> None:
    give(loans())
    stop = threading.Event()
    assert step(store, "w", OddRunners(store, lambda _call: stop.set()), stop=stop)
    assert (job(store)["status"], job(store)["crashes"]) == ("queued", 0)
    assert work_off(store) == 1
    assert len(runs(store)) == 1


def test_work_until_idle_does_all_and_leaves_no_trace_of_itself(
    store: Store, settings: Settings, give: Give
) -> None:
    give(history(3))
    assert work(settings, until_idle=True) == 2 * 3, "each is scored, and then explained"
    assert undone(store) == []
    assert reads.workers(store).empty


def test_a_worker_whose_server_was_killed_before_it_had_begun_leaves(
    store: Store, settings: Settings
) -> None:
    assert work(settings, parent=os.getppid() + 1) == 0


def test_a_job_whose_lease_ran_out_is_taken_up_by_the_next_worker(
    store: Store, settings: Settings, give: Give
) -> None:
    give(loans(), now=utc_now() - timedelta(hours=2))
    assert queue.claim(store, worker="dead", now=utc_now() - timedelta(hours=1))
    assert work(settings, until_idle=True) == 2
    assert job(store)["crashes"] == 1
    assert undone(store) == []


def test_looking_out_for_overdue_batches_may_fail_and_batches_are_scored(
    store: Store,
    settings: Settings,
    give: Give,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_args: object, **_named: object) -> None:
        raise ZeroDivisionError

    give(loans())
    monkeypatch.setattr(module.due, "watch", broken)
    assert work(settings, until_idle=True) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_scratch_folders_of_killed_workers_are_swept_a_day_later(
    store: Store, settings: Settings
) -> None:
    old, new = (store.files.folder / f"tmp-{name}" for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir()
        (folder / "predictions.parquet").write_bytes(b"half of it")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    work(settings, until_idle=True)
    assert not old.exists()
    assert new.exists()


def test_two_workers_share_the_queue(store: Store, settings: Settings, give: Give) -> None:
    give(history())
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(work(settings, until_idle=True)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 2 * 8
    assert len(runs(store)) == 8
    assert undone(store) == []


def test_a_stored_file_that_was_removed_by_hand_is_named(
    store: Store, give: Give, home: Path
) -> None:
    give(loans())
    sha256 = reads.batches(store)["id"].astype(str).iloc[0]
    with store.read() as connection:
        sha256 = connection.execute(select(t.batches.c.file_sha256)).scalar_one()
    store.files.path(sha256).unlink()
    work_off(store)
    assert "No file called" in str(job(store)["error"])


def test_a_database_locked_when_a_worker_starts_and_when_it_leaves_ends_no_worker(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if another process held it at each of the worker's own first and last writes."""

    def locked(*_arguments: object, **_options: object) -> None:
        raise Busy("Another process holds the database; the work is kept and tried again.")

    for name in ("worker_seen", "worker_gone"):
        monkeypatch.setattr(f"monitor.store.writes.{name}", locked)
    monkeypatch.setattr("monitor.jobs.worker.deliver_all", locked)
    assert work(store.settings, until_idle=True) == 0


def test_a_verdict_that_no_rule_gave_says_who_gave_it_or_why_there_is_none(
    store: Store, give: Give
) -> None:
    """So that every verdict can be explained a year later."""
    give(history(2))
    work_off(store)
    shown = reads.measurements(store, "loans", batch="all")
    own = shown[shown["verdict"].notna() & shown["rule_version"].isna()]
    assert "psi" in set(own["metric"])
    unexplained = own[~own["method"].str.contains("judged by") & (own["reason"] == "")]
    assert unexplained[["metric", "feature", "verdict"]].values.tolist() == []
