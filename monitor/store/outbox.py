"""The outbox: who is to hear of an event, written in the transaction that changed the incident."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from monitor.store import tables as t


def post(
    connection: Connection,
    *,
    incident_id: int,
    event_id: int,
    now: datetime,
    together: str = "",
    channels: Sequence[str] | None = None,
) -> None:
    """Queues the event for the channels that its rule tells and those that heard of the incident
    before, or for those that are named.

    What is posted ``together`` (the same text, as for one batch) goes as one message, as long as
    nothing of it was tried and nothing else of the model was posted in between.
    """
    row = connection.execute(_incident(incident_id)).one()
    names = channels
    if channels is None and row.telling.get("channels"):
        names = [*row.telling["channels"], *heard(connection, incident_id)]
    told = _told(connection, event_id, names)
    subject = together or f"event {event_id}"
    queued = [
        {
            "incident_id": incident_id,
            "event_id": event_id,
            "channel_id": channel_id,
            "key": _key(connection, channel_id, row.model_id, subject, event_id),
            "status": "queued",
            "due_at": now,
            "created_at": now,
        }
        for channel_id in told
    ]
    if queued:
        connection.execute(insert(t.outbox), queued)


def heard(connection: Connection, incident_id: int) -> list[str]:
    """Names of the channels through which an incident was told, or is about to be."""
    c, o = t.channels.c, t.outbox.c
    query = select(c.name).distinct().join(t.outbox, o.channel_id == c.id).order_by(c.name)
    return list(connection.scalars(query.where(o.incident_id == incident_id)))


def is_on_its_way(connection: Connection, incident_id: int) -> bool:
    """Whether a message about the incident waits or is being sent."""
    o = t.outbox.c
    mine = select(o.id).where(o.incident_id == incident_id, o.status.in_(("queued", "sending")))
    return connection.execute(mine.limit(1)).first() is not None


def release(connection: Connection, *, now: datetime) -> None:
    """Looks again at all that a pause holds: it was shortened, or there is none any more."""
    o = t.outbox.c
    held = update(t.outbox).where(o.status == "queued", o.not_before > now)
    connection.execute(held.values(due_at=now, not_before=now))


def withdraw(connection: Connection, channel_id: int) -> None:
    """Gives up what waits for a channel that was switched off: weeks later it would be no news."""
    o = t.outbox.c
    mine = update(t.outbox).where(o.channel_id == channel_id, o.status == "queued")
    connection.execute(mine.values(status="failed", error="The channel was switched off."))


def _incident(incident_id: int) -> Any:
    i, r = t.incidents.c, t.rules.c
    query = select(i.model_id, r.telling).join(t.rules, r.id == i.rule_id)
    return query.where(i.id == incident_id)


def _told(connection: Connection, event_id: int, names: Sequence[str] | None) -> list[int]:
    """Ids of the channels that are switched on and have not got the event; None means all.

    Where none of the names is there any more, all are told: an alert must not fall to nobody.
    """
    c, o = t.channels.c, t.outbox.c
    rows = connection.execute(select(c.id, c.name, c.enabled).order_by(c.id)).all()
    got = set(connection.scalars(select(o.channel_id).where(o.event_id == event_id)))
    wanted = [row for row in rows if names is None or row.name in names]
    chosen = wanted or (rows if names else [])
    return [row.id for row in chosen if row.enabled and row.id not in got]


def _key(
    connection: Connection, channel_id: int, model_id: int, subject: str, event_id: int
) -> str:
    """The key of the message that still waits for company, or that of a new one."""
    i, o = t.incidents.c, t.outbox.c
    newest = (
        select(o.key, o.status, o.attempt, o.not_before)
        .join(t.incidents, i.id == o.incident_id)
        .where(o.channel_id == channel_id, i.model_id == model_id)
        .order_by(o.id.desc())
        .limit(1)
        .with_for_update(of=t.outbox)  # a worker that claims it now would leave this one behind
    )
    for key, *state in connection.execute(newest):
        if state == ["queued", 0, None] and key.rpartition("#")[0] == subject:
            return str(key)
    return f"{subject}#{event_id}"
