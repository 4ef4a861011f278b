"""Bins are cut once, exactly, and survive JSON."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pytest

from monitor.measures.edges import (
    TABLE_FROM,
    CategoricalEdges,
    NumericEdges,
    categorical_edges,
    numeric_edges,
)
from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import profiled, tally
from monitor.terms import Task

RNG = np.random.default_rng(0)
COLUMNS = {
    "normal": RNG.normal(size=3000),
    "as wide as floats go": np.array([-1e308, 1e308]),
    "whole numbers": RNG.integers(0, 9, 3000).astype(float),
    "heavy tails": RNG.standard_cauchy(3000) * 1e30,
    "far from zero": 2e9 + RNG.random(500),
    "huge spread": np.exp(RNG.normal(size=3000) * 100),
    "constant zero": np.zeros(5),
    "extremes": np.array([1e308, -1e308, 1.0, 2.0]),
    "largest float": np.array([np.finfo(float).max, np.nan, np.inf]),
    "subnormal": np.array([5e-324, 1e-323, 0.0]),
    "empty": np.array([]),
    "all missing": np.full(4, np.nan),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_quick_way_to_a_bin_is_exact(name):
    edges = numeric_edges(COLUMNS[name])
    cuts = np.array(edges.cuts)
    near = cuts[np.isfinite(cuts)]
    tried = np.concatenate(
        [
            COLUMNS[name],
            near,
            np.nextafter(near, -1e308),
            RNG.normal(size=500) * min(edges.scale, 1e300) + edges.centre,
            [0.0, -0.0, 1e308, -1e308],
        ]
    )
    tried = tried[np.isfinite(tried)]
    many = np.tile(tried, 1 + TABLE_FROM // tried.size)
    for values in (tried, many):
        assert edges.bins(values).tolist() == np.searchsorted(cuts, values, side="right").tolist()


@pytest.mark.parametrize("name", COLUMNS)
def test_the_reference_lies_within_its_own_range(name):
    edges = numeric_edges(COLUMNS[name])
    known = COLUMNS[name][np.isfinite(COLUMNS[name])]
    bins = edges.bins(known)
    assert known.size == 0 or (bins.min() > 0 and bins.max() < len(edges.cuts))


def test_bins_are_near_equal_in_the_reference():
    edges = numeric_edges(COLUMNS["normal"])
    counts = np.bincount(edges.bins(COLUMNS["normal"]), minlength=edges.size)
    assert edges.size > 128
    assert counts.max() <= 3000 / 128 + 2


def test_rounding_noise_moves_no_row_to_another_bin():
    values = COLUMNS["whole numbers"]
    edges = numeric_edges(values)
    inside = (values > 0) & (values < 8)
    noisy = values[inside] + 1e-9
    assert (edges.bins(noisy) == edges.bins(values[inside])).all()


def test_categories_stand_by_frequency_and_then_by_name():
    values = pa.array(["b", "c", None, "c", "a"])
    assert categorical_edges(values) == CategoricalEdges(("c", "a", "b"))
    assert categorical_edges(values.dictionary_encode()) == CategoricalEdges(("c", "a", "b"))


def rows_with(columns, task=Task.BINARY):
    labels = np.array(["0", "1"] * 10, dtype=object)
    numbers = np.arange(20.0)
    regression = task is Task.REGRESSION
    return Rows(
        columns,
        {},
        numbers if regression else labels,
        numbers if regression else labels,
        None if regression else np.linspace(0, 1, 20)[:, None],
        None,
        20,
    )


def build(rows, task=Task.BINARY):
    return build_layout(rows, task=task, classes=("0", "1"), positive="1", favourable=("0",))


@pytest.mark.parametrize("task", [Task.BINARY, Task.REGRESSION])
def test_a_layout_survives_json(task):
    layout = build_layout(
        rows_with({"x": np.arange(20.0), "c": pa.array(["é", None] * 10)}, task),
        task=task,
        favourable_range=(0.0, float("inf")),
        attributes=("sex",),
        segments=("region",),
        reference_groups={"sex": "f"},
    )
    assert Layout.from_json(json.loads(json.dumps(layout.to_json()))) == layout


def test_prediction_score_and_target_stand_beside_the_features():
    layout = build(rows_with({"x": np.arange(20.0)}))
    assert isinstance(layout.edges["score"], NumericEdges)
    assert layout.edges["target"] == CategoricalEdges(("0", "1"))
    assert sorted(profiled(layout)) == ["prediction", "score", "x"]


def test_a_feature_called_score_or_target_keeps_its_name():
    rows = rows_with({"score": np.arange(20.0) + 300, "target": pa.array(["x"] * 20)})
    layout = build(rows)
    found = tally(rows, layout)
    assert found.profiles.columns["score"].mean == pytest.approx(309.5)
    assert found.profiles.columns["target"].counts.tolist() == [20]
    assert found.outcomes.target is None


def test_a_reference_without_labels_has_no_target_bins():
    rows = rows_with({})
    layout = build(Rows({}, {}, rows.predicted, None, rows.scores, None, 20))
    assert "target" not in layout.edges
    assert tally(rows, layout).outcomes.target is None
