"""What a rule would have said of every batch there has been."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import pandas as pd

from monitor.alerts.incidents import Batch, Change, Event, Incident, reconcile
from monitor.alerts.judging import SAYS, Judged, judge
from monitor.alerts.past import Beside, Earlier, Key, reach
from monitor.alerts.rule import Rule
from monitor.alerts.words import day
from monitor.measures.history import Period
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import unjudged
from monitor.terms import IncidentState, Severity, counted

NAMED: Final = 3  # firings that are named in the sentence
BEGINS: Final = (Event.OPENED, Event.REOPENED)
_ITSELF: Final = -1  # the id under which the rule is replayed


@dataclass(frozen=True, slots=True)
class Firing:
    """An incident that the rule would have opened: in which batch, on which measurement.

    ``subject`` is its column or sensitive feature, "" for everybody.  ``batches`` is how many it
    was open for, the first included; ``ended`` is the batch that resolved it, None where none has.
    ``relapses`` are the batches that opened it again, soon after it had ended.
    """

    subject: str
    batch: Batch
    measurement: Measurement
    severity: Severity
    batches: int
    ended: Batch | None = None
    relapses: tuple[Batch, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One batch as the rule judged it; ``fired`` are the numbers that opened an incident, or opened
    it again."""

    period: Period
    judged: tuple[Measurement, ...]
    fired: tuple[Measurement, ...]

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


def never(_: datetime) -> bool:
    """No downtime."""
    return False


def backtest(
    rule: Rule,
    history: Sequence[Period],
    *,
    beside: Sequence[Rule] = (),
    is_down: Callable[[datetime], bool] = never,
) -> Backtest:
    """The rule replayed over ``history`` (``store.history.periods``, oldest first), as if it had
    been there from the first batch on, each batch with the numbers and labels it has by now.

    ``beside`` are the model's other rules: what one of them goes before is not this rule's.
    ``is_down`` says whether a batch that begins then opens nothing.
    """
    now = max((period.ends_at for period in history), default=None)
    replay = Replay(rule, beside=beside, now=now, is_down=is_down)
    steps = tuple(replay.take(period) for period in history)
    return Backtest(rule, steps, tuple(replay.firings))


