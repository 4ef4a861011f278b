"""What all tests share: a store in a temporary folder, and a small model with its batches."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

# Before any library counts the processors: threads that wait for each other in two test processes
# on two processors take thirty times as long as one.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from monitor.settings import Settings
from monitor.store.engine import Store, open_store
from tests.databases import POSTGRESQL, SQLITE, name_of, new_database, running_server

# A law is not broken because the machine is busy.
hypothesis.register_profile("laws", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("laws")


# Suites of store, queue and alerts, each test of which that has a store runs on both databases;
# on PostgreSQL those of the longer ones are slow tests: `make postgres` runs them all.
BOTH = (
    "tests/store/",
    "tests/alerts/",
    "tests/jobs/test_outbox.py",
)
SLOWLY = (
    "acting backup deciding deliver due forget history incident_machine intake labels norms outage "
    "periods remind repeat retention revision rule_files rules_over_time sequence versions worker"
)
BOTH_SLOWLY = tuple(f"tests/jobs/test_{name}.py" for name in SLOWLY.split(" "))
ONLY_SQLITE = "tests/store/test_sqlite.py"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Which database a test has is the last part of its name."""
    file = metafunc.definition.nodeid.split("::")[0]
    if file == ONLY_SQLITE:
        return
    asked = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "database" not in metafunc.fixturenames or "database" in asked:
        return
    if file.startswith((*BOTH, *BOTH_SLOWLY)):
        slow = [pytest.mark.slow] if file.startswith(BOTH_SLOWLY) else []
        both = [SQLITE, pytest.param(POSTGRESQL, marks=slow)]
        metafunc.parametrize("database", both, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Which database the test's store stands on."""
    return str(getattr(request, "param", SQLITE))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server, started for the first test that wants one."""
    with running_server() as address:
        yield address


@pytest.fixture(scope="session")
def empty_template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with all tables and nothing in them."""
    with new_database(postgres) as address:
        home = tmp_path_factory.mktemp("template")
        open_store(Settings(home=home, database_url=address)).close()
        yield address


@pytest.fixture
def database_url(database: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of the test's own database; empty where it is the file in the home folder."""
    if database == SQLITE:
        yield ""
        return
    template = request.getfixturevalue("template")
    with new_database(request.getfixturevalue("postgres"), template=name_of(template)) as address:
        yield address


@pytest.fixture
def template(empty_template: str) -> str:
    """The address of the database that those of the tests are copies of."""
    return empty_template


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(home=tmp_path / "home", database_url=database_url)


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose database has all tables and nothing in them: a copy costs no migrations."""
    home = tmp_path_factory.mktemp("empty") / "home"
    open_store(Settings(home=home, database_url="")).close()
    return home


@pytest.fixture
def store(settings: Settings, empty_home: Path) -> Iterator[Store]:
    if not settings.database_url:
        shutil.copytree(empty_home, settings.home, dirs_exist_ok=True)
    opened = open_store(settings)
    yield opened
    opened.close()


# One process each, for what they share: a server and a browser, or ten seconds of imports.
TOGETHER = {
    "rows deleted": ("tests/jobs/test_forget.py", "tests/jobs/test_retention.py"),
    "browser": ("tests/browser/",),
    "evidently": (
        "tests/reports/test_methods.py",
        "tests/measures/test_differences.py",
        "tests/measures/test_drift.py",
        "tests/measures/test_evidently_oracle.py",
        "tests/simulations/",
    ),
}
# What takes longest begins first, so that no process is left alone with it in the end.
FIRST = (
    "browser",
    "tests/jobs/test_kills.py",
    "evidently",
    "tests/jobs/test_postgres.py",
    "tests/jobs/test_replay.py",
    "tests/jobs/test_labels.py",
    "tests/jobs/test_deliver.py",
    "tests/api/test_server.py",
    "tests/jobs/test_report.py",
    "tests/outside/test_main_job.py",
    "tests/models/runners/test_other_sklearn.py",
)


def together(nodeid: str) -> str:
    """The name of the tests that run in the same process: those of a file, or of several."""
    file = nodeid.split("::")[0]
    return next((name for name, files in TOGETHER.items() if file.startswith(files)), file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; files otherwise as they come."""
    place = {name: k for k, name in enumerate(FIRST)}
    items.sort(key=lambda item: place.get(together(item.nodeid), len(FIRST)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Files stay together, for they share fixtures."""
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return together(nodeid)

    config.option.loadscopereorder = False  # by number of tests; the order here is by seconds
    return ByFile(config, log)
