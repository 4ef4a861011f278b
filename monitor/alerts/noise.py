"""Which rules cry wolf, why, and what would be better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.alerts.backtest import Backtest, backtest
from monitor.alerts.episodes import End, Episode
from monitor.alerts.noise_causes import Case, Cause, Record, causes
from monitor.alerts.rule import Rule
from monitor.alerts.rule_checks import objections
from monitor.measures.history import Period
from monitor.terms import counted


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause in numbers, the rule that would be better, and what either would have done."""

    cause: Cause
    sentence: str
    suggested: Rule
    before: Backtest
    after: Backtest

    @property
    def outcome(self) -> str:
        """ "2 firings instead of 5 in 26 batches." """
        was, now = (_times(one) for one in (self.before, self.after))
        batches = counted(self.before.batches, "batch")
        if was == now:
            return f"{counted(now, 'firing')} in {batches}, as it is now."
        return f"{counted(now, 'firing')} instead of {was} in {batches}."


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A rule's record, and what was found; nothing, where it is not noisy."""

    rule: Rule
    record: Record
    findings: tuple[Finding, ...]


def record(rule: Rule, told: Sequence[Episode]) -> Record:
    """The rule's own of all the episodes."""
    mine = [one for one in told if one.rule_id == rule.id]
    return Record(
        fired=len(mine),
        alone=sum(one.end is End.ITSELF and one.batches == 1 for one in mine),
        revised=sum(one.end is End.REVISED for one in mine),
        unhelpful=sum(one.helpful is False for one in mine),
        helpful=sum(one.helpful is True for one in mine),
    )


def diagnose(
    rule: Rule,
    told: Sequence[Episode],
    history: Sequence[Period],
    *,
    beside: Sequence[Rule] = (),
) -> Diagnosis:
    """What makes the rule noisy, each cause with a better rule.

    ``told`` are the model's episodes (``alerts.episodes``), ``history`` all batches with the rule's
    numbers (``store.history.periods``; for ``batch_overdue`` through ``alerts.arrivals``),
    ``beside`` the model's rules.  A change is suggested only where it may be saved and would have
    fired less, but for those against late labels: the past is replayed with the labels that are
    there by now.
    """
    own = record(rule, told)
    if not own.is_noisy:
        return Diagnosis(rule, own, ())
    before = backtest(rule, history, beside=beside)
    case = Case(rule, own, history, before)
    found = []
    for cause, sentence, suggested in causes(case):
        if objections(suggested, None):
            continue
        after = backtest(suggested, history, beside=beside)
        if cause is Cause.LATE or _times(after) < _times(before):
            found.append(Finding(cause, sentence, suggested, before, after))
    return Diagnosis(rule, own, tuple(found))


def _times(found: Backtest) -> int:
    """How often people would have been told that something is wrong."""
    return sum(len(step.fired) for step in found.steps)
