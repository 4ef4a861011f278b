"""Writing a line into the story of an incident that no batch has written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.alerts.incident import Event
from monitor.store import incidents
from monitor.store.engine import Connection

NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened and when; ``who`` is "" where time did it, and ``tells`` as of a change."""

    event: Event
    sentence: str
    now: datetime
    tells: bool
    who: str = ""


def write(
    connection: Connection,
    row: Any,
    entry: Entry,
    *,
    values: Mapping[str, Any],
    beside: Mapping[str, Any] = NOTHING,
) -> int:
    """The id of the event; ``values`` are columns of the incident that change with it.

    Its facts are those the incident stands on, as a change of this kind, for its message, and what
    is given ``beside``.
    """
    incidents.change(connection, row.id, values)
    said = {
        "event": str(entry.event),
        "at": entry.now.isoformat(),
        "sentence": entry.sentence,
        "sends": entry.tells,
        "incident_id": row.id,
        "severity": row.severity,
        "previous": None,
    }
    return incidents.add_event(
        connection,
        row.id,
        kind=entry.event,
        sentence=entry.sentence,
        facts={**row.facts, "change": {**row.facts["change"], **said}, **beside},
        who=entry.who,
        now=entry.now,
    )
