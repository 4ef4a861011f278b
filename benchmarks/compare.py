"""Our evaluation beside Evidently, fairlearn and the bare prediction: one JSON line for each pair.

Every side runs in a process of its own, and all sides take turns, so that a busy machine is as
busy for one as for the other.  This process imports nothing large: a child's peak memory begins
with that of its parent.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")


class Pair(NamedTuple):
    """Two sides that are given the same rows.

    A ``small`` pair gets SMALL_ROWS, in processes that have done BEFORE such batches.
    """

    name: str
    ours: str
    theirs: str
    small: bool = False


PAIRS = (
    Pair("statistics", "tallies of both files", "evidently presets"),
    Pair("statistics, reference counted before", "tally of the batch", "evidently presets"),
    Pair("groups", "fairness of tallies", "MetricFrame on rows"),
    Pair("whole and prediction alone", "evaluation", "read and predict"),
    Pair("whole", "evaluation", "read, predict, evidently presets, MetricFrame"),
    Pair("statistics of a small batch", "tally of the batch", "evidently presets", small=True),
)
SMALL_ROWS = 2_000
BEFORE = 3

Run = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    pairs = [pair for pair in PAIRS if not asked.only or pair.name in asked.only]
    with tempfile.TemporaryDirectory(prefix="fairwatch-bench-") as folder:
        for small in sorted({pair.small for pair in pairs}):
            rows = min(SMALL_ROWS, asked.rows) if small else asked.rows
            material = Path(folder) / f"{rows}{'-small' if small else ''}"
            versions = _make(material, rows=rows, columns=asked.columns)
            chosen = [pair for pair in pairs if pair.small == small]
            runs = _rounds(chosen, material, asked.repeats)
            about = {
                "rows": rows,
                "columns": asked.columns,
                "repeats": asked.repeats,
                "versions": versions,
            }
            for pair in chosen:
                line = compared(pair, runs[pair.ours], runs[pair.theirs]) | about
                print(json.dumps(line), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--columns", type=int, default=20, help="features, at least 4")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=[pair.name for pair in PAIRS])
    return parser


def _make(folder: Path, *, rows: int, columns: int) -> dict[str, str]:
    """Writes the files all sides read; returns the versions of what is compared."""
    folder.mkdir()
    command = ["benchmarks.material", str(folder), str(rows), str(columns)]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=_environment(),
        check=True,
        capture_output=True,
    )
    versions: dict[str, str] = json.loads(done.stdout)
    return versions


def _rounds(pairs: Sequence[Pair], folder: Path, repeats: int) -> dict[str, list[Run]]:
    """Every side once a round, so that none has the quiet minutes for itself."""
    sides = [
        side for p in pairs for side in ((p.ours, "ours", p.small), (p.theirs, "theirs", p.small))
    ]
    runs: dict[str, list[Run]] = {name: [] for name, _, _ in sides}
    for place in range(repeats):
        for name, whose, small in dict.fromkeys(sides):
            print(f"round {place + 1} of {repeats}: {name}", file=sys.stderr, flush=True)
            runs[name].append(_run(whose, name, folder, before=BEFORE if small else 0))
    return runs


def _run(whose: str, name: str, folder: Path, *, before: int) -> Run:
    """What the side says of its work, and what the kernel says of its whole process."""
    started = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.side", whose, name, str(folder), str(before)],
        cwd=ROOT,
        env=_environment(),
        stdout=subprocess.PIPE,
    )
    assert started.stdout is not None
    with started.stdout:
        told = started.stdout.read()
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    if started.returncode:
        raise SystemExit(f"The side {name!r} ended with exit code {started.returncode}.")
    return {**json.loads(told), "process_cpu_seconds": usage.ru_utime + usage.ru_stime}


def _environment() -> dict[str, str]:
    """One thread for everybody: CPU seconds then mean the same on every machine."""
    return {
        **os.environ,
        **{f"{name}_NUM_THREADS": "1" for name in THREADS},
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }


def compared(pair: Pair, ours: Sequence[Run], theirs: Sequence[Run]) -> dict[str, Any]:
    """Medians of both sides; ``ratio`` is theirs over ours in CPU seconds of the work alone."""
    ours_cpu, theirs_cpu = (_median(runs, "cpu_seconds") for runs in (ours, theirs))
    return {
        "name": pair.name,
        "ours": pair.ours,
        "theirs": pair.theirs,
        "ours_cpu_seconds": ours_cpu,
        "theirs_cpu_seconds": theirs_cpu,
        "ratio": round(theirs_cpu / ours_cpu, 2),
        **_with_imports(ours, theirs),
        **agreement(ours[0]["answers"], theirs[0]["answers"]),
    }


def _with_imports(ours: Sequence[Run], theirs: Sequence[Run]) -> dict[str, float]:
    """The whole process: imports, and what is set up before the work begins, included."""
    return {
        f"{whose}_{key}": _median(runs, key)
        for key in ("process_cpu_seconds", "peak_mb", "peak_mb_over_imports")
        for whose, runs in (("ours", ours), ("theirs", theirs))
    }


def agreement(ours: Mapping[str, float], theirs: Mapping[str, float]) -> dict[str, Any]:
    """How many numbers both sides gave, and by how much they differ at most; None without any."""
    shared = sorted(set(ours) & set(theirs))
    largest = max((abs(ours[name] - theirs[name]) for name in shared), default=None)
    return {"shared_answers": len(shared), "largest_difference": largest}


def _median(runs: Sequence[Run], key: str) -> float:
    return round(float(median(run[key] for run in runs)), 4)


if __name__ == "__main__":
    main()
