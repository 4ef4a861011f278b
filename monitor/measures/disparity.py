"""How far groups are from the reference group, and from each other.

A disparity is made of one rate or mean, or of two: their mean, or the worse of both.  Every one is
given for each group against the reference group, signed, and for the range over all groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, hypot, inf, isnan, log, nan, sqrt

from monitor.measures.estimated import Estimate, Kind
from monitor.measures.group_rates import FAVOURABLE_RATE
from monitor.measures.interval import UNKNOWN, Interval, difference, donner_zou, woolf, z_score
from monitor.measures.measurement import Measurement
from monitor.measures.significance import normal_p, pooled_error, two_proportions
from monitor.terms import Verdict

ALPHA = 0.05


class Made(StrEnum):
    """How a disparity's parts are joined."""

    WORST = "worst"
    MEAN = "mean"


@dataclass(frozen=True, slots=True)
class Disparity:
    """A named comparison of the metrics in ``parts``; one part is its own worst and mean.

    Those of the same parts ask one question in several units, and have one p.
    """

    metric: str
    parts: tuple[str, ...]
    is_ratio: bool = False
    made: Made = Made.WORST


ODDS = ("true_positive_rate", "false_positive_rate")
DISPARITIES = (
    Disparity("demographic_parity_difference", ("selection_rate",)),
    Disparity("demographic_parity_ratio", ("selection_rate",), is_ratio=True),
    Disparity("equal_opportunity_difference", (FAVOURABLE_RATE,)),
    Disparity("equal_opportunity_ratio", (FAVOURABLE_RATE,), is_ratio=True),
    Disparity("equalized_odds_difference", ODDS),
    Disparity("equalized_odds_ratio", ODDS, is_ratio=True),
    Disparity("average_odds_difference", ODDS, made=Made.MEAN),
    Disparity("false_positive_rate_difference", ("false_positive_rate",)),
    Disparity("false_negative_rate_difference", ("false_negative_rate",)),
    Disparity("predictive_parity_difference", ("precision",)),
    Disparity("accuracy_difference", ("accuracy",)),
    Disparity("treatment_ratio", ("false_negatives_per_false_positive",), is_ratio=True),
    Disparity("mean_absolute_error_difference", ("mean_absolute_error",)),
    Disparity("mean_absolute_error_ratio", ("mean_absolute_error",), is_ratio=True),
    Disparity("root_mean_squared_error_difference", ("root_mean_squared_error",)),
    Disparity("root_mean_squared_error_ratio", ("root_mean_squared_error",), is_ratio=True),
    Disparity("mean_residual_difference", ("mean_residual",)),
    Disparity("mean_prediction_difference", ("mean_prediction",)),
)


@dataclass(frozen=True, slots=True)
class Gap:
    """One group beside another; ``value`` is NaN where the disparity is undefined."""

    value: float
    interval: Interval
    p: float


Parts = tuple[Estimate, ...]


def without_reference(
    disparity: Disparity, own: Parts, *, attribute: str, reference: str
) -> Measurement:
    """What is said of a group where the reference group has no rows."""
    reason = f"The reference group {reference} has no rows here."
    return _nothing(disparity, own, attribute=attribute, group=own[0].group, reason=reason)


def beside(disparity: Disparity, own: Parts, base: Parts, *, attribute: str) -> Measurement:
    """A group's disparity from the reference group; its p is of this one comparison alone."""
    group = own[0].group
    hidden = _first(own, base, "hidden")
    if hidden:
        return _nothing(disparity, own + base, attribute=attribute, group=group, reason=hidden)
    found = gap(disparity, own, base)
    if isnan(found.value):
        reason = f"{base[0].group}: the value to divide by is 0."
        return _nothing(disparity, own + base, attribute=attribute, group=group, reason=reason)
    thin = _first(own, base, "thin")
    low, high = found.interval.bounds
    return Measurement(
        disparity.metric,
        found.value,
        rows_behind(own, base),
        low,
        high,
        attribute=attribute,
        group=group,
        method=method(disparity, own),
        denominator=smallest(own + base),
        p=found.p,
        verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
        reason=thin,
        window=own[0].window,
    )


