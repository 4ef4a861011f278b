"""The same files give the same numbers, and a run says what it was made of."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from monitor.jobs.intake import receive
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import reads
from monitor.store.engine import Store, open_store
from monitor.store.files import sha256_of
from tests.jobs.conftest import Give
from tests.jobs.loans import csv, history, loans, measured, records, runs, undone, work_off

SAMPLES = Path(__file__).parents[2] / "sample_data"
HASHES = ("sha256", "reference_sha256", "spec_sha256")


def test_the_same_batch_in_a_new_house_gives_the_same_numbers(
    store: Store, kept: Path, tmp_path: Path
) -> None:
    path = csv(history(3), tmp_path / "history.csv")
    other = open_store(Settings(home=tmp_path / "other", database_url=""))
    register(other, read_spec(kept / "spec.toml"), who="test")
    for house in (store, other):
        receive(house, "loans", path, name="history.csv", source="test")
        work_off(house)
        assert undone(house) == []
    pd.testing.assert_frame_equal(measured(store), measured(other))
    assert list(runs(store)["predictions_sha256"]) == list(runs(other)["predictions_sha256"])


@pytest.mark.slow
def test_a_model_in_its_own_process_gives_the_same_numbers_twice(tmp_path: Path) -> None:
    first, second = (credit(tmp_path / name) for name in ("first", "second"))
    pd.testing.assert_frame_equal(measured(first, "credit"), measured(second, "credit"))
    for house in (first, second):
        facts = runs(house)["facts"].iloc[0]
        assert facts["sha256"] == sha256_of(SAMPLES / "credit" / "model.skops")
        assert facts["reference_sha256"] == sha256_of(SAMPLES / "credit" / "reference.parquet")


def credit(folder: Path) -> Store:
    """The sample model, registered from a folder of its own that is then gone."""
    shutil.copytree(SAMPLES / "credit", folder / "files", ignore=shutil.ignore_patterns("week-*"))
    store = open_store(Settings(home=folder / "home", database_url=""))
    register(store, read_spec(folder / "files" / "spec.toml"), who="test")
    shutil.rmtree(folder / "files")
    batch = SAMPLES / "credit" / "batches" / "week-03.parquet"
    receive(store, "credit", batch, name=batch.name, source="test")
    work_off(store)
    assert undone(store) == []
    return store


def test_a_run_keeps_all_it_takes_to_repeat_it(store: Store, give: Give) -> None:
    give(loans())
    work_off(store)
    run = runs(store).iloc[0]
    facts = run["facts"]
    wanted = {"code", "worker_python", "worker_libraries", "python", "libraries", "kind"}
    assert set(facts) >= wanted
    assert all(len(facts[name]) == 64 for name in HASHES if name in facts)
    assert {"spec_sha256", "reference_sha256"} <= set(facts)
    assert facts["worker_libraries"]["numpy"]
    assert store.files.path(run["predictions_sha256"]).exists()
    assert store.files.path(facts["reference_sha256"]).exists()


def test_the_stored_predictions_have_the_hash_they_are_named_by(store: Store, give: Give) -> None:
    give(history(2))
    work_off(store)
    for sha256 in runs(store)["predictions_sha256"]:
        assert sha256_of(store.files.path(sha256)) == sha256


def test_the_order_of_the_weeks_does_not_matter(store: Store, give: Give, tmp_path, kept) -> None:
    frame = history(3)
    give(frame)
    work_off(store)
    other = open_store(Settings(home=shutil.copytree(kept / "home", tmp_path / "other")))
    for week in (3, 1, 2):
        path = csv(loans(week=week), tmp_path / f"{week}.csv")
        receive(other, "loans", path, name=path.name, source="test")
        work_off(other)
    numbers = ["starts_at", "metric", "feature", "attribute", "group", "value", "low", "high", "n"]
    pd.testing.assert_frame_equal(measured(store)[numbers], measured(other)[numbers])
    assert list(records(other)["starts_at"]) == list(records(store)["starts_at"])
    assert len(reads.incidents(other)) == len(reads.incidents(store))
