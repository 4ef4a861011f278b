"""Workers and models are killed in the middle of batches: every batch is done once."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import joblib
import pandas as pd
import pytest
from sqlalchemy import func, select

from monitor.api.supervisor import Supervisor
from monitor.clock import utc_now
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.register import register
from monitor.models.spec_file import parse_spec
from monitor.settings import Settings
from monitor.store import queue, reads, writes
from monitor.store import tables as t
from monitor.store.engine import Store, open_store
from tests.jobs.loans import (
    csv,
    history,
    jobs_of_batches,
    labels_of,
    loans,
    measured,
    runs,
    undone,
    work_off,
)
from tests.jobs.workers import worker
from tests.models.model_files import strange

# It says that it is at work, takes its time, and answers as the batch itself does.
SLOW = """
    import os, time
    if len(X) == {poison}:
        above = os.getppid()
        if open(f'/proc/{{above}}/comm').read() == 'models' + chr(10):
            above = int(open(f'/proc/{{above}}/stat').read().rpartition(')')[2].split()[1])
        os.kill(above, 9)
    open({mark!r}, 'a').write(str(os.getpid()) + '\\n')
    time.sleep({seconds} if len(X) <= 400 else 0)
    return ['1' if income > 40000 else '0' for income in X['income']]
"""
WEEKS = 12
POISON = 77  # a batch of so many rows kills its worker


@pytest.fixture
def settings(home: Path) -> Settings:
    """So patient that a batch that happens to be hit again and again is not taken for poison."""
    return Settings(home=home, database_url="", max_crashes=100)


@pytest.fixture
def slow(store: Store, tmp_path: Path) -> Callable[..., Path]:
    """Registers a model that takes its time, with batches waiting for it."""
    return partial(make_slow, store, tmp_path)


def make_slow(store: Store, tmp_path: Path, seconds: float, *, weeks: int = WEEKS) -> Path:
    """The answer is the file where the model tells that it is at work."""
    mark = tmp_path / "at-work"
    body = SLOW.format(mark=str(mark), seconds=seconds, poison=POISON).strip()
    joblib.dump(strange(body), tmp_path / "slow.joblib")
    frame = loans(1500, ids="r")
    csv(frame, tmp_path / "reference.csv")
    table = {
        "name": "slow", "task": "binary", "cadence": "week",
        "columns": {"id": "id", "timestamp": "applied_at", "target": "repaid",
                    "features": ["income", "age", "job"]},
        "outcome": {"positive": "1", "favourable": "1"},
        "sensitive": {"sex": {"reference": "male"}},
        "reference": {"file": "reference.csv"},
        "model": {"runner": "process", "file": "slow.joblib"},
    }  # fmt: skip
    register(store, parse_spec(table, folder=tmp_path), who="test", trust=True)
    path = csv(history(weeks), tmp_path / "history.csv")
    receive(store, "slow", path, name="history.csv", source="test")
    mark.unlink()
    return mark


def wait_until(true: Callable[[], bool], *, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def told(mark: Path) -> list[int]:
    """The process ids of the models that began to predict, in order."""
    return [int(line) for line in mark.read_text().split()] if mark.exists() else []


def all_done(store: Store) -> Callable[[], bool]:
    return lambda: not queue.waiting(store)


def kill_workers(store: Store, settings: Settings, mark: Path, *, kills: int, seed: int) -> None:
    """Kills worker after worker once its model is at work; the last one may finish."""
    chance = random.Random(seed)
    for k in range(kills):
        with worker(settings, f"w{k}") as process:
            wait_until(further(store, mark, chance.randrange(1, 3)))
            time.sleep(chance.uniform(0, 0.3))
            process.kill()
            process.join()
        queue.recover(store, now=utc_now(), dead_worker=f"w{k}")
    with worker(settings, "last"):
        wait_until(all_done(store))


def further(store: Store, mark: Path, batches: int) -> Callable[[], bool]:
    """Whether so many batches were begun since now, or none is left."""
    enough = len(told(mark)) + batches
    return lambda: len(told(mark)) >= enough or not queue.waiting(store)


def check_everything_happened_once(store: Store, *, weeks: int = WEEKS) -> None:
    assert undone(store) == []
    jobs = reads.jobs(store)
    assert len(jobs[jobs["kind"] == "score"]) == weeks
    assert len(runs(store)) == weeks
    assert [facts["rows"] for facts in runs(store)["facts"]] == [400] * weeks
    rows = reads.measurements(store, "slow", metric="row_count")
    assert list(rows["value"]) == [400] * weeks
    with store.read() as connection:
        messages = connection.execute(
            select(func.count()).select_from(t.outbox).group_by(t.outbox.c.event_id)
        ).scalars()
        assert set(messages) <= {1}
        opened = select(func.count()).where(t.incident_events.c.kind == "opened")
        incidents = select(func.count()).select_from(t.incidents)
        assert connection.scalar(opened) == connection.scalar(incidents)
        sent = connection.scalars(select(t.outbox.c.status)).all()
    assert set(sent) <= {"sent"}


def mailbox(store: Store, tmp_path: Path) -> Path:
    folder = tmp_path / "mail"
    writes.save_channel(
        store, name="box", kind="folder", config={"path": str(folder)}, who="test", now=utc_now()
    )
    return folder


def test_workers_killed_in_the_middle_do_every_batch_once(
    store: Store, settings: Settings, slow: Callable[..., Path], tmp_path: Path
) -> None:
    folder = mailbox(store, tmp_path)
    mark = slow(0.3)
    kill_workers(store, settings, mark, kills=3, seed=1)
    check_everything_happened_once(store)
    assert reads.jobs(store)["crashes"].sum() == 3
    wait_until(lambda: set(reads.deliveries(store)["status"]) <= {"sent"})
    assert len(list(folder.glob("new/*"))) == len(reads.deliveries(store))


@pytest.mark.slow
@pytest.mark.usefixtures("explained")  # as in the workers, where nothing is left out
@pytest.mark.parametrize("seed", range(5))
def test_many_kills_with_labels_leave_what_no_kill_leaves(
    store: Store, settings: Settings, slow: Callable[..., Path], tmp_path: Path, seed: int
) -> None:
    mark = slow(0.5)
    path = csv(labels_of(history(WEEKS).sample(frac=0.5, random_state=seed)), tmp_path / "l.csv")
    receive_labels(store, "slow", path, name="l.csv", source="test")
    kill_workers(store, settings, mark, kills=8, seed=seed)
    check_everything_happened_once(store)
    quiet = open_store(Settings(home=tmp_path / "quiet", database_url=""))
    make_slow(quiet, tmp_path, 0)
    receive_labels(quiet, "slow", path, name="l.csv", source="test")
    work_off(quiet)
    pd.testing.assert_frame_equal(of_rows(store), of_rows(quiet))


def of_rows(store: Store) -> pd.DataFrame:
    """What follows from the rows alone."""
    table = measured(store, "slow")
    return table[table["metric"] != "artefact_mb"]


def test_a_model_killed_in_the_middle_is_started_again(
    store: Store, settings: Settings, slow: Callable[..., Path]
) -> None:
    mark = slow(0.3, weeks=5)
    with worker(settings, "w") as process:
        for seen in (0, 2):
            wait_until(lambda: len(told(mark)) > seen)  # noqa: B023
            with suppress(ProcessLookupError):
                os.kill(told(mark)[-1], signal.SIGKILL)
        wait_until(all_done(store))
        assert process.is_alive()
    check_everything_happened_once(store, weeks=5)
    assert reads.jobs(store)["crashes"].sum() == 0
    assert len(set(told(mark))) >= 2


def served(store: Store, monkeypatch: pytest.MonkeyPatch) -> Supervisor:
    """The server's own keeper of workers, started."""
    monkeypatch.setattr("monitor.api.supervisor.QUICK_SECONDS", 0.1)
    monkeypatch.setenv("FAIRWATCH_HOME", str(store.settings.home))
    monkeypatch.setenv("FAIRWATCH_WORKER_POLL_SECONDS", "0.1")
    monkeypatch.delenv("FAIRWATCH_DATABASE_URL", raising=False)
    supervisor = Supervisor(store)
    supervisor.start()
    return supervisor


