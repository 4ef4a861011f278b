"""What the rules say about a batch's measurements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from monitor.alerts.past import NOTHING, Beside, Earlier, Scale, scale
from monitor.alerts.rule import EVERY, Against, Evidence, Rule
from monitor.measures import held_back, verdict
from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_rows
from monitor.terms import Severity, Verdict, counted

SAYS: Final = (Verdict.HEALTHY, Verdict.AT_RISK, Verdict.FAILING)


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurement with its verdict, and the rule that judged it, None where none did.

    ``severity`` is that of a broken rule, which is critical beyond the critical limits; None where
    nothing is broken.
    """

    measurement: Measurement
    rule: Rule | None
    severity: Severity | None = None


def judge(
    rules: Iterable[Rule], measurements: Iterable[Measurement], *, beside: Beside = NOTHING
) -> list[Judged]:
    """Every measurement with its verdict, in order; one without a rule keeps what it came with.

    Where several rules cover a number, the one that names its column goes before "*", and the one
    that names its group before that of every group.  ``beside`` is what rules need that compare
    with earlier batches, ask for several, or wait for labels; what it does not have is not enough
    data for such a rule.
    """
    by_metric: dict[str, list[Rule]] = {}
    for rule in rules:
        by_metric.setdefault(rule.metric, []).append(rule)
    return [_judged(rule_of(by_metric.get(m.metric, ()), m), m, beside) for m in measurements]


def rule_of(rules: Iterable[Rule], m: Measurement) -> Rule | None:
    """The one of them that judges the number; None where none does."""
    covering = (rule for rule in rules if rule.enabled and rule.covers(m))
    return min(covering, key=_generality, default=None)


def _judged(rule: Rule | None, m: Measurement, beside: Beside) -> Judged:
    if rule is None:
        return Judged(m, None)
    bare = held_back.ungated(m)
    why = _too_early(rule, bare, beside)
    counted_from = why or _scale(rule, bare, beside)
    if isinstance(counted_from, str) and _says_nothing(bare):
        return Judged(verdict.judge(bare, low=None, high=None, parity=None), rule)
    if isinstance(counted_from, str):
        return Judged(held_back.not_judged(bare, counted_from), rule)
    alone, severity = _alone(rule, bare, counted_from)
    several = _of_several(rule, alone, beside)
    return Judged(several, rule, severity if several.verdict is Verdict.FAILING else None)


def _says_nothing(m: Measurement) -> bool:
    return m.value is None or m.verdict is Verdict.NOT_ENOUGH_DATA


def _generality(rule: Rule) -> tuple[bool, bool]:
    return rule.feature == EVERY, rule.group == ""


def _too_early(rule: Rule, m: Measurement, beside: Beside) -> str:
    """Why the number is not to be judged yet; "" where it is, or where there is none."""
    asked = rule.conditions
    if _says_nothing(m):
        return ""
    if m.n < asked.minimum_rows:
        return f"{format_rows(m.n)}, and the rule wants {asked.minimum_rows:,}"
    if not _waits_for_labels(rule) or beside.coverage is None or beside.waited_days is None:
        return ""
    days = beside.wait_days if asked.wait_days is None else asked.wait_days
    if beside.coverage >= asked.minimum_coverage or beside.waited_days >= days:
        return ""
    return (
        f"{LABELS}{beside.coverage:.0%} of the {asked.minimum_coverage:.0%} wanted are there, and "
        f"{counted(days, 'day')} have not gone since the batch ended"
    ).replace("%", " %")


LABELS: Final = "labels: "  # so begins why a number waits that time alone will have judged


def _waits_for_labels(rule: Rule) -> bool:
    definition = METRICS.get(rule.metric)
    return rule.conditions.minimum_coverage > 0 and bool(definition and definition.needs_labels)


def _scale(rule: Rule, m: Measurement, beside: Beside) -> Scale | str:
    if rule.has_no_limits:
        return Scale()
    if rule.against is Against.ABSOLUTE:
        return Scale(parity=_neutral(m))
    if rule.against not in (Against.REFERENCE, Against.REFERENCE_RATIO):
        return scale(rule, m, beside)
    if m.reference is None:
        return "the reference has no such value to compare with"
    if rule.against is Against.REFERENCE:
        return Scale(origin=m.reference, parity=m.reference)
    if m.reference <= 0:
        return "the reference's value is not above 0, so there is nothing to multiply"
    return Scale(unit=m.reference, parity=m.reference)


def _neutral(m: Measurement) -> float | None:
    definition = METRICS.get(m.metric)
    return definition.neutral if definition else None


def _alone(rule: Rule, m: Measurement, at: Scale) -> tuple[Measurement, Severity]:
    """What this batch says by itself, and how urgent that is."""
    if rule.has_no_limits:
        return m, rule.severity
    worst = (at.of(rule.critical_low), at.of(rule.critical_high))
    low, high = (
        far if near is None else near
        for near, far in zip((at.of(rule.low), at.of(rule.high)), worst, strict=True)
    )
    judged = _beside_limits(rule, m, low, high, at.parity)
    critical = worst != (None, None) and (
        _beside_limits(rule, m, *worst, at.parity).verdict is Verdict.FAILING
    )
    return judged, Severity.CRITICAL if critical else rule.severity


def _beside_limits(
    rule: Rule, m: Measurement, low: float | None, high: float | None, parity: float | None
) -> Measurement:
    if rule.conditions.evidence is Evidence.VALUE:
        return verdict.judge_value(m, low=low, high=high)
    return verdict.judge(m, low=low, high=high, parity=parity)


def _of_several(rule: Rule, m: Measurement, beside: Beside) -> Measurement:
    """The measurement with the verdict of the newest batches together.

    Earlier batches count as they were judged then; those that said nothing are passed over.
    """
    asked = rule.conditions
    if asked.window == 1 or m.verdict not in SAYS:
        return m
    earlier = _said(beside.past(m.key))[: asked.window - 1]
    before = earlier.count(Verdict.FAILING)
    looked_at, wanted = 1 + len(earlier), f"{asked.breaches} of {asked.window} are wanted"
    if m.verdict is Verdict.FAILING and before + 1 < asked.breaches:
        return held_back.so_far(m, f"{before + 1} of {counted(looked_at, 'batch')}; {wanted}")
    if m.verdict is Verdict.HEALTHY and before >= asked.breaches:
        return held_back.still(m, f"{before} of the newest {looked_at} batches, this one aside")
    return m


def _said(earlier: Iterable[Earlier]) -> list[Verdict | None]:
    """What each batch said by itself, newest first."""
    alone = (held_back.ungated(one.measurement).verdict for one in earlier)
    return [one for one in alone if one in SAYS]
