"""What all tests share: a store in a temporary folder, and a small model with its batches."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Before any library counts the processors: threads that wait for each other in two test processes
# on two processors take thirty times as long as one.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest

from monitor.settings import Settings
from monitor.store.engine import Store, open_store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", database_url="")


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Files stay together, for they share fixtures; all browser tests share one server."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file: str = nodeid.split("::")[0]
            return "tests/browser" if file.startswith("tests/browser/") else file

    return ByFile(config, log)
