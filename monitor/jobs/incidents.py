"""Incidents between the database and the pure rules: read open ones, write what changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitor.alerts import states
from monitor.alerts.incidents import Change, Event, Incident
from monitor.jobs.facts import (
    batch_from_facts,
    change_to_facts,
    measurement_from_facts,
    measurement_to_facts,
)
from monitor.jobs.standing import columns_of, standing_of
from monitor.store import incidents, outbox
from monitor.store.engine import Connection
from monitor.terms import IncidentState, Severity


def open_incidents(connection: Connection, model_id: int) -> list[Incident]:
    """All that are not resolved."""
    return [_incident(row) for row in incidents.still_open(connection, model_id)]


def ended_incidents(connection: Connection, model_id: int) -> list[Incident]:
    """The newest of each rule and subject that has none open: what a relapse opens again."""
    return [_incident(row) for row in incidents.ended(connection, model_id)]


def _incident(row: Any) -> Incident:
    return Incident(
        id=row.id,
        rule_id=row.rule_id,
        subject=row.subject,
        state=IncidentState(row.state),
        severity=Severity(row.severity),
        batch=batch_from_facts(row.facts["change"]["batch"]),
        measurement=measurement_from_facts(row.facts),
        since_at=row.since_at,
    )


def apply(
    connection: Connection, model_id: int, version: int, changes: Iterable[Change], *, now: datetime
) -> None:
    """Writes incidents, their events and, where people are told, messages to the outbox."""
    for change in changes:
        incident_id = _save(connection, model_id, version, change, now)
        event_id = incidents.add_event(
            connection,
            incident_id,
            kind=change.event,
            sentence=change.sentence,
            facts=facts_of(change, version),
            now=now,
        )
        if change.sends:
            outbox.post(
                connection,
                incident_id=incident_id,
                event_id=event_id,
                now=now,
                together=_together(model_id, change),
                channels=_heard(connection, incident_id, change),
            )


def _heard(connection: Connection, incident_id: int, change: Change) -> list[str] | None:
    """Who was told of it hears how it goes on, whoever its rule would tell by now; None for news,
    of which the rule's channels hear."""
    news = change.event in (Event.OPENED, Event.REOPENED, Event.WORSENED)
    return None if news else outbox.heard(connection, incident_id)


def _together(model_id: int, change: Change) -> str:
    """The same text for all that one batch says, or one look at what is overdue."""
    batch = change.batch.id
    of = f"batch {batch}" if batch is not None else f"look {change.at.isoformat()}"
    return f"model {model_id} {of}"


def _save(
    connection: Connection, model_id: int, version: int, change: Change, now: datetime
) -> int:
    values: dict[str, Any] = {
        "facts": facts_of(change, version),
        "sentence": change.sentence,
        "batch_id": change.batch.id,
        "severity": change.severity,
    }
    if change.sends:
        values["told_at"] = now
    if change.incident_id is not None:
        values |= _standing(connection, change, now)
        incidents.change(connection, change.incident_id, values)
        return change.incident_id
    values |= {
        "model_id": model_id,
        "rule_id": change.rule_id,
        "subject": change.subject,
        "state": IncidentState.OPEN,
        "opened_at": now,
        "since_at": change.since_at,
        "opened_batch_id": change.batch.id,
    }
    return incidents.add(connection, values)


def _standing(connection: Connection, change: Change, now: datetime) -> dict[str, Any]:
    """What the change does to where the incident stands; nothing, where it goes on."""
    before = standing_of(incidents.hold(connection, change.incident_id or 0))
    if change.event is Event.RESOLVED:
        return columns_of(states.ended(before, now))
    if change.event is Event.WORSENED and before.state is IncidentState.SNOOZED:
        return columns_of(states.awake(before))
    if change.event is Event.REOPENED:
        begun = {"since_at": change.since_at, "opened_batch_id": change.batch.id}
        return {**columns_of(states.reopened(before)), **begun, "escalated_at": None}
    return {}


def facts_of(change: Change, version: int) -> dict[str, Any]:
    """The measurement it stands on, for lists; and the whole change, for its message."""
    return {
        **measurement_to_facts(change.measurement),
        "version": version,
        "change": change_to_facts(change),
    }
