"""Which incidents a judged batch opens, revises, continues and resolves."""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.alerts.judging import Judged
from monitor.alerts.rule import Rule
from monitor.alerts.sides import sides_of
from monitor.alerts.words import Side, broken_limit, sentence
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_value
from monitor.terms import IncidentState, Severity, Verdict

Key = tuple[str, str, str, str]  # metric, feature, attribute, group


class Event(StrEnum):
    """What happened to an incident: batches do the first six, people and time the others."""

    OPENED = "opened"
    REOPENED = "reopened"  # it had ended, and came back soon
    REVISED = "revised"  # other numbers for the batch it stands on, as when labels come late
    CONTINUES = "continues"  # a newer batch is still beyond the limit
    WORSENED = "worsened"  # it was a warning and is critical now
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    NOTED = "noted"
    SNOOZED = "snoozed"
    WOKEN = "woken"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    HELPFUL = "helpful"
    UNHELPFUL = "unhelpful"


@dataclass(frozen=True, slots=True)
class Batch:
    """The period that speaks; ``id`` is None where no batch does, as when one is overdue."""

    id: int | None
    name: str
    starts_at: datetime
    ends_at: datetime

    @property
    def place(self) -> tuple[datetime, int]:
        """In time; of two batches of one period the later received comes later."""
        return self.starts_at, self.id or 0


