"""How much each feature matters to a model, as shares that add up to 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from monitor.measures.distance import added, coarse
from monitor.measures.edges import CategoricalEdges, Edges, edges_of
from monitor.measures.encoding import category_codes
from monitor.measures.layout import Layout
from monitor.measures.merging import BINS
from monitor.measures.ranking import Ranked, roc_auc
from monitor.measures.rows import Floats, Ints, Mask, Rows
from monitor.terms import Task


def shares(found: Mapping[str, float]) -> dict[str, float]:
    """Each value's share of their sum; what is below 0 is noise about it.  Empty without a sum.

    >>> shares({"age": 3.0, "income": 1.0, "noise": -0.1})
    {'age': 0.75, 'income': 0.25, 'noise': 0.0}
    """
    kept = {name: max(value, 0.0) for name, value in found.items()}
    total = sum(kept.values())
    return {name: value / total for name, value in kept.items()} if total > 0 else {}


def goodness(rows: Rows, layout: Layout, *, before: Rows) -> tuple[float, str]:
    """How good these predictions are, the more the better, and by which number.

    It is the one the model is watched by: ROC AUC, accuracy or mean absolute error.  Without labels
    it is how little they differ from those made ``before`` on the same rows.
    """
    known = _labelled(rows)
    if layout.task is Task.REGRESSION:
        return _regression(rows, known, before)
    actual, scores = rows.actual, rows.scores
    if known.any() and actual is not None:
        if layout.task is Task.BINARY and scores is not None:
            is_positive = actual[known] == layout.positive
            if is_positive.any() and not is_positive.all():
                return _auc(scores[known, 0], is_positive), "ROC AUC"
        return float(np.mean(_said(rows)[known] == actual[known])), "accuracy"
    if scores is not None and before.scores is not None:
        return -float(np.abs(scores - before.scores).mean()), "change of the score"
    return float(np.mean(_said(rows) == _said(before))), "changed predictions"


def association(rows: Rows, layout: Layout) -> dict[str, float]:
    """Mutual information of each feature with what was predicted, in nats, less what chance gives.

    Both are put into a few bins, missing values into one of their own; (B − 1)(C − 1)/2n is what
    two unrelated columns of B and C bins have on average (Miller and Madow).
    """
    answer = _answer(rows, layout)
    return {
        name: _information(_binned(rows.columns[name], layout.edges[name]), answer)
        for name in layout.features
    }


def _labelled(rows: Rows) -> Mask:
    if rows.actual is None:
        return np.zeros(rows.n, dtype=bool)
    if rows.actual.dtype == object:
        return np.array([label is not None for label in rows.actual], dtype=bool)
    return np.asarray(np.isfinite(rows.actual))


def _said(rows: Rows) -> Any:
    assert rows.predicted is not None  # every runner gives them
    return rows.predicted


def _regression(rows: Rows, known: Mask, before: Rows) -> tuple[float, str]:
    if known.any() and rows.actual is not None:
        return -float(np.abs(_said(rows) - rows.actual)[known].mean()), "mean absolute error"
    return -float(np.abs(_said(rows) - _said(before)).mean()), "change of the prediction"


def _auc(scores: Floats, is_positive: Mask) -> float:
    _, places = np.unique(scores, return_inverse=True)
    size = places.max() + 1
    own, rest = (
        np.bincount(places[side], minlength=size).astype(np.float64)
        for side in (is_positive, ~is_positive)
    )
    return roc_auc(Ranked(np.arange(size), own, rest, 0.0, own.sum(), rest.sum()))


def _answer(rows: Rows, layout: Layout) -> Ints:
    """What was said of each row, in bins of its own: a feature may have taken the answer's name."""
    if rows.scores is not None and layout.task is Task.BINARY:
        said: Any = rows.scores[:, 0]
    else:
        said = _said(rows)
    values = pa.array(said, pa.string()) if said.dtype == object else said
    return _binned(values, edges_of(values))


def _binned(values: Any, edges: Edges) -> Ints:
    """A bin of at most some 20, and one for missing values, of each row."""
    if isinstance(edges, CategoricalEdges):
        return category_codes(values, edges, most=BINS) + 1
    known = np.isfinite(values)
    fine = edges.bins(values[known])
    found = np.zeros(len(values), dtype=np.int64)
    if known.any():
        counts = np.bincount(fine, minlength=edges.size).astype(np.float64)
        found[known] = coarse(counts, bins=BINS)[fine] + 1
    return found


def _information(first: Ints, second: Ints) -> float:
    """Of two codings of the same rows."""
    _, a = np.unique(first, return_inverse=True)
    _, b = np.unique(second, return_inverse=True)
    size, n = (a.max() + 1, b.max() + 1), len(a)
    table = added(a * size[1] + b, np.ones(n))
    joint = np.zeros(size[0] * size[1])
    joint[: len(table)] = table
    joint = joint.reshape(size) / n
    apart = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    filled = joint > 0
    found = float(np.sum(joint[filled] * np.log(joint[filled] / apart[filled])))
    chance = float(size[0] - 1) * float(size[1] - 1) / (2 * n)
    return found - chance
