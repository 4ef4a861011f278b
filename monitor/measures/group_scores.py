"""What a binary model's scores are worth in each group: order, level and calibration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import nan

from monitor.measures.confusion import NO_WEIGHT
from monitor.measures.estimated import Estimate, Kind, measured
from monitor.measures.interval import kish, variance, wilson
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement, changed
from monitor.measures.outcomes import Outcomes
from monitor.measures.ranking import Ranked, delong, roc_auc
from monitor.measures.verdict import enough, hidden
from monitor.terms import Verdict

Sums = Mapping[str, float]


def group_scores(outcomes: Outcomes, layout: Layout, attribute: str) -> Iterator[Measurement]:
    """mean_score and calibration_ratio of each group, and roc_auc for sensitive features."""
    worth = {
        group: kish(*sums[1:].tolist()) for group, sums in outcomes.cells.of(attribute).items()
    }
    for group, sums in outcomes.losses.of(attribute):
        yield _mean_score(sums, attribute, group, effective=worth.get(group, 0.0))
        yield _calibration(sums, attribute, group)
        if attribute in layout.attributes:
            yield _auc(outcomes, layout, attribute, group)


def _mean_score(sums: Sums, attribute: str, group: str, *, effective: float) -> Measurement:
    weight, rows = sums["scored_weight"], int(sums["scored_n"])
    total, squares = sums["scored"], sums["scored_squared"]
    estimate = Estimate(
        metric="mean_score",
        group=group,
        value=total / weight if weight > 0 else nan,
        rows=rows,
        denominator=rows,
        effective=effective,
        spread=variance(total, squares, weight) if weight > 0 else nan,
        kind=Kind.MEAN,
        reason="" if weight > 0 else "The group has no rows with a score.",
    )
    return measured(estimate, attribute=attribute)


def _calibration(sums: Sums, attribute: str, group: str) -> Measurement:
    """Observed over expected positives; the scores are taken as given, the labels as chance."""
    n, weight, expected = int(sums["n"]), sums["weight"], sums["score"]
    about = Measurement(
        "calibration_ratio",
        None,
        n,
        attribute=attribute,
        group=group,
        denominator=n,
        verdict=Verdict.NOT_ENOUGH_DATA,
    )
    if hidden(n) or expected <= 0:
        nothing = "Every score is 0." if weight > 0 else NO_WEIGHT
        return changed(about, reason=hidden(n) or nothing)
    rate, scale = sums["observed"] / weight, weight / expected
    effective = kish(weight, sums["weight_squared"])
    interval = wilson(rate * effective, effective)
    return _shown(about, rate * scale, interval.low * scale, interval.high * scale, "Wilson")


def _auc(outcomes: Outcomes, layout: Layout, attribute: str, group: str) -> Measurement:
    sides = outcomes.cells.labelled_sums(layout.positive or "", attribute=attribute, group=group)
    counts = [int(side[0]) for side in sides]
    about = Measurement(
        "roc_auc",
        None,
        sum(counts),
        attribute=attribute,
        group=group,
        denominator=min(counts),
        verdict=Verdict.NOT_ENOUGH_DATA,
    )
    worth = [kish(float(side[1]), float(side[2])) for side in sides]
    ranked = Ranked(*outcomes.scores.one_versus_rest(0, attribute=attribute, group=group), *worth)
    if hidden(min(counts)) or not ranked.both:
        return changed(about, reason=hidden(min(counts)) or NO_WEIGHT)
    interval = delong(ranked)
    return _shown(about, roc_auc(ranked), interval.low, interval.high, "DeLong")


def _shown(about: Measurement, value: float, low: float, high: float, how: str) -> Measurement:
    thin = enough(rows=about.n, denominator=about.denominator)
    return changed(
        about,
        value=value,
        low=low,
        high=high,
        method=how,
        verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
        reason=thin,
    )
