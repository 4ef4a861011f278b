"""Errors, residuals and predictions of each group of a regression, from sums."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from math import nan
from typing import Any

from monitor.measures.estimated import Estimate
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
    """Mean absolute error, residual (actual − predicted) and prediction of every group."""
    return [
        estimate
        for row in sums.centred(attribute).to_dict("records")
        for estimate in _means(str(row.pop("group")), row, sums.centre)
    ]


def _means(group: str, row: Mapping[Hashable, Any], centre: float) -> Iterator[Estimate]:
    numbers = {str(name): float(value) for name, value in row.items()}
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
            is_mean=True,
            reason="" if weight > 0 else NOBODY[prefix],
        )
