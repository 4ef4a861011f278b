"""A registered model of loans, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from monitor.jobs.intake import Receipt, receive, receive_labels
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store.engine import Store, open_store
from tests.jobs.loans import SPEC, csv, loans

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


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(home=home, database_url="")


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
