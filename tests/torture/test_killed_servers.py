"""Servers killed with -9 while files are handed in on the page: what was taken is done once."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from websockets.exceptions import WebSocketException

from monitor.jobs.worker import work
from monitor.settings import Settings
from monitor.store import reads
from monitor.store.engine import Store
from tests.jobs.loans import csv, labels_of, loans, without_labels, work_off
from tests.jobs.workers import worker
from tests.torture.kills import ROWS, WEEKS, nothing_was_lost
from tests.torture.servers import a_server, all_leave
from tests.torture.test_killed_workers import quiet
from tests.torture.visits import visiting

__all__ = ["quiet"]
LONGEST = (0.5, 2.0, 8.0)  # seconds from the first upload to the kill


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, database_url="", max_crashes=10_000)


class Files:
    """What is to be handed in; each file goes in once, however often that is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.weeks = folder, 0
        self.waiting: list[tuple[Path, str]] = []
        self.taken: set[str] = set()

    def more(self) -> None:
        """Six more weeks of rows in a file, and the labels of every other in one."""
        first, self.weeks = self.weeks + 1, self.weeks + WEEKS
        frames = [loans(ROWS, week=week) for week in range(first, self.weeks + 1)]
        rows = csv(without_labels(pd.concat(frames)), self.folder / f"rows {first}.csv")
        labels = csv(labels_of(pd.concat(frames[::2])), self.folder / f"labels {first}.csv")
        self.waiting += [(rows, "Rows to score"), (labels, "Late labels")]

    def hand_in(self, address: str, gone: threading.Event) -> None:
        """One after the other, each in a session of its own, until the server is gone."""
        while self.waiting and not gone.is_set():
            file, kind = self.waiting[0]
            with visiting(address) as visit:
                said = visit.hand_in("loans", file, kind=kind)
            assert not said or "received before" in said, said
            self.taken.add(file.name)
            del self.waiting[0]


@pytest.mark.slow
@pytest.mark.usefixtures("explained")  # as in the servers' workers
@pytest.mark.parametrize("kills", [20])
def test_servers_killed_during_uploads_lose_nothing_they_took(
    store: Store,
    settings: Settings,
    quiet: Callable[[int], Store],
    home: Path,
    tmp_path: Path,
    kills: int,
) -> None:
    chance, files, hit = random.Random(kills), Files(tmp_path), 0
    with ThreadPoolExecutor(1) as somebody:
        for _ in range(kills):
            if not files.waiting:
                files.more()
            with a_server(home, FAIRWATCH_MAX_CRASHES="10000") as server:
                gone = threading.Event()
                upload = somebody.submit(files.hand_in, server.address, gone)
                time.sleep(chance.uniform(0, chance.choice(LONGEST)))
                hit += not upload.done()
                gone.set()
                server.process.kill()
                with suppress(OSError, WebSocketException):
                    upload.result(timeout=120)
            assert files.taken <= set(reads.batches(store)["file_name"])
        all_leave(home)
        with a_server(home, FAIRWATCH_MAX_CRASHES="10000") as server:
            files.hand_in(server.address, threading.Event())
    with worker(settings, "last", work=partial(work, until_idle=True)) as process:
        process.join(600)
    weeks = files.weeks
    nothing_was_lost(store, weeks=weeks, quiet=quiet(weeks), work_off=work_off, alone=False)
    assert hit > kills // 3
    print(f"{hit} of {kills} kills hit an upload; {len(files.taken)} files, {weeks} weeks")
