"""Made loans: eight weeks with a gap that opens in the sixth, and what tests do with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import select

from monitor.clock import utc_now
from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.open_models import Runners
from monitor.jobs.step import step
from monitor.measures.catalogue import METRICS
from monitor.store import queue, reads
from monitor.store import sequences as stored_sequences
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind, JobStatus

FIRST = datetime(2026, 8, 3, tzinfo=UTC)  # a Monday
WEEKS, ROWS, GAP_WEEK = 8, 400, 6
FEW = 60  # rows, where their number does not matter
SEQUENCE = tuple(name for name, metric in METRICS.items() if metric.family == "sequence")
CLOCKS = {"rows_per_second", "seconds_per_thousand_rows", "peak_memory_mb"}

SPEC = """
name = "loans"
task = "binary"
owner = "Lending"
cadence = "week"

[columns]
id = "id"
timestamp = "applied_at"
target = "repaid"
prediction = "answer"
score = "chance"
features = ["income", "age", "job"]

[outcome]
positive = "1"
favourable = "1"

[sensitive.sex]
reference = "male"
"""


def loans(rows: int = ROWS, *, week: int = 1, seed: int = 1, ids: str = "w") -> pd.DataFrame:
    """One week of rows; from ``GAP_WEEK`` on, women are answered yes less often."""
    random = np.random.default_rng(1000 * seed + week)
    sex = random.choice(["female", "male"], rows)
    chance = random.uniform(0, 1, rows)
    repaid = (random.uniform(0, 1, rows) < chance).astype(int)
    if week >= GAP_WEEK:
        chance = np.where(sex == "female", chance * 0.5, chance)
    starts_at = pd.Timestamp(FIRST) + pd.Timedelta(weeks=week - 1)
    return pd.DataFrame(
        {
            "id": [f"{ids}{week}-{k}" for k in range(rows)],
            "applied_at": starts_at + pd.to_timedelta(random.uniform(0, 6.9, rows), unit="D"),
            "income": random.normal(40_000, 9_000, rows).round(),
            "age": random.integers(18, 80, rows),
            "job": random.choice(["cook", "clerk", "coder"], rows),
            "sex": sex,
            "answer": (chance >= 0.5).astype(int),
            "chance": chance.round(6),
            "repaid": repaid,
        }
    )


def history(weeks: int = WEEKS, **options: int) -> pd.DataFrame:
    """All weeks, one after the other."""
    return pd.concat([loans(week=k, **options) for k in range(1, weeks + 1)], ignore_index=True)


def without_labels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="repaid")


def labels_of(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[["id", "repaid"]]


def csv(frame: pd.DataFrame, path: Path) -> Path:
    frame.to_csv(path, index=False)
    return path


def fill(store: Store, folder: Path) -> None:
    """Two weeks, scored and labelled late, and a file of labels of which half have no rows yet."""
    frame = history(2, rows=FEW)
    some = labels_of(frame).head(9)
    waiting = pd.concat([some, some.assign(id="later-" + some["id"])])
    receive(
        store,
        "loans",
        csv(without_labels(frame), folder / "rows.csv"),
        name="rows.csv",
        source="test",
    )
    for name, table in (("labels.csv", labels_of(frame)), ("waiting.csv", waiting)):
        work_off(store)
        receive_labels(store, "loans", csv(table, folder / name), name=name, source="test")
    work_off(store)


def work_off(store: Store) -> int:
    """Does every job that is due, in this process; returns how many but for explanations."""
    before = len(explanations(store))
    with Runners(store) as runners:
        done = 0
        while step(store, "test", runners):
            done += 1
    return done - len(explanations(store)) + before


def explanations(store: Store) -> pd.DataFrame:
    """Jobs on samples of batches that were scored or labelled, and that are done."""
    jobs = reads.jobs(store)
    return jobs[(jobs["kind"] == JobKind.EXPLAIN) & (jobs["status"] == JobStatus.DONE)]


def work_through(store: Store, *, patience: timedelta = timedelta(hours=1)) -> int:
    """As ``work_off``, and those put off as well: the clock runs ahead until nothing waits."""
    now, done = utc_now(), 0
    with Runners(store) as runners:
        while queue.waiting(store) and now < utc_now() + patience:
            done += step(store, "test", runners, clock=partial(_same, now))
            now += timedelta(seconds=10)
    return done


def _same(now: datetime) -> datetime:
    return now


def measured(store: Store, model: str = "loans", *, clocks: bool = False) -> pd.DataFrame:
    """All measurements but, unless asked for, the readings of clocks."""
    table = reads.measurements(store, model)
    keys = ["starts_at", "metric", "feature", "attribute", "group"]
    table = table if clocks else table[~table["metric"].isin(CLOCKS)]
    return table.sort_values(keys).reset_index(drop=True)


def together(store: Store) -> pd.DataFrame:
    """All that is said of many batches, in an order that does not depend on when they came."""
    found = reads.measurements(store, "loans", metrics=SEQUENCE, batch="all")
    keys = ["batch", "metric", "feature", "attribute", "group"]
    columns = [*keys, "value", "low", "high", "n", "verdict", "reason", "window", "limit_high"]
    return found[columns].sort_values(keys, ignore_index=True)


def alarms(store: Store) -> pd.DataFrame:
    """The incidents that many batches together have opened."""
    table = reads.incidents(store, model="loans")
    return table[table["metric"] == "change_evidence"]


def jobs_of_batches(store: Store) -> pd.DataFrame:
    """Jobs that score or join labels, one a batch, by the batch's name."""
    jobs = reads.jobs(store)
    return jobs[jobs["kind"] != JobKind.EXPLAIN].set_index("batch")


def undone(store: Store) -> list[str]:
    """The errors of jobs that are not done, explanations that still wait left aside."""
    jobs = reads.jobs(store)
    jobs = jobs[(jobs["kind"] != JobKind.EXPLAIN) | (jobs["status"] != JobStatus.QUEUED)]
    return [str(error) for error in jobs[jobs["status"] != JobStatus.DONE]["error"]]


def runs(store: Store) -> pd.DataFrame:
    """Every row of the table of runs, by batch."""
    with store.read() as connection:
        query = select(t.runs).order_by(t.runs.c.batch_id, t.runs.c.version_id)
        result = connection.execute(query)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def sequences(store: Store) -> pd.DataFrame:
    """What each batch brings to its version's sequence, as stored: batch and data, oldest first."""
    with store.read() as connection:
        found = stored_sequences.batches(connection, 1)
    return pd.DataFrame([(row.name, row.data) for row in found], columns=["batch", "data"])


def records(store: Store) -> pd.DataFrame:
    """The batches of rows, oldest first."""
    table = reads.batches(store)
    return table[table["role"] == "records"].iloc[::-1].reset_index(drop=True)
