"""Regression metrics from sums against sklearn on the raw rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from monitor.measures import regression
from monitor.measures.layout import build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.terms import Task


def rows(n=3000, *, seed=0, weighted=False, around=100.0):
    rng = np.random.default_rng(seed)
    actual = around + rng.gamma(2.0, 20.0, n)
    predicted = actual + rng.normal(2.0, 10.0, n) + 0.1 * (actual - around)
    groups = {"sex": np.array(["f", "m"], dtype=object)[rng.integers(0, 2, n)]}
    weight = rng.gamma(2.0, size=n) if weighted else None
    return Rows({}, groups, predicted, actual, None, weight, n)


def layout_of(given, **options):
    return build_layout(given, task=Task.REGRESSION, attributes=("sex",), **options)


def measured(given, layout=None):
    layout = layout or layout_of(given)
    found = regression.measure(tally_outcomes(given, layout), layout, None)
    return {m.metric: m for m in found}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("around", [0.0, 1e6])
def test_regression_metrics_are_sklearns(weighted, around):
    given = rows(weighted=weighted, around=around)
    y, p, w = given.actual, given.predicted, given.weight
    wanted = {
        "mean_absolute_error": sk.mean_absolute_error(y, p, sample_weight=w),
        "root_mean_squared_error": sk.root_mean_squared_error(y, p, sample_weight=w),
        "mean_absolute_percentage_error": sk.mean_absolute_percentage_error(y, p, sample_weight=w),
        "r2_score": sk.r2_score(y, p, sample_weight=w),
        "mean_residual": np.average(y - p, weights=w),
    }
    found = measured(given)
    assert {name: found[name].value for name in wanted} == pytest.approx(wanted, rel=1e-10)


def test_residual_quantiles_are_those_of_the_rows_within_one_percent():
    given = rows(20_000)
    found = measured(given)
    for level in (5, 25, 50, 75, 95):
        wanted = np.quantile(given.actual - given.predicted, level / 100)
        m = found[f"residual_quantile_{level:02d}"]
        assert m.value == pytest.approx(wanted, rel=0.01)
        assert m.low < wanted < m.high


def test_intervals_hold_the_truth_about_as_often_as_they_promise():
    whole = rows(200_000, seed=1)
    layout = layout_of(whole)
    truth = measured(whole, layout)
    rng = np.random.default_rng(2)
    inside = {m.metric: 0 for m in truth.values() if m.low is not None}
    for _ in range(200):
        some = rng.choice(whole.n, 300, replace=False)
        groups = {"sex": whole.groups["sex"][some]}
        part = Rows({}, groups, whole.predicted[some], whole.actual[some], None, None, 300)
        for name, m in measured(part, layout).items():
            if m.low is not None:
                inside[name] += m.low <= truth[name].value <= m.high
    assert len(inside) == 10
    assert min(inside.values()) >= 0.9 * 200, inside


def test_the_best_constant_is_the_median_for_mae_and_the_mean_for_rmse():
    given = rows()
    found = measured(given)
    y = given.actual
    assert found["root_mean_squared_error"].baseline == pytest.approx(y.std())
    median_error = np.abs(y - np.median(y)).mean()
    assert found["mean_absolute_error"].baseline == pytest.approx(median_error, rel=2e-3)
    shares = [np.mean(np.abs(y - c) / y) for c in np.quantile(y, np.linspace(0, 1, 200))]
    baseline = found["mean_absolute_percentage_error"].baseline
    assert baseline == pytest.approx(min(shares), rel=5e-3)
    assert found["r2_score"].baseline == 0.0


def test_groups_have_sums_of_their_own():
    given = rows(weighted=True)
    sums = tally_outcomes(given, layout_of(given)).sums.frame("sex").set_index("group")
    for group in ("f", "m"):
        of = given.groups["sex"] == group
        w, y, p = given.weight[of], given.actual[of], given.predicted[of]
        wanted = {
            "n": of.sum(),
            "weight": w.sum(),
            "error": w @ (y - p),
            "absolute_error": w @ np.abs(y - p),
            "squared_error": w @ (y - p) ** 2,
            "y": w @ y,
            "y2": w @ y**2,
            "prediction": w @ p,
            "prediction2": w @ p**2,
        }
        assert {name: sums.loc[group, name] for name in wanted} == pytest.approx(wanted)


def test_predictions_count_before_their_labels_arrive():
    given = rows(100)
    layout = layout_of(given)
    late = np.where(np.arange(100) < 40, given.actual, np.nan)
    part = Rows({}, given.groups, given.predicted, late, None, None, 100)
    sums = tally_outcomes(part, layout).sums.frame().iloc[0]
    assert (sums["n"], sums["predicted_n"]) == (40, 100)
    assert sums["prediction"] / 100 == pytest.approx(given.predicted.mean())
    assert measured(part, layout)["label_coverage"].value == 0.4
    assert measured(part, layout)["mean_absolute_error"].n == 40


def test_without_labels_every_metric_says_so():
    given = rows(50)
    unlabelled = Rows({}, given.groups, given.predicted, None, None, None, 50)
    found = measured(unlabelled, layout_of(given))
    assert found.pop("label_coverage").value == 0.0
    assert all(m.value is None and m.reason for m in found.values())


def test_infinite_predictions_and_labels_are_no_values():
    given = rows(50)
    predicted, actual = given.predicted.copy(), given.actual.copy()
    predicted[0], actual[1] = np.inf, -np.inf
    broken = Rows({}, given.groups, predicted, actual, None, None, 50)
    found = measured(broken, layout_of(given))
    assert found["mean_absolute_error"].n == 48
    assert np.isfinite(found["r2_score"].value)


def test_labels_that_never_vary_leave_r2_undefined():
    n = 20
    groups = {"sex": np.array(["f"] * n, dtype=object)}
    given = Rows({}, groups, np.arange(n, dtype=float), np.full(n, 3.0), None, None, n)
    found = measured(given)["r2_score"]
    assert (found.value, found.reason) == (None, "All labels are the same.")


def test_cells_say_whether_predictions_lie_in_the_favourable_range():
    given = rows(200)
    layout = layout_of(given, favourable_range=(0.0, 140.0))
    cells = tally_outcomes(given, layout).cells.frame()
    inside = int((given.predicted <= 140).sum())
    assert dict(zip(cells["predicted"], cells["n"], strict=True)) == {
        "in": inside,
        "out": 200 - inside,
    }
    assert set(cells["actual"]) == {"known"}
