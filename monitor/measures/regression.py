"""How far a regression's predictions were from the truth, and to which side."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import numpy as np

from monitor.measures.confusion import NO_LABELS
from monitor.measures.interval import Z95, Interval, kish, mean_interval
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.performance import beside, label_coverage
from monitor.measures.profile import NumericProfile
from monitor.measures.residuals import residual_quantiles
from monitor.measures.rows import Floats

QUANTILES = (5, 25, 50, 75, 95)
METRICS = (
    "mean_absolute_error",
    "root_mean_squared_error",
    "mean_absolute_percentage_error",
    "r2_score",
    "mean_residual",
    *(f"residual_quantile_{level:02d}" for level in QUANTILES),
)

Sums = Mapping[str, float]


def measure(outcomes: Outcomes, layout: Layout, reference: Outcomes | None) -> list[Measurement]:
    """Every performance metric of a regression; residuals are actual − predicted."""
    found = _measured(outcomes, layout)
    return found if reference is None else beside(found, _measured(reference, layout))


def _measured(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    coverage = label_coverage(outcomes)
    table = outcomes.sums.centred() if outcomes.sums else None
    if outcomes.sums is None or table is None or not table["weight"].sum():
        return [coverage, *(Measurement(metric, None, 0, reason=NO_LABELS) for metric in METRICS)]
    sums = {str(name): float(value) for name, value in table.drop(columns="group").iloc[0].items()}
    best = _best_constants(outcomes.target)
    quantiles = _quantiles(outcomes, scale=layout.residual_scale, sums=sums)
    return [coverage, *_means(sums, best), _root_mean_square(sums), _r2(sums), *quantiles]


def _means(sums: Sums, best: Mapping[str, float]) -> list[Measurement]:
    parts = (
        ("mean_absolute_error", "absolute_error", "squared_error"),
        ("mean_absolute_percentage_error", "percentage_error", "percentage_error_squared"),
        ("mean_residual", "error", "squared_error"),
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


def _quantiles(outcomes: Outcomes, *, scale: float, sums: Sums) -> list[Measurement]:
    """Between the quantiles whose ranks are 1.96 standard errors lower and higher."""
    if outcomes.sums is None:
        return []
    shares = np.array(QUANTILES) / 100
    half = Z95 * np.sqrt(shares * (1 - shares) / _effective(sums))
    values, lows, highs = (
        residual_quantiles(outcomes.sums.residuals, np.clip(at, 0.0, 1.0), scale=scale)
        for at in (shares, shares - half, shares + half)
    )
    return [
        _measurement(
            f"residual_quantile_{level:02d}",
            float(value),
            Interval(float(low), float(high)),
            sums,
            baseline=None,
            method="order statistics",
        )
        for level, value, low, high in zip(QUANTILES, values, lows, highs, strict=True)
    ]


def _best_constants(target: object) -> dict[str, float]:
    """The least error any constant could have, from the labels' profile (each bin at its mean)."""
    found = {"mean_residual": 0.0}
    if not isinstance(target, NumericProfile) or not target.known:
        return found
    used = target.counts > 0
    shares, middles = target.counts[used] / target.known, target.sums[used] / target.counts[used]
    errors = np.abs(middles[:, None] - middles[None, :])
    sizes = np.maximum(np.abs(middles), np.finfo(np.float64).eps)
    found["mean_absolute_error"] = float((errors @ shares).min())
    found["mean_absolute_percentage_error"] = float((errors @ (shares / sizes)).min())
    return found


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
        low=low,
        high=high,
        method=method,
        denominator=n,
        baseline=baseline,
    )
