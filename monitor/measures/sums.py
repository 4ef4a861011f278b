"""Regression sums: errors, targets and predictions per group, and where the residuals lie."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from monitor.measures.addition import merged, sums_by
from monitor.measures.crossing import Crossing
from monitor.measures.edges import NumericEdges
from monitor.measures.groupings import EVERYBODY, Grouping
from monitor.measures.losses import GroupKey
from monitor.measures.residuals import residual_bins
from monitor.measures.rows import Floats, Mask
from monitor.measures.sparse import Sparse

LABELLED_SUMS = (
    *("n", "weight", "weight_squared"),
    *("error", "absolute_error", "squared_error", "fourth_error", "signed_square"),
    *("percentage_error", "percentage_error_squared"),
    *("y", "y2", "y3", "y4", "squared_error_y", "squared_error_y2"),
)
PREDICTED_SUMS = (
    *("predicted_n", "predicted_weight", "predicted_weight_squared"),
    *("prediction", "prediction2"),
)
SUMS = (*LABELLED_SUMS, *PREDICTED_SUMS)


@dataclass(frozen=True, slots=True, eq=False)
class RegressionSums:
    """Weighted sums named by SUMS per group, everybody's histograms of residuals and labels, and
    each group's predictions.

    The error is the residual, actual − prediction: positive where the prediction is too low.  The
    labelled sums are over rows with a finite label and prediction, the predicted ones over rows
    with a finite prediction.  ``signed_square`` is Σ error·|error|.  Powers of y and prediction are
    taken about ``centre`` (the reference's median), so that they keep their digits.  ``targets``
    are the labels less the centre, binned as residuals are.  ``predictions`` is the weight per bin
    of the layout's prediction edges, for the groups of sensitive features.
    """

    centre: float
    sums: Mapping[GroupKey, Floats] = field(default_factory=dict)
    residuals: Sparse = field(default_factory=Sparse.zero)
    targets: Sparse = field(default_factory=Sparse.zero)
    predictions: Mapping[GroupKey, Sparse] = field(default_factory=dict)

    def __add__(self, other: Self) -> Self:
        if self.centre != other.centre:
            raise ValueError("Regression sums about different centres cannot be combined.")
        return type(self)(
            self.centre,
            merged(self.sums, other.sums),
            self.residuals + other.residuals,
            self.targets + other.targets,
            merged(self.predictions, other.predictions),
        )

    def of(self, attribute: str = EVERYBODY) -> dict[str, dict[str, float]]:
        """Group → its sums by name, sorted by group."""
        found = {
            key.group: v.tolist() for key, v in self.sums.items() if key.attribute == attribute
        }
        return {group: dict(zip(SUMS, found[group], strict=True)) for group in sorted(found)}


def sum_errors(
    crossings: Iterable[Crossing],
    *,
    actual: Floats,
    predicted: Floats,
    weight: Floats,
    centre: float,
    scale: float,
    spread: Iterable[Grouping] = (),
    edges: NumericEdges | None = None,
) -> RegressionSums:
    """The sums of all rows, those without a finite prediction or label adding nothing there.

    How predictions ``spread`` in these groups is counted in ``edges``, where there are any.
    """
    has_prediction = np.isfinite(predicted)
    labelled = has_prediction & np.isfinite(actual)
    with np.errstate(over="ignore"):
        error = np.where(labelled, actual, 0.0) - np.where(labelled, predicted, 0.0)
        y = np.where(labelled, actual, centre) - centre
        p = np.where(has_prediction, predicted, centre) - centre
        columns = (
            *_labelled(error, y, labelled=labelled, weight=weight, centre=centre),
            *_predicted(p, has_prediction=has_prediction, weight=weight),
        )
    sums = {
        GroupKey(grouping.attribute, group): total
        for crossing in crossings
        for grouping, by_group in crossing.by_group(
            sums_by(crossing.codes, crossing.size, *columns)
        )
        for group, total in zip(grouping.groups, by_group, strict=True)
    }
    residuals, targets = (
        Sparse.count(residual_bins(values[labelled], scale=scale), weight[labelled])
        for values in (error, y)
    )
    predictions = _histograms(spread, predicted, weight, edges) if edges else {}
    return RegressionSums(centre, sums, residuals, targets, predictions)


def _histograms(
    groupings: Iterable[Grouping], predicted: Floats, weight: Floats, edges: NumericEdges
) -> dict[GroupKey, Sparse]:
    finite = np.isfinite(predicted)
    bins, weight = edges.bins(predicted[finite]), weight[finite]
    return {
        GroupKey(grouping.attribute, group): Sparse.count(bins[mine], weight[mine])
        for grouping in groupings
        for place, group in enumerate(grouping.groups)
        for mine in [grouping.codes[finite] == place]
    }


def _labelled(
    error: Floats, y: Floats, *, labelled: Mask, weight: Floats, centre: float
) -> tuple[Floats, ...]:
    w = weight * labelled
    size, square = np.abs(error), error**2
    share = size / np.maximum(np.abs(y + centre), np.finfo(np.float64).eps)  # sklearn's floor
    return (
        *(labelled.astype(np.float64), w, w * w),
        *(w * error, w * size, w * square, w * square**2, w * error * size),
        *(w * share, w * share**2),
        *(w * y, w * y**2, w * y**3, w * y**4, w * square * y, w * square * y**2),
    )


def _predicted(p: Floats, *, has_prediction: Mask, weight: Floats) -> tuple[Floats, ...]:
    w = weight * has_prediction
    return (has_prediction.astype(np.float64), w, w * w, w * p, w * p**2)
