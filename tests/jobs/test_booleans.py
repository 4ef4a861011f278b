"""A column of truths reads true and false wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from monitor.jobs.intake import receive
from monitor.jobs.label_intake import receive_labels
from monitor.jobs.register import register
from monitor.models.spec_file import read_spec
from monitor.settings import Settings
from monitor.store import reads
from monitor.store.engine import Store, open_store
from tests.jobs.loans import undone, work_off

SPEC = """
name = "loans"
task = "binary"
[columns]
id = "id"
target = "repaid"
prediction = "answer"
features = ["income"]
segments = ["renter"]
[outcome]
positive = {true}
favourable = {true}
[sensitive.smoker]
reference = {false}
[reference]
file = "{file}"
"""


def rows(n: int = 600, *, seed: int = 1) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    answer = random.uniform(size=n) < 0.5
    return pd.DataFrame(
        {
            "id": [f"{seed}-{k}" for k in range(n)],
            "income": random.normal(40_000, 9_000, n).round(),
            "renter": random.uniform(size=n) < 0.4,
            "smoker": random.uniform(size=n) < 0.3,
            "answer": answer,
            "repaid": np.where(random.uniform(size=n) < 0.8, answer, ~answer),
        }
    )


def as_parquet(frame: pd.DataFrame, path: Path) -> Path:
    frame.to_parquet(path.with_suffix(".parquet"))
    return path.with_suffix(".parquet")


def as_csv(frame: pd.DataFrame, path: Path) -> Path:
    frame.to_csv(path.with_suffix(".csv"), index=False)
    return path.with_suffix(".csv")


def as_numbers(frame: pd.DataFrame, path: Path) -> Path:
    truths = frame.columns[[pd.api.types.is_bool_dtype(kind) for kind in frame.dtypes]]
    return as_csv(frame.astype(dict.fromkeys(truths, int)), path)


def as_gaps(frame: pd.DataFrame, path: Path) -> Path:
    """Missing in one row, so that pandas has objects."""
    frame = frame.astype({"smoker": object})
    frame.loc[0, "smoker"] = None
    return as_csv(frame, path)


Writer = Callable[[pd.DataFrame, Path], Path]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(Settings(home=tmp_path / "home", database_url=""))
    yield opened
    opened.close()


def add(store: Store, folder: Path, reference: Path, *, true: str, false: str) -> None:
    text = SPEC.format(true=true, false=false, file=reference.name)
    (folder / "spec.toml").write_text(text)
    register(store, read_spec(folder / "spec.toml"), who="test")


@pytest.mark.parametrize("written", ["true", "1", '"True"', '"true"'])
@pytest.mark.parametrize("reference", [as_parquet, as_csv, as_gaps])
def test_groups_and_classes_of_truths_read_true_and_false(
    store: Store, tmp_path: Path, reference: Writer, written: str
) -> None:
    false = {"true": "false", "1": "0", '"True"': '"False"', '"true"': '"false"'}[written]
    add(store, tmp_path, reference(rows(), tmp_path / "r"), true=written, false=false)
    spec = reads.versions(store, "loans")["spec"][0]
    assert spec["classes"] == ["false", "true"]
    assert spec["outcome"]["positive"] == "true"
    assert spec["sensitive"]["smoker"]["reference"] == "false"


@pytest.mark.parametrize("late", [as_parquet, as_csv, as_numbers])
@pytest.mark.parametrize("batch", [as_parquet, as_csv, as_numbers, as_gaps])
def test_batches_and_late_labels_of_any_spelling_are_the_same(
    store: Store, tmp_path: Path, batch: Writer, late: Writer
) -> None:
    add(store, tmp_path, as_parquet(rows(), tmp_path / "r"), true="true", false="false")
    week = rows(seed=2)
    path = batch(week.drop(columns="repaid"), tmp_path / "week")
    receive(store, "loans", path, name=path.name, source="test")
    path = late(week[["id", "repaid"]], tmp_path / "labels")
    receive_labels(store, "loans", path, name=path.name, source="test")
    work_off(store)
    assert undone(store) == []
    table = reads.measurements(store, "loans")
    assert set(table[table["attribute"] == "smoker"]["group"]) <= {"", "true", "false", "(unknown)"}
    assert set(table[table["metric"] == "selection_rate"]["group"]) >= {"true", "false"}
    accuracy = table[(table["metric"] == "accuracy") & (table["attribute"] == "")]["value"].item()
    assert accuracy == pytest.approx((week["answer"] == week["repaid"]).mean())
    smokers = table[(table["attribute"] == "smoker") & (table["group"] == "true")]
    selected = smokers[smokers["metric"] == "selection_rate"]
    share = week["answer"][week["smoker"]].mean()
    assert selected["value"].item() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("batch", [as_parquet, as_csv])
def test_a_reference_in_numbers_keeps_its_numbers(
    store: Store, tmp_path: Path, batch: Writer
) -> None:
    add(store, tmp_path, as_numbers(rows(), tmp_path / "r"), true="true", false="false")
    path = batch(rows(seed=2), tmp_path / "week")
    receive(store, "loans", path, name=path.name, source="test")
    work_off(store)
    assert undone(store) == []
    table = reads.measurements(store, "loans", metric="selection_rate")
    single = table[~table["group"].str.contains("[×|]")]
    assert set(single["group"]) == {"", "0", "1"}
    assert reads.measurements(store, "loans", metric="accuracy")["value"].notna().any()
