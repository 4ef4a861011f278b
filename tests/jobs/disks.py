"""Small disks of a test's own, and filling them to the last byte."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def a_small_disk(place: Path, *, megabytes: int) -> Iterator[Path]:
    """The folder as a disk of that size; a skip where nothing may be mounted."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        yield place
    finally:
        ctypes.CDLL(None).sync()
        subprocess.run(["umount", "-l", str(place)], check=True)


def fill(ballast: Path) -> None:
    """Until not one byte more goes on its disk."""
    with ballast.open("wb", buffering=0) as stream:
        for size in (100_000, 1000, 10):
            try:
                while True:
                    stream.write(b"x" * size)
            except OSError:
                pass