@dataclass(frozen=True, slots=True)
class Incident:
    """An open incident: the batch and the measurement it stands on."""

    id: int
    rule_id: int
    subject: str
    state: IncidentState
    severity: Severity
    batch: Batch
    measurement: Measurement
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to one incident; ``incident_id`` is None where it is to be opened.

    ``sends`` says whether people are told.  ``sides`` are the groups behind a difference.
    """

    event: Event
    rule_id: int
    subject: str
    severity: Severity
    measurement: Measurement
    batch: Batch
    since_at: datetime
    at: datetime
    sentence: str
    sends: bool
    incident_id: int | None = None
    previous: Measurement | None = None
    sides: tuple[Side, ...] = ()


def subject(m: Measurement) -> str:
    """What an incident is about beside its rule: the column, the attribute, or everybody ("")."""
    return m.feature or m.attribute


def reconcile(
    judged: Sequence[Judged],
    open_incidents: Iterable[Incident],
    *,
    rules: Iterable[Rule],
    batch: Batch,
    now: datetime,
    newest: bool = False,
    decided_later: Container[Key] | None = None,
) -> list[Change]:
    """The changes that one judged batch makes; pure, and none when it is asked twice.

    ``rules`` are all of the model's: an open incident whose rule is not among them, or is switched
    off, is closed without a message.

    There is one incident per rule and subject.  Of an attribute's groups the worst failing one
    names it.  Only failing opens.  Only healthy resolves: at risk is still beyond the limit, and
    not enough data says nothing.  Where another group fails in its stead the incident goes on under
    that name.

    A batch that is not the ``newest`` opens only where no later batch has judged the same number;
    ``decided_later`` holds the keys of those that have (without it such a batch opens nothing).
    A batch older than the one an incident stands on changes nothing about it.
    """
    enabled = {rule.id: rule for rule in rules if rule.enabled}
    incidents = {(i.rule_id, i.subject): i for i in open_incidents}
    scene = _Scene([j.measurement for j in judged], batch, now)
    changes = [_switched_off(i, scene) for i in incidents.values() if i.rule_id not in enabled]
    for (rule, about), rows in _by_incident(judged, enabled).items():
        incident = incidents.get((rule.id, about))
        if incident is not None:
            change = _go_on(incident, rows, scene)
        else:
            may_open = [m for m in rows if newest or _undecided(m, decided_later)]
            change = _open(rule, about, may_open, scene)
        changes += [change] if change else []
    return changes


@dataclass(frozen=True, slots=True)
class _Scene:
    """What every change of one reconciliation shares."""

    measurements: list[Measurement]
    batch: Batch
    now: datetime


def _by_incident(
    judged: Iterable[Judged], enabled: Mapping[int, Rule]
) -> dict[tuple[Rule, str], list[Measurement]]:
    """The rows that may page, by rule and subject: of an attribute only its groups."""
    found: dict[tuple[Rule, str], list[Measurement]] = {}
    for row in judged:
        m = row.measurement
        if row.rule is not None and row.rule.id in enabled and (m.group or not m.attribute):
            found.setdefault((row.rule, subject(m)), []).append(m)
    return found


def _undecided(m: Measurement, decided_later: Container[Key] | None) -> bool:
    return decided_later is not None and m.key not in decided_later


def _open(rule: Rule, about: str, rows: Sequence[Measurement], scene: _Scene) -> Change | None:
    worst = _worst(rows)
    if worst is None:
        return None
    sides = sides_of(worst, scene.measurements)
    return Change(
        event=Event.OPENED,
        rule_id=rule.id,
        subject=about,
        severity=rule.severity,
        measurement=worst,
        batch=scene.batch,
        since_at=scene.batch.starts_at,
        at=scene.now,
        sentence=sentence(worst, sides=sides),
        sends=True,
        sides=sides,
    )


def _go_on(incident: Incident, rows: Sequence[Measurement], scene: _Scene) -> Change | None:
    if scene.batch.place < incident.batch.place:
        return None
    own = next((m for m in rows if m.key == incident.measurement.key), None)
    current = _worst(rows) or own
    if current is None or current.verdict in (None, Verdict.NOT_ENOUGH_DATA):
        return None
    if current.verdict is Verdict.HEALTHY:
        return _change(Event.RESOLVED, incident, current, scene, sends=True)
    if scene.batch.place > incident.batch.place:
        return _change(Event.CONTINUES, incident, current, scene, sends=False)
    if _same(incident.measurement, current):
        return None
    differs = current.verdict is not incident.measurement.verdict
    return _change(Event.REVISED, incident, current, scene, sends=differs)


def _switched_off(incident: Incident, scene: _Scene) -> Change:
    return Change(
        event=Event.RESOLVED,
        rule_id=incident.rule_id,
        subject=incident.subject,
        severity=incident.severity,
        measurement=incident.measurement,
        batch=incident.batch,
        since_at=incident.since_at,
        at=scene.now,
        sentence="Its rule was switched off.",
        sends=False,
        incident_id=incident.id,
    )


def _change(
    event: Event, incident: Incident, current: Measurement, scene: _Scene, *, sends: bool
) -> Change:
    sides = sides_of(current, scene.measurements)
    since = incident.since_at if event is Event.CONTINUES else None
    revised = scene.batch.place == incident.batch.place
    return Change(
        event=event,
        rule_id=incident.rule_id,
        subject=incident.subject,
        severity=incident.severity,
        measurement=current,
        batch=scene.batch,
        since_at=incident.since_at,
        at=scene.now,
        sentence=f"{_lead(incident.measurement, current, revised=revised)}"
        f"{sentence(current, sides=sides, since=since)}",
        sends=sends,
        incident_id=incident.id,
        previous=incident.measurement,
        sides=sides,
    )


def _lead(was: Measurement, now: Measurement, *, revised: bool) -> str:
    """ "Revised: was 0.79, now 0.83. " where the batch is the same, "" where it is another."""
    before, after = (format_value(m.metric, m.value) for m in (was, now))
    return f"Revised: was {before}, now {after}. " if revised and was.key == now.key else ""


def _worst(rows: Iterable[Measurement]) -> Measurement | None:
    """The failing row furthest beyond its limit."""
    failing = [m for m in rows if m.verdict is Verdict.FAILING]
    return max(failing, key=_excess, default=None)


def _excess(m: Measurement) -> float:
    limit = broken_limit(m)
    return 0.0 if m.value is None or limit is None else abs(m.value - limit)


def _same(was: Measurement, now: Measurement) -> bool:
    """Whether nothing changed that a person would see."""
    if (was.key, was.n, was.verdict) != (now.key, now.n, now.verdict):
        return False
    pairs = ((was.value, now.value), (was.low, now.low), (was.high, now.high))
    return all(_close(a, b) for a, b in pairs)


def _close(a: float | None, b: float | None) -> bool:
    return a == b if a is None or b is None else math.isclose(a, b, abs_tol=1e-12)
