"""Metrics of right and wrong predictions, with intervals and the best constant's value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import dist
from statistics import fmean

import numpy as np

from monitor.measures import matrices
from monitor.measures.cells import Cells
from monitor.measures.interval import kish, wilson
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.quantiles import quantiles
from monitor.measures.rows import Floats, Mask
from monitor.terms import Task

DRAWS = 500
DIGITS = 9
SEED = 1927  # the year of Wilson's interval; any fixed number would do
NO_LABELS = "No labels have arrived."
NO_WEIGHT = "Every row behind it has weight 0."
ONE_CLASS = "All labels, or all predictions, are of one class."

Statistic = Callable[[Floats], Floats]

PER_CLASS: dict[str, Statistic] = {
    "precision": matrices.precision,
    "recall": matrices.recall,
    "f1": matrices.f1,
    "specificity": matrices.specificity,
}
UNDEFINED = {
    "precision": "{label} was never predicted.",
    "recall": "No row is labelled {label}.",
    "f1": "{label} neither occurred nor was predicted.",
    "specificity": "No row is labelled other than {label}.",
}


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Rows, Σ weight and Σ weight² of labelled rows, by actual and predicted class."""

    labels: tuple[str, ...]
    n: Floats
    weight: Floats
    weight_squared: Floats

    @classmethod
    def of(cls, cells: Cells, layout: Layout) -> Confusion:
        """Classes of the layout first, then whatever other labels turned up."""
        others = (label for label in cells.labels() if label not in layout.classes)
        labels = (*layout.classes, *others)
        return cls(labels, *cells.matrix(labels))

    @property
    def rows(self) -> int:
        return int(self.n.sum())

    def best_constant(self, statistic: Statistic) -> float | None:
        """The most that predicting one class for every row would reach; None if undefined."""
        constants = self.weight.sum(1)[None, :, None] * np.eye(len(self.labels))[:, None, :]
        values = statistic(constants)
        return float(np.nanmax(values)) if (~np.isnan(values)).any() else None

    def draws(self) -> Floats:
        """Matrices that other samples of as many rows might have given; the same at every call.

        Rounded, so that the order in which rows were added up does not change the draws.
        """
        effective = kish(float(self.weight.sum()), float(self.weight_squared.sum()))
        shares = np.round(self.weight.ravel() / self.weight.sum(), DIGITS)
        rows = round(round(effective, DIGITS))
        drawn = np.random.default_rng(SEED).multinomial(rows, shares / shares.sum(), size=DRAWS)
        return drawn.reshape(DRAWS, *self.weight.shape).astype(np.float64)


def measure_confusion(cells: Cells, layout: Layout) -> list[Measurement]:
    """All metrics that need labels and predictions but no scores."""
    confusion = Confusion.of(cells, layout)
    statistics = {"matthews_corrcoef": matrices.matthews_corrcoef}
    if layout.task is Task.BINARY:
        found = [m for label in layout.score_classes for m in _of_class(confusion, label)]
    else:
        statistics |= _averages()
        found = [
            replace(m, attribute="class", group=label)
            for label in confusion.labels
            for m in _of_class(confusion, label)
        ]
    draws = confusion.draws() if confusion.weight.any() else None
    drawn = [_drawn(confusion, name, s, draws) for name, s in statistics.items()]
    return [_accuracy(confusion), _balanced_accuracy(confusion), *found, *drawn]


def _accuracy(confusion: Confusion) -> Measurement:
    right = np.eye(len(confusion.labels), dtype=bool)
    best = confusion.best_constant(matrices.accuracy)
    return _rate(confusion, "accuracy", hit=right, base=np.ones_like(right), baseline=best)


def _of_class(confusion: Confusion, label: str) -> list[Measurement]:
    """Precision, recall, F1 and specificity of one class against the rest."""
    size, place = len(confusion.labels), confusion.labels.index(label)
    row = np.zeros((size, size), dtype=bool)
    row[place] = True
    masks = {
        "precision": (row & row.T, row.T),
        "recall": (row & row.T, row),
        "f1": (row & row.T, row | row.T),
        "specificity": (~row & ~row.T, ~row),
    }
    return [
        _rate(
            confusion,
            metric,
            hit=hit,
            base=base,
            baseline=confusion.best_constant(_at(PER_CLASS[metric], place)),
            undefined=UNDEFINED[metric].format(label=label),
        )
        for metric, (hit, base) in masks.items()
    ]


