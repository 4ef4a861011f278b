"""The message about what happened to incidents, made of what is stored when it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.alerts.incidents import Change
from monitor.alerts.message import Message
from monitor.alerts.messages import IN_FULL, Sender, Story, compose
from monitor.alerts.suspects import is_evidence, suspected
from monitor.alerts.words import broken_limit
from monitor.jobs.facts import change_from_facts, measurement_from_facts
from monitor.store import rows
from monitor.store.engine import Connection
from monitor.store.sending import News
from monitor.terms import Severity

HISTORY = 30  # points in a message's picture


def message_of(connection: Connection, news: Sequence[News], *, base_url: str) -> Message:
    """The message about these events of one model, what matters most first."""
    events = {one.event_id: rows.event(connection, one.event_id) for one in news}
    told = [
        (one.incident_id, change_from_facts(events[one.event_id].facts["change"])) for one in news
    ]
    told.sort(key=lambda one: _rank(one[1]))
    event = events[news[0].event_id]
    version = event.facts["version"]
    stories = [
        Story(
            change,
            incident,
            history=() if place else _history(connection, event.id, change),
            suspects=_suspects(connection, event.id, change) if place < IN_FULL else "",
        )
        for place, (incident, change) in enumerate(told)
    ]
    return compose(stories, Sender(event.name, version, event.owner, base_url))


def _rank(change: Change) -> tuple[bool, bool, float]:
    """What is over comes last, what is critical first, then what is furthest beyond its limit."""
    over = change.event == "resolved"
    return over, change.severity is not Severity.CRITICAL, -_excess(change)


def _excess(change: Change) -> float:
    """How far beyond its limit, as a share of it where it is not zero."""
    m, limit = change.measurement, broken_limit(change.measurement)
    if m.value is None or limit is None:
        return 0.0
    return abs(m.value - limit) / (abs(limit) or 1.0)


def _history(connection: Connection, model_id: int, change: Change) -> list[tuple[Any, Any]]:
    return rows.course(
        connection,
        model_id,
        change.measurement.key,
        until=change.batch.starts_at,
        points=HISTORY,
    )


def _suspects(connection: Connection, model_id: int, change: Change) -> str:
    """The causes in words; nothing where no batch speaks, or where the trouble is over."""
    if change.batch.id is None or change.event == "resolved":
        return ""
    stored = rows.measurements(connection, model_id, change.batch.id)
    batch = [measurement_from_facts(row._mapping) for row in stored if is_evidence(row.metric)]
    return suspected(change.measurement, batch, rows.importance(connection, model_id))