def gap(disparity: Disparity, own: Parts, base: Parts, *, comparisons: int = 1) -> Gap:
    """``own`` minus, or over, ``base``; with more comparisons the interval is Bonferroni's."""
    worst = disparity.made is Made.WORST
    z = z_score(ALPHA / (comparisons * (len(own) if worst else 1)))
    single = _ratio if disparity.is_ratio else _difference
    gaps = [single(a, b, z=z) for a, b in zip(own, base, strict=True)]
    if not worst:
        return _mean(gaps, own, base)
    if len(gaps) == 1:
        return gaps[0]
    chosen = max(gaps, key=lambda g: extremity(g.value, is_ratio=disparity.is_ratio))
    return Gap(chosen.value, chosen.interval, min(1.0, len(gaps) * min(g.p for g in gaps)))


def extremity(value: float, *, is_ratio: bool) -> float:
    """How far a disparity is from none; NaN counts as nothing."""
    if isnan(value):
        return -1.0
    if not is_ratio:
        return abs(value)
    return abs(log(value)) if value > 0 else inf


def _difference(a: Estimate, b: Estimate, *, z: float) -> Gap:
    interval = difference(a.value, a.interval(z=z), b.value, b.interval(z=z))
    return Gap(a.value - b.value, interval, _p(a, b))


def _ratio(a: Estimate, b: Estimate, *, z: float) -> Gap:
    if b.value == 0:
        return Gap(nan, UNKNOWN, 1.0)
    value = a.value / b.value
    if a.kind is Kind.ODDS:
        return Gap(value, woolf(a.hits, a.effective, b.hits, b.effective, z=z), _p(a, b))
    if a.kind is Kind.RATE:
        return Gap(value, donner_zou(a.hits, a.effective, b.hits, b.effective, z=z), _p(a, b))
    if a.value <= 0:
        return Gap(value, UNKNOWN, _p(a, b))
    half = z * hypot(a.error / a.value, b.error / b.value)
    return Gap(value, Interval(value * exp(-half), value * exp(half)), _p(a, b))


def _mean(gaps: Sequence[Gap], own: Parts, base: Parts) -> Gap:
    """The mean of independent differences; their distances to each bound add up as squares."""
    k = len(gaps)
    value = sum(g.value for g in gaps) / k
    below = sqrt(sum((g.value - g.interval.low) ** 2 for g in gaps)) / k
    above = sqrt(sum((g.interval.high - g.value) ** 2 for g in gaps)) / k
    error = sqrt(sum(_null_error(a, b) ** 2 for a, b in zip(own, base, strict=True))) / k
    return Gap(
        value, Interval(value - below, value + above), normal_p(value / error) if error else 1.0
    )


def _p(a: Estimate, b: Estimate) -> float:
    if a.kind is Kind.ODDS:
        return two_proportions(a.hits, a.effective, b.hits, b.effective)
    error = _null_error(a, b)
    return normal_p((a.value - b.value) / error) if error else 1.0


def _null_error(a: Estimate, b: Estimate) -> float:
    """The standard error of a - b, for rates as if they were one."""
    if a.is_mean:
        return hypot(a.error, b.error)
    return pooled_error(a.hits, a.effective, b.hits, b.effective)


METHODS = {
    (Kind.RATE, False): "Newcombe",
    (Kind.RATE, True): "Donner–Zou",
    (Kind.ODDS, True): "Woolf",
    (Kind.MEAN, False): "normal",
    (Kind.MEAN, True): "log normal",
}


def method(disparity: Disparity, parts: Parts) -> str:
    """Which interval it is, in few words."""
    name = METHODS[parts[0].kind, disparity.is_ratio]
    if len(parts) == 1:
        return name
    return f"worse of {len(parts)}, Bonferroni, {name}" if disparity.made is Made.WORST else name


def rows_behind(own: Parts, base: Parts) -> int:
    return max(e.rows for e in own) + max(e.rows for e in base)


def smallest(parts: Parts) -> int:
    return min(e.denominator for e in parts)


def _first(own: Parts, base: Parts, what: str) -> str:
    """The first part's reason of that kind, with its group; "" if there is none."""
    reasons = (f"{e.group}: {getattr(e, what)}" for e in own + base if getattr(e, what))
    return next(reasons, "")


def _nothing(
    disparity: Disparity, parts: Parts, *, attribute: str, group: str, reason: str
) -> Measurement:
    return Measurement(
        disparity.metric,
        None,
        sum({e.group: e.rows for e in parts}.values()),
        attribute=attribute,
        group=group,
        denominator=smallest(parts),
        verdict=Verdict.NOT_ENOUGH_DATA,
        reason=reason,
        window=parts[0].window,
    )
