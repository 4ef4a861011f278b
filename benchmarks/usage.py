"""What this process and those it has started have used, as Linux tells it."""

from __future__ import annotations

import os
import resource
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PAGE = os.sysconf("SC_PAGE_SIZE")
ENTRY = 8  # bytes of pagemap for each page
IN_FILE_AND_MEMORY = np.uint64(1 << 63 | 1 << 61)
TICKS = os.sysconf("SC_CLK_TCK")
FORGET_PEAK = "5"


def cpu_seconds() -> float:
    """User and system seconds, of children that have ended and of those that still run."""
    own = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    ended = sum(usage.ru_utime + usage.ru_stime for usage in own)
    return ended + children_seconds()


def children_seconds() -> float:
    """User and system seconds of children that still run."""
    return sum(_running_seconds(child) for child in _children())


def memory_mb(field: str) -> float:
    """VmRSS, what is held now, or VmHWM, the most that was, of all these processes together."""
    return sum(_status(process)[field] for process in (Path("/proc/self"), *_children())) / 1024


def held_mb() -> float:
    """What all these processes hold of their own, without the files that they have mapped."""
    return sum(_shares(process) for process in (Path("/proc/self"), *_children())) / 1024


def files_mb() -> float:
    """The pages of libraries and other files that any of these processes has in memory, each once.

    Who else on the machine has them makes no difference, as it does to a proportional share.
    """
    pages: defaultdict[str, list[NDArray[np.int64]]] = defaultdict(list)
    for process in (Path("/proc/self"), *_children()):
        for file, there in _mapped(process):
            pages[file].append(there)
    return sum(np.unique(np.concatenate(of)).size for of in pages.values()) * PAGE / 2**20


def forget_peak() -> None:
    """From here on the most that was held is counted anew."""
    for process in (Path("/proc/self"), *_children()):
        (process / "clear_refs").write_text(FORGET_PEAK)


def _children() -> Iterator[Path]:
    yield from _children_of(Path("/proc/self"))


def _children_of(process: Path) -> Iterator[Path]:
    for listed in (process / "task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # of a thread that has just ended
            for child in (Path("/proc", child) for child in listed.read_text().split()):
                yield child
                yield from _children_of(child)


def _running_seconds(process: Path) -> float:
    """utime and stime, the twelfth and thirteenth field after the name."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _status(process: Path) -> dict[str, int]:
    lines = (line.split() for line in (process / "status").read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) for line in lines if line[-1] == "kB"}


def _shares(process: Path) -> int:
    """Proportional share of what stands in no file, in kB."""
    lines = (line.split() for line in (process / "smaps_rollup").read_text().splitlines())
    return next(int(line[1]) for line in lines if line[0] == "Pss_Anon:")


def _mapped(process: Path) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Each mapped file, and which of its pages are there."""
    with (process / "pagemap").open("rb", buffering=0) as pagemap:
        for line in (process / "maps").read_text().splitlines():
            addresses, _, offset, device, inode = line.split()[:5]
            if inode == "0":
                continue
            low, high = (int(address, 16) // PAGE for address in addresses.split("-"))
            pagemap.seek(low * ENTRY)
            entries = np.frombuffer(pagemap.read((high - low) * ENTRY), np.uint64)
            there = np.flatnonzero(entries & IN_FILE_AND_MEMORY == IN_FILE_AND_MEMORY)
            yield f"{device} {inode}", there + int(offset, 16) // PAGE
