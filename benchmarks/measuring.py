"""What measuring costs: intervals of all groups at any size, and a small batch's whole job.

`OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.measuring` prints one JSON line for each figure,
in CPU seconds of this process, in a minute or two; a model's own process is left out.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from monitor.jobs.demo import SAMPLES
from monitor.jobs.intake import receive
from monitor.jobs.memory import settle
from monitor.jobs.open_models import Runners
from monitor.jobs.periods import Period
from monitor.jobs.register import register
from monitor.jobs.step import step
from monitor.measures import fairness
from monitor.measures.layout import build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store.engine import Store, open_store
from monitor.terms import Task

ROUNDS = 7
SIZES = (2_000, 200_000, 2_000_000)
BATCH_ROWS = 1_000
WEEK = timedelta(weeks=1)


def people(n: int) -> Rows:
    """Answers to people of two sexes and five races, in which nothing differs but by chance."""
    random = np.random.default_rng(n)
    score = random.random(n)
    yes_no = np.array(["no", "yes"], dtype=object)
    groups = {
        "sex": random.choice(np.array(["f", "m"], dtype=object), n),
        "race": random.choice(np.array(list("abcde"), dtype=object), n),
    }
    predicted, actual = (yes_no[(score > cut).astype(int)] for cut in (0.5, random.random(n)))
    return Rows({}, groups, predicted, actual, score[:, None], None, n)


def intervals(rows: int) -> float:
    """CPU seconds of every rate, gap and index with its interval and p, the rows being counted."""
    given = people(rows)
    layout = build_layout(
        given,
        task=Task.BINARY,
        classes=("no", "yes"),
        positive="yes",
        favourable=("yes",),
        attributes=("sex", "race"),
        reference_groups={"sex": "m", "race": "a"},
    )
    counted = tally_outcomes(given, layout)
    return _middle(lambda: fairness.measure(counted, layout, None))


def _middle(work: Callable[[], object]) -> float:
    def once() -> float:
        begun = time.process_time()
        work()
        return time.process_time() - begun

    return median([once() for _ in range(ROUNDS + 1)][1:])


def jobs(store: Store, model: str) -> float:
    """CPU seconds of the worker from claimed to done of a week's batch, after some weeks."""
    starts_at = datetime(2026, 1, 5, tzinfo=UTC)
    register(store, read_spec(SAMPLES / model / "spec.toml"), who="benchmark", trust=True)
    files = sorted((SAMPLES / model / "batches").glob("week-*.parquet"))[: ROUNDS + 1]
    spent = []
    with Runners(store) as runners:
        for file in files:
            path = store.settings.home / file.name
            pd.read_parquet(file).head(BATCH_ROWS).to_parquet(path, index=False)
            period = Period(starts_at, starts_at + WEEK)
            receive(store, model, path, name=file.name, source="benchmark", period=period)
            starts_at += WEEK
            begun = time.process_time()
            step(store, "benchmark", runners)
            spent.append(time.process_time() - begun)
            while step(store, "benchmark", runners):
                pass
    return median(spent[1:])


def main() -> None:
    settle()
    for rows in SIZES:
        print(json.dumps({"name": "intervals", "rows": rows, "cpu_seconds": intervals(rows)}))
    with tempfile.TemporaryDirectory() as home:
        store = open_store(Settings(home=Path(home), database_url=""))
        for model in ("credit", "tickets", "claims"):
            found = {"name": "job", "model": model, "rows": BATCH_ROWS}
            print(json.dumps({**found, "cpu_seconds": jobs(store, model)}))
        store.close()


if __name__ == "__main__":
    main()
