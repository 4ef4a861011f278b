"""Whether predicted probabilities come true: what was observed against what was promised."""

from __future__ import annotations

from math import sqrt

import numpy as np

from monitor.measures.confusion import NO_LABELS, NO_WEIGHT
from monitor.measures.interval import Z95, Interval
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Floats


def calibration_error(bins: Floats) -> Measurement:
    """Σ over ten equal bins of share·|observed − mean score|; ``bins`` as LossSums gives them.

    Even perfect scores show some error by chance, so the lower bound is taken after that much has
    been subtracted.  A constant that answers with the base rate has none.
    """
    rows, weight, squares, score, observed = bins[bins[:, 1] > 0].T
    if not rows.size:
        n = int(bins[:, 0].sum())
        reason = NO_WEIGHT if n else NO_LABELS
        return Measurement("expected_calibration_error", None, n, reason=reason)
    n = int(rows.sum())
    share = weight / weight.sum()
    observed, score = observed / weight, score / weight
    rows_worth = weight**2 / squares
    value = float(share @ np.abs(observed - score))
    interval = _interval(value, share, observed, score, rows_worth)
    return Measurement(
        "expected_calibration_error",
        value,
        n,
        low=interval.low,
        high=interval.high,
        method="normal, less chance",
        denominator=n,
        baseline=0.0,
    )


def _interval(
    value: float, share: Floats, observed: Floats, score: Floats, rows: Floats
) -> Interval:
    chance = float(share @ np.sqrt(2 / np.pi * score * (1 - score) / rows))
    half = Z95 * sqrt(float(share**2 @ (observed * (1 - observed) / rows)))
    return Interval(max(value - chance - half, 0.0), min(value + half, 1.0))
