"""Killing workers that own a job, over and over, and what must hold afterwards."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import func, select

from monitor.clock import utc_now
from monitor.jobs import sweeping
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.settings import Settings
from monitor.store import queue, reads
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.named import named_files
from monitor.terms import JobStatus
from tests.jobs.loans import csv, labels_of, loans, measured, runs, undone, without_labels
from tests.jobs.workers import CONTEXT
from tests.torture.dying import work_and_die

ROWS, WEEKS = 60, 6  # of a batch, and of what is handed in at a time
NEVER = 10**9
LONGEST = (0.2, 0.5, 4.0)  # seconds from the claim to a kill from outside
STEPS = (60, 250, 2500)  # of one job or more: statements, commits and files

KEYS = ["starts_at", "metric", "feature", "attribute", "group"]
OF_ROWS = [*KEYS, "value", "low", "high", "n"]


class Torment:
    """A store whose workers die; ``kills`` counts those that owned a job when they did."""

    def __init__(self, store: Store, settings: Settings, folder: Path, *, seed: int) -> None:
        self.store, self.settings, self.folder = store, settings, folder
        self.chance, self.kills, self.workers, self.weeks = random.Random(seed), 0, 0, 0

    def go_on(self, kills: int) -> None:
        """Until so many have died."""
        while self.kills < kills:
            if not queue.waiting(self.store):
                self.weeks += WEEKS
                hand_in(self.store, self.folder, range(self.weeks - WEEKS + 1, self.weeks + 1))
            (self._from_outside if self.workers % 2 else self._at_a_step)()
        with a_worker(self.settings, "last", NEVER) as process:
            process.join(600)

    def _from_outside(self) -> None:
        with self._next(NEVER) as (name, process):
            while process.is_alive() and not self._owned(name):
                time.sleep(0.002)
            time.sleep(self.chance.uniform(0, self.chance.choice(LONGEST)))
            process.kill()

    def _at_a_step(self) -> None:
        with self._next(self.chance.randrange(1, self.chance.choice(STEPS))) as (_, process):
            process.join(600)

    @contextmanager
    def _next(self, last: int) -> Iterator[tuple[str, Any]]:
        self.workers += 1
        name = f"w{self.workers}"
        with a_worker(self.settings, name, last) as process:
            yield name, process
            process.join(600)
            assert process.exitcode in (0, -signal.SIGKILL)
        if owned := self._owned(name):
            self.kills += owned
            queue.recover(self.store, now=utc_now(), dead_worker=name)

    def _owned(self, name: str) -> int:
        mine = (t.jobs.c.worker == name, t.jobs.c.status == JobStatus.RUNNING)
        with self.store.read() as connection:
            return connection.scalar(select(func.count()).select_from(t.jobs).where(*mine)) or 0


@contextmanager
def a_worker(settings: Settings, name: str, last: int) -> Iterator[Any]:
    """Dead at the end."""
    process = CONTEXT.Process(target=work_and_die, args=(settings, name, last))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def hand_in(store: Store, folder: Path, weeks: range) -> None:
    """A file of these weeks, and one with the labels of every other."""
    frames = {week: loans(ROWS, week=week) for week in weeks}
    rows = csv(without_labels(pd.concat(frames.values())), folder / "rows.csv")
    receive(store, "loans", rows, name=f"rows {weeks[0]}.csv", source="test")
    late = labels_of(pd.concat([frames[week] for week in weeks[::2]]))
    labels = csv(late, folder / "labels.csv")
    receive_labels(store, "loans", labels, name=f"labels {weeks[0]}.csv", source="test")


def nothing_was_lost(
    store: Store, *, weeks: int, quiet: Store, work_off: Callable[..., int], alone: bool = True
) -> None:
    """Every batch is done once, as in a store where nothing dies, and no file is left over.

    What a batch is held against and pooled with are those scored before it, which may be others
    where a worker was not ``alone``.
    """
    assert undone(store) == []
    assert queue.waiting(store) == 0
    assert len(runs(store)) == weeks
    rows = reads.measurements(store, "loans", metric="row_count")
    assert rows["value"].sum() == weeks * ROWS
    assert (rows["n"] == ROWS).all()
    work_off(quiet)
    mine, theirs = measured(store), measured(quiet)
    if alone:
        pd.testing.assert_frame_equal(mine, theirs)
    else:
        same_rows(mine, theirs)
    no_orphans(store)


def same_rows(mine: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """The same measurements, and equal ones where they are of their own batch's rows alone."""
    pd.testing.assert_frame_equal(mine[KEYS], theirs[KEYS])
    alone = mine["window"].eq("") & theirs["window"].eq("")
    assert set(mine["batch"][alone]) == set(mine["batch"])
    pd.testing.assert_frame_equal(mine.loc[alone, OF_ROWS], theirs.loc[alone, OF_ROWS])


def no_orphans(store: Store) -> None:
    """After a sweep in two days' time every file is named by a row, and every name has its file."""
    sweeping.sweep(store, now=utc_now() + 2 * sweeping.ABANDONED)
    with store.read() as connection:
        named = named_files(connection)
        batches = connection.scalars(select(t.batches.c.file_sha256)).all()
        predictions = connection.scalars(select(t.runs.c.predictions_sha256)).all()
    files = [path for path in store.files.folder.rglob("*") if path.is_file()]
    assert {path.name[:64] for path in files} <= named
    assert {*batches, *predictions} <= {path.name[:64] for path in files}
    assert not list(store.files.folder.glob("tmp-*"))
