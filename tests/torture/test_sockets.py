"""Nothing calls home: what server, worker, models and reports send stays on this machine."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from monitor.clock import utc_now
from monitor.settings import Settings
from monitor.store import reads, reports
from monitor.store.engine import Store, open_store
from tests.browser.conftest import wait_until
from tests.torture.elsewhere import Elsewhere, elsewhere
from tests.torture.servers import ROOT, answers, environment
from tests.torture.visits import PATHS, visiting

ADDRESS = "http://127.0.0.1:8501"
SCORED = 9  # batches, by models of all three kinds


def call_home() -> None:
    """As a library would: a name that must be looked up, and addresses."""
    with suppress(OSError):
        socket.getaddrinfo("telemetry.example.org", 443)
    for family, address in ((socket.AF_INET, "192.0.2.9"), (socket.AF_INET6, "2001:db8:9::9")):
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.sendto(b"hello", (address, 9))


@pytest.mark.slow
def test_a_demo_with_visitors_and_a_report_sends_nothing_beyond_this_machine(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    with elsewhere() as network, (tmp_path / "log").open("w") as log:
        network.do(call_home)
        wait_until(lambda: {"192.0.2.9:9", "[2001:db8:9::9]:9"} <= set(network.left), seconds=10)
        network.left.clear()
        command = [sys.executable, "-m", "monitor", "demo", "--no-browser", "--port", "8501"]
        server = subprocess.Popen(
            network.within(*command), cwd=ROOT, env=environment(home), stdout=log, stderr=log
        )
        try:
            wait_until(lambda: network.do(lambda: answers(f"{ADDRESS}/healthz")), seconds=300)
            store = open_store(Settings(home=home, database_url=""))
            everything_happens(store, network)
            store.close()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)
        assert network.left == []


def everything_happens(store: Store, network: Elsewhere) -> None:
    wait_until(lambda: done(store, "score") >= SCORED, seconds=600)
    batches = reads.batches(store, model="credit")
    newest = batches[batches["scored"].astype(bool)]["name"].iloc[0]
    reports.request(store, "credit", batch=newest, now=utc_now())
    network.do(look_around)
    wait_until(lambda: done(store, "report") == 1, seconds=300)


def look_around() -> None:
    with visiting(ADDRESS) as visit:
        for path in PATHS:
            visit.open(path)


def done(store: Store, kind: str) -> int:
    jobs = reads.jobs(store)
    return int(((jobs["kind"] == kind) & (jobs["status"] == "done")).sum())
