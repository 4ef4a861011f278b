"""Drift beside importance, and the sentence that replaces the picture."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from monitor.charts import importance
from tests.charts.conftest import checked


@pytest.fixture
def psi(series: Any) -> pd.DataFrame:
    rows = [
        {"feature": "age", "value": 0.02},
        {"feature": "<b>income</b>", "value": 0.31, "verdict": "failing"},
        {"feature": "gone", "value": float("nan"), "verdict": "not enough data"},
        {"feature": "score", "value": 0.4, "verdict": "failing"},
    ]
    return series(*rows, metric="psi")


@pytest.fixture
def weights(series: Any) -> pd.DataFrame:
    rows = [
        {"feature": "age", "value": 0.25},
        {"feature": "<b>income</b>", "value": 0.75},
        {"feature": "gone", "value": 0.0},
    ]
    return series(*rows, metric="importance")


def test_only_columns_with_a_psi_and_an_importance_are_beside_each_other(
    psi: pd.DataFrame, weights: pd.DataFrame
) -> None:
    joined = importance.joined(psi, weights)
    assert joined["feature"].tolist() == ["<b>income</b>", "age"]
    assert joined["weight"].tolist() == [0.75, 0.25]
    assert importance.joined(psi, weights.head(0)).empty


def test_what_drifted_differs_in_shape_and_names_are_not_markup(
    psi: pd.DataFrame, weights: pd.DataFrame
) -> None:
    figure = checked(importance.figure(importance.joined(psi, weights), limit=0.2))
    marks = {trace.name: trace.marker.symbol for trace in figure.data}
    assert marks == {"Failing": "diamond", "Healthy": "circle"}
    failing = next(trace for trace in figure.data if trace.name == "Failing")
    assert "&lt;b&gt;income&lt;/b&gt;" in [note.text for note in figure.layout.annotations]
    assert (failing.x, failing.y) == ((0.75,), (0.31,))
    assert figure.layout.shapes[0].y0 == 0.2


def test_the_sentence_says_how_much_of_the_importance_has_drifted(
    psi: pd.DataFrame, weights: pd.DataFrame
) -> None:
    joined = importance.joined(psi, weights)
    assert importance.describe(joined) == (
        "1 of 2 columns have surely drifted and hold 75.0 % of the importance: <b>income</b>."
    )
    quiet = joined.assign(verdict="healthy")
    assert importance.describe(quiet).startswith(
        "None of 2 columns has surely drifted; the most important, <b>income</b> (75.0 %), has PSI"
    )


def test_the_name_of_what_moved_is_there_however_crowded_it_is(series: Any) -> None:
    crowd = [{"feature": f"column_{i}", "value": 0.001 * i} for i in range(9)]
    moved = {"feature": "moved", "value": 0.3, "verdict": "failing"}
    psi = series(*crowd, moved, metric="psi")
    weights = series(*(row | {"value": 0.01} for row in (*crowd, moved)), metric="importance")
    figure = checked(importance.figure(importance.joined(psi, weights), limit=0.2))
    assert "moved" in [note.text for note in figure.layout.annotations]


def test_points_judged_together_with_earlier_batches_are_hollow(series: Any) -> None:
    from monitor.charts import trend

    pooled = {"value": 0.05, "window": "last 3 batches", "n": 210}
    frame = series({"value": 0.02}, pooled, metric="psi", feature="age")
    points = next(t for t in checked(trend.figure(frame)).data if t.mode == "markers")
    assert points.marker.symbol == ("circle", "circle-open")
    assert "last 3 batches" in points.text[1]
