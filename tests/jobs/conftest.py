"""A registered model of loans, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from aiosmtpd.controller import Controller

from monitor.clock import utc_now
from monitor.jobs.intake import Receipt, receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import writes
from monitor.store.engine import Store, open_store
from tests.databases import SQLITE, new_database
from tests.jobs.loans import SPEC, csv, fill, loans
from tests.jobs.receivers import Letters, free_port

Give = Callable[..., Receipt]
EXPLAINS = ("test_norms", "test_sample", "test_explain")


@pytest.fixture(autouse=True)
def nothing_explained(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Explanations are queued and done, but find nothing: a second's work a batch is saved where
    no test looks at them."""
    explained = "explained" in request.fixturenames
    if not explained and not request.module.__name__.endswith(EXPLAINS):
        monkeypatch.setattr("monitor.jobs.explain.EXPLAINERS", ())


@pytest.fixture
def explained() -> None:
    """Asked for by a test that looks at what explanations find."""


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with reference.csv, the spec, and a home where the model is registered."""
    folder = tmp_path_factory.mktemp("loans")
    csv(loans(1500, week=1, seed=9, ids="r"), folder / "reference.csv")
    (folder / "bare.toml").write_text(SPEC)
    (folder / "spec.toml").write_text(SPEC + '\n[reference]\nfile = "reference.csv"\n')
    store = open_store(Settings(home=folder / "home", database_url=""))
    register(store, read_spec(folder / "spec.toml"), who="test")
    store.close()
    return folder


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Path:
    """A home of this test's own, with the model in it."""
    return Path(shutil.copytree(kept / "home", tmp_path / "home"))


@pytest.fixture(scope="session")
def kept_on_postgres(postgres: str, kept: Path) -> Iterator[str]:
    """A database in which the model is registered; its files are those of ``kept``."""
    with new_database(postgres) as address:
        store = open_store(Settings(home=kept / "home", database_url=address))
        register(store, read_spec(kept / "spec.toml"), who="test")
        store.close()
        yield address


@pytest.fixture
def template(kept_on_postgres: str) -> str:
    return kept_on_postgres


@pytest.fixture
def settings(home: Path, database_url: str) -> Settings:
    return Settings(home=home, database_url=database_url)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    opened = open_store(settings)
    yield opened
    opened.close()


@pytest.fixture
def give(store: Store, tmp_path: Path) -> Give:
    """Hands a frame in as a CSV file."""

    def hand_in(frame: pd.DataFrame, name: str = "history.csv", **options: object) -> Receipt:
        path = csv(frame, tmp_path / name)
        return receive(store, "loans", path, name=name, source="test", **options)  # type: ignore[arg-type]

    return hand_in


@pytest.fixture
def give_labels(store: Store, tmp_path: Path) -> Give:
    """Hands a frame of ids and labels in as a CSV file."""

    def hand_in(frame: pd.DataFrame, name: str = "labels.csv", **options: object) -> Receipt:
        path = csv(frame, tmp_path / name)
        return receive_labels(store, "loans", path, name=name, source="test", **options)  # type: ignore[arg-type]

    return hand_in


@pytest.fixture(scope="session")
def filled_home(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with all that can hold a person's rows; see ``loans.fill``."""
    folder = tmp_path_factory.mktemp("filled")
    home = Path(shutil.copytree(kept / "home", folder / "home"))
    store = open_store(Settings(home=home, database_url=""))
    fill(store, folder)
    store.close()
    return home


@pytest.fixture
def full(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[Store]:
    """A store of the test's own that is filled, and keeps rows for 90 days."""
    home = tmp_path / "full"
    if database == SQLITE:
        shutil.copytree(request.getfixturevalue("filled_home"), home)
        url = ""
    else:
        shutil.copytree(request.getfixturevalue("kept") / "home", home)
        url = request.getfixturevalue("database_url")
    store = open_store(Settings(home=home, database_url=url, keep_rows_days=90))
    if url:
        fill(store, tmp_path)
    yield store
    store.close()


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def server(port: int, letters: Letters) -> Iterator[Callable[[], None]]:
    """Starts a mail server on the port when it is called."""
    controller = Controller(letters, hostname="127.0.0.1", port=port)
    started: list[bool] = []

    def start() -> None:
        controller.start()
        started.append(True)

    yield start
    if started:
        controller.stop()


@pytest.fixture
def mail_channel(store: Store, port: int) -> None:
    config = {"host": "127.0.0.1", "port": port, "security": "plain", "from": "fw@example.org",
              "to": "on-call@example.org"}  # fmt: skip
    writes.save_channel(store, name="mail", kind="email", config=config, who="test", now=utc_now())
