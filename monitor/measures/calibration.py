"""Whether predicted probabilities come true: what was observed against what was promised."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pandas as pd

from monitor.measures.confusion import NO_LABELS, NO_WEIGHT
from monitor.measures.interval import Z95, Interval
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Floats


def calibration_error(bins: pd.DataFrame) -> Measurement:
    """Σ over ten equal bins of share·|observed − mean score|; ``bins`` as LossSums gives them.

    Even perfect scores show some error by chance, so the lower bound is taken after that much has
    been subtracted.  A constant that answers with the base rate has none.
    """
    used = bins[bins["weight"] > 0]
    if used.empty:
        rows = int(bins["n"].sum())
        reason = NO_WEIGHT if rows else NO_LABELS
        return Measurement("expected_calibration_error", None, rows, reason=reason)
    n = int(used["n"].sum())
    share = _floats(used["weight"] / used["weight"].sum())
    observed, score = (_floats(used[name] / used["weight"]) for name in ("observed", "score"))
    rows_worth = _floats(used["weight"] ** 2 / used["weight_squared"])
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


def _floats(values: object) -> Floats:
    return np.asarray(values, dtype=np.float64)
