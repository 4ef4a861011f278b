"""The same on PostgreSQL, whose locks a killed worker takes along when its connection breaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.settings import Settings
from monitor.store.engine import Store
from tests.databases import POSTGRESQL
from tests.jobs.loans import work_off
from tests.torture.kills import Torment, nothing_was_lost
from tests.torture.test_killed_workers import quiet

__all__ = ["quiet"]


@pytest.fixture
def database() -> str:
    return POSTGRESQL


@pytest.fixture
def settings(home: Path, database_url: str) -> Settings:
    return Settings(home=home, database_url=database_url, max_crashes=10_000)


@pytest.mark.slow
def test_killed_workers_lose_nothing_on_postgresql(
    store: Store, settings: Settings, quiet: Callable[[int], Store], tmp_path: Path
) -> None:
    torment = Torment(store, settings, tmp_path, seed=2)
    torment.go_on(200)
    nothing_was_lost(store, weeks=torment.weeks, quiet=quiet(torment.weeks), work_off=work_off)
    print(f"{torment.kills} kills of {torment.workers} workers over {torment.weeks} batches")
