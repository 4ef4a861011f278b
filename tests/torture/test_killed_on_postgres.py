"""The same on PostgreSQL, whose locks a killed worker takes along when its connection breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store.engine import Store, open_store
from tests.jobs import test_postgres
from tests.jobs.loans import work_off
from tests.torture.kills import Torment, nothing_was_lost
from tests.torture.test_killed_workers import quiet

__all__ = ["database", "quiet", "server"]
server, database = test_postgres.server, test_postgres.settings


@pytest.fixture
def settings(database: Settings) -> Settings:
    return database.model_copy(update={"max_crashes": 10_000})


@pytest.fixture
def store(settings: Settings, kept: Path) -> Iterator[Store]:
    opened = open_store(settings)
    register(opened, read_spec(kept / "spec.toml"), who="test")
    yield opened
    opened.close()


@pytest.mark.slow
def test_killed_workers_lose_nothing_on_postgresql(
    store: Store, settings: Settings, quiet: Callable[[int], Store], tmp_path: Path
) -> None:
    torment = Torment(store, settings, tmp_path, seed=2)
    torment.go_on(200)
    nothing_was_lost(store, weeks=torment.weeks, quiet=quiet(torment.weeks), work_off=work_off)
    print(f"{torment.kills} kills of {torment.workers} workers over {torment.weeks} batches")
