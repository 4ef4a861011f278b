"""Where an incident stands, between the columns of its row and the pure rules."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from monitor.alerts.states import Standing
from monitor.terms import IncidentState


def standing_of(row: Any) -> Standing:
    """Where an incident stands, by its row."""
    return Standing(
        state=IncidentState(row.state),
        owner=row.owner,
        acknowledged_at=row.acknowledged_at,
        snoozed_until=row.snoozed_until,
        resolved_at=row.resolved_at,
        reopened=row.reopened,
        helpful=None if row.helpful is None else bool(row.helpful),
    )


def columns_of(standing: Standing) -> dict[str, Any]:
    """The same as columns of the row."""
    helpful = None if standing.helpful is None else int(standing.helpful)
    return {**asdict(standing), "helpful": helpful}
