"""Messages on their way out of the outbox: claimed, sent, tried again, held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select, update

from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import JobKind, JobStatus

PATIENCE = timedelta(days=3)  # how long a message is tried before it is given up
FOR_CAUSES = timedelta(minutes=2)  # how long a message waits for its causes to be looked for
LEASE = timedelta(minutes=5)  # longer than the slowest conversation with a receiver
UNSETTLED = ("queued", "sending")


@dataclass(frozen=True, slots=True)
class News:
    """One event of one incident, of which a message tells."""

    row: int
    incident_id: int
    event_id: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message through one channel, claimed by one worker; ``key`` names it for ever."""

    channel_id: int
    key: str
    attempt: int
    due_since: datetime
    news: tuple[News, ...]


def claim_delivery(store: Store, *, now: datetime) -> Delivery | None:
    """Takes the oldest message that may go; an abandoned one may when its lease ends.

    A new one waits a little for its causes to be looked for, every one for what was to be told
    of the same incident before, and all of a channel while that is asked to wait.
    """
    with store.note() as connection:
        first = connection.execute(_oldest(now).with_for_update(skip_locked=True)).one_or_none()
        if first is None:
            return None
        o = t.outbox.c
        taken = connection.execute(
            update(t.outbox)
            .where(o.channel_id == first.channel_id, o.key == first.key, o.status.in_(UNSETTLED))
            .values(status="sending", attempt=first.attempt + 1, lease_until=now + LEASE)
            .returning(t.outbox)
        ).all()
    return _delivery(sorted(taken, key=lambda row: row.id))


def _oldest(now: datetime) -> Any:
    """The first row of the oldest message that may go."""
    o, before, c = t.outbox.c, t.outbox.alias("before").c, t.channels.c
    may_go = or_(o.created_at <= now - FOR_CAUSES, ~_sought())
    due = or_(
        and_(o.status == "queued", o.due_at <= now, may_go),
        and_(o.status == "sending", o.lease_until < now),
    )
    same = and_(before.channel_id == o.channel_id, before.key == o.key)
    first = ~select(before.id).where(same, before.id < o.id, before.status.in_(UNSETTLED)).exists()
    waits = and_(c.waits_until.is_not(None), c.waits_until > now)
    channel_on = select(c.id).where(c.id == o.channel_id, c.enabled == 1, ~waits).exists()
    query = select(o.id, o.channel_id, o.key, o.attempt)
    return query.where(due, first, channel_on, ~_has_predecessor()).order_by(o.id).limit(1)


def _has_predecessor() -> Any:
    """Whether an earlier message of one of its incidents has not gone through the channel yet."""
    o, m, b = t.outbox.c, t.outbox.alias("mine"), t.outbox.alias("predecessor")
    same = and_(b.c.incident_id == m.c.incident_id, b.c.channel_id == m.c.channel_id)
    earlier = and_(b.c.id < m.c.id, b.c.key != m.c.key, b.c.status.in_(UNSETTLED))
    # One inside the other: joined, SQLite would look at every row of the channel first.
    waits = select(b.c.id).where(same, earlier).correlate(m).exists()
    return select(m.c.id).where(m.c.channel_id == o.channel_id, m.c.key == o.key, waits).exists()


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


def _delivery(rows: Sequence[Any]) -> Delivery:
    first = rows[0]
    return Delivery(
        first.channel_id,
        first.key,
        first.attempt,
        max(row.not_before or row.created_at for row in rows),
        tuple(News(row.id, row.incident_id, row.event_id) for row in rows),
    )


def threads(connection: Connection, delivery: Delivery) -> list[str]:
    """Keys of the messages that first told of its incidents through this channel, its own not."""
    o = t.outbox.c
    first: dict[int, str] = {}
    mine = [news.incident_id for news in delivery.news]
    sent = select(o.incident_id, o.key).where(
        o.channel_id == delivery.channel_id, o.status == "sent", o.incident_id.in_(mine)
    )
    for incident_id, key in connection.execute(sent.order_by(o.id)):
        first.setdefault(incident_id, key)
    return list(dict.fromkeys(first[i] for i in mine if i in first and first[i] != delivery.key))


def mark_sent(
    store: Store, delivery: Delivery, *, answer: str, warning: str, now: datetime
) -> None:
    """The receiver took it; ``warning`` names those of several receivers that did not."""
    with store.write() as connection:
        sent = {"status": "sent", "sent_at": now, "error": warning or None, "answer": answer}
        _settle(connection, delivery, **sent)
        _set_channel(connection, delivery, waits_until=None, failing_since=None, error=None)


def mark_refused(
    store: Store, delivery: Delivery, error: str, *, due_at: datetime, now: datetime
) -> None:
    """Not taken: queued again until it is due, given up after three days."""
    late = now - delivery.due_since > PATIENCE
    status = "failed" if late else "queued"
    with store.write() as connection:
        _settle(connection, delivery, status=status, error=error, due_at=due_at)
        since = func.coalesce(t.channels.c.failing_since, now)
        _set_channel(connection, delivery, failing_since=since, error=error)


def hold_channel(store: Store, delivery: Delivery, *, until: datetime) -> None:
    """Keeps back all that is to go through the channel: it is away, or asked for a pause."""
    with store.note() as connection:
        _set_channel(connection, delivery, waits_until=until)


def hold(store: Store, delivery: Delivery, held: Sequence[News], *, until: datetime) -> Delivery:
    """Puts back what nobody is to be told before an instant; what is left of the message.

    It has not been tried: what was held goes under a key of its own, so that two messages never
    have one.
    """
    rows = [news.row for news in held]
    left = tuple(news for news in delivery.news if news not in held)
    key = f"{delivery.key} held {rows[0]}" if left else delivery.key
    values = {"status": "queued", "due_at": until, "not_before": until, "lease_until": None}
    with store.write() as connection:
        connection.execute(
            update(t.outbox)
            .where(t.outbox.c.id.in_(rows), t.outbox.c.attempt == delivery.attempt)
            .values(**values, attempt=delivery.attempt - 1, key=key)
        )
    return Delivery(delivery.channel_id, delivery.key, delivery.attempt, delivery.due_since, left)


def _settle(connection: Connection, delivery: Delivery, **values: object) -> None:
    o = t.outbox.c
    mine = and_(
        o.channel_id == delivery.channel_id,
        o.key == delivery.key,
        o.attempt == delivery.attempt,
        o.status == "sending",
    )
    connection.execute(update(t.outbox).where(mine).values(**values, lease_until=None))


def _set_channel(connection: Connection, delivery: Delivery, **values: Any) -> None:
    mine = t.channels.c.id == delivery.channel_id
    connection.execute(update(t.channels).where(mine).values(**values))
