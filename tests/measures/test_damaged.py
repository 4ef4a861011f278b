"""Damage done to tallies is what the same damage done to rows would be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from monitor.measures import damaged, drift, fairness, performance, regression
from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import Tally, tally
from monitor.terms import Task

N = 6000


def lending(seed: int = 1) -> Rows:
    random = np.random.default_rng(seed)
    chance = random.random(N)
    actual = np.where(random.random(N) < chance, "1", "0").astype(object)
    return Rows(
        columns={"income": random.normal(3.0, 2.0, N), "visits": random.poisson(2.0, N) * 1.0},
        groups={"sex": np.where(random.random(N) < 0.4, "female", "male").astype(object)},
        predicted=np.where(chance > 0.5, "1", "0").astype(object),
        actual=actual,
        scores=chance[:, None],
        weight=None,
        n=N,
    )


def costs(seed: int = 1) -> Rows:
    random = np.random.default_rng(seed)
    actual = random.normal(100.0, 20.0, N)
    return replace(
        lending(seed), predicted=actual + random.normal(0, 8.0, N), actual=actual, scores=None
    )


def layout_of(rows: Rows) -> Layout:
    binary = rows.scores is not None
    kind = (
        {"task": Task.BINARY, "classes": ("0", "1"), "positive": "1", "favourable": ("1",)}
        if binary
        else {"task": Task.REGRESSION}
    )
    return build_layout(rows, attributes=("sex",), reference_groups={"sex": "male"}, **kind)


@pytest.fixture(scope="module")
def rows() -> Rows:
    return lending()


@pytest.fixture(scope="module")
def layout(rows: Rows) -> Layout:
    return layout_of(rows)


@pytest.fixture(scope="module")
def whole(rows: Rows, layout: Layout) -> Tally:
    return tally(rows, layout)


def values(one: Tally, layout: Layout) -> dict[str, float]:
    measure = regression if layout.task is Task.REGRESSION else performance
    return {m.metric: m.value for m in measure.measure(one.outcomes, layout, None) if not m.group}


def rates(one: Tally, layout: Layout) -> dict[tuple[str, str], float]:
    found = fairness.measure_attribute(one.outcomes, layout, "sex")
    return {(m.metric, m.group): m.value for m in found}


def test_accuracy_falls_by_just_so_much_and_rows_stay(whole, layout) -> None:
    worse = damaged.less_accurate(whole, layout, points=0.03)
    before, after = values(whole, layout), values(worse, layout)
    assert after["accuracy"] == pytest.approx(before["accuracy"] - 0.03)
    assert worse.outcomes.cells.rows == whole.outcomes.cells.rows
    assert worse.outcomes.cells.labelled == pytest.approx(whole.outcomes.cells.labelled, abs=1)


def test_relabelled_rows_have_the_metrics_that_the_tally_says(rows, layout, whole) -> None:
    said = values(damaged.less_accurate(whole, layout, points=0.03), layout)
    random, drawn = np.random.default_rng(7), []
    right = np.flatnonzero(rows.actual == rows.predicted)
    for _ in range(20):
        actual = rows.actual.copy()
        some = random.choice(right, round(0.03 * N), replace=False)
        actual[some] = np.where(actual[some] == "1", "0", "1")
        drawn.append(values(tally(replace(rows, actual=actual), layout), layout))
    for metric in ("accuracy", "roc_auc", "average_precision", "f1", "precision", "recall"):
        assert said[metric] == pytest.approx(np.mean([d[metric] for d in drawn]), abs=0.002), metric


def test_a_regressions_errors_grow_by_a_share_of_the_targets_spread() -> None:
    rows = costs()
    layout = layout_of(rows)
    worse = values(damaged.less_accurate(tally(rows, layout), layout, points=0.03), layout)
    error = np.abs(rows.actual - rows.predicted).mean()
    growth = 1 + 0.03 * layout.residual_scale / error
    grown = replace(rows, predicted=rows.actual - growth * (rows.actual - rows.predicted))
    by_rows = values(tally(grown, layout), layout)
    for metric in ("mean_absolute_error", "root_mean_squared_error", "r2_score"):
        assert worse[metric] == pytest.approx(by_rows[metric]), metric


@pytest.mark.parametrize("column", ["income", "visits", "score"])
def test_a_shift_moves_the_mean_by_just_so_much_and_keeps_all_rows(whole, layout, column) -> None:
    moved = damaged.shifted(whole, layout, column, reference=whole, by=0.2)
    before, after = (drift.column_of(one, column, layout) for one in (whole, moved))
    assert after.mean - before.mean == pytest.approx(0.2 * before.std, rel=0.05)
    assert (after.known, after.n) == (before.known, before.n)
    others = set(layout.features) - {column}
    assert all(moved.profiles.columns[o] is whole.profiles.columns[o] for o in others)


def test_a_shift_of_the_tally_drifts_as_a_shift_of_the_rows(rows, layout, whole) -> None:
    moved = damaged.shifted(whole, layout, "income", reference=whole, by=0.2)
    income = rows.columns["income"]
    columns = {**rows.columns, "income": income + 0.2 * income.std()}
    by_rows = tally(replace(rows, columns=columns), layout)
    said, wanted = (
        {
            m.metric: m.value
            for m in drift.measure(one.profiles, one.outcomes, whole, layout)
            if m.feature == "income"
        }
        for one in (moved, by_rows)
    )
    for metric in ("psi", "ks", "hellinger", "TVD", "wasserstein"):
        assert said[metric] == pytest.approx(wanted[metric], rel=0.1), metric


@pytest.mark.parametrize(
    ("rate", "metric"),
    [
        ("selection_rate", "demographic_parity_difference"),
        ("favourable_rate", "equal_opportunity_difference"),
        ("true_positive_rate", "equal_opportunity_difference"),
        ("accuracy", "accuracy_difference"),
        ("false_positive_rate", "false_positive_rate_difference"),
    ],
)
def test_a_groups_rate_falls_by_ten_points_and_the_others_stay(whole, layout, rate, metric) -> None:
    worse = damaged.disadvantaged(whole, layout, "sex", "female", rate=rate, points=0.1)
    before, after = rates(whole, layout), rates(worse, layout)
    assert after[metric, "female"] == pytest.approx(before[metric, "female"] - 0.1)
    assert after["selection_rate", "male"] == before["selection_rate", "male"]


@pytest.mark.parametrize("metric", damaged.MEANS)
def test_a_groups_errors_and_predictions_become_worse(metric: str) -> None:
    rows = costs()
    layout = layout_of(rows)
    one = tally(rows, layout)
    worse = damaged.disadvantaged(one, layout, "sex", "female", rate=metric, points=0.1)
    change = rates(worse, layout)[metric, "female"] - rates(one, layout)[metric, "female"]
    if metric == "root_mean_squared_error":
        assert change > 0.1 * layout.residual_scale  # it is the mean absolute error that is moved
    else:
        sign = -1 if metric == "mean_prediction" else 1
        assert change == pytest.approx(sign * 0.1 * layout.residual_scale)
    assert rates(worse, layout)[metric, "male"] == rates(one, layout)[metric, "male"]


def test_damage_changes_no_operand(whole, layout) -> None:
    before = whole.outcomes.to_bytes(), whole.profiles.to_bytes()
    damaged.less_accurate(whole, layout, points=0.03)
    damaged.shifted(whole, layout, "income", reference=whole, by=0.2)
    damaged.disadvantaged(whole, layout, "sex", "female", rate="selection_rate", points=0.1)
    assert (whole.outcomes.to_bytes(), whole.profiles.to_bytes()) == before


def test_one_sensitive_feature_alone_has_the_numbers_it_has_among_all(whole, layout) -> None:
    everything = {m.key: m for m in fairness.measure(whole.outcomes, layout, None)}
    alone = fairness.measure_attribute(whole.outcomes, layout, "sex")
    mine = [m for m in alone if m.group]
    assert mine
    assert [everything[m.key] for m in mine] == mine