def test_a_batch_that_kills_its_workers_is_set_aside_and_the_others_are_done(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = open_store(settings.model_copy(update={"max_crashes": 2}))
    make_slow(store, tmp_path, 0, weeks=2)
    path = csv(loans(POISON, week=1, seed=7), tmp_path / "poison.csv")
    receive(store, "slow", path, name="poison.csv", source="test")
    supervisor = served(store, monkeypatch)
    try:
        wait_until(all_done(store))
    finally:
        supervisor.stop()
    jobs = jobs_of_batches(store)
    assert jobs.loc["poison", "error"] == (
        "The worker died 2 times on this batch; it is set aside. "
        "Look at the model and the file, then retry."
    )
    assert (jobs.loc["poison", "status"], jobs.loc["poison", "crashes"]) == ("failed", 2)
    assert sorted(jobs["status"]) == ["done", "done", "failed"]
    store.close()


@pytest.mark.slow
def test_the_server_gives_a_dead_workers_job_back_at_once(
    store: Store, slow: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = slow(0.3, weeks=4)
    supervisor = served(store, monkeypatch)
    try:
        wait_until(lambda: len(told(mark)) > 0)
        child = supervisor._child
        assert child is not None
        child.send_signal(signal.SIGKILL)
        child.wait()
        wait_until(lambda: reads.jobs(store)["crashes"].sum() == 1, seconds=5)
        wait_until(all_done(store))
    finally:
        supervisor.stop()
    check_everything_happened_once(store, weeks=4)
    assert reads.workers(store).empty


def test_a_server_that_stops_in_the_middle_of_a_batch_counts_no_crash(
    store: Store, slow: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = slow(2, weeks=2)
    supervisor = served(store, monkeypatch)
    wait_until(lambda: len(told(mark)) > 0)
    supervisor.stop()
    jobs = reads.jobs(store)
    assert set(jobs["status"]) <= {"queued", "done"}
    assert jobs["crashes"].sum() == 0
