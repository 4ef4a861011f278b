"""What time does to an incident: it wakes, it is told again, it goes to somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.alerts.incident import Event
from monitor.alerts.rule import Telling
from monitor.alerts.words import for_how_long
from monitor.terms import IncidentState


@dataclass(frozen=True, slots=True)
class Waiting:
    """An incident as far as time matters: since when it is open, and when people last heard.

    ``begun_at`` is when it was opened, opened again or woke; ``waits`` says whether a message about
    it is still on its way.
    """

    state: IncidentState
    telling: Telling
    begun_at: datetime
    told_at: datetime
    snoozed_until: datetime | None = None
    escalated_at: datetime | None = None
    waits: bool = False


def due(it: Waiting, now: datetime) -> list[Event]:
    """What is to happen now, in order: WOKEN, or ESCALATED, REMINDED or both.

    Nobody is reminded of what they were not told yet, nor of what somebody is on.
    """
    if it.state is IncidentState.SNOOZED:
        over = it.snoozed_until is not None and it.snoozed_until <= now
        return [Event.WOKEN] if over else []
    if it.state is not IncidentState.OPEN:
        return []
    return [event for event in (Event.ESCALATED, Event.REMINDED) if _due(event, it, now)]


def _due(event: Event, it: Waiting, now: datetime) -> bool:
    if event is Event.ESCALATED:
        wanted = bool(it.telling.escalate_to) and it.escalated_at is None
        return wanted and _past(it.begun_at, it.telling.escalate_hours, now)
    return not it.waits and _past(it.told_at, it.telling.remind_hours, now)


def _past(since: datetime, hours: float | None, now: datetime) -> bool:
    return hours is not None and now - since >= timedelta(hours=hours)


def said(event: Event, it: Waiting, sentence: str, now: datetime) -> str:
    """The line of its story: how long nobody has been on it, and what it is about."""
    if event is Event.WOKEN:
        return f"The snooze is over, and it is still open. {sentence}"
    return f"Nobody has acknowledged it for {for_how_long(now - it.begun_at)}. {sentence}"
