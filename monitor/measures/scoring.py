"""Metrics of scores: how they order the rows, and whether they mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from monitor.measures.calibration import calibration_error
from monitor.measures.confusion import NO_LABELS, NO_WEIGHT
from monitor.measures.groupings import EVERYBODY
from monitor.measures.interval import kish, mean_interval
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.ranking import Ranked, average_precision, boyd, delong, roc_auc
from monitor.terms import Task

SUMMED = (("log_loss", "log_loss"), ("brier_score", "brier"))  # metric, its sum


def measure_scores(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    """All metrics that need scores; nothing where no row has any."""
    if not outcomes.scores.bins:
        return []
    ranked = {c: _ranked(outcomes, c, i) for i, c in enumerate(layout.score_classes)}
    if layout.task is Task.BINARY:
        ordering = [m for c, one in ranked.items() for m in _ordering(c, one, outcomes)]
    else:
        per_class = {
            c: [*_ordering(c, one, outcomes), calibration_error(outcomes.losses.bins(c))]
            for c, one in ranked.items()
        }
        ordering = [
            *(replace(m, attribute="class", group=c) for c, ms in per_class.items() for m in ms),
            *_averages(list(per_class.values()), list(ranked.values())),
        ]
    calibration = calibration_error(outcomes.losses.bins())
    return [*ordering, *_losses(outcomes, layout), calibration]


def _ranked(outcomes: Outcomes, label: str, place: int) -> Ranked:
    sides = outcomes.cells.labelled_sums(label, attribute=EVERYBODY, group=EVERYBODY)
    rows = [kish(float(side[1]), float(side[2])) for side in sides]
    return Ranked(*outcomes.scores.one_versus_rest(place), rows[0], rows[1])


def _rows(outcomes: Outcomes) -> int:
    return sum(int(sums["n"]) for _, sums in outcomes.losses.of(EVERYBODY))


def _ordering(label: str, ranked: Ranked, outcomes: Outcomes) -> list[Measurement]:
    """ROC AUC and average precision of one class against the rest."""
    n = _rows(outcomes)
    if not ranked.both:
        reason = f"Needs rows labelled {label} and rows labelled otherwise." if n else NO_LABELS
        return [Measurement(m, None, n, reason=reason) for m in ("roc_auc", "average_precision")]
    auc, precision = roc_auc(ranked), average_precision(ranked)
    share = float(ranked.own.sum() / (ranked.own.sum() + ranked.rest.sum()))
    estimates = (
        ("roc_auc", auc, delong(ranked), "DeLong", min(ranked.own_rows, ranked.rest_rows), 0.5),
        (
            "average_precision",
            precision,
            boyd(precision, ranked.own_rows),
            "logit (Boyd)",
            ranked.own_rows,
            share,
        ),
    )
    return [
        Measurement(
            metric,
            value,
            n,
            low=interval.low,
            high=interval.high,
            method=method,
            denominator=round(rows),
            baseline=baseline,
        )
        for metric, value, interval, method, rows, baseline in estimates
    ]


def _averages(
    per_class: Sequence[Sequence[Measurement]], ranked: Sequence[Ranked]
) -> list[Measurement]:
    """Macro and weighted means over the classes that have a value.

    The classes share their rows, so their errors are not independent: the mean of the bounds, which
    is as wide as errors that go together would make it, is the interval.
    """
    sizes = [float(one.own.sum()) for one in ranked]
    ways = {"macro": [1.0] * len(sizes), "weighted": sizes}
    return [
        _average(f"{metric}_{way}", [ms[place] for ms in per_class], weights)
        for place, metric in enumerate(m.metric for m in per_class[0])
        for way, weights in ways.items()
    ]


def _average(metric: str, parts: Sequence[Measurement], weights: Sequence[float]) -> Measurement:
    there = [(m, w) for m, w in zip(parts, weights, strict=True) if m.value is not None and w]
    if not there:
        return Measurement(metric, None, parts[0].n, reason=parts[0].reason)
    share = [w / sum(w for _, w in there) for _, w in there]

    def mean(values: Sequence[float | None]) -> float:
        return float(np.dot(share, np.array(values, dtype=np.float64)))

    return Measurement(
        metric,
        mean([m.value for m, _ in there]),
        parts[0].n,
        low=mean([m.low for m, _ in there]),
        high=mean([m.high for m, _ in there]),
        method=f"{there[0][0].method} per class, averaged",
        denominator=min(m.denominator or 0 for m, _ in there),
        baseline=mean([m.baseline for m, _ in there]),
    )


def _losses(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    ((_, sums),) = outcomes.losses.of(EVERYBODY)
    weight = sums["weight"]
    n = int(sums["n"])
    if not weight:
        reason = NO_WEIGHT if n else NO_LABELS
        return [Measurement(metric, None, n, reason=reason) for metric, _ in SUMMED]
    effective = kish(weight, sums["weight_squared"])
    constants = _constant_losses(outcomes, layout)
    return [
        Measurement(
            metric,
            sums[name] / weight,
            n,
            *_bounds(sums[name], sums[f"{name}_squared"], weight, effective),
            method="normal",
            denominator=n,
            baseline=constants[metric],
        )
        for metric, name in SUMMED
    ]


def _constant_losses(outcomes: Outcomes, layout: Layout) -> dict[str, float]:
    """What always answering with the classes' shares would cost."""
    known: dict[str, float] = {}
    for key in outcomes.cells.keys(EVERYBODY):
        if key.actual:
            known[key.actual] = known.get(key.actual, 0.0) + outcomes.cells.counts[key][1]
    weights = np.array([known[label] for label in sorted(known)])
    shares = weights / weights.sum()
    spread = 1 - float(shares @ shares)
    return {
        "log_loss": -float(shares @ np.log(shares)),
        "brier_score": spread / 2 if layout.task is Task.BINARY else spread,
    }


def _bounds(
    total: float, squares: float, weight: float, effective: float
) -> tuple[float | None, float | None]:
    low, high = mean_interval(total, squares, weight, effective=effective).bounds
    return (None if low is None else max(low, 0.0)), high
