"""What the rules say about a batch's measurements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from monitor.alerts.rule import EVERY, Against, Rule
from monitor.measures import verdict
from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.terms import Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurement with its verdict, and the rule that judged it, None where none did."""

    measurement: Measurement
    rule: Rule | None


def judge(rules: Iterable[Rule], measurements: Iterable[Measurement]) -> list[Judged]:
    """Every measurement with its verdict, in order; one without a rule keeps what it came with.

    Where two rules cover a number, the one that names its column goes before "*".
    """
    by_metric: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.enabled:
            by_metric.setdefault(rule.metric, []).append(rule)
    return [_judged(by_metric.get(m.metric, ()), m) for m in measurements]


def _judged(rules: Sequence[Rule], m: Measurement) -> Judged:
    covering = sorted((r for r in rules if r.covers(m)), key=lambda r: r.feature == EVERY)
    if not covering:
        return Judged(m, None)
    return Judged(_against(covering[0], m), covering[0])


def _against(rule: Rule, m: Measurement) -> Measurement:
    if rule.low is None and rule.high is None:
        return m
    if rule.against is Against.ABSOLUTE:
        return verdict.judge(m, low=rule.low, high=rule.high, parity=_neutral(m))
    if m.reference is None:
        return replace(
            m,
            verdict=Verdict.NOT_ENOUGH_DATA,
            reason=m.reason or "The reference has no such value to compare with.",
        )
    low, high = (_limit(rule, m.reference, limit) for limit in (rule.low, rule.high))
    return verdict.judge(m, low=low, high=high, parity=m.reference)


def _neutral(m: Measurement) -> float | None:
    definition = METRICS.get(m.metric)
    return definition.neutral if definition else None


def _limit(rule: Rule, reference: float, limit: float | None) -> float | None:
    if limit is None:
        return None
    return reference + limit if rule.against is Against.REFERENCE else reference * limit
