"""Workers that own a job are killed with -9, a thousand times over: every batch is done once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store.engine import Store, open_store
from tests.databases import POSTGRESQL, SQLITE
from tests.jobs.loans import work_off
from tests.torture.kills import WEEKS, Torment, hand_in, nothing_was_lost


@pytest.fixture
def settings(home: Path, database_url: str) -> Settings:
    """So patient that a batch that is hit again and again is not taken for poison."""
    return Settings(home=home, database_url=database_url, max_crashes=10_000)


@pytest.fixture
def quiet(kept: Path, tmp_path: Path) -> Iterator[Callable[[int], Store]]:
    """Makes a store with so many weeks in it, in which nothing dies."""
    store = open_store(Settings(home=tmp_path / "quiet", database_url=""))
    register(store, read_spec(kept / "spec.toml"), who="test")

    def with_weeks(weeks: int) -> Store:
        for first in range(1, weeks, WEEKS):
            hand_in(store, tmp_path, range(first, first + WEEKS))
        return store

    yield with_weeks
    store.close()


@pytest.mark.parametrize(
    ("database", "kills"),
    [
        (SQLITE, 5),
        pytest.param(SQLITE, 1000, marks=pytest.mark.slow),
        pytest.param(POSTGRESQL, 200, marks=pytest.mark.slow),
    ],
    indirect=["database"],
)
def test_killed_workers_lose_nothing(
    store: Store, settings: Settings, quiet: Callable[[int], Store], tmp_path: Path, kills: int
) -> None:
    torment = Torment(store, settings, tmp_path, seed=kills)
    torment.go_on(kills)
    nothing_was_lost(store, weeks=torment.weeks, quiet=quiet(torment.weeks), work_off=work_off)
    print(f"{torment.kills} kills of {torment.workers} workers over {torment.weeks} batches")
