"""The least error that answering with one number for every row could have had."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from monitor.measures.residuals import BIN_RESIDUALS, residual_quantiles
from monitor.measures.rows import Floats
from monitor.measures.sums import RegressionSums

EPSILON = float(np.finfo(np.float64).eps)  # sklearn's floor for what a percentage is of


def best_constants(
    sums: RegressionSums,
    *,
    scale: float,
    mean: float,
    pinball: Mapping[str, float],
    quantiles: Mapping[str, float],
) -> dict[str, float]:
    """Per metric; ``pinball`` and ``quantiles`` map metrics to the share they are about.

    Labels are known to within a bin (0.8 % of their distance from the reference's median).  The
    residual's mean and quantiles are those of a model that always answers the labels' ``mean``.
    """
    y = sums.centre + BIN_RESIDUALS[sums.targets.bins] * scale
    share = sums.targets.weights / sums.targets.weights.sum()
    about = residual_quantiles(sums.targets, np.array(list(quantiles.values())), scale=scale)
    return {
        "mean_residual": 0.0,
        "r2_score": 0.0,
        "mean_absolute_error": 2 * _pinball(y, share, at=0.5),
        "mean_absolute_percentage_error": _percentage(y, share),
        **{metric: _pinball(y, share, at=at) for metric, at in pinball.items()},
        **dict(zip(quantiles, (about + sums.centre - mean).tolist(), strict=True)),
    }


def _pinball(y: Floats, share: Floats, *, at: float) -> float:
    """The pinball loss of the labels' own quantile, which no other constant betters."""
    error = y - _quantile(y, share, at)
    return float(share @ np.maximum(at * error, (at - 1) * error))


def _percentage(y: Floats, share: Floats) -> float:
    """The median of labels weighted by 1/|y| has the least; 0 as an answer is never off by more
    than all of it.
    """
    relative = share / np.maximum(np.abs(y), EPSILON)
    return min(float(relative @ np.abs(y - _quantile(y, relative, 0.5))), 1.0)


def _quantile(y: Floats, weights: Floats, at: float) -> float:
    """Of rising labels."""
    reached = np.cumsum(weights) / weights.sum()
    place = min(int(np.searchsorted(reached, at - 1e-12)), y.size - 1)
    return float(y[place])
