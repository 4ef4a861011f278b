"""A scored file from disk to every number, beside what others make of it: one JSON line for each.

    .venv/bin/python -m benchmarks.peers                       # every case, some twenty minutes
    .venv/bin/python -m benchmarks.peers --cases wide levels --peers plain --repeats 3
    .venv/bin/python -m benchmarks.peers --nannyml /tmp/nannyml --peers nannyml

Every run is a process of its own with one thread, sides take turns, and medians of CPU seconds are
printed: of the work on the batch's file, after the same work on another file as long, of 50 000
rows at most.  Ours is run twice: the whole evaluation, and for the same outputs as the peer
(``values.py``).  The reference stands ready on all sides: counted and measured with us, fitted with
NannyML, read with those that keep no more of it.  NannyML, which does not go with our libraries,
gets a virtual environment of its own from PyPI, in the folder named by ``--nannyml``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.compare import ROOT, _environment
from benchmarks.prescored import Shape, make, wide
from monitor.jobs.memory import ARROW

CASES: Final[Mapping[str, Shape]] = {
    "1M": Shape(1_000_000, 1_000_000),
    "200k": Shape(200_000, 200_000),
    "50k": Shape(50_000, 50_000),
    "10k": Shape(10_000, 10_000),
    "1k": Shape(1_000, 1_000),
    "1k of 200k": Shape(1_000, 200_000),
    "wide": wide(200, 2_000),
    "levels": Shape(20_000, 20_000, numbers=1, levels=(4_000,)),
    "rare": Shape(200_000, 200_000, rare=7.5),
}
PEERS: Final = {"evidently": "evidently and fairlearn", "plain": "plain", "nannyml": "nannyml"}
SAME: Final = dict.fromkeys(PEERS, "ours, values alone") | {"nannyml": "ours, as nannyml"}

# It imports statsmodels without asking for it, and was written for these.
NANNYML: Final = ("nannyml==0.13.1", "statsmodels", "pandas<3", "scikit-learn<1.7")

Run = Mapping[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _parser().parse_args(arguments)
    peers = asked.peers or ["evidently", "plain", *(["nannyml"] if asked.nannyml else [])]
    python = _nannyml(asked.nannyml) if "nannyml" in peers else None
    for case in asked.cases or CASES:
        with tempfile.TemporaryDirectory(prefix="fairwatch-bench-") as home:
            folder = Path(home) / "case"
            make(folder, CASES[case])
            sides = ["ours", *(side for peer in peers for side in (SAME[peer], PEERS[peer]))]
            runs = _rounds([*dict.fromkeys(sides)], folder, asked.repeats, python)
        for peer in peers:
            line = compared(runs["ours"], runs[SAME[peer]], runs[PEERS[peer]])
            print(json.dumps({"case": case, "peer": PEERS[peer], **line}), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", nargs="*", choices=CASES, help="all where none is named")
    parser.add_argument("--peers", nargs="*", choices=PEERS, help="nannyml where it has a home")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--nannyml", type=Path, help="folder of its environment, made if missing")
    return parser


def _nannyml(home: Path | None) -> Path:
    """The Python that has NannyML, which is installed there where it is not yet."""
    if home is None:
        raise SystemExit("Say with --nannyml in which folder NannyML may be installed.")
    python = home / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *NANNYML]
        subprocess.run(install, check=True)
    return python.absolute()


def _rounds(
    sides: Sequence[str], folder: Path, repeats: int, python: Path | None
) -> dict[str, list[Run]]:
    runs: dict[str, list[Run]] = {side: [] for side in sides}
    for _ in range(repeats):
        for side in sides:
            runs[side].append(_run(side, folder, python))
    return runs


def _run(side: str, folder: Path, python: Path | None) -> Run:
    command = [sys.executable, "-m", "benchmarks.peer_sides", side, str(folder)]
    if side == "nannyml":
        command = [str(python), "benchmarks/nanny.py", str(folder)]
    print(side, file=sys.stderr, flush=True)
    environment = _environment() | {"NML_DISABLE_USAGE_LOGGING": "1"}
    environment |= ARROW if side.startswith("ours") else {}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    run: Run = json.loads(done.stdout.splitlines()[-1])
    return run


def compared(whole: Sequence[Run], same: Sequence[Run], theirs: Sequence[Run]) -> dict[str, Any]:
    """Medians of their side, of ``whole`` and of ours for the ``same`` outputs; theirs over both;
    how many numbers each gave, and by how much those that both gave differ at most, metric by
    metric, in the first round."""
    ours, alike, other = (
        median(run["cpu_seconds"] for run in runs) for runs in (whole, same, theirs)
    )
    said, less, heard = (runs[0]["answers"] for runs in (whole, same, theirs))
    return {
        "whole_cpu_seconds": round(ours, 4),
        "same_outputs_cpu_seconds": round(alike, 4),
        "theirs_cpu_seconds": round(other, 4),
        "whole_ratio": round(other / ours, 1),
        "same_outputs_ratio": round(other / alike, 1),
        "numbers": {"whole": len(said), "same outputs": len(less), "theirs": len(heard)},
        "largest_differences": _differences(less | said, heard),
    }


def _differences(ours: Mapping[str, float], theirs: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for name in sorted({*ours} & {*theirs}):
        metric = name.partition("/")[0]
        found[metric] = max(found[metric], round(abs(ours[name] - theirs[name]), 12))
    return dict(found)


if __name__ == "__main__":
    main()
