"""Pauses as stored: times in which nobody is told, or nothing is judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, delete, insert, select, update

from monitor.errors import NotFound
from monitor.store import outbox
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import frame
from monitor.store.writes import audit


def of_model(connection: Connection, model_id: int) -> list[Mapping[str, Any]]:
    """Those of this model, of its rules, and of every model."""
    p = t.pauses.c
    mine = select(t.pauses).where(p.model_id.is_(None) | (p.model_id == model_id)).order_by(p.id)
    return [dict(row) for row in connection.execute(mine).mappings()]


def pauses(store: Store) -> pd.DataFrame:
    """By first time; columns id, model (None: every one), rule_id, metric (None: every rule), name,
    kind, starts_at, ends_at, repeats, until, zone, who, created_at, model_id."""
    p = t.pauses.c
    query = (
        select(
            p.id, t.models.c.name.label("model"), p.rule_id, t.rules.c.metric, p.name, p.kind,
            p.starts_at, p.ends_at, p.repeats, p.until, p.zone, p.who, p.created_at, p.model_id,
        )
        .join_from(t.pauses, t.models, t.models.c.id == p.model_id, isouter=True)
        .outerjoin(t.rules, t.rules.c.id == p.rule_id)
        .order_by(p.starts_at, p.id)
    )  # fmt: skip
    with store.read() as connection:
        return frame(connection, query)


def add(store: Store, row: Mapping[str, Any], *, who: str, now: datetime) -> int:
    """``row`` is that of ``alerts.pauses.Pause``; returns its id."""
    with store.write() as connection:
        values = {**row, "who": who, "created_at": now}
        made = insert(t.pauses).values(**values).returning(t.pauses.c.id)
        added: int = connection.execute(made).scalar_one()
        audit(connection, who=who, what=f"pause {added} ({row['name']}) added", now=now)
        return added


def change(store: Store, pause_id: int, row: Mapping[str, Any], *, who: str, now: datetime) -> None:
    with store.write() as connection:
        mine = update(t.pauses).where(t.pauses.c.id == pause_id)
        _check(pause_id, connection.execute(mine.values(**row)).rowcount)
        outbox.release(connection, now=now)
        audit(connection, who=who, what=f"pause {pause_id} ({row['name']}) changed", now=now)


def remove(store: Store, pause_id: int, *, who: str, now: datetime) -> None:
    """What was held back is told as if it had never been."""
    with store.write() as connection:
        mine = delete(t.pauses).where(t.pauses.c.id == pause_id)
        _check(pause_id, connection.execute(mine).rowcount)
        outbox.release(connection, now=now)
        audit(connection, who=who, what=f"pause {pause_id} removed", now=now)


def _check(pause_id: int, found: int) -> None:
    if not found:
        raise NotFound("pause", str(pause_id))
