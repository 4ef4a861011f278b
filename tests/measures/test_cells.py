"""Cells count rows by group, label and prediction."""

from __future__ import annotations

import numpy as np
import pandas as pd

from monitor.measures.layout import build_layout
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.terms import UNKNOWN_GROUP, Task


def texts(*values):
    return np.array(values, dtype=object)


def cells_of(actual, predicted, groups=None, weight=None):
    groups = groups or {}
    rows = Rows({}, groups, predicted, actual, None, weight, len(predicted))
    layout = build_layout(
        rows, task=Task.BINARY, classes=("0", "1"), positive="1", attributes=tuple(groups)
    )
    return tally_outcomes(rows, layout).cells


def test_cells_are_the_cross_table_of_the_rows():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "group": rng.choice(["f", "m", UNKNOWN_GROUP], 500),
            "actual": rng.choice(["0", "1"], 500),
            "predicted": rng.choice(["0", "1"], 500),
            "weight": rng.gamma(2.0, size=500),
        }
    )
    weight = frame["weight"].to_numpy()
    labels = (frame[c].to_numpy(dtype=object) for c in ("actual", "predicted"))
    found = cells_of(*labels, {"sex": frame["group"].to_numpy(dtype=object)}, weight)
    frame["squared"] = weight**2
    wanted = (
        frame.groupby(["group", "actual", "predicted"])
        .agg(n=("weight", "size"), weight=("weight", "sum"), weight_squared=("squared", "sum"))
        .reset_index()
    )
    pd.testing.assert_frame_equal(found.frame("sex"), wanted, check_dtype=False)
    assert found.frame()["n"].sum() == 500
    assert set(found.frame()["group"]) == {""}


def test_rows_without_a_label_are_cells_of_their_own():
    found = cells_of(texts("1", None, None), texts("1", "1", "0"))
    assert found.frame()[["actual", "predicted", "n"]].to_numpy().tolist() == [
        ["", "0", 1],
        ["", "1", 1],
        ["1", "1", 1],
    ]
    assert (found.rows, found.labelled) == (3, 1)


def test_rows_without_a_prediction_are_in_no_cell():
    found = cells_of(texts("1", "0"), texts(None, "0"))
    assert (found.rows, found.labelled) == (1, 1)


def test_a_matrix_has_labels_in_the_order_asked_for():
    found = cells_of(texts("0", "1", "1", "2"), texts("0", "0", "1", "1"))
    assert found.labels() == ("0", "1", "2")
    assert found.matrix(("1", "0"))[0].tolist() == [[1, 1], [0, 1]]


def test_no_rows_make_an_empty_frame():
    found = cells_of(texts(), texts(), {"sex": texts()})
    assert found.frame("sex").empty
    assert list(found.frame("sex")) == [
        *("group", "actual", "predicted", "n", "weight", "weight_squared")
    ]
