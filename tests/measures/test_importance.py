"""How much features matter, against sklearn's own answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import mutual_info_score, roc_auc_score

from monitor.measures.importance import association, goodness, shares
from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Rows
from monitor.terms import Task

RANDOM = np.random.default_rng(1)
N = 4000


def texts(values: np.ndarray) -> np.ndarray:
    return values.astype(int).astype(str).astype(object)


def binary() -> tuple[Rows, Layout]:
    x, noise = RANDOM.normal(size=N), RANDOM.normal(size=N)
    colour = RANDOM.choice(["red", "green", "blue"], N)
    score = 1 / (1 + np.exp(-2 * x - (colour == "red")))
    rows = Rows(
        columns={"x": x, "noise": noise, "colour": pa.array(colour.tolist())},
        groups={},
        predicted=texts(score > 0.5),
        actual=texts(RANDOM.random(N) < score),
        scores=score[:, None],
        weight=None,
        n=N,
    )
    return rows, build_layout(rows, task=Task.BINARY, classes=("0", "1"), positive="1")


def test_a_binary_model_is_as_good_as_sklearns_auc():
    rows, layout = binary()
    assert rows.scores is not None
    oracle = roc_auc_score(rows.actual == "1", rows.scores[:, 0])
    assert goodness(rows, layout, before=rows) == (pytest.approx(oracle, abs=1e-12), "ROC AUC")


def test_labels_that_have_not_arrived_are_left_out():
    rows, layout = binary()
    assert rows.actual is not None
    some = rows.actual.copy()
    some[:1000] = None
    half = replace(rows, actual=some)
    oracle = roc_auc_score(rows.actual[1000:] == "1", rows.scores[1000:, 0])  # type: ignore[index]
    assert goodness(half, layout, before=rows)[0] == pytest.approx(oracle, abs=1e-12)


def test_without_labels_what_counts_is_how_much_the_answer_changes():
    rows, layout = binary()
    assert rows.scores is not None
    unlabelled = replace(rows, actual=None)
    moved = replace(unlabelled, scores=rows.scores + 0.1)
    assert goodness(unlabelled, layout, before=unlabelled) == (0.0, "change of the score")
    assert goodness(moved, layout, before=unlabelled)[0] == pytest.approx(-0.1)
    bare = replace(unlabelled, scores=None)
    turned = replace(bare, predicted=np.where(np.arange(N) < 1000, None, bare.predicted))
    assert goodness(turned, layout, before=bare) == (0.75, "changed predictions")


def test_classes_are_judged_by_accuracy_and_numbers_by_their_error():
    rows, _ = binary()
    layout = build_layout(rows, task=Task.MULTICLASS, classes=("0", "1"))
    right = float(np.mean(rows.predicted == rows.actual))
    assert goodness(rows, layout, before=rows) == (right, "accuracy")
    numbers = replace(rows, predicted=np.zeros(N), actual=np.full(N, 2.0), scores=None)
    regression = build_layout(numbers, task=Task.REGRESSION)
    assert goodness(numbers, regression, before=numbers) == (-2.0, "mean absolute error")
    unknown = replace(numbers, actual=np.full(N, np.nan))
    moved = replace(unknown, predicted=np.full(N, 3.0))
    assert goodness(moved, regression, before=unknown) == (-3.0, "change of the prediction")


def test_one_class_of_labels_has_no_auc_and_falls_back_to_accuracy():
    rows, layout = binary()
    alone = replace(rows, actual=np.full(N, "1", dtype=object))
    assert goodness(alone, layout, before=rows)[1] == "accuracy"


def test_association_ranks_what_the_score_is_made_of_and_gives_noise_nothing():
    rows, layout = binary()
    found = shares(association(rows, layout))
    assert found["x"] > 5 * found["colour"] > 0
    assert found["noise"] < 0.02
    assert sum(found.values()) == pytest.approx(1.0)


def test_association_is_sklearns_mutual_information_less_that_of_chance():
    rows, _ = binary()
    bare = replace(rows, scores=None)
    layout = build_layout(bare, task=Task.BINARY, classes=("0", "1"), positive="1")
    found = association(bare, layout)["colour"]
    oracle = mutual_info_score(rows.columns["colour"].to_pylist(), rows.predicted.tolist())  # type: ignore[union-attr]
    assert found == pytest.approx(oracle - 2 * 1 / (2 * N), abs=1e-12)


def test_missing_values_and_constant_columns_are_no_obstacle():
    rows, _ = binary()
    columns = {"gaps": np.where(np.arange(N) < 100, np.nan, 1.0), "none": np.full(N, np.nan)}
    odd = replace(rows, columns=columns)
    layout = build_layout(odd, task=Task.BINARY, classes=("0", "1"), positive="1")
    assert association(odd, layout)["none"] == 0.0
    assert shares(association(odd, layout)) in ({}, {"gaps": 1.0, "none": 0.0})


def test_shares_of_nothing_are_none():
    assert shares({"a": 0.0, "b": -1.0}) == {}
    assert shares({}) == {}
