"""What one row adds to an error or a rate: the values whose mean a cause may move."""

from __future__ import annotations

import numpy as np
import pandas as pd

from monitor.measures.layout import Layout
from monitor.measures.rows import Floats, Mask, Rows
from monitor.terms import Task


def errors(rows: Rows, layout: Layout) -> Floats:
    """1 where the prediction was wrong, or |actual − predicted|; NaN where that is not known."""
    if rows.actual is None or rows.predicted is None:
        return np.full(rows.n, np.nan)
    if layout.task is Task.REGRESSION:
        found: Floats = np.abs(rows.actual - rows.predicted)
        return np.where(np.isfinite(found), found, np.nan)
    return _where(_has(rows.actual) & _has(rows.predicted), rows.actual != rows.predicted)


def selections(rows: Rows, layout: Layout) -> Floats:
    """1 where the prediction was favourable; NaN without a prediction or a favourable outcome."""
    if rows.predicted is None:
        return np.full(rows.n, np.nan)
    if layout.task is not Task.REGRESSION:
        favourable = np.isin(rows.predicted, layout.favourable)
        return _where(_has(rows.predicted) & bool(layout.favourable), favourable)
    if layout.favourable_range is None:
        return np.full(rows.n, np.nan)
    low, high = layout.favourable_range
    inside = (rows.predicted >= low) & (rows.predicted <= high)
    return _where(np.isfinite(rows.predicted), inside)


def opportunities(rows: Rows, layout: Layout) -> Floats:
    """The same among those whose outcome was favourable; NaN for all others."""
    if rows.actual is None or layout.task is Task.REGRESSION:
        return np.full(rows.n, np.nan)
    return np.where(np.isin(rows.actual, layout.favourable), selections(rows, layout), np.nan)


def weights(rows: Rows) -> Floats:
    """Each row's weight, 1 where the model has none."""
    return np.ones(rows.n) if rows.weight is None else np.nan_to_num(rows.weight)


def where_they_differ(weight: Floats) -> Floats | None:
    """What trees are to be told: nothing where all rows weigh one, when scikit-learn finds the same
    bins in a tenth of the time."""
    return None if (weight == 1).all() else weight


def _has(labels: np.ndarray) -> Mask:
    known: Mask = ~pd.isna(labels)
    return known


def _where(known: Mask, truth: Mask) -> Floats:
    return np.where(known, np.asarray(truth, dtype=np.float64), np.nan)
