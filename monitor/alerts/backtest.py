"""What a rule would have said of every batch there has been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from monitor.alerts.incidents import Batch, Change, Event, Incident, reconcile
from monitor.alerts.judging import Judged, judge
from monitor.alerts.rule import Rule
from monitor.alerts.words import day
from monitor.measures.history import Period
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import unjudged
from monitor.terms import IncidentState, Severity, Verdict, counted

NAMED: Final = 3  # firings that are named in the sentence
SAYS: Final = (Verdict.HEALTHY, Verdict.AT_RISK, Verdict.FAILING)
_ITSELF: Final = -1  # the id under which the rule is replayed


@dataclass(frozen=True, slots=True)
class Firing:
    """An incident that the rule would have opened: in which batch, on which measurement.

    ``subject`` is its column or sensitive feature, "" for everybody.  ``batches`` is how many it
    was open for, the first included; ``ended`` is the batch that resolved it, None where none has.
    """

    subject: str
    batch: Batch
    measurement: Measurement
    severity: Severity
    batches: int
    ended: Batch | None


@dataclass(frozen=True, slots=True)
class Step:
    """One batch as the rule judged it; ``fired`` holds the subjects of incidents it opened."""

    period: Period
    judged: tuple[Measurement, ...]
    fired: frozenset[str]

    @property
    def says(self) -> bool:
        """Whether any of its numbers could be judged."""
        return any(m.verdict in SAYS for m in self.judged)


@dataclass(frozen=True, slots=True)
class Backtest:
    """A rule replayed: every batch it was asked about, and every incident it would have opened."""

    rule: Rule
    steps: tuple[Step, ...]
    firings: tuple[Firing, ...]

    @property
    def batches(self) -> int:
        return len(self.steps)

    @property
    def unjudged(self) -> int:
        """Batches none of whose numbers could be judged."""
        return sum(not step.says for step in self.steps)

    @property
    def sentence(self) -> str:
        """ "Would have fired twice in the last 26 batches: …", and how many said nothing."""
        return " ".join(filter(None, (_fired(self), _could_not(self), _why(self))))


def backtest(rule: Rule, history: Sequence[Period], *, beside: Sequence[Rule] = ()) -> Backtest:
    """The rule replayed over ``history`` (``store.history.periods``, oldest first), as if it had
    been there from the first batch on, each batch with the numbers it has by now.

    ``beside`` are the model's other rules: what one of them goes before is not this rule's.
    """
    own = replace(rule, id=_ITSELF, enabled=True)
    others = [other for other in beside if other.id != rule.id or not rule.id]
    replay = _Replay(own)
    steps = []
    for period in history:
        judged = [j for j in _judge([own, *others], period) if j.rule is own and _pages(j)]
        fired = replay.take(judged, _batch(period))
        steps.append(Step(period, tuple(j.measurement for j in judged), frozenset(fired)))
    return Backtest(rule, tuple(steps), tuple(replay.firings))


def frame(found: Backtest) -> pd.DataFrame:
    """What is drawn: columns batch, starts_at, ends_at, version, metric, feature, attribute, group,
    value, low, high, n, verdict, reason, window, limit_low, limit_high, reference, fired; oldest
    first.  ``fired`` says which number opened an incident."""
    names = ("metric", "feature", "attribute", "group", "value", "low", "high", "n", "verdict",
             "reason", "window", "limit_low", "limit_high", "reference")  # fmt: skip
    opened = {(firing.batch.id, firing.measurement.key) for firing in found.firings}
    rows = [
        {
            "batch": step.period.name,
            "starts_at": step.period.starts_at,
            "ends_at": step.period.ends_at,
            "version": step.period.version,
            **{name: getattr(m, name) for name in names},
            "fired": (step.period.id, m.key) in opened,
        }
        for step in found.steps
        for m in step.judged
    ]
    table = pd.DataFrame(
        rows, columns=["batch", "starts_at", "ends_at", "version", *names, "fired"]
    )
    numbers = ("value", "low", "high", "limit_low", "limit_high", "reference")
    table = table.astype(dict.fromkeys(numbers, "float64") | {"fired": "bool"})
    for name in ("starts_at", "ends_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table


class _Replay:
    """The incidents of one rule, batch after batch."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._open: dict[str, Incident] = {}
        self.firings: list[Firing] = []
        self._place: dict[str, int] = {}

    def take(self, judged: Sequence[Judged], batch: Batch) -> list[str]:
        """Judges the next batch; the subjects of incidents it opened."""
        for about in self._open:
            self._set(about, batches=self.firings[self._place[about]].batches + 1)
        changes = reconcile(
            judged,
            list(self._open.values()),
            rules=[self._rule],
            batch=batch,
            newest=True,
            now=batch.ends_at,
        )
        for change in changes:
            self._apply(change, batch)
        return [change.subject for change in changes if change.event is Event.OPENED]

    def _apply(self, change: Change, batch: Batch) -> None:
        about = change.subject
        if change.event is Event.OPENED:
            self._place[about] = len(self.firings)
            opened = Firing(about, batch, change.measurement, change.severity, 1, None)
            self.firings.append(opened)
        if change.event is Event.RESOLVED:
            self._set(about, batches=self.firings[self._place[about]].batches - 1, ended=batch)
            del self._open[about]
        else:
            self._open[about] = _incident(change, len(self.firings))

    def _set(self, about: str, **changes: object) -> None:
        place = self._place[about]
        self.firings[place] = replace(self.firings[place], **changes)  # type: ignore[arg-type]


