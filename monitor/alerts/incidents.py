"""Which incidents a judged batch opens, reopens, revises, continues and resolves."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.alerts.incident import Batch, Change, Event, Incident, Key
from monitor.alerts.judging import Judged
from monitor.alerts.revisions import Word, late_batch, revised, same
from monitor.alerts.rule import Rule
from monitor.alerts.sides import sides_of
from monitor.alerts.words import broken_limit, sentence
from monitor.measures.measurement import Measurement
from monitor.terms import IncidentState, Severity, Verdict

__all__ = ["Batch", "Change", "Event", "Incident", "Key", "reconcile", "subject"]


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
    ended: Iterable[Incident] = (),
) -> list[Change]:
    """The changes that one judged batch makes; pure, and none when it is asked twice.

    ``rules`` are all of the model's: an open incident whose rule is not among them, or is switched
    off, is closed without a message.

    There is one incident per rule and subject.  Of an attribute's groups the worst failing one
    names it.  Only failing opens.  Only healthy resolves: at risk is still beyond the limit, and
    not enough data says nothing.  Where another group fails in its stead the incident goes on under
    that name.  One that gets critical is told anew, also when it was snoozed.

    Of those ``ended``, the newest of each rule and subject, one opens again where a batch breaks
    its rule within the rule's ``relapse_days`` after the batch it ended on.  What a person ended
    needs a later batch for that.

    A batch that is not the ``newest`` opens only where no later batch has judged the same number;
    ``decided_later`` holds the keys of those that have (without it such a batch opens nothing).
    A batch older than the one an incident stands on changes nothing about it.
    """
    enabled = {rule.id: rule for rule in rules if rule.enabled}
    incidents = {(i.rule_id, i.subject): i for i in open_incidents}
    over = {(i.rule_id, i.subject): i for i in ended}
    scene = _Scene([j.measurement for j in judged], batch, now)
    changes = [_switched_off(i, scene) for i in incidents.values() if i.rule_id not in enabled]
    for (rule, about), rows in _by_incident(judged, enabled).items():
        incident = incidents.get((rule.id, about))
        if incident is not None:
            change = _go_on(incident, rows, scene)
        else:
            may_open = [j for j in rows if newest or _undecided(j.measurement, decided_later)]
            change = _begin(rule, about, may_open, over.get((rule.id, about)), scene)
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
) -> dict[tuple[Rule, str], list[Judged]]:
    """The rows that may page, by rule and subject: of an attribute only its groups."""
    found: dict[tuple[Rule, str], list[Judged]] = {}
    for row in judged:
        m = row.measurement
        if row.rule is not None and row.rule.id in enabled and (m.group or not m.attribute):
            found.setdefault((row.rule, subject(m)), []).append(row)
    return found


def _undecided(m: Measurement, decided_later: Container[Key] | None) -> bool:
    return decided_later is not None and m.key not in decided_later


def _begin(
    rule: Rule, about: str, rows: Sequence[Judged], ended: Incident | None, scene: _Scene
) -> Change | None:
    worst = _worst(rows)
    if worst is None:
        return None
    if ended is None or not _relapses(rule, ended, scene):
        return _open(rule, about, worst, scene)
    if scene.batch.place == ended.batch.place and ended.measurement.verdict is Verdict.FAILING:
        return None  # a person has ended it, and the batch says nothing new
    since = replace(ended, since_at=scene.batch.starts_at)
    return _change(Event.REOPENED, since, worst, scene, sends=True)


def _relapses(rule: Rule, ended: Incident, scene: _Scene) -> bool:
    """Whether so little lies between the batch it ended on and this one that it is the same."""
    days = rule.telling.relapse_days
    if days is None or scene.batch.place < ended.batch.place:
        return False
    begun = scene.now if scene.batch.id is None else scene.batch.starts_at
    return begun - ended.batch.ends_at <= timedelta(days=days)


def _open(rule: Rule, about: str, worst: Judged, scene: _Scene) -> Change:
    sides = sides_of(worst.measurement, scene.measurements)
    return Change(
        event=Event.OPENED,
        rule_id=rule.id,
        subject=about,
        severity=worst.severity or rule.severity,
        measurement=worst.measurement,
        batch=scene.batch,
        since_at=scene.batch.starts_at,
        at=scene.now,
        sentence=sentence(worst.measurement, sides=sides),
        sends=True,
        sides=sides,
    )


def _go_on(incident: Incident, rows: Sequence[Judged], scene: _Scene) -> Change | None:
    if scene.batch.place < incident.batch.place:
        return None
    own = next((j for j in rows if j.measurement.key == incident.measurement.key), None)
    current = _worst(rows) or own
    verdict = None if current is None else current.measurement.verdict
    if current is None or verdict in (None, Verdict.NOT_ENOUGH_DATA):
        return None
    if verdict is Verdict.HEALTHY:
        return _change(Event.RESOLVED, incident, current, scene, sends=True)
    if _severity(current, incident) is Severity.CRITICAL is not incident.severity:
        return _change(Event.WORSENED, incident, current, scene, sends=True)
    if scene.batch.place > incident.batch.place:
        return _change(Event.CONTINUES, incident, current, scene, sends=False)
    if same(incident.measurement, current.measurement):
        return None
    differs = verdict is not incident.measurement.verdict
    awake = incident.state is not IncidentState.SNOOZED
    return _change(Event.REVISED, incident, current, scene, sends=differs and awake)


def _severity(current: Judged, incident: Incident) -> Severity:
    """That of the newest breach; what breaks nothing leaves it."""
    if current.measurement.verdict is not Verdict.FAILING or current.rule is None:
        return incident.severity
    return current.severity or current.rule.severity


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
    event: Event, incident: Incident, current: Judged, scene: _Scene, *, sends: bool
) -> Change:
    m = current.measurement
    sides = sides_of(m, scene.measurements)
    since = incident.since_at if event in (Event.CONTINUES, Event.WORSENED) else None
    lead = _lead(event, incident, m, scene.batch)
    return Change(
        event=event,
        rule_id=incident.rule_id,
        subject=incident.subject,
        severity=_severity(current, incident),
        measurement=m,
        batch=scene.batch,
        since_at=incident.since_at,
        at=scene.now,
        sentence=" ".join(filter(None, (lead, sentence(m, sides=sides, since=since)))),
        sends=sends,
        incident_id=incident.id,
        previous=incident.measurement,
        sides=sides,
    )


def _lead(event: Event, incident: Incident, now: Measurement, batch: Batch) -> str:
    """What is said before the number: that it is worse, is back, or was something else before."""
    said = {Event.WORSENED: "Critical now.", Event.REOPENED: "Broken again."}.get(event, "")
    return " ".join(filter(None, (said, _why_other(event, incident, now, batch))))


def _why_other(event: Event, incident: Incident, now: Measurement, batch: Batch) -> str:
    """Why the period says something else than it did; "" of another period."""
    was = incident.batch
    if batch.id is None or (batch.starts_at, batch.ends_at) != (was.starts_at, was.ends_at):
        return ""
    before = Word(incident.measurement, was.rows, was.labelled)
    after = Word(now, batch.rows, batch.labelled)
    if batch.id != was.id:
        return late_batch(before, after)
    return revised(before, after, resolved=event is Event.RESOLVED)


def _worst(rows: Iterable[Judged]) -> Judged | None:
    """The failing row furthest beyond its limit, a critical one before all others."""
    failing = [j for j in rows if j.measurement.verdict is Verdict.FAILING]
    return max(failing, key=_badness, default=None)


def _badness(row: Judged) -> tuple[bool, float]:
    return row.severity is Severity.CRITICAL, _excess(row.measurement)


def _excess(m: Measurement) -> float:
    limit = broken_limit(m)
    return 0.0 if m.value is None or limit is None else abs(m.value - limit)
