"""Incidents between the database and the pure rules: read open ones, write what changed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitor.alerts.incidents import Change, Event, Incident
from monitor.jobs.facts import (
    batch_from_facts,
    change_to_facts,
    measurement_from_facts,
    measurement_to_facts,
)
from monitor.store import incidents, outbox
from monitor.store.engine import Connection
from monitor.terms import IncidentState, Severity


def open_incidents(connection: Connection, model_id: int) -> list[Incident]:
    """All that are not resolved."""
    return [_incident(row) for row in incidents.still_open(connection, model_id)]


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
            )


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
    if change.incident_id is not None:
        if change.event is Event.RESOLVED:
            values |= {"state": IncidentState.RESOLVED, "resolved_at": now}
        incidents.change(connection, change.incident_id, values)
        return change.incident_id
    values |= {
        "model_id": model_id,
        "rule_id": change.rule_id,
        "subject": change.subject,
        "state": IncidentState.OPEN,
        "opened_at": now,
        "since_at": change.since_at,
    }
    return incidents.add(connection, values)


def facts_of(change: Change, version: int) -> dict[str, Any]:
    """The measurement it stands on, for lists; and the whole change, for its message."""
    return {
        **measurement_to_facts(change.measurement),
        "version": version,
        "change": change_to_facts(change),
    }
