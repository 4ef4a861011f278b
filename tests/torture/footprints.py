"""What a process and all that it started hold: memory, files, threads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Footprint:
    """``memory_mb`` is the proportional share of memory, so that what is shared counts once."""

    memory_mb: float
    files: int
    threads: int

    def __add__(self, other: Footprint) -> Footprint:
        return Footprint(
            self.memory_mb + other.memory_mb,
            self.files + other.files,
            self.threads + other.threads,
        )


def footprint(pid: int) -> Footprint:
    """Of this process alone; zeros for one that is gone."""
    place = Path(f"/proc/{pid}")
    try:
        found = re.search(r"^Pss: +(\d+) kB", (place / "smaps_rollup").read_text(), re.MULTILINE)
        memory = int(found[1]) / 1024 if found else 0.0
        files, threads = (len(list((place / name).iterdir())) for name in ("fd", "task"))
        return Footprint(memory, files, threads)
    except (FileNotFoundError, ProcessLookupError):
        return Footprint(0.0, 0, 0)


def family(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    for child in children(pid):
        yield from family(child)


def children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(n) for task in tasks for n in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []
