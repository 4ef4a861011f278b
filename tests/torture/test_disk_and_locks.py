"""A disk that fills up and a database that is locked, again and again, while batches come in."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from monitor.clock import utc_now
from monitor.errors import Busy
from monitor.settings import Settings
from monitor.store import queue
from monitor.store.engine import Store, open_store
from tests.jobs.disks import a_small_disk, fill
from tests.jobs.loans import work_off, work_through
from tests.jobs.workers import worker
from tests.torture.dying import work_unexplained
from tests.torture.kills import WEEKS, hand_in, nothing_was_lost
from tests.torture.test_killed_workers import quiet

__all__ = ["quiet"]
Strike = Callable[[Path, random.Random], None]
LONGER_THAN_ANYBODY_WAITS = 17.0


def full_disk(home: Path, chance: random.Random) -> None:
    """To the last byte, or all but a few kilobytes, for a moment or for seconds."""
    ballast = home.parent / "ballast"
    try:
        fill(ballast)
        with ballast.open("rb+") as stream:
            stream.truncate(max(0, ballast.stat().st_size - chance.choice((0, 4096, 300_000))))
        time.sleep(chance.uniform(0, chance.choice((0.2, 1, 4))))
    finally:
        ballast.unlink()


def lock(home: Path, chance: random.Random) -> None:
    """Held by another process's transaction, now and then for longer than any write waits."""
    seconds = chance.choice((0.05, 0.5, 3.0, 3.0, LONGER_THAN_ANYBODY_WAITS))
    with closing(sqlite3.connect(home / "fairwatch.db", timeout=60, isolation_level=None)) as raw:
        raw.execute("BEGIN IMMEDIATE")
        time.sleep(chance.uniform(0.5, 1) * seconds)
        raw.rollback()


@contextmanager
def striking(strike: Callable[[], None], chance: random.Random) -> Iterator[list[float]]:
    """Again and again, with pauses; how long each strike lasted."""
    over, lasted = threading.Event(), list[float]()

    def strikes() -> None:
        while not over.wait(chance.uniform(0, 1.5)):
            began = time.monotonic()
            strike()
            lasted.append(time.monotonic() - began)

    thread = threading.Thread(target=strikes)
    thread.start()
    try:
        yield lasted
    finally:
        over.set()
        thread.join()


def hand_in_patiently(store: Store, folder: Path, weeks: range) -> int:
    """Tries until it is taken; how often it was refused, each time with what is in the way."""
    for refused in range(1000):
        try:
            hand_in(store, folder, weeks)
            return refused
        except Busy:
            time.sleep(0.2)
    raise AssertionError("never taken")


@pytest.fixture
def disk(home: Path, tmp_path: Path) -> Iterator[Path]:
    """The home on a disk of its own."""
    with a_small_disk(tmp_path / "disk", megabytes=60) as place:
        yield Path(shutil.copytree(home, place / "home"))


@pytest.mark.slow
@pytest.mark.parametrize("strike", [full_disk, lock])
def test_full_disks_and_locks_lose_nothing_and_end_no_worker(
    disk: Path, quiet: Callable[[int], Store], tmp_path: Path, strike: Strike
) -> None:
    rounds, chance, refused = 12, random.Random(12), 0
    settings = Settings(home=disk, database_url="", max_attempts=10_000)
    store = open_store(settings)
    with (
        worker(settings, "patient", work=work_unexplained) as process,
        striking(partial(strike, disk, chance), chance) as strikes,
    ):
        for first in range(1, rounds * WEEKS, WEEKS):
            refused += hand_in_patiently(store, tmp_path, range(first, first + WEEKS))
            time.sleep(chance.uniform(0, 10))
        assert process.is_alive()
    queue.recover(store, now=utc_now(), dead_worker="patient")
    work_through(store)
    weeks = rounds * WEEKS
    nothing_was_lost(store, weeks=weeks, quiet=quiet(weeks), work_off=work_off, alone=False)
    store.close()
    print(
        f"{len(strikes)} strikes of {sum(strikes):.0f} seconds, {refused} refusals, {weeks} weeks"
    )
    assert refused + len(strikes) > rounds
