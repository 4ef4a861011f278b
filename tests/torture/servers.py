"""Real servers on a home of the test's own, that may be killed at any moment."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Server:
    """``process`` is the server's; its worker is a child of it."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def a_server(home: Path, **environ: str) -> Iterator[Server]:
    """One that answers; asked to leave at the end, where it has not been killed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = home.parent / "server.log"
    with log.open("a") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "monitor", "serve", "--port", str(port)],
            cwd=ROOT, env=environment(home) | environ, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        server = Server(f"http://127.0.0.1:{port}", process, log)
        until_it_answers(server)
        yield server
    finally:
        process.terminate()
        process.wait(timeout=60)


def environment(home: Path) -> dict[str, str]:
    """Ours with this home, and with the database in it."""
    kept = {name: value for name, value in os.environ.items() if name != "FAIRWATCH_DATABASE_URL"}
    return kept | {"FAIRWATCH_HOME": str(home)}


def until_it_answers(server: Server) -> None:
    deadline = time.monotonic() + 120
    while not answers(f"{server.address}/healthz"):
        assert server.process.poll() is None, server.log.read_text()
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.1)


def answers(address: str) -> bool:
    """Whether anything answers there, well or not."""
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def processes_of(home: Path) -> list[int]:
    """All processes whose environment names this home."""
    found, mine = [], f"FAIRWATCH_HOME={home}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mine in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:  # somebody else's, or gone
            continue
    return found


def all_leave(home: Path, *, seconds: float = 90) -> None:
    """Workers whose server was killed end by themselves."""
    deadline = time.monotonic() + seconds
    while left := processes_of(home):
        assert time.monotonic() < deadline, f"processes {left} stay"
        time.sleep(0.2)