def _at(statistic: Statistic, place: int) -> Statistic:
    return lambda m: statistic(m)[..., place]


def _rate(
    confusion: Confusion,
    metric: str,
    *,
    hit: Mask,
    base: Mask,
    baseline: float | None,
    undefined: str = NO_LABELS,
) -> Measurement:
    """The share of the cells of ``base`` that is in ``hit``, with Wilson's interval.

    F1 is 2J/(1 + J) of the share J that right positives have of all cells with the class in them,
    so J's interval carries over.
    """
    denominator = int(confusion.n[base].sum())
    weight = float(confusion.weight[base].sum())
    if not weight:
        reason = NO_WEIGHT if denominator else undefined if confusion.rows else NO_LABELS
        return Measurement(metric, None, confusion.rows, denominator=denominator, reason=reason)
    effective = kish(weight, float(confusion.weight_squared[base].sum()))
    share = float(confusion.weight[hit].sum()) / weight
    bounds = wilson(share * effective, effective)
    carry = _f1_of_overlap if metric == "f1" else float
    return Measurement(
        metric,
        carry(share),
        confusion.rows,
        low=carry(bounds.low),
        high=carry(bounds.high),
        method="Wilson",
        denominator=denominator,
        baseline=baseline,
    )


def _f1_of_overlap(share: float) -> float:
    return 2 * share / (1 + share)


def _balanced_accuracy(confusion: Confusion) -> Measurement:
    """The mean recall; each class's Wilson interval enters by its distance from the recall."""
    recalls = [_of_class(confusion, label)[1] for label in confusion.labels]
    bounded = [
        (m.value, m.low, m.high, m.denominator)
        for m in recalls
        if m.value is not None and m.low is not None and m.high is not None
    ]
    if not bounded:
        reason = NO_WEIGHT if confusion.rows else NO_LABELS
        return Measurement("balanced_accuracy", None, confusion.rows, reason=reason)
    values, lows, highs, sizes = zip(*bounded, strict=True)
    value = fmean(values)
    return Measurement(
        "balanced_accuracy",
        value,
        confusion.rows,
        low=value - dist(values, lows) / len(values),
        high=value + dist(values, highs) / len(values),
        method="Wilson per class, combined",
        denominator=min(size for size in sizes if size is not None),
        baseline=1 / len(values),
    )


def _averages() -> dict[str, Statistic]:
    ways = {"macro": matrices.macro, "weighted": matrices.weighted}
    return {
        f"{metric}_{way}": _averaged(statistic, average)
        for metric, statistic in PER_CLASS.items()
        for way, average in ways.items()
    }


def _averaged(statistic: Statistic, average: Callable[[Floats, Floats], Floats]) -> Statistic:
    return lambda m: average(statistic(m), m)


def _drawn(
    confusion: Confusion, metric: str, statistic: Statistic, draws: Floats | None
) -> Measurement:
    """A statistic of the matrix, between the 2.5 % and 97.5 % quantiles of multinomial draws."""
    if draws is None:
        reason = NO_WEIGHT if confusion.rows else NO_LABELS
        return Measurement(metric, None, confusion.rows, reason=reason)
    value = float(statistic(confusion.weight))
    if np.isnan(value):
        return Measurement(metric, None, confusion.rows, reason=ONE_CLASS)
    values = statistic(draws)
    low, high = quantiles(values[~np.isnan(values)], (0.025, 0.975))
    # A constant's Matthews correlation is 0/0, and 0 by convention.
    best = confusion.best_constant(statistic)
    return Measurement(
        metric,
        value,
        confusion.rows,
        low=low,
        high=high,
        method="multinomial bootstrap",
        denominator=confusion.rows,
        baseline=0.0 if best is None else best,
    )
