"""NannyML's published estimates of ROC AUC without labels, on its car-loan data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from monitor.measures.layout import Layout, build_layout
from monitor.measures.performance import measure as realised
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.measures.unlabelled import estimate
from monitor.measures.unlabelled.calibrations import Calibrations, calibrations
from monitor.models.labels import labels
from monitor.terms import Task

CHECKS = Path(__file__).parents[3] / "shared" / "checks"
EXPECTED = CHECKS / "expected.json"
PREFIX = "nannyml/car-loan/cbpe-roc-auc/"
CHUNK = 5_000

pytestmark = pytest.mark.skipif(
    not (CHECKS / "car_loan_reference.parquet").exists(),
    reason="the published car-loan tables are not beside this checkout",
)


def expected() -> dict[str, dict[str, Any]]:
    figures = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}
    return {name: figure for name, figure in figures.items() if name.startswith(PREFIX)}


def rows(table: pd.DataFrame) -> Rows:
    return Rows(
        columns={},
        groups={},
        predicted=labels(table["y_pred"]),
        actual=labels(table["repaid"]) if "repaid" in table else None,
        scores=table["y_pred_proba"].to_numpy(dtype=np.float64)[:, None],
        weight=None,
        n=len(table),
    )


@pytest.fixture(scope="module")
def learned() -> tuple[Calibrations, Layout]:
    reference = rows(
        pd.read_parquet(CHECKS / "car_loan_reference.parquet").astype({"repaid": "int64"})
    )
    layout = build_layout(reference, task=Task.BINARY, classes=("0", "1"), positive="1")
    return calibrations(tally_outcomes(reference, layout), layout), layout


@pytest.fixture(scope="module")
def analysed() -> list[Rows]:
    table = pd.read_parquet(CHECKS / "car_loan_analysis.parquet")
    return [rows(table.iloc[start : start + CHUNK]) for start in range(0, len(table), CHUNK)]


@pytest.mark.parametrize("name", expected())
def test_nannymls_estimates(learned: tuple[Calibrations, Layout], analysed: list[Rows], name: str):
    figure = expected()[name]
    chunk = analysed[int(name.removeprefix(f"{PREFIX}chunk-"))]
    found = estimate.measure(tally_outcomes(chunk, learned[1]), *learned)
    auc = next(m for m in found if m.metric == "estimated_roc_auc")
    assert auc.value == pytest.approx(figure["published"], abs=figure["tolerance"])


def test_the_roc_auc_that_came_true_is_inside_every_interval(
    learned: tuple[Calibrations, Layout], analysed: list[Rows]
):
    late = labels(pd.read_parquet(CHECKS / "car_loan_analysis_target.parquet")["repaid"])
    for chunk, actual in zip(analysed, np.split(late, len(analysed)), strict=True):
        outcomes = tally_outcomes(replace(chunk, actual=actual), learned[1])
        auc = next(m for m in realised(outcomes, learned[1], None) if m.metric == "roc_auc")
        found = estimate.measure(outcomes, *learned)
        foreseen = next(m for m in found if m.metric == "estimated_roc_auc")
        assert foreseen.low < auc.value < foreseen.high
