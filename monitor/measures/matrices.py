"""Metrics of confusion matrices, over any leading axes, so that bootstrap draws go in at once.

A matrix has the actual class in its rows and the predicted class in its columns.  What divides by
zero is NaN, and averages over classes leave it out (sklearn's ``zero_division=nan``).
"""

from __future__ import annotations

import numpy as np

from monitor.measures.rows import Floats

ROUNDING = 1e-13


def ratio(top: Floats, bottom: Floats) -> Floats:
    """NaN where the bottom is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(bottom > 0, top / bottom, np.nan))


def hits(m: Floats) -> Floats:
    return np.diagonal(m, axis1=-2, axis2=-1)


def accuracy(m: Floats) -> Floats:
    return ratio(hits(m).sum(-1), m.sum((-2, -1)))


def recall(m: Floats) -> Floats:
    """Per class; NaN for one that never occurred."""
    return ratio(hits(m), m.sum(-1))


def precision(m: Floats) -> Floats:
    """Per class; NaN for one that was never predicted."""
    return ratio(hits(m), m.sum(-2))


def f1(m: Floats) -> Floats:
    """Per class; NaN for one that neither occurred nor was predicted."""
    return ratio(2 * hits(m), m.sum(-1) + m.sum(-2))


def specificity(m: Floats) -> Floats:
    """Per class; NaN where no other class occurred."""
    others = m.sum((-2, -1))[..., None] - m.sum(-1)
    return ratio(others - m.sum(-2) + hits(m), others)


def macro(values: Floats, m: Floats) -> Floats:
    """The plain mean over the classes where there is a value."""
    return _mean(values, np.ones_like(m.sum(-1)))


def weighted(values: Floats, m: Floats) -> Floats:
    """The mean over the classes where there is a value, by how often each occurred."""
    return _mean(values, m.sum(-1))


def balanced_accuracy(m: Floats) -> Floats:
    return macro(recall(m), m)


def matthews_corrcoef(m: Floats) -> Floats:
    """Gorodkin's for any number of classes; NaN where all labels or predictions are one class."""
    total, actual, predicted = m.sum((-2, -1)), m.sum(-1), m.sum(-2)
    top = hits(m).sum(-1) * total - (actual * predicted).sum(-1)
    return ratio(top, np.sqrt(_spread(actual, total) * _spread(predicted, total)))


def _spread(sums: Floats, total: Floats) -> Floats:
    """0 where all is of one class, which the rounding of weights would miss by a hair."""
    spread = total**2 - (sums**2).sum(-1)
    return np.where(spread > ROUNDING * total**2, spread, 0.0)


def _mean(values: Floats, weights: Floats) -> Floats:
    there = ~np.isnan(values)
    return ratio(np.where(there, values * weights, 0.0).sum(-1), (weights * there).sum(-1))
