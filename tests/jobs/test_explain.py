"""What a sample of rows says of a regression: before its labels come, and after."""

from __future__ import annotations

from collections.abc import Iterator
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
from tests.jobs.loans import csv, work_off

SPEC = """
name = "claims"
task = "regression"
cadence = "week"

[columns]
id = "id"
timestamp = "at"
target = "cost"
prediction = "expected"
features = ["mileage", "fuel"]

[sensitive.sex]
reference = "male"

[reference]
file = "reference.csv"
"""
MAE, BEYOND = "estimated_mean_absolute_error", "realised_minus_estimated_mean_absolute_error"


def claims(rows: int, *, seed: int, worse: float = 1.0) -> pd.DataFrame:
    """Errors grow with the mileage, and are ``worse`` times what they were."""
    random = np.random.default_rng(seed)
    mileage = random.gamma(4, 3, rows)
    return pd.DataFrame(
        {
            "id": [f"{seed}-{k}" for k in range(rows)],
            "at": pd.Timestamp("2026-08-05T12:00:00Z"),
            "mileage": mileage,
            "fuel": random.choice(["petrol", "diesel"], rows),
            "sex": random.choice(["female", "male"], rows),
            "expected": 20 * mileage,
            "cost": 20 * mileage + random.normal(0, 1, rows) * mileage * worse,
        }
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    csv(claims(800, seed=1), tmp_path / "reference.csv")
    (tmp_path / "spec.toml").write_text(SPEC)
    opened = open_store(Settings(home=tmp_path / "home", database_url=""))
    register(opened, read_spec(tmp_path / "spec.toml"), who="test")
    yield opened
    opened.close()


def told(store: Store, metric: str) -> pd.DataFrame:
    return reads.measurements(store, "claims", metric=metric).set_index("group")


def test_errors_are_estimated_while_labels_are_missing_and_explained_once_they_came(
    store: Store, tmp_path: Path
) -> None:
    batch = claims(500, seed=2, worse=2.0)
    path = csv(batch.drop(columns="cost"), tmp_path / "batch.csv")
    receive(store, "claims", path, name="batch.csv", source="test")
    work_off(store)
    expected = told(store, MAE)
    assert set(expected.index) == {"", "female", "male"}
    off = (batch["cost"] - batch["expected"]).abs().mean()
    assert expected.loc["", "low"] < off / 2 < expected.loc["", "high"]
    assert set(told(store, f"{MAE}_ratio").index) == {"female"}
    assert told(store, BEYOND).empty

    labels = csv(batch[["id", "cost"]], tmp_path / "labels.csv")
    receive_labels(store, "claims", labels, name="labels.csv", source="test")
    work_off(store)
    beyond = told(store, BEYOND).loc[""]
    assert beyond["value"] == pytest.approx(off - expected.loc["", "value"])
    assert beyond["verdict"] == "failing"
    assert told(store, MAE).loc["", "value"] == expected.loc["", "value"]
