"""However it is started, one port serves the pages and /healthz, with a worker beside them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WAYS = {
    "fairwatch serve": ["monitor", "serve", "--port", "{port}"],
    "streamlit run": ["streamlit", "run", "app.py", "--server.port={port}"],
    "uvicorn": ["uvicorn", "app:app", "--port", "{port}", "--log-level", "warning"],
}


@contextmanager
def started(
    way: list[str], home: Path, *, ends_by: signal.Signals = signal.SIGTERM
) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", *(part.format(port=port) for part in way)]
    environment = {**os.environ, "FAIRWATCH_HOME": str(home)}
    environment.pop("FAIRWATCH_DATABASE_URL", None)
    with (home.parent / "server.log").open("w") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(ends_by)
            server.wait(timeout=30)


def headers(address: str) -> Message:
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            said: Message = answer.headers
            return said
    except urllib.error.HTTPError as error:
        return error.headers


def ask(address: str, **sent: str) -> tuple[int, str]:
    """(status, text); (0, "") while nobody listens."""
    try:
        request = urllib.request.Request(address, headers=sent)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def healthy(address: str) -> dict[str, Any]:
    """What /healthz says once all is well."""
    deadline = time.monotonic() + 90
    while (answer := ask(f"{address}/healthz"))[0] != 200:
        assert time.monotonic() < deadline, answer
        time.sleep(0.3)
    state: dict[str, Any] = json.loads(answer[1])
    return state


@pytest.mark.parametrize("way", WAYS)
def test_pages_health_and_worker_share_one_server(way: str, tmp_path: Path) -> None:
    with started(WAYS[way], tmp_path / "home") as address:
        state = healthy(address)
        assert (state["status"], state["worker"], state["waiting"]) == ("ok", "alive", 0)
        status, page = ask(address)
        assert status == 200
        assert "<title>" in page
        for path in ("/", "/healthz", "/static/nowhere.js"):
            assert headers(address + path)["x-content-type-options"] == "nosniff"
        assert ask(f"{address}/healthz", host="evil.example.com")[0] == 421


def test_a_worker_that_dies_is_replaced_until_ctrl_c_stops_all(tmp_path: Path) -> None:
    from monitor.settings import Settings
    from monitor.store import reads
    from monitor.store.engine import open_store

    home = tmp_path / "home"
    with started(WAYS["fairwatch serve"], home, ends_by=signal.SIGINT) as address:
        healthy(address)
        store = open_store(Settings(home=home, database_url=""))
        first = reads.workers(store)["name"].iloc[0]
        found = subprocess.run(["pgrep", "-f", first], capture_output=True, text=True, check=True)
        os.kill(int(found.stdout.split()[0]), signal.SIGKILL)
        deadline = time.monotonic() + 60
        while first in set(names := reads.workers(store)["name"]) or len(names) == 0:
            assert time.monotonic() < deadline
            time.sleep(0.2)
        store.close()
        healthy(address)
    assert not subprocess.run(["pgrep", "-f", str(home)], capture_output=True, check=False).stdout
    assert "Fairwatch is stopped." in (tmp_path / "server.log").read_text()


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refused(command: str, *options: str) -> str:
    """What is said on stderr by a command that ends in a refusal and says nothing else."""
    done = subprocess.run(
        [sys.executable, "-m", "monitor", command, *options],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("port", ["99999", "-1", "0"])
def test_a_port_that_is_none_is_refused_in_a_sentence(command: str, port: str) -> None:
    assert refused(command, "--port", port) == (
        f"fairwatch: The port is {port}: name one from 1 to 65535 with --port.\n"
    )


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_port_that_is_taken_is_refused_before_anything_is_announced(
    command: str, taken: int
) -> None:
    assert refused(command, "--port", str(taken)) == (
        f"fairwatch: Port {taken} of 127.0.0.1 is taken by another program: "
        "stop that, or name another with --port.\n"
    )


def test_a_host_that_is_not_here_is_refused_in_a_sentence(taken: int) -> None:
    assert "correct --host" in refused("serve", "--host", "nowhere.invalid")
    assert "cannot be listened to" in refused("serve", "--host", "192.0.2.1")


def test_a_public_address_without_a_login_is_refused_before_anything_is_announced() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    said = refused("serve", "--host", "0.0.0.0", "--port", port)
    assert said.startswith("fairwatch: Whoever reaches 0.0.0.0 could read and change everything")
    command = ["streamlit", "run", "app.py", "--server.address=0.0.0.0", f"--server.port={port}"]
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert said.strip() in done.stderr
    assert "Traceback" not in done.stderr
