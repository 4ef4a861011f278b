"""A process for a model: started afresh, or forked from one that has the libraries; and its strays.

Both begin in a folder of their own, in a session of their own, with nearly no environment.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

from monitor.models.runners import child

THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB", "BLIS")
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in THREADS}
# Chunk after chunk takes the memory of the one before: given back and zeroed again by the system
# each time, it costs a fast model a fifth of its seconds.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": f"{32 << 20}", "MALLOC_TRIM_THRESHOLD_": f"{64 << 20}"}
NAME_BYTES = 15  # of what Linux calls a process


class Process(Protocol):
    """What is asked of a model's process, as ``subprocess.Popen`` has it."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None
    stderr: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, below 0 for a signal; ``subprocess.TimeoutExpired`` where it still runs
        after so many seconds."""


def environment(folder: Path) -> dict[str, str]:
    """All that a model's process may know of where it runs."""
    return ONE_THREAD | MALLOC | {"HOME": str(folder), "TMPDIR": str(folder), "LANG": "C.UTF-8"}


def spawned(python: str, folder: Path) -> Process:
    """A new interpreter with the script of ``child``."""
    return subprocess.Popen(
        [python, "-I", "-u", str(child.__file__)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(folder),
        cwd=folder,
        start_new_session=True,
    )


def called(folder: Path) -> str:
    """The name of a forked process, which all have that it forks."""
    return folder.name.removeprefix("fairwatch-")[:NAME_BYTES]


def call_this(name: str) -> None:
    """Gives this process a name, where that may be done."""
    with suppress(OSError):
        Path("/proc/self/comm").write_text(name)


def strays(folder: Path) -> list[int]:
    """Processes started in a model's environment, or forked from its process, those too that left
    its group for one of their own; none where there is no /proc."""
    mark, name, found = b"HOME=" + os.fsencode(folder) + b"\0", called(folder), []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            named = (place / "comm").read_text().rstrip("\n") == name
            if named or mark in (place / "environ").read_bytes():
                found.append(int(place.name))
    return found
