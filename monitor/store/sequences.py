"""What each batch brings to a sequence, in order, and where a sequence was begun anew."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, or_, select

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


def after(connection: Connection, batch_id: int) -> list[tuple[int, Row[Any]]]:
    """Each version that has measured the batch, with the next batch it has (id, model_id,
    starts_at); without those for which it is the newest."""
    mine = select(t.tallies.c.version_id).where(
        t.tallies.c.batch_id == batch_id, t.tallies.c.kind == KIND
    )
    found = ((one, _next(connection, one, batch_id)) for one in connection.scalars(mine).all())
    return [(version_id, batch) for version_id, batch in found if batch is not None]


def _next(connection: Connection, version_id: int, batch_id: int) -> Any:
    b = t.batches.c
    starts_at = select(b.starts_at).where(b.id == batch_id).scalar_subquery()
    query = (
        select(b.id, b.model_id, b.starts_at)
        .join(t.tallies, t.tallies.c.batch_id == b.id)
        .where(t.tallies.c.version_id == version_id, t.tallies.c.kind == KIND)
        .where(or_(b.starts_at > starts_at, and_(b.starts_at == starts_at, b.id > batch_id)))
        .order_by(b.starts_at, b.id)
    )
    return connection.execute(query.limit(1)).one_or_none()


def restarts(
    connection: Connection, model_id: int, metric: str, *, version: int
) -> list[tuple[datetime, int]]:
    """The batch each of the version's alarms of the metric stood on when a person acknowledged or
    resolved it; what somebody says of one version makes no other begin anew."""
    e = t.incident_events.c
    query = (
        select(e.facts, t.incidents.c.facts)
        .join(t.incidents, t.incidents.c.id == e.incident_id)
        .join(t.rules, t.rules.c.id == t.incidents.c.rule_id)
        .where(t.rules.c.model_id == model_id, t.rules.c.metric == metric, e.who != "")
    )
    # Events that were kept without their version are of the one the incident was last about.
    stood_on = [
        facts.get("batch")
        for facts, about in connection.execute(query)
        if facts.get("version", about.get("version")) == version
    ]
    return [(datetime.fromisoformat(one["starts_at"]), one["id"]) for one in stood_on if one]
