"""Distributions, heat maps, confusion and curves, each with the sentence that replaces it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from monitor.charts import confusion, curves, distribution, heatmap, residuals
from tests.charts.conftest import checked


def test_a_distribution_says_which_bin_moved_most() -> None:
    frame = pd.DataFrame(
        {
            "label": ["young", "<i>old</i>", "?"],
            "low": [None, None, None],
            "reference": [0.5, 0.4, 0.1],
            "current": [0.2, 0.6, 0.2],
        }
    )
    assert distribution.describe(frame, feature="age") == (
        "age: the share of young went from 50.0 % in the reference to 20.0 %."
    )
    ticks = checked(distribution.figure(frame)).layout.xaxis.ticktext
    assert ticks == ("young", "&lt;i&gt;old&lt;/i&gt;", "?")


def test_too_few_rows_have_no_colour(series: Any) -> None:
    tiny = {"feature": "age", "value": 0.9, "verdict": "not enough data", "n": 5}
    week = {"feature": "age", "value": 0.01}
    grid = checked(heatmap.figure(series(week, tiny, metric="psi"))).data[0]
    assert [list(row) for row in grid.z] == [[0.01, None]]
    assert len(grid.x) == 2


def test_a_long_category_is_cut_on_the_axis_only() -> None:
    frame = pd.DataFrame({"label": ["x" * 90], "low": [None], "reference": [1.0], "current": [1.0]})
    assert len(checked(distribution.figure(frame)).layout.xaxis.ticktext[0]) == distribution.WORDS


@pytest.fixture
def drift(series: Any) -> pd.DataFrame:
    rows = [
        {"feature": "age", "value": 0.01},
        {"feature": "income", "value": 0.3, "verdict": "failing"},
    ]
    return series(*rows, metric="psi", starts_at=pd.Timestamp("2026-06-01", tz="UTC"))


def test_the_heat_map_puts_the_most_drifted_column_on_top(drift: pd.DataFrame) -> None:
    assert heatmap.order(drift) == ["income", "age"]
    assert list(checked(heatmap.figure(drift)).data[0].y) == ["age", "income"]


def test_every_square_can_be_clicked_and_breached_ones_are_marked(drift: pd.DataFrame) -> None:
    _, squares, broken = checked(heatmap.figure(drift)).data
    assert list(squares.customdata[0]) == ["age", "week-0"]
    assert broken.marker.symbol == "diamond"


def test_the_heat_map_says_how_many_columns_drifted(drift: pd.DataFrame) -> None:
    assert heatmap.describe(drift) == (
        "Population stability index: 1 of 2 columns are beyond the limit in the last batch, "
        "most of all income with 0.30."
    )


@pytest.fixture
def cells() -> pd.DataFrame:
    return pd.DataFrame(
        {"actual": ["0", "0", "1"], "predicted": ["0", "1", "1"], "n": [700, 100, 1200]}
    )


def test_the_confusion_matrix_names_the_commonest_mistake(cells: pd.DataFrame) -> None:
    assert confusion.describe(cells) == (
        "1,900 of 2,000 labelled rows were predicted right; the commonest mistake is 1 for 0 "
        "(100 rows)."
    )


def test_cells_that_never_occurred_are_nought(cells: pd.DataFrame) -> None:
    text = checked(confusion.figure(cells)).data[0].text
    assert text[1][0] == "0 (0 %)"


def test_calibration_says_where_the_promise_was_furthest_off() -> None:
    frame = pd.DataFrame(
        {"score": [0.1, 0.9], "observed": [0.1, 0.6], "low": [0, 0.5], "high": [0.2, 0.7],
         "n": [10, 50]}
    )  # fmt: skip
    assert "promised 90 %, 60 % happened (n = 50)" in curves.describe_calibration(frame)
    assert len(checked(curves.calibration(frame)).data[0].x) == 2


def test_roc_says_what_is_found_at_ten_percent_false_alarms() -> None:
    frame = pd.DataFrame({"false_positive_rate": [0, 0.1, 1], "true_positive_rate": [0, 0.7, 1.0]})
    assert curves.describe_roc(frame).startswith("ROC curve: 70 % of the positives")
    assert len(checked(curves.roc(frame)).data[0].x) == 3


def test_many_bins_are_joined_and_nothing_is_lost() -> None:
    edges = [float("-inf"), *range(0, 99_000, 1000), float("inf")]
    frame = pd.DataFrame(
        {"label": "", "low": edges[:-1], "high": edges[1:], "reference": 0.01, "current": 0.01}
    )
    short = distribution.shorten(frame)
    assert len(short) == distribution.MOST
    assert short[["reference", "current"]].sum().tolist() == pytest.approx([1, 1])
    assert short["label"].iloc[[0, 1, -1]].tolist() == [
        "under 4,000", "4,000 to 9,000", "over 94,000",
    ]  # fmt: skip


def test_rare_categories_are_gathered() -> None:
    frame = pd.DataFrame({"label": [f"c{i}" for i in range(40)], "low": None, "high": None})
    frame = frame.assign(reference=1 / 40, current=[1 / 40] * 39 + [0.5])
    short = distribution.shorten(frame)
    assert short["label"].iloc[-1] == "21 more"
    assert "c39" in set(short["label"])


def test_many_numeric_bins_have_few_labels() -> None:
    frame = pd.DataFrame(
        {"label": [str(i) for i in range(20)], "low": range(20), "reference": 0.05, "current": 0.05}
    )
    assert (
        len(checked(distribution.figure(frame)).layout.xaxis.ticktext)
        == distribution.NUMERIC_LABELS
    )


def test_residuals_say_where_nine_of_ten_rows_are(series: Any) -> None:
    values = dict(zip(residuals.NAMES, (-50, -20, 1, 20, 60), strict=True))
    frame = series(*({"metric": name, "value": v} for name, v in values.items()), reference=None)
    assert residuals.describe(frame) == (
        "Truth minus prediction is 1 in the middle; nine of ten rows are between −50 and 60."
    )
    assert len(checked(residuals.figure(frame)).data) == 3