def _judge(rules: Sequence[Rule], period: Period) -> list[Judged]:
    limited = {rule.metric for rule in rules if (rule.low, rule.high) != (None, None)}
    # Without limits a rule takes the verdict that the number came with.
    return judge(rules, [unjudged(m) if m.metric in limited else m for m in period.measurements])


def _pages(judged: Judged) -> bool:
    """Of an attribute only its groups do, not the range over them."""
    return bool(judged.measurement.group or not judged.measurement.attribute)


def _batch(period: Period) -> Batch:
    return Batch(period.id, period.name, period.starts_at, period.ends_at)


def _incident(change: Change, number: int) -> Incident:
    return Incident(
        number,
        change.rule_id,
        change.subject,
        IncidentState.OPEN,
        change.severity,
        change.batch,
        change.measurement,
        change.since_at,
    )


def _fired(found: Backtest) -> str:
    asked = f"the last {counted(found.batches, 'batch')}" if found.batches > 1 else "one batch"
    if not found.batches:
        return "There is no batch yet to try the rule on."
    if not any(step.judged for step in found.steps):
        return f"None of {asked.removeprefix('the ')} has such a number."
    if not found.firings:
        return f"Would not have fired in {asked}."
    times = {1: "once", 2: "twice"}.get(len(found.firings), f"{len(found.firings)} times")
    named = ", ".join(_named(firing) for firing in found.firings[-NAMED:])
    lead = "the newest: " if len(found.firings) > NAMED else ""
    return f"Would have fired {times} in {asked}: {lead}{named}."


def _named(firing: Firing) -> str:
    lasted = "still open" if firing.ended is None else f"for {counted(firing.batches, 'batch')}"
    about = f"{firing.subject}, " if firing.subject else ""
    return f"{day(firing.batch.starts_at)} ({about}{lasted})"


def _could_not(found: Backtest) -> str:
    if not found.unjudged or not any(step.judged for step in found.steps):
        return ""
    return f"{counted(found.unjudged, 'batch')} could not be judged."


def _why(found: Backtest) -> str:
    """The reason that most of the numbers of these batches give; "" where none does."""
    silent = [m for step in found.steps if not step.says for m in step.judged]
    reasons = Counter(m.reason for m in silent if m.reason).most_common(1)
    return f"Mostly: {reasons[0][0]}" if reasons and 2 * reasons[0][1] > len(silent) else ""
