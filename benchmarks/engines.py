"""A batch of several partitions: one process beside loky and Dask with two workers, in turns.

    .venv/bin/python -m benchmarks.engines --rows 2000000 --repeats 3

One JSON line for each engine: seconds by the wall, rows a second, times as fast as one process, and
whether the tallies are equal, byte for byte.  Walls mean something on a quiet machine only.
Starting the cluster is not counted, opening the model on each worker is; the first round is not
counted at all.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Literal

os.environ["OMP_NUM_THREADS"] = "1"

import pyarrow.parquet as pq
from distributed import LocalCluster

from benchmarks.material import Registered, make, registered
from monitor.jobs.engine import Ground, evaluate_apart
from monitor.jobs.evaluate import Evaluation, evaluate
from monitor.jobs.partitions import CHUNK_ROWS, partitions_of
from monitor.models.files import artefact_facts
from monitor.models.runner import open_runner
from monitor.settings import Settings

REFERENCE_ROWS, COLUMNS, WORKERS = 200_000, 20, 2


@dataclass(frozen=True, slots=True)
class Run:
    seconds: float
    counted: bytes


def repeated(folder: Path, rows: int) -> Path:
    """The made batch, over and over, in row groups as the store writes them."""
    table, path = pq.read_table(folder / "batch.parquet"), folder / "long.parquet"
    with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
        for _ in range(rows // len(table)):
            writer.write_table(table, row_group_size=CHUNK_ROWS)
    return path


def timed(act: Callable[[], Evaluation]) -> Run:
    started = time.perf_counter()
    found = act()
    seconds = time.perf_counter() - started
    counted = found.tally.profiles.to_bytes() + found.tally.outcomes.to_bytes()
    return Run(seconds, counted)


def here(path: Path, folder: Path, made: Registered) -> Evaluation:
    """As a worker does it, with its model opened anew."""
    with open_runner(
        made.spec,
        artefact_facts(made.spec),
        settings=Settings(),
        trusted=lambda _: True,
        contract=made.contract,
    ) as runner:
        return evaluate(
            path,
            runner,
            spec=made.spec,
            contract=made.contract,
            layout=made.layout,
            keep=folder / "here.parquet",
        )


def there(
    path: Path, folder: Path, made: Registered, engine: Literal["loky", "dask"], address: str
) -> Evaluation:
    settings = Settings(engine=engine, engine_address=address, engine_jobs=WORKERS)
    return evaluate_apart(
        partitions_of(str(path)),
        spec=made.spec,
        contract=made.contract,
        layout=made.layout,
        facts=artefact_facts(made.spec),
        trusted=True,
        keep=folder / f"{engine}.parquet",
        ground=Ground(folder, ""),
        settings=settings,
    )


def compared(rows: int, repeats: int) -> list[dict[str, Any]]:
    """One row for each engine, medians of the rounds."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fairwatch-bench-")))
        make(folder, rows=REFERENCE_ROWS, columns=COLUMNS)
        made, path = registered(folder), repeated(folder, rows)
        cluster = stack.enter_context(
            LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None)
        )
        acts: dict[str, Callable[[], Evaluation]] = {
            "one process": lambda: here(path, folder, made),
            "loky, 2 processes": lambda: there(path, folder, made, "loky", ""),
            "Dask, 2 workers": lambda: there(path, folder, made, "dask", cluster.scheduler_address),
        }
        rounds = [{name: timed(act) for name, act in acts.items()} for _ in range(repeats + 1)]
    first, *kept = rounds
    one = median(found["one process"].seconds for found in kept)
    return [
        {
            "engine": name,
            "rows": rows // REFERENCE_ROWS * REFERENCE_ROWS,
            "seconds": round(seconds, 2),
            "rows_per_second": round(rows / seconds),
            "times_as_fast": round(one / seconds, 2),
            "equal": all(f[name].counted == first["one process"].counted for f in rounds),
        }
        for name in first
        for seconds in [median(found[name].seconds for found in kept)]
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=2_000_000)
    asked.add_argument("--repeats", type=int, default=3)
    given = asked.parse_args()
    for line in compared(given.rows, given.repeats):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
