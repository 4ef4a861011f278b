"""Asking Evidently in a child process, within limits of time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from monitor.errors import ReportError

SECONDS = 300.0
MEMORY_MB = 6144  # of addresses; what is used is a tenth of it
THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR")
PASSED_ON = ("PATH", "PYTHONPATH", "SYSTEMROOT")


def ask(
    folder: Path,
    question: Mapping[str, Any],
    *,
    current: pd.DataFrame,
    reference: pd.DataFrame,
    beat: Callable[[], object] = lambda: None,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """The child's answer; ReportError says why there is none.

    ``folder`` is scratch, and what the child made besides lies in it.  ``beat`` is called about
    twice a second and may raise to stop the work.
    """
    for name, frame in (("current", current), ("reference", reference)):
        frame.to_parquet(folder / f"{name}.parquet", index=False)
    (folder / "question.json").write_text(json.dumps({**question, "memory_mb": MEMORY_MB}))
    code = _run(folder, beat, seconds)
    answer = folder / "answer.json"
    if not answer.exists():
        raise ReportError(f"Evidently ended its process (exit code {code}){_last_words(folder)}.")
    told: dict[str, Any] = json.loads(answer.read_text())
    if told.get("failed") == "import":
        raise ReportError(
            f"Evidently cannot be imported here ({told['error']}): install evidently beside "
            f"Fairwatch; everything else works without it."
        )
    if "failed" in told:
        raise ReportError(f"Evidently failed ({told['error']}).")
    return told


def _run(folder: Path, beat: Callable[[], object], seconds: float) -> int:
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    environment |= {f"{name}_NUM_THREADS": "1" for name in THREADS}
    environment |= {"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "monitor.reports.child", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment | {"DO_NOT_TRACK": "1"},
            cwd=folder,
        ) as child,
    ):
        try:
            return _wait(child, beat, time.monotonic() + seconds, seconds)
        finally:
            child.kill()


def _wait(
    child: subprocess.Popen[bytes], beat: Callable[[], object], until: float, seconds: float
) -> int:
    while True:
        try:
            return child.wait(0.5)
        except subprocess.TimeoutExpired:
            beat()
        if time.monotonic() > until:
            raise ReportError(f"Evidently took longer than {seconds:g} seconds and was stopped.")


def _last_words(folder: Path) -> str:
    lines = (folder / "log").read_text(errors="replace").split("\n")
    last = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f": {last[:300]}" if last else ""
