"""Messages on their way: written with the incident, claimed, sent, tried again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind, JobStatus

PATIENCE = timedelta(days=3)  # how long a message is tried before it is given up
FOR_CAUSES = timedelta(minutes=2)  # how long a message waits for its causes to be looked for
LEASE = timedelta(minutes=5)  # longer than the slowest conversation with a receiver


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message through one channel, claimed by one worker."""

    id: int
    incident_id: int
    event_id: int
    channel_id: int
    attempt: int
    created_at: datetime


def post(connection: Connection, *, incident_id: int, event_id: int, now: datetime) -> None:
    """Queues one message per enabled channel, in the transaction that changed the incident."""
    enabled = select(t.channels.c.id).where(t.channels.c.enabled == 1)
    rows = [
        {
            "incident_id": incident_id,
            "event_id": event_id,
            "channel_id": channel_id,
            "status": "queued",
            "due_at": now,
            "created_at": now,
        }
        for channel_id in connection.scalars(enabled)
    ]
    if rows:
        connection.execute(insert(t.outbox), rows)


def claim_delivery(store: Store, *, now: datetime) -> Delivery | None:
    """Takes the oldest message that is due; an abandoned one is due when its lease ends.

    A new one waits a little for its causes to be looked for.
    """
    o = t.outbox.c
    may_go = or_(o.created_at <= now - FOR_CAUSES, ~_sought())
    due = or_(
        and_(o.status == "queued", o.due_at <= now, may_go),
        and_(o.status == "sending", o.lease_until < now),
    )
    oldest = select(o.id).where(due).order_by(o.id).limit(1).with_for_update(skip_locked=True)
    with store.note() as connection:
        if connection.scalar(select(o.id).where(due).limit(1)) is None:
            return None
        row = connection.execute(
            update(t.outbox)
            .where(o.id == oldest.scalar_subquery())
            .values(
                status="sending",
                attempt=o.attempt + 1,
                lease_until=now + LEASE,
            )
            .returning(t.outbox)
        ).one_or_none()
    return None if row is None else _delivery(row)


def _sought() -> Any:
    """Whether causes are still to be looked for in the batch that the message is about."""
    j, i = t.jobs.c, t.incidents.c
    waits = j.status.in_([JobStatus.QUEUED, JobStatus.RUNNING])
    return (
        select(j.id)
        .join(t.incidents, i.batch_id == j.batch_id)
        .where(i.id == t.outbox.c.incident_id, j.kind == JobKind.EXPLAIN, waits)
        .exists()
    )


def _delivery(row: Any) -> Delivery:
    return Delivery(
        row.id, row.incident_id, row.event_id, row.channel_id, row.attempt, row.created_at
    )


def mark_sent(store: Store, delivery: Delivery, *, warning: str, now: datetime) -> None:
    """The receiver took it; ``warning`` names those of several receivers that did not."""
    _settle(store, delivery, status="sent", sent_at=now, error=warning or None)


def mark_refused(
    store: Store, delivery: Delivery, error: str, *, wait_seconds: float, now: datetime
) -> None:
    """Not taken: queued again after the wait, given up after three days."""
    late = now - delivery.created_at > PATIENCE
    due = now + timedelta(seconds=wait_seconds)
    _settle(store, delivery, status="failed" if late else "queued", error=error, due_at=due)


def _settle(store: Store, delivery: Delivery, **values: object) -> None:
    with store.write() as connection:
        connection.execute(
            update(t.outbox)
            .where(t.outbox.c.id == delivery.id, t.outbox.c.attempt == delivery.attempt)
            .values(**values, lease_until=None)
        )
