"""What each batch brings to a sequence, in order, and where a sequence was begun anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from monitor.store import tables as t

KIND = "sequence"


def batches(connection: Connection, version_id: int) -> list[Row[Any]]:
    """id, name, starts_at, ends_at and data of the version's batches, oldest first."""
    b = t.batches.c
    query = (
        select(b.id, b.name, b.starts_at, b.ends_at, t.tallies.c.data)
        .join(t.tallies, t.tallies.c.batch_id == b.id)
        .where(t.tallies.c.version_id == version_id, t.tallies.c.kind == KIND)
        .order_by(b.starts_at, b.id)
    )
    return list(connection.execute(query))


def restarts(connection: Connection, model_id: int, metric: str) -> list[tuple[datetime, int]]:
    """The batch each alarm of the metric stood on when a person acknowledged or resolved it."""
    e, b = t.incident_events.c, t.batches.c
    query = (
        select(e.facts)
        .join(t.incidents, t.incidents.c.id == e.incident_id)
        .join(t.rules, t.rules.c.id == t.incidents.c.rule_id)
        .where(t.rules.c.model_id == model_id, t.rules.c.metric == metric, e.who != "")
    )
    ids = {facts.get("batch_id") for facts in connection.scalars(query)} - {None}
    known = select(b.starts_at, b.id).where(b.id.in_(ids))
    return [(row.starts_at, row.id) for row in connection.execute(known)]
