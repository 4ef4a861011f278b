"""Peak memory of a worker and its model's process, from a million rows to twenty: it must be flat.

One JSON line for each format and size.  Every file is made piece by piece in a process of its own
and deleted afterwards; the columns are those of ``benchmarks.evaluation``.  ``own_mb`` is the most
that both processes held of their own at once, asked twenty times a second; ``files_mb`` what they
have of libraries at the end, each page once; ``peak_mb`` is their sum.  ``peaks_mb`` adds their own
peaks up, shared pages twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

import monitor.jobs.worker  # noqa: F401  (all that a worker holds before it takes a batch)
from benchmarks.compare import ROOT, _environment
from benchmarks.evaluation import evaluator, made, train
from benchmarks.usage import cpu_seconds, files_mb, held_mb, memory_mb
from monitor.jobs.memory import ARROW

PIECE = 250_000
ASKED_EVERY = 0.05  # seconds
FORMS = ("parquet", "csv")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="*", default=[1_000_000, 5_000_000, 20_000_000])
    parser.add_argument("--formats", nargs="+", choices=FORMS, default=FORMS)
    parser.add_argument("--model", choices=("logistic", "boosted", "forest"), default="logistic")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fairwatch-memory-") as folder:
        train(Path(folder))
        for form in asked.formats:
            peaks = [measured(folder, asked.model, form, rows) for rows in asked.rows]
            growth = round(max(peaks) / peaks[0] - 1, 4)
            print(json.dumps({"format": form, "peak_mb": max(peaks), "growth": growth}), flush=True)


def measured(folder: str, model: str, form: str, rows: int) -> float:
    batch = str(Path(folder, f"batch.{form}"))
    _step("write", batch, str(rows))
    found = json.loads(_step("evaluate", batch, model))
    size = Path(batch).stat().st_size / 1e6
    Path(batch).unlink()
    print(json.dumps({"format": form, "rows": rows, "file_mb": round(size), **found}), flush=True)
    return float(found["peak_mb"])


def _step(*arguments: str) -> bytes:
    command = [sys.executable, "-m", "benchmarks.memory", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=_environment() | ARROW, check=True, stdout=subprocess.PIPE
    )
    return done.stdout


def write(batch: Path, rows: int) -> None:
    """Piece by piece, each with its own seed."""
    pieces = (
        pa.Table.from_pandas(
            made(seed, min(PIECE, rows - start)).assign(id=lambda f, s=start: f["id"] + s),
            preserve_index=False,
        )
        for seed, start in enumerate(range(0, rows, PIECE), 2)
    )
    first = next(pieces)
    opened = pq.ParquetWriter if batch.suffix == ".parquet" else pacsv.CSVWriter
    with opened(batch, first.schema) as writer:
        writer.write_table(first)
        for piece in pieces:
            writer.write_table(piece)


def evaluated(batch: Path, model: str) -> dict[str, float]:
    with evaluator(batch.parent, model) as evaluate, watched() as held:
        before, start = cpu_seconds(), held_mb() + files_mb()
        done = evaluate(batch)
        own, files = max(held), files_mb()
        return {
            "counted": done.service.rows,
            "cpu_seconds": round(cpu_seconds() - before, 2),
            "before_mb": round(start, 1),
            "own_mb": round(own, 1),
            "files_mb": round(files, 1),
            "peak_mb": round(own + files, 1),
            "peaks_mb": round(memory_mb("VmHWM"), 1),
        }


@contextmanager
def watched() -> Iterator[list[float]]:
    """What is held, again and again until the end."""
    held, ended = [held_mb()], threading.Event()

    def watch() -> None:
        while not ended.wait(ASKED_EVERY):
            held.append(held_mb())

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield held
    finally:
        ended.set()
        watching.join()


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(Path(sys.argv[2]), int(sys.argv[3]))
    elif sys.argv[1:2] == ["evaluate"]:
        print(json.dumps(evaluated(Path(sys.argv[2]), sys.argv[3])))
    else:
        main()
