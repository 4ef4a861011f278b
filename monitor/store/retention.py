"""How long rows are kept, and which have been kept as long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import model_id
from monitor.store.writes import audit
from monitor.terms import JobKind, JobStatus, Stage, counted


def keep_rows(store: Store, model: str, days: int | None, *, who: str, now: datetime) -> str:
    """Sets how many days rows of the model are kept after they were received; 0 is for ever, None
    as the settings say.  Says so in a sentence."""
    with store.write() as connection:
        owner = model_id(connection, model)
        connection.execute(update(t.models).where(t.models.c.id == owner).values(keep_days=days))
        kept = said(days if days is not None else store.settings.keep_rows_days)
        sentence = f"Rows of {model} are kept {kept}" + (
            "." if days is not None else ", as the settings say."
        )
        audit(connection, who=who, what=f"rows of {model} are kept {kept}", now=now)
    return sentence


def said(days: int) -> str:
    """
    >>> said(0), said(1)
    ('for ever', 'for 1 day')
    """
    return f"for {counted(days, 'day')}" if days else "for ever"


def expired(connection: Connection, default: int, now: datetime) -> list[Any]:
    """Batches whose rows have been kept long enough, oldest first, without those about which a job
    waits, runs or has failed."""
    return [
        batch
        for model in connection.execute(select(t.models.c.id)).all()
        for batch in _expired(connection, model.id, default, now)
        if not _taken_on(connection, batch.id)
    ]


def is_expired(connection: Connection, batch: Any, default: int, now: datetime) -> int | None:
    """For how many days the rows were to be kept; None where it is not time to delete them."""
    days = _days(connection, batch.model_id, default)
    old = bool(days) and batch.received_at <= now - timedelta(days=days)
    gone = batch.rows_deleted_at is not None
    due = old and not gone and batch.id not in reference_batches(connection, batch.model_id)
    return days if due else None


def _days(connection: Connection, model_id: int, default: int) -> int:
    days = connection.scalar(select(t.models.c.keep_days).where(t.models.c.id == model_id))
    return default if days is None else int(days)


def _expired(connection: Connection, model_id: int, default: int, now: datetime) -> list[Any]:
    """Rows that a version in use is compared with stay for as long as it is in use."""
    b, days = t.batches.c, _days(connection, model_id, default)
    if not days:
        return []
    mine = (b.model_id == model_id, b.rows_deleted_at.is_(None))
    old = b.received_at <= now - timedelta(days=days)
    found = connection.execute(select(t.batches).where(*mine, old).order_by(b.received_at, b.id))
    references = reference_batches(connection, model_id)
    return [batch for batch in found if batch.id not in references]


def reference_batches(connection: Connection, model_id: int) -> set[int]:
    """Batches that became the reference of the champion or a challenger."""
    v = t.versions.c
    active = select(v.facts).where(v.model_id == model_id, v.stage != Stage.RETIRED)
    return {facts.get("reference_batch", 0) for facts in connection.scalars(active)}


def _taken_on(connection: Connection, batch_id: int) -> bool:
    j = t.jobs.c
    mine = select(j.id).where(j.batch_id == batch_id, j.kind == JobKind.EXPIRE)
    return connection.scalar(mine.where(j.status != JobStatus.DONE).limit(1)) is not None
