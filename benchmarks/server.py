"""Fairwatch as people start it, in a process whose seconds and memory are read from outside."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where it answers, and its process; its worker is another."""

    address: str
    process: int
    began: float

    def cpu_seconds(self) -> float:
        """Of the server alone, user and system."""
        fields = Path(f"/proc/{self.process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self) -> float:
        """What it has of memory now, its part of what is shared (PSS)."""
        lines = Path(f"/proc/{self.process}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def serving(home: Path, database_url: str = "") -> Iterator[Server]:
    """`fairwatch serve` on a free port, over when the block is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "FAIRWATCH_HOME": str(home.resolve())}
    environment |= {"FAIRWATCH_DATABASE_URL": database_url, "FAIRWATCH_BASE_URL": address}
    began = time.monotonic()
    command = [sys.executable, "-m", "monitor", "serve", "--port", str(port)]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _listens(address)
        yield Server(address, process.pid, began)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _listens(address: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
