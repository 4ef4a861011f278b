"""What this process and those it has started have used, as Linux tells it."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
FORGET_PEAK = "5"


def cpu_seconds() -> float:
    """User and system seconds, of children that have ended and of those that still run."""
    own = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ended = sum(usage.ru_utime + usage.ru_stime for usage in own)
    return ended + sum(_running_seconds(child) for child in _children())


def memory_mb(field: str) -> float:
    """VmRSS, what is held now, or VmHWM, the most that was, of all these processes together."""
    return sum(_status(process)[field] for process in (Path("/proc/self"), *_children())) / 1024


def held_mb() -> float:
    """What all these processes hold now; a page that several have mapped is counted once."""
    return sum(_shares(process) for process in (Path("/proc/self"), *_children())) / 1024


def forget_peak() -> None:
    """From here on the most that was held is counted anew."""
    for process in (Path("/proc/self"), *_children()):
        (process / "clear_refs").write_text(FORGET_PEAK)


def _children() -> Iterator[Path]:
    for listed in Path("/proc/self/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # of a thread that has just ended
            yield from (Path("/proc", child) for child in listed.read_text().split())


def _running_seconds(process: Path) -> float:
    """utime and stime, the twelfth and thirteenth field after the name."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _status(process: Path) -> dict[str, int]:
    lines = (line.split() for line in (process / "status").read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in lines if line[-1] == "kB"}


def _shares(process: Path) -> int:
    """Proportional set size, in kB."""
    lines = (line.split() for line in (process / "smaps_rollup").read_text().splitlines())
    return next(int(line[1]) for line in lines if line[0] == "Pss:")
