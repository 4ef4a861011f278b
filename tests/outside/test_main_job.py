"""Public data that no one here made, through the command line as a user would load it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from monitor import cli

ROOT = Path(__file__).parents[2]
CHECKS = ROOT.parent / "shared" / "checks"
pytestmark = pytest.mark.skipif(
    not CHECKS.exists(), reason="the public data in ../shared/checks is not here"
)
Command = Callable[..., str]

COMPAS = """
name = "compas"
task = "binary"
cadence = "month"
[columns]
id = "entity_id"
target = "label_value"
prediction = "score"
[outcome]
positive = 1
favourable = 0
[sensitive.race]
reference = "Caucasian"
[sensitive.sex]
[sensitive.age_cat]
[model]
runner = "columns"
"""

CAR_LOAN = f"""
name = "car-loan"
task = "binary"
cadence = "month"
[columns]
id = "id"
timestamp = "timestamp"
target = "repaid"
prediction = "y_pred"
score = "y_pred_proba"
[outcome]
positive = 1
favourable = 1
[reference]
file = "{CHECKS / "car_loan_reference.parquet"}"
[labels]
wait_days = 90
[model]
runner = "columns"
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both specs; commands are called in it."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "compas.toml").write_text(COMPAS)
    (folder / "car-loan.toml").write_text(CAR_LOAN)
    return folder


@pytest.fixture(scope="module")
def fairwatch(place: Path) -> Command:
    """What a command prints, run in this process: each takes seconds to be started."""

    def run(*arguments: str) -> str:
        said, errors = StringIO(), StringIO()
        with (
            chdir(place),
            patch.dict(os.environ, FAIRWATCH_HOME=str(place / "home")),
            patch.object(sys, "argv", ["fairwatch", *arguments]),
            redirect_stdout(said),
            redirect_stderr(errors),
            pytest.raises(SystemExit) as end,
        ):
            cli.main()
        assert not end.value.code, errors.getvalue()
        return said.getvalue()

    return run


@pytest.fixture(scope="module")
def terminal(place: Path) -> Command:
    """What a command prints, started as a user starts it."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "monitor", *arguments],
            cwd=place,
            env={**os.environ, "FAIRWATCH_HOME": str(place / "home"), "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def shown(fairwatch: Command, model: str, *options: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(fairwatch("show", model, *options, "--format", "json"))
    return rows


@pytest.fixture(scope="module")
def compas(fairwatch: Command, terminal: Command) -> Command:
    terminal("model", "add", "compas.toml")
    file = str(CHECKS / "compas_for_aequitas.csv")
    terminal("batch", "add", "compas", file, "--name", "broward", "--wait")
    return fairwatch


@pytest.mark.parametrize(
    ("metric", "african_american", "caucasian"),
    [("false_positive_rate", 0.4485, 0.2345), ("false_negative_rate", 0.2799, 0.4772)],
)
def test_propublicas_error_rates_come_out(
    compas: Command, metric: str, african_american: float, caucasian: float
) -> None:
    rows = shown(compas, "compas", "--metric", metric, "--attribute", "race")
    values = {row["group"]: row["value"] for row in rows}
    assert values["African-American"] == pytest.approx(african_american, abs=5e-5)
    assert values["Caucasian"] == pytest.approx(caucasian, abs=5e-5)


def test_a_group_of_eighteen_is_not_judged(compas: Command) -> None:
    rows = shown(compas, "compas", "--attribute", "race")
    verdicts = {row["verdict"] for row in rows if row["group"] == "Native American"}
    assert verdicts <= {"not enough data", None}
    assert "not enough data" in verdicts


def test_the_gap_between_races_is_established(compas: Command) -> None:
    options = ("--metric", "demographic_parity_ratio", "--attribute", "race")
    rows = {row["group"]: row for row in shown(compas, "compas", *options)}
    assert rows["African-American"]["verdict"] == "failing"
    assert rows["African-American"]["high"] < 0.8


@pytest.fixture(scope="module")
def car_loan(fairwatch: Command) -> Command:
    fairwatch("model", "add", "car-loan.toml")
    fairwatch("batch", "add", "car-loan", str(CHECKS / "car_loan_analysis.parquet"), "--wait")
    return fairwatch


def test_the_history_is_split_into_months_and_drift_is_found_where_it_begins(
    car_loan: Command,
) -> None:
    rows = shown(car_loan, "car-loan", "--metric", "drifted_columns", "--batch", "all")
    verdicts = {row["batch"]: row["verdict"] for row in rows}
    assert list(verdicts) == sorted(verdicts)
    assert [name for name, verdict in verdicts.items() if verdict == "failing"] == [
        "2019-04", "2019-05", "2019-06", "2019-07", "2019-08",
    ]  # fmt: skip
    assert len(verdicts) == 11


def test_late_labels_turn_gaps_into_numbers(car_loan: Command) -> None:
    options = ("--metric", "roc_auc", "--batch", "all")
    assert all(row["value"] is None for row in shown(car_loan, "car-loan", *options))
    labels = str(CHECKS / "car_loan_analysis_target.parquet")
    said = car_loan("labels", "add", "car-loan", labels, "--wait")
    assert "50,000 labels matched in 11 batches, 0 unmatched, 0 duplicate ids" in said
    rows = shown(car_loan, "car-loan", *options)
    assert all(row["value"] is not None and row["low"] < row["value"] for row in rows)
    assert rows[0]["value"] == pytest.approx(
        _auc(rows[0]["starts_at"], rows[0]["ends_at"]), abs=1e-3
    )


def _auc(starts_at: str, ends_at: str) -> float:
    import pandas as pd
    from sklearn.metrics import roc_auc_score

    rows = pd.read_parquet(CHECKS / "car_loan_analysis.parquet")
    rows = rows.merge(pd.read_parquet(CHECKS / "car_loan_analysis_target.parquet"), on="id")
    when = pd.to_datetime(rows["timestamp"], utc=True)
    rows = rows[(when >= pd.Timestamp(starts_at)) & (when < pd.Timestamp(ends_at))]
    return float(roc_auc_score(rows["repaid"], rows["y_pred_proba"]))
