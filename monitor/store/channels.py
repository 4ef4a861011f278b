"""How channels are: what went through, what waits, and since when one fails."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import case, func, or_, select, update

from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import frame


def channels_health(store: Store) -> pd.DataFrame:
    """By name; columns id, name, kind, enabled, error, failing_since_at, waits_until_at,
    waiting, given_up, last_sent_at, last_answer.

    ``failing_since_at`` is empty where the last message went through; ``waiting`` and ``given_up``
    count events that are still to be told, or never were.
    """
    c, o = t.channels.c, t.outbox.c
    counted = (
        select(
            o.channel_id,
            func.sum(case((o.status.in_(("queued", "sending")), 1), else_=0)).label("waiting"),
            func.sum(case((o.status == "failed", 1), else_=0)).label("given_up"),
            func.max(o.sent_at).label("last_sent_at"),
        )
        .group_by(o.channel_id)
        .subquery()
    )
    answer = (
        select(o.answer)
        .where(o.channel_id == c.id, o.status == "sent")
        .order_by(o.sent_at.desc(), o.id.desc())
        .limit(1)
        .correlate(t.channels)
        .scalar_subquery()
    )
    n = counted.c
    query = (
        select(
            c.id, c.name, c.kind, c.enabled, c.error,
            c.failing_since.label("failing_since_at"), c.waits_until.label("waits_until_at"),
            func.coalesce(n.waiting, 0).label("waiting"),
            func.coalesce(n.given_up, 0).label("given_up"),
            n.last_sent_at, answer.label("last_answer"),
        )
        .outerjoin(counted, n.channel_id == c.id)
        .order_by(c.name)
    )  # fmt: skip
    with store.read() as connection:
        return frame(connection, query)


def is_one_down(store: Store) -> bool:
    """Whether the last message to a channel that is switched on did not go through."""
    c = t.channels.c
    down = select(c.id).where(c.enabled == 1, c.failing_since.is_not(None)).limit(1)
    with store.read() as connection:
        return connection.scalar(down) is not None


def channel_is_back(store: Store, name: str, *, now: datetime) -> None:
    """Lets everything that waits for the channel go at once: it was mended, or answers again."""
    c, o = t.channels.c, t.outbox.c
    with store.write() as connection:
        healthy = {"waits_until": None, "failing_since": None, "error": None}
        connection.execute(update(t.channels).where(c.name == name).values(**healthy))
        mine = o.channel_id == select(c.id).where(c.name == name).scalar_subquery()
        tried = (
            o.status == "queued",
            o.attempt > 0,
            or_(o.not_before.is_(None), o.not_before <= now),
        )
        connection.execute(update(t.outbox).where(mine, *tried).values(due_at=now))
