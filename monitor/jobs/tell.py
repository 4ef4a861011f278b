"""The message about what happened to incidents, made of what is stored when it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from monitor.alerts.grouping import explained, in_order
from monitor.alerts.headline import badge
from monitor.alerts.incidents import Change, Event
from monitor.alerts.letter import Tone
from monitor.alerts.message import Message
from monitor.alerts.messages import IN_FULL, Sender, Story, compose
from monitor.alerts.suspects import is_evidence, suspected
from monitor.jobs.facts import change_from_facts, measurement_from_facts
from monitor.store import rows
from monitor.store.engine import Connection
from monitor.store.sending import News
from monitor.terms import Severity

HISTORY = 30  # points in a message's picture
BROKE = (Event.OPENED, Event.REOPENED, Event.WORSENED)


def message_of(connection: Connection, news: Sequence[News], *, base_url: str) -> Message:
    """The message about these events of one model, what matters most first."""
    events = {one.event_id: rows.event(connection, one.event_id) for one in news}
    stories = _in_order(
        [
            Story(change_from_facts(events[one.event_id].facts["change"]), one.incident_id)
            for one in news
        ]
    )
    event = events[news[0].event_id]
    told = [
        replace(
            story,
            history=() if place else _history(connection, event.id, story.change),
            suspects=_suspects(connection, event.id, story.change) if place < IN_FULL else "",
        )
        for place, story in enumerate(stories)
    ]
    sender = Sender(event.name, event.facts["version"], event.owner, base_url)
    opening = explained([story for story in stories if story.change.event in BROKE])
    return compose(told, sender, opening=opening)


def _in_order(stories: Sequence[Story]) -> list[Story]:
    """The likely cause, what is critical, the rest, and last what is over."""
    over = [story for story in stories if badge(story.change).tone is Tone.OVER]
    broken = in_order([story for story in stories if story not in over])
    others = sorted(broken[1:], key=lambda story: story.severity is not Severity.CRITICAL)
    return [*broken[:1], *others, *over]


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
    if change.batch.id is None or change.event == Event.RESOLVED:
        return ""
    stored = rows.measurements(connection, model_id, change.batch.id)
    batch = [measurement_from_facts(row._mapping) for row in stored if is_evidence(row.metric)]
    return suspected(change.measurement, batch, rows.importance(connection, model_id))