def frame(found: Backtest) -> pd.DataFrame:
    """What is drawn: columns batch, starts_at, ends_at, version, metric, feature, attribute, group,
    value, low, high, n, verdict, reason, window, limit_low, limit_high, reference, fired; oldest
    first.  ``fired`` says which number opened an incident."""
    names = ("metric", "feature", "attribute", "group", "value", "low", "high", "n", "verdict",
             "reason", "window", "limit_low", "limit_high", "reference")  # fmt: skip
    rows = [
        {
            "batch": step.period.name,
            "starts_at": step.period.starts_at,
            "ends_at": step.period.ends_at,
            "version": step.period.version,
            **{name: getattr(m, name) for name in names},
            "fired": m in step.fired,
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


class Replay:
    """The incidents of one rule, batch after batch; ``now`` is when labels are looked for."""

    def __init__(
        self,
        rule: Rule,
        *,
        beside: Sequence[Rule] = (),
        now: datetime | None = None,
        is_down: Callable[[datetime], bool] = never,
    ) -> None:
        self._rule = replace(rule, id=_ITSELF, enabled=True)
        self._rules = [self._rule, *(r for r in beside if not rule.id or r.id != rule.id)]
        self._now, self._is_down = now, is_down
        self._past = _Past(reach(rule))
        self._open: dict[str, Incident] = {}
        self._ended: dict[str, Incident] = {}
        self._place: dict[str, int] = {}
        self.firings: list[Firing] = []

    def take(self, period: Period) -> Step:
        """Judges the next batch."""
        judged = self._judge(period)
        for about in self._open:
            self._set(about, batches=self._firing(about).batches + 1)
        batch = Batch(period.id, period.name, period.starts_at, period.ends_at)
        changes = reconcile(
            judged,
            list(self._open.values()),
            rules=[self._rule],
            batch=batch,
            newest=not self._is_down(period.starts_at),
            now=batch.ends_at,
            ended=list(self._ended.values()),
        )
        for change in changes:
            self._apply(change)
        begun = (one.measurement for one in changes if one.event in BEGINS)
        return Step(period, tuple(j.measurement for j in judged), tuple(begun))

    def _judge(self, period: Period) -> list[Judged]:
        # Without limits a rule takes the verdict that the number came with.
        own = self._rule.has_no_limits
        made = [m if own else unjudged(m) for m in period.measurements]
        every = judge(self._rules, made, beside=self._beside(period))
        mine = [j for j in every if j.rule is self._rule]
        self._past.keep(period, (j.measurement for j in mine))
        return [j for j in mine if _pages(j)]

    def _beside(self, period: Period) -> Beside:
        waited = None if self._now is None else (self._now - period.ends_at) / timedelta(days=1)
        return Beside(
            period.starts_at,
            self._past.of(period.version),
            coverage=period.labelled / period.rows if period.rows else None,
            waited_days=waited,
            wait_days=period.wait_days,
        )

    def _apply(self, change: Change) -> None:
        about = change.subject
        if change.event is Event.OPENED:
            self._place[about] = len(self.firings)
            opened = Firing(about, change.batch, change.measurement, change.severity, batches=1)
            self.firings.append(opened)
        incident = _incident(change)
        if change.event is Event.RESOLVED:
            self._set(about, batches=self._firing(about).batches - 1, ended=change.batch)
            self._ended[about] = incident
            del self._open[about]
            return
        if change.event is Event.REOPENED:
            was = self._firing(about)
            relapses = (*was.relapses, change.batch)
            self._set(about, batches=was.batches + 1, ended=None, relapses=relapses)
        self._open[about] = incident

    def _firing(self, about: str) -> Firing:
        return self.firings[self._place[about]]

    def _set(self, about: str, **changes: object) -> None:
        place = self._place[about]
        self.firings[place] = replace(self.firings[place], **changes)  # type: ignore[arg-type]


class _Past:
    """Earlier values of each number, newest first, as far back as a rule reaches; a version knows
    only its own."""

    def __init__(self, reach: int) -> None:
        self._reach, self._version = reach, 0
        self._values: dict[Key, deque[Earlier]] = {}

    def of(self, version: int) -> Callable[[Key], Sequence[Earlier]]:
        if version != self._version:
            self._version, self._values = version, {}
        return lambda key: self._values.get(key, ())

    def keep(self, period: Period, judged: Iterable[Measurement]) -> None:
        for m in judged:
            values = self._values.setdefault(m.key, deque(maxlen=self._reach))
            values.appendleft(Earlier(period.starts_at, m))


def _pages(judged: Judged) -> bool:
    """Of an attribute only its groups do, not the range over them."""
    return bool(judged.measurement.group or not judged.measurement.attribute)


def _incident(change: Change) -> Incident:
    return Incident(
        0,
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
        return "No batch has such a number."
    if not found.firings:
        return f"Would not have fired in {asked}."
    named = ", ".join(_named(firing) for firing in found.firings[-NAMED:])
    lead = "the newest: " if len(found.firings) > NAMED else ""
    return f"Would have fired {often(len(found.firings))} in {asked}: {lead}{named}."


def _named(firing: Firing) -> str:
    lasted = "still open" if firing.ended is None else f"for {counted(firing.batches, 'batch')}"
    about = f"{firing.subject}, " if firing.subject else ""
    again = f", back {often(len(firing.relapses))}" if firing.relapses else ""
    return f"{day(firing.batch.starts_at)} ({about}{lasted}{again})"


def often(many: int) -> str:
    """How many times, in words.

    >>> often(1), often(5)
    ('once', '5 times')
    """
    return {1: "once", 2: "twice"}.get(many, f"{many} times")


def _could_not(found: Backtest) -> str:
    if not found.unjudged or not any(step.judged for step in found.steps):
        return ""
    return f"{counted(found.unjudged, 'batch')} could not be judged."


def _why(found: Backtest) -> str:
    """The reason that most of the numbers of these batches give; "" where none does."""
    silent = [m for step in found.steps if not step.says for m in step.judged]
    reasons = Counter(m.reason for m in silent if m.reason).most_common(1)
    return f"Mostly: {reasons[0][0]}" if reasons and 2 * reasons[0][1] > len(silent) else ""
