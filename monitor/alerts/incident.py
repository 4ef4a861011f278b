"""An incident, what speaks about it, and what may happen to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.alerts.words import Side
from monitor.measures.measurement import Measurement
from monitor.terms import IncidentState, Severity

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
    """The period that speaks; ``id`` is None where no batch does, as when one is overdue.

    ``labelled`` of its ``rows`` have their label by now; 0 rows where that is not known.
    """

    id: int | None
    name: str
    starts_at: datetime
    ends_at: datetime
    rows: int = 0
    labelled: int = 0

    @property
    def place(self) -> tuple[datetime, int]:
        """In time; of two batches of one period the later received comes later."""
        return self.starts_at, self.id or 0


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident: the batch and the measurement it stands on."""

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
