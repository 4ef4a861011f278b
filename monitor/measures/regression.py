"""How far a regression's predictions were from the truth, and to which side."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np

from monitor.measures.best_constant import best_constants
from monitor.measures.catalogue import METRICS
from monitor.measures.confusion import NO_LABELS, NO_WEIGHT
from monitor.measures.groupings import EVERYBODY
from monitor.measures.interval import Z95, Interval, kish, mean_interval
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.performance import beside, label_coverage, shown
from monitor.measures.residuals import residual_quantiles
from monitor.measures.rows import Floats
from monitor.measures.sums import RegressionSums

QUANTILES = {f"residual_quantile_{level:02d}": level / 100 for level in (5, 25, 50, 75, 95)}
PINBALL = {f"mean_pinball_loss_{level}": level / 100 for level in (10, 90)}
NAMES = (
    "mean_absolute_error",
    "root_mean_squared_error",
    "mean_absolute_percentage_error",
    "r2_score",
    "mean_residual",
    *PINBALL,
    *QUANTILES,
)

Sums = Mapping[str, float]


def measure(outcomes: Outcomes, layout: Layout, reference: Outcomes | None) -> list[Measurement]:
    """Every performance metric of a regression; residuals are actual − predicted.

    Under 10 rows no value is shown.
    """
    found = _measured(outcomes, layout)
    return found if reference is None else beside(found, _measured(reference, layout))


def _measured(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    coverage = label_coverage(outcomes)
    sums = outcomes.sums.of().get(EVERYBODY) if outcomes.sums else None
    if outcomes.sums is None or sums is None or not sums["weight"]:
        rows = int(sums["n"]) if sums else 0
        reason = NO_WEIGHT if rows else NO_LABELS
        return [coverage, *(Measurement(metric, None, rows, reason=reason) for metric in NAMES)]
    scale = layout.residual_scale
    best = best_constants(
        outcomes.sums,
        scale=scale,
        mean=outcomes.sums.centre + sums["y"] / sums["weight"],
        pinball=PINBALL,
        quantiles=QUANTILES,
    )
    quantiles = _quantiles(outcomes.sums, scale=scale, sums=sums, best=best)
    found = [*_means(sums | _pinball(sums), best), _root_mean_square(sums), _r2(sums), *quantiles]
    return [coverage, *map(shown, found)]


def _pinball(sums: Sums) -> dict[str, float]:
    """Σ loss and Σ loss² of each level a: a row's loss is ½·|e| + (a − ½)·e."""
    found = {}
    for metric, level in PINBALL.items():
        tilt = level - 0.5
        found[metric] = sums["absolute_error"] / 2 + tilt * sums["error"]
        found[f"{metric}_squared"] = (0.25 + tilt**2) * sums["squared_error"] + tilt * sums[
            "signed_square"
        ]
    return found


def _means(sums: Sums, best: Mapping[str, float]) -> list[Measurement]:
    parts = (
        ("mean_absolute_error", "absolute_error", "squared_error"),
        ("mean_absolute_percentage_error", "percentage_error", "percentage_error_squared"),
        ("mean_residual", "error", "squared_error"),
        *((metric, metric, f"{metric}_squared") for metric in PINBALL),
    )
    return [
        _measurement(
            metric,
            sums[total] / sums["weight"],
            mean_interval(sums[total], sums[squares], sums["weight"], effective=_effective(sums)),
            sums,
            baseline=best.get(metric),
        )
        for metric, total, squares in parts
    ]


def _root_mean_square(sums: Sums) -> Measurement:
    """With the root of the mean square's interval; the best constant is the labels' mean."""
    inner = mean_interval(
        sums["squared_error"], sums["fourth_error"], sums["weight"], effective=_effective(sums)
    )
    low, high = (
        sqrt(max(bound, 0.0)) if bound == bound else bound for bound in (inner.low, inner.high)
    )
    return _measurement(
        "root_mean_squared_error",
        sqrt(sums["squared_error"] / sums["weight"]),
        Interval(low, high),
        sums,
        baseline=sqrt(_moments(sums)[1]),
    )


def _moments(sums: Sums) -> Floats:
    """Mean, variance and fourth central moment of the labels about the centre of the sums."""
    m1, m2, m3, m4 = (sums[name] / sums["weight"] for name in ("y", "y2", "y3", "y4"))
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return np.array([m1, max(m2 - m1**2, 0.0), max(fourth, 0.0)])


def _r2(sums: Sums) -> Measurement:
    """1 − S/T with S the mean squared error and T the variance of the labels; delta method."""
    mean, spread, fourth = _moments(sums).tolist()
    n = int(sums["n"])
    if spread <= 0:
        return Measurement("r2_score", None, n, reason="All labels are the same.", denominator=n)
    error = sums["squared_error"] / sums["weight"]
    joint = (
        sums["squared_error_y2"]
        - 2 * mean * sums["squared_error_y"]
        + mean**2 * sums["squared_error"]
    ) / sums["weight"]
    var_error = sums["fourth_error"] / sums["weight"] - error**2
    var_spread, covariance = fourth - spread**2, joint - error * spread
    ratio = error / spread
    variance = (var_error - 2 * ratio * covariance + ratio**2 * var_spread) / spread**2
    half = Z95 * sqrt(max(variance, 0.0) / _effective(sums))
    value = 1 - ratio
    interval = Interval(value - half, min(value + half, 1.0))
    return _measurement("r2_score", value, interval, sums, baseline=0.0, method="delta method")


def _quantiles(
    counted: RegressionSums, *, scale: float, sums: Sums, best: Mapping[str, float]
) -> list[Measurement]:
    """Between the quantiles whose ranks are 1.96 standard errors lower and higher."""
    shares = np.array(list(QUANTILES.values()))
    half = Z95 * np.sqrt(shares * (1 - shares) / _effective(sums))
    values, lows, highs = (
        residual_quantiles(counted.residuals, np.clip(at, 0.0, 1.0), scale=scale)
        for at in (shares, shares - half, shares + half)
    )
    return [
        _measurement(
            metric,
            float(value),
            Interval(float(low), float(high)),
            sums,
            baseline=best[metric],
            method="order statistics",
        )
        for metric, value, low, high in zip(QUANTILES, values, lows, highs, strict=True)
    ]


def _effective(sums: Sums) -> float:
    return kish(sums["weight"], sums["weight_squared"])


def _measurement(
    metric: str,
    value: float,
    interval: Interval,
    sums: Sums,
    *,
    baseline: float | None,
    method: str = "normal",
) -> Measurement:
    low, high = interval.bounds
    n = int(sums["n"])
    return Measurement(
        metric,
        value,
        n,
        low=None if low is None else max(low, METRICS[metric].range.least),
        high=high,
        method=method,
        denominator=n,
        baseline=baseline,
    )
