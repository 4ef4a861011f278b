"""Regression metrics from sums against sklearn on the raw rows."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.dummy import DummyRegressor

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
        "mean_pinball_loss_10": sk.mean_pinball_loss(y, p, alpha=0.1, sample_weight=w),
        "mean_pinball_loss_90": sk.mean_pinball_loss(y, p, alpha=0.9, sample_weight=w),
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
    assert len(inside) == 12
    assert min(inside.values()) >= 0.9 * 200, inside


@pytest.mark.parametrize("weighted", [False, True])
def test_the_best_constant_is_that_of_sklearns_dummy_regressors(weighted):
    """Labels stand within 0.8 % of their distance from the median; sums are exact."""
    given = rows(20_000, weighted=weighted)
    found, y, w = measured(given), given.actual, given.weight

    def of_dummy(score, **constant):
        dummy = DummyRegressor(**constant).fit(np.zeros((y.size, 1)), y, sample_weight=w)
        return score(y, dummy.predict(np.zeros((y.size, 1))), sample_weight=w)

    exactly = {
        "root_mean_squared_error": of_dummy(sk.root_mean_squared_error, strategy="mean"),
        "r2_score": 0.0,
        "mean_residual": 0.0,
    }
    closely = {
        "mean_absolute_error": of_dummy(sk.mean_absolute_error, strategy="median"),
        **{
            f"mean_pinball_loss_{level}": of_dummy(
                partial(sk.mean_pinball_loss, alpha=level / 100),
                strategy="quantile",
                quantile=level / 100,
            )
            for level in (10, 90)
        },
    }
    assert {n: found[n].baseline for n in exactly} == pytest.approx(exactly, abs=1e-9)
    assert {n: found[n].baseline for n in closely} == pytest.approx(closely, rel=1e-3)
    of_any = [
        np.average(np.abs(y - c) / y, weights=w) for c in np.quantile(y, np.linspace(0, 1, 200))
    ]
    assert found["mean_absolute_percentage_error"].baseline == pytest.approx(min(of_any), rel=2e-3)


def test_a_constant_of_nothing_is_off_by_all_of_it_and_no_more():
    """Where most labels are tiny beside the rest, 0 has the least percentage error."""
    actual = np.tile([0.0, 0.0, 100.0], 40)
    given = Rows({}, {"sex": np.full(120, "f", dtype=object)}, actual + 1, actual, None, None, 120)
    assert measured(given)["mean_absolute_percentage_error"].baseline <= 1.0


def test_beside_residual_quantiles_stand_those_of_the_mean():
    given = rows(20_000)
    found, y = measured(given), given.actual
    for level in (5, 25, 50, 75, 95):
        wanted = np.quantile(y, level / 100) - y.mean()
        spread = abs(np.quantile(y, level / 100) - np.median(y))
        baseline = found[f"residual_quantile_{level:02d}"].baseline
        assert baseline == pytest.approx(wanted, abs=0.01 * spread + 0.05)


@pytest.mark.parametrize(("n", "is_shown"), [(9, False), (10, True)])
def test_errors_of_fewer_than_ten_rows_are_hidden(n, is_shown):
    found = measured(rows(n))
    assert found.pop("label_coverage").value == 1.0
    assert {m.value is not None for m in found.values()} == {is_shown}


def test_an_error_cannot_be_less_than_nothing():
    given = rows(12)
    actual = np.r_[given.actual[:11], given.actual[11] + 1000]
    found = measured(Rows({}, given.groups, given.predicted, actual, None, None, 12))
    assert found["mean_absolute_error"].low == 0.0
    assert found["mean_residual"].low < 0.0


def test_groups_have_sums_of_their_own():
    given = rows(weighted=True)
    found = tally_outcomes(given, layout_of(given)).sums
    sums, centre = found.of("sex"), found.centre
    for group in ("f", "m"):
        of = given.groups["sex"] == group
        w, y, p = given.weight[of], given.actual[of], given.predicted[of]
        wanted = {
            "n": of.sum(),
            "weight": w.sum(),
            "error": w @ (y - p),
            "absolute_error": w @ np.abs(y - p),
            "squared_error": w @ (y - p) ** 2,
            "y": w @ (y - centre),
            "y2": w @ (y - centre) ** 2,
            "prediction": w @ (p - centre),
            "prediction2": w @ (p - centre) ** 2,
        }
        assert {name: sums[group][name] for name in wanted} == pytest.approx(wanted)


def test_predictions_count_before_their_labels_arrive():
    given = rows(100)
    layout = layout_of(given)
    late = np.where(np.arange(100) < 40, given.actual, np.nan)
    part = Rows({}, given.groups, given.predicted, late, None, None, 100)
    found = tally_outcomes(part, layout).sums
    sums = found.of()[""]
    assert (sums["n"], sums["predicted_n"]) == (40, 100)
    assert sums["prediction"] / 100 + found.centre == pytest.approx(given.predicted.mean())
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
