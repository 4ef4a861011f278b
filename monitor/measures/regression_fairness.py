"""Errors, residuals and predictions of each group of a regression, from sums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import nan, sqrt

from monitor.measures.estimated import Estimate, Kind
from monitor.measures.interval import kish, variance
from monitor.measures.sums import RegressionSums

# metric: its sum, the sum of its squares, and what the names of n and weight begin with
MEANS = {
    "mean_absolute_error": ("absolute_error", "squared_error", ""),
    "mean_residual": ("error", "squared_error", ""),
    "mean_prediction": ("prediction", "prediction2", "predicted_"),
}
NOBODY = {
    "": "The group has no rows with a label.",
    "predicted_": "The group has no rows with a prediction.",
}


def group_means(sums: RegressionSums, attribute: str) -> list[Estimate]:
    """Mean absolute error, residual (actual − predicted) and prediction of every group, and the
    root of its mean squared error.
    """
    return [
        estimate
        for group, numbers in sums.of(attribute).items()
        for estimate in (
            *_means(group, numbers, sums.centre),
            _root_mean_square(group, numbers),
        )
    ]


def _root_mean_square(group: str, numbers: Mapping[str, float]) -> Estimate:
    """Its error is by the delta method: that of the mean square over twice the root."""
    weight, rows = numbers["weight"], int(numbers["n"])
    squared, fourth = numbers["squared_error"], numbers["fourth_error"]
    root = sqrt(squared / weight) if weight > 0 else nan
    return Estimate(
        metric="root_mean_squared_error",
        group=group,
        value=root,
        rows=rows,
        denominator=rows,
        effective=kish(weight, numbers["weight_squared"]),
        spread=variance(squared, fourth, weight) / (4 * root**2) if root > 0 else 0.0,
        kind=Kind.MEAN,
        reason="" if weight > 0 else NOBODY[""],
    )


def _means(group: str, numbers: Mapping[str, float], centre: float) -> Iterator[Estimate]:
    for metric, (total, squares, prefix) in MEANS.items():
        weight = numbers[f"{prefix}weight"]
        shift = centre if metric == "mean_prediction" else 0.0
        rows = int(numbers[f"{prefix}n"])
        yield Estimate(
            metric=metric,
            group=group,
            value=numbers[total] / weight + shift if weight > 0 else nan,
            rows=rows,
            denominator=rows,
            effective=kish(weight, numbers[f"{prefix}weight_squared"]),
            spread=variance(numbers[total], numbers[squares], weight) if weight > 0 else nan,
            kind=Kind.MEAN,
            reason="" if weight > 0 else NOBODY[prefix],
        )
