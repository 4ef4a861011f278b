"""Why a rule fires when nothing is wrong: each cause in numbers, and the rule without it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from math import floor, log10, sqrt
from statistics import median
from typing import Final

from monitor.alerts.backtest import Backtest
from monitor.alerts.rule import Against, Evidence, Rule
from monitor.measures.catalogue import METRICS
from monitor.measures.history import Period
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_rows, format_value
from monitor.terms import counted

FAR: Final = 3.0  # of a number's usual steps: chance goes further once in 370 batches
BASELINE: Final = 8  # batches that a trailing mean should be of
COVERED: Final = 0.9  # of the labels, where late ones have changed verdicts
FEW: Final = 6  # batches, under which nothing is said of how a number varies
LESS: Final = 5.0  # times the budget, where people want to hear less
SPREAD: Final = 1.4826  # standard deviations of a normal to its median absolute deviation


class Cause(StrEnum):
    """Why a rule fires when nothing is wrong."""

    NARROW = "too narrow a limit"
    ALONE = "single batches"
    SMALL = "too small batches"
    BASELINE = "too short a baseline"
    LATE = "late labels or rows"
    UPLOADS = "late uploads"


@dataclass(frozen=True, slots=True)
class Record:
    """How often a rule fired, and of these how often it was over by itself after one batch, was
    revised away, and was called unhelpful or helpful."""

    fired: int
    alone: int
    revised: int
    unhelpful: int
    helpful: int

    @property
    def is_noisy(self) -> bool:
        """Whether somebody said so, or half of at least two firings were over by themselves."""
        itself = self.alone + self.revised
        return self.unhelpful > self.helpful or (itself >= 2 and 2 * itself >= self.fired)

    @property
    def sentence(self) -> str:
        """ "Fired 5 times: 3 over by themselves after one batch, 1 revised away, …" """
        if not self.fired:
            return "Has not fired."
        parts = (
            (self.alone, "over by itself after one batch"),
            (self.revised, "revised away by late labels or rows"),
            (self.unhelpful, "called unhelpful"),
            (self.helpful, "called helpful"),
        )
        said = ", ".join(f"{many} {words}" for many, words in parts if many)
        return f"Fired {counted(self.fired, 'time')}{f': {said}' if said else ''}."


@dataclass(frozen=True, slots=True)
class Case:
    """A noisy rule with all that is known of it."""

    rule: Rule
    record: Record
    history: Sequence[Period]
    before: Backtest


Suggestion = tuple[Cause, str, Rule]


def causes(case: Case) -> Iterator[Suggestion]:
    """Everything that may be the matter; whether a suggestion helps its backtest says."""
    family = METRICS[case.rule.metric].family if case.rule.metric in METRICS else ""
    if family == "service":
        yield from _uploads(case)
        return
    yield from _budget(case) if case.rule.metric == "change_evidence" else _narrow(case)
    yield from _small(case)
    yield from _by_value(case)
    yield from _baseline(case)
    yield from _late(case)
    if family != "sequence":
        yield from _single(case)


def _budget(case: Case) -> Iterator[Suggestion]:
    """People called alarms unhelpful that are not false: so small a change matters to nobody."""
    high = case.rule.high
    if high is not None and case.record.unhelpful:
        sentence = (
            f"{case.record.unhelpful} of {case.record.fired} alarms were called unhelpful: with "
            f"{format_value('change_evidence', LESS * high)} batches to a false alarm it says less."
        )
        yield Cause.NARROW, sentence, replace(case.rule, high=LESS * high)


def _narrow(case: Case) -> Iterator[Suggestion]:
    """Limits that the number goes beyond by its usual steps."""
    rule, changes, near = case.rule, dict[str, float](), []
    for courses in _fired_courses(case):
        usual, step = _usual(rule, courses)
        for side, limit in (("low", rule.low), ("high", rule.high)):
            if limit is None or not step > 0 or abs(limit - usual) >= FAR * step:
                continue
            wider = _rounded_out(usual, FAR * step * (-1 if side == "low" else 1), limit)
            worse = min if side == "low" else max
            changes[side] = worse(wider, changes.get(side, wider))
            near.append(abs(limit - usual) / step)
    if changes:
        sentence = (
            f"The limit is only {min(near):.1f} usual batch-to-batch steps away from the usual "
            f"value; chance alone goes {FAR:.0f} away once in 370 batches, and {min(near):.1f} "
            "much oftener."
        )
        yield Cause.NARROW, sentence, _widened(rule, changes.get("low"), changes.get("high"))


def _widened(rule: Rule, low: float | None, high: float | None) -> Rule:
    """With these limits where they are given; critical ones stay as far outside of them."""
    return replace(
        rule,
        low=rule.low if low is None else low,
        high=rule.high if high is None else high,
        critical_low=_beside(rule.critical_low, rule.low, low),
        critical_high=_beside(rule.critical_high, rule.high, high),
    )


def _beside(critical: float | None, limit: float | None, wider: float | None) -> float | None:
    if critical is None or limit is None or wider is None:
        return critical
    return float(f"{wider + critical - limit:.6g}")


def _fired_courses(case: Case) -> list[list[Measurement]]:
    """Each number that fired, over all batches in which it has a value, oldest first."""
    fired = {m.key for step in case.before.steps for m in step.fired}
    if METRICS[case.rule.metric].family == "sequence" or case.rule.has_no_limits:
        return []
    every = [m for one in case.history for m in one.measurements if m.value is not None]
    found = [[m for m in every if m.key == key] for key in sorted(fired)]
    return [course for course in found if len(course) >= FEW]


def _usual(rule: Rule, course: Sequence[Measurement]) -> tuple[float, float]:
    """The usual value and the usual step in the unit of the rule's limits, both robust: a lasting
    change is one step of many."""
    values = [_in_unit(rule, m) for m in course]
    steps = [later - one for one, later in pairwise(values)]
    middle = median(steps)
    step = SPREAD * median(abs(one - middle) for one in steps)
    if rule.against in (Against.PREVIOUS, Against.WEEKDAY):
        return 0.0, step
    if rule.against is Against.TRAILING:
        return 0.0, sqrt(1 + 1 / rule.conditions.trailing)
    return median(values), step / sqrt(2)


def _in_unit(rule: Rule, m: Measurement) -> float:
    assert m.value is not None
    if m.reference is None or rule.against not in (Against.REFERENCE, Against.REFERENCE_RATIO):
        return m.value
    ratio = rule.against is Against.REFERENCE_RATIO and m.reference
    return m.value / m.reference if ratio else m.value - m.reference


def _rounded_out(usual: float, far: float, limit: float) -> float:
    """Two digits that count, away from the usual value, and never nearer than the limit is."""
    wider = usual + far
    digit = 10.0 ** (floor(log10(abs(far))) - 1)
    out = floor(wider / digit) * digit if far < 0 else -floor(-wider / digit) * digit
    return float(f"{min(out, limit) if far < 0 else max(out, limit):.6g}")


def _small(case: Case) -> Iterator[Suggestion]:
    """Firings on batches or groups much smaller than usual."""
    fired = [m for step in case.before.steps for m in step.fired]
    usual = [m.n for one in case.history for m in one.measurements if m.n]
    if not fired or len(usual) < FEW:
        return
    half = int(median(usual)) // 2
    few = [m for m in fired if m.n < half]
    if 2 * len(few) < len(fired) or half <= case.rule.conditions.minimum_rows:
        return
    sentence = (
        f"{len(few)} of {len(fired)} firings stood on fewer than {format_rows(half)}; "
        f"{format_rows(int(median(usual)))} are usual."
    )
    conditions = replace(case.rule.conditions, minimum_rows=half)
    yield Cause.SMALL, sentence, replace(case.rule, conditions=conditions)


def _by_value(case: Case) -> Iterator[Suggestion]:
    """A rule that does not ask how sure the number is."""
    if case.rule.conditions.evidence is not Evidence.VALUE:
        return
    conditions = replace(case.rule.conditions, evidence=Evidence.INTERVAL)
    sentence = (
        f"It fires by the value alone: {case.record.alone} of {case.record.fired} firings were "
        "over after one batch, as chance is. Ask for the interval to be beyond the limit."
    )
    yield Cause.SMALL, sentence, replace(case.rule, conditions=conditions)


def _baseline(case: Case) -> Iterator[Suggestion]:
    rule, many = case.rule, case.rule.conditions.trailing
    trailing = replace(
        rule,
        against=Against.TRAILING,
        low=None if rule.low is None else -FAR,
        high=None if rule.high is None else FAR,
        critical_low=None,
        critical_high=None,
        conditions=replace(rule.conditions, trailing=BASELINE),
    )
    if rule.against in (Against.PREVIOUS, Against.WEEKDAY):
        sentence = (
            "It compares one batch with one other, and either may be the odd one; the mean of "
            f"{BASELINE} batches varies {sqrt(BASELINE):.1f} times less."
        )
        yield Cause.BASELINE, sentence, trailing
    elif rule.against is Against.TRAILING and many < BASELINE:
        sentence = (
            f"Its mean is of {many} batches, and so uncertain itself; {BASELINE} are the least "
            "that say how much a number varies."
        )
        wider = replace(rule, conditions=replace(rule.conditions, trailing=BASELINE))
        yield Cause.BASELINE, sentence, wider
    elif rule.against in (Against.REFERENCE, Against.REFERENCE_RATIO):
        yield from _far_reference(case, trailing)


def _far_reference(case: Case, trailing: Rule) -> Iterator[Suggestion]:
    """A reference that the batches have never been near."""
    none = 1.0 if case.rule.against is Against.REFERENCE_RATIO else 0.0
    for course in _fired_courses(case):
        usual, _ = _usual(case.rule, course)
        limits = [one for one in (case.rule.low, case.rule.high) if one is not None]
        gone = max(((usual - none) / (one - none) for one in limits if one != none), default=0.0)
        if gone < 0.5 or course[-1].reference is None:
            continue
        metric, value = course[-1].metric, median(m.value for m in course if m.value is not None)
        yield (
            Cause.BASELINE,
            f"Batches are usually at {format_value(metric, value)}, {100 * gone:.0f} % of the way "
            f"from the reference's {format_value(metric, course[-1].reference)} to the limit; "
            f"compare with the {BASELINE} batches before instead.",
            trailing,
        )
        return


def _late(case: Case) -> Iterator[Suggestion]:
    asked, rule = case.rule.conditions, case.rule
    if not case.record.revised or not METRICS[rule.metric].needs_labels:
        return
    if asked.minimum_coverage >= COVERED:
        return
    sentence = (
        f"{case.record.revised} of {case.record.fired} firings were revised away once more labels "
        f"or rows had come; judge it when {COVERED:.0%} of the labels are there.".replace("%", " %")
    )
    conditions = replace(asked, minimum_coverage=COVERED)
    yield Cause.LATE, sentence, replace(rule, conditions=conditions)


def _single(case: Case) -> Iterator[Suggestion]:
    if case.rule.conditions.window > 1 or not case.record.alone:
        return
    sentence = (
        f"{case.record.alone} of {case.record.fired} firings were over after one batch; wait for "
        "a second of three."
    )
    conditions = replace(case.rule.conditions, breaches=2, window=3)
    yield Cause.ALONE, sentence, replace(case.rule, conditions=conditions)


def _uploads(case: Case) -> Iterator[Suggestion]:
    """Batches that usually come after they are due."""
    counts = sorted(
        m.value for one in case.history for m in one.measurements if m.value is not None
    )
    limit = case.rule.high or 0.0
    late = [one for one in counts if one > limit]
    if not late:
        return
    usual = counts[floor(0.9 * (len(counts) - 1))]
    wanted = max(usual, limit + 1)
    sentence = (
        f"{len(late)} of {counted(len(counts), 'batch')} came when the rule had fired already; "
        f"nine in ten had come before more than {counted(int(wanted), 'period')} had ended."
    )
    yield Cause.UPLOADS, sentence, replace(case.rule, high=wanted)
