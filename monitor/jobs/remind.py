"""Telling again of incidents that nobody is on, and waking those that were snoozed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.alerts import states
from monitor.alerts.incident import Event
from monitor.alerts.reminding import Waiting, due, said
from monitor.alerts.rule import Telling
from monitor.jobs import story
from monitor.jobs.standing import columns_of, standing_of
from monitor.store import incidents, outbox
from monitor.store.engine import Connection, Store
from monitor.terms import IncidentState


def remind(store: Store, *, now: datetime) -> int:
    """Does all that is due; returns how much that was.  Of several workers one does each."""
    with store.read() as connection:
        candidates = [row.id for row in incidents.waiting(connection) if _due(connection, row, now)]
    return sum(_remind_one(store, incident_id, now) for incident_id in candidates)


def _due(connection: Connection, row: Any, now: datetime) -> list[Event]:
    return due(_waiting(connection, row), now)


def _waiting(connection: Connection, row: Any) -> Waiting:
    return Waiting(
        state=IncidentState(row.state),
        telling=Telling.from_json(row.telling),
        begun_at=row.begun_at or row.opened_at,
        told_at=row.told_at or row.opened_at,
        snoozed_until=row.snoozed_until,
        escalated_at=row.escalated_at,
        waits=outbox.is_on_its_way(connection, row.id),
    )


def _remind_one(store: Store, incident_id: int, now: datetime) -> int:
    """What is due of one incident, as it stands when nobody else can change it."""
    with store.write() as connection:
        incidents.hold(connection, incident_id)
        row = next(iter(incidents.waiting(connection, incident_id)), None)
        events = [] if row is None else _due(connection, row, now)
        for event in events:
            _do(connection, event, row, now)
    return len(events)


def _do(connection: Connection, event: Event, row: Any, now: datetime) -> None:
    it = _waiting(connection, row)
    entry = story.Entry(event, said(event, it, row.sentence, now), now, tells=True)
    event_id = story.write(connection, row, entry, values=_values(event, row, now))
    to = [it.telling.escalate_to] if event is Event.ESCALATED else None
    outbox.post(
        connection,
        incident_id=row.id,
        event_id=event_id,
        now=now,
        together=f"model {row.model_id} {event} {now.isoformat()}",
        channels=to,
    )


def _values(event: Event, row: Any, now: datetime) -> dict[str, Any]:
    """The columns that say that it was done."""
    if event is Event.ESCALATED:
        return {"escalated_at": now}
    woken = columns_of(states.awake(standing_of(row))) if event is Event.WOKEN else {}
    return woken | {"told_at": now}
