"""One side of a comparison in a process of its own: set up, work, tell what the work cost."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.usage import cpu_seconds, forget_peak, memory_mb

Work = Callable[[], dict[str, float]]
SetUp = Callable[[Path, ExitStack], Work]


def find(whose: str, name: str) -> SetUp:
    """The set-up of one side; the other's modules are not imported."""
    side: SetUp = import_module(f"benchmarks.{whose}").SIDES[name]
    return side


def measured(set_up: SetUp, folder: Path, *, before: int) -> dict[str, Any]:
    """CPU seconds and peak memory of the work, a model's own process included.

    The seconds are net of imports and set-up; of the two peaks one stands on top of what they had
    taken when the work began, and the other is that of all together.  ``before`` says how often
    the same work was done unmeasured, as a worker has done when a small batch comes.
    """
    with ExitStack() as stack:
        work = set_up(folder, stack)
        for _ in range(before):
            work()
        highest_before = memory_mb("VmHWM")
        forget_peak()
        cpu, standing = cpu_seconds(), memory_mb("VmRSS")
        answers = work()
        spent, peak = cpu_seconds() - cpu, memory_mb("VmHWM")
    return {
        "cpu_seconds": spent,
        "peak_mb": max(peak, highest_before),
        "peak_mb_over_imports": max(peak - standing, 0.0),
        "answers": answers,
    }


if __name__ == "__main__":
    whose, name, folder, before = sys.argv[1:]
    print(json.dumps(measured(find(whose, name), Path(folder), before=int(before))))
