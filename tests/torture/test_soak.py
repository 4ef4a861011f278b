"""A day of hourly batches, late labels, visitors and scrapes in minutes: nothing grows.

The clock of server and worker is moved on by the test, a few minutes at each thing it does; so all
that they do by the clock (looking out for what is overdue, reminders, the daily sweep) happens as
often as in a day.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from monitor.clock import utc_now
from monitor.jobs.demo import MODELS, SAMPLES
from monitor.jobs.intake import receive
from monitor.jobs.periods import Period, period_of
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import queue, reads, reports, writes
from monitor.store.engine import Store, open_store
from monitor.terms import Cadence
from tests.browser.conftest import wait_until
from tests.torture.footprints import Footprint, children, family, footprint
from tests.torture.servers import Server, a_server, answers
from tests.torture.visits import PATHS, visiting

HOURS, WARM_UP = 32, 8  # the last hours are held against the last of the warm-up
BEFORE = 13  # weeks of each model that are there when the day begins
WEEK = timedelta(weeks=1)
VIEWS, MINUTES = 18, 3  # of a visitor each hour; how far the clock goes on at each step
GROWTH = 1.10
KEPT_SECONDS = 130  # Streamlit's two minutes, in which a visitor may come back
FAST_CLOCK = """
import os
from datetime import UTC, datetime, timedelta
from monitor import clock
def utc_now():  # a worker knows its environment only after its libraries are loaded
    with open(os.environ["SOAK_CLOCK"]) as ahead:
        return datetime.now(UTC) + timedelta(minutes=int(ahead.read() or 0))
clock.utc_now = utc_now
"""


@dataclass
class Day:
    """The world around one server."""

    server: Server
    store: Store
    clock: Path
    minutes: int = 0
    seen: list[dict[str, Footprint]] = field(default_factory=list)

    def step(self) -> None:
        """A moment later; Prometheus and the load balancer ask meanwhile."""
        self.minutes += MINUTES
        self.clock.write_text(str(self.minutes))
        assert answers(f"{self.server.address}/metrics")
        assert answers(f"{self.server.address}/healthz")

    def hand_in(self, hour: int) -> None:
        """A week's rows of one model after the other, and the labels of some weeks before."""
        model, week = MODELS[hour % 3], BEFORE + 1 + hour // 3
        late = SAMPLES / model / f"labels/week-{week - 6:02d}.parquet"
        files = [(SAMPLES / model / f"batches/week-{week:02d}.parquet", "Rows to score")]
        for file, kind in [*files, (late, "Late labels")]:
            with visiting(self.server.address) as visit:
                assert visit.hand_in(model, file, kind=kind) == ""
            self.step()

    def look_around(self, paths: Iterator[str]) -> None:
        """A visitor goes from page to page, and another one only to the first."""
        with ExitStack() as sessions:
            visitors = [sessions.enter_context(visiting(self.server.address)) for _ in range(2)]
            visitors[1].open("/")
            for path in islice(paths, VIEWS):
                visitors[0].open(path)
                assert "could not be drawn" not in visitors[0].said(), path
                self.step()

    def rest(self) -> None:
        """Until the server lets go of sessions that ended, each of which has files of its own."""
        time.sleep(KEPT_SECONDS)
        with visiting(self.server.address) as visit:
            visit.open("/")
        self.measure()

    def measure(self) -> None:
        wait_until(lambda: not queue.waiting(self.store), seconds=600)
        server = self.server.process.pid
        (worker,) = children(server)
        under = [footprint(pid) for pid in family(worker)]
        self.seen.append({"server": footprint(server), "worker": sum(under[1:], under[0])})


@pytest.fixture
def day(tmp_path: Path) -> Iterator[Day]:
    home, clock = tmp_path / "home", tmp_path / "minutes"
    (tmp_path / "sitecustomize.py").write_text(FAST_CLOCK)
    clock.write_text("0")
    store = open_store(Settings(home=home, database_url=""))
    mail: dict[str, Any] = {"path": str(home / "mail"), "to": "on-call@example.org"}
    writes.save_channel(store, name="mail", kind="folder", config=mail, who="t", now=utc_now())
    for model in MODELS:
        register(store, read_spec(SAMPLES / model / "spec.toml"), who="test", trust=True)
        for file in sorted((SAMPLES / model / "batches").glob("*.parquet"))[:BEFORE]:
            ends_at = period_of(utc_now(), Cadence.WEEK).starts_at - int(file.stem[-2:]) * WEEK
            period = Period(ends_at - WEEK, ends_at)
            receive(store, model, file, name=file.name, source="test", period=period)
    environ = {
        "PYTHONPATH": str(tmp_path), "SOAK_CLOCK": str(clock), "FAIRWATCH_LEASE_SECONDS": "999999",
    }  # fmt: skip
    with a_server(home, **environ) as server:
        yield Day(server, store, clock)
    store.close()


@pytest.mark.slow
def test_server_and_worker_hold_no_more_after_a_day_than_after_its_first_hours(day: Day) -> None:
    paths = cycle(PATHS)
    for hour in range(HOURS):
        day.hand_in(hour)
        day.look_around(paths)
        if hour in (WARM_UP // 2, HOURS - WARM_UP):
            reports.request(day.store, "credit", batch="week-13", now=utc_now())
        day.measure()
        told = {who: f"{it.memory_mb:.0f} MB" for who, it in day.seen[-1].items()}
        print(hour, f"{day.minutes / 60:.1f} h", told, flush=True)
    assert day.minutes >= 24 * 60
    assert set(reads.jobs(day.store)["status"]) == {"done"}
    for who in ("server", "worker"):
        print(who, "grew to", f"{grown(day, who):.3f} of what it was")
        assert grown(day, who) <= GROWTH
    warm = day.seen[WARM_UP - 1]
    day.rest()
    for who, now in day.seen[-1].items():
        assert now.files <= warm[who].files * GROWTH
        assert now.threads <= warm[who].threads * GROWTH


def grown(day: Day, who: str) -> float:
    """Memory in the last three hours beside three at the end of the warm-up, by their medians."""
    numbers = [hour[who].memory_mb for hour in day.seen]
    return median(numbers[-3:]) / median(numbers[WARM_UP - 3 : WARM_UP])
