"""The two groups behind a difference, found among a batch's other measurements."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from monitor.alerts.words import Side, is_gap
from monitor.measures.catalogue.estimated import ESTIMATED
from monitor.measures.measurement import Measurement
from monitor.terms import UNKNOWN_GROUP

# The rates a gap may come from.  Which true rate "equal opportunity" compares depends on which
# label is favourable, so the pair that gives the gap's number is the right one.
_RATES = {
    "demographic_parity": ("selection_rate",),
    "equal_opportunity": ("true_positive_rate", "true_negative_rate"),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
    "predictive_parity": ("precision",),
    "treatment": ("false_negatives_per_false_positive",),
}


def sides_of(m: Measurement, measurements: Iterable[Measurement]) -> tuple[Side, ...]:
    """The compared group and the reference group; empty where ``m`` is no gap of one group.

    The reference group is the one that is measured and has no gap of its own.  Without a rate
    that gives the gap's number both row counts are told alone.  Where a gap comes from several
    batches the rates of this one are not behind it.
    """
    if m.window or not (is_gap(m.metric) and m.group):
        return ()
    alike = [
        other
        for other in measurements
        if (other.attribute, other.feature) == (m.attribute, m.feature) and other.group
    ]
    compared = {other.group for other in alike if other.metric == m.metric} | {UNKNOWN_GROUP}
    for metric in _rates(m.metric):
        rates = {other.group: other for other in alike if other.metric == metric}
        references = [group for group in rates if group not in compared]
        if m.group in rates and len(references) == 1:
            own, reference = rates[m.group], rates[references[0]]
            if _gives(m, own, reference):
                return (_side(own), _side(reference))
    return tuple(_row_counts(m, alike, compared))


def _rates(metric: str) -> tuple[str, ...]:
    prefix = ESTIMATED if metric.startswith(ESTIMATED) else ""
    stem = metric.removeprefix(prefix).removesuffix("_difference").removesuffix("_ratio")
    return tuple(f"{prefix}{rate}" for rate in _RATES.get(stem, (stem,)))


def _gives(m: Measurement, own: Measurement, reference: Measurement) -> bool:
    if m.value is None or own.value is None or reference.value is None:
        return False
    if m.metric.endswith("_ratio"):
        return math.isclose(m.value * reference.value, own.value, abs_tol=1e-9)
    return math.isclose(m.value, own.value - reference.value, abs_tol=1e-9)


def _side(rate: Measurement) -> Side:
    return Side(rate.group, rate.value, rate.n, rate.metric)


def _row_counts(m: Measurement, alike: list[Measurement], compared: set[str]) -> Iterator[Side]:
    rows: dict[str, int] = {}
    for other in alike:
        if not is_gap(other.metric):
            rows[other.group] = max(rows.get(other.group, 0), other.n)
    references = [group for group in rows if group not in compared]
    if m.group in rows and len(references) == 1:
        yield from (Side(group, None, rows[group]) for group in (m.group, references[0]))
