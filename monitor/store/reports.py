"""Pages that Evidently made: asked for, kept with the run they are about, found again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, select, update

from monitor.errors import NotFound
from monitor.store import queue
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import answering, model_id
from monitor.terms import JobKind

SUFFIX = ".html"
FACT = "report"
COLUMNS = ("sha256", "evidently", "rows", "left_out", "job", "status", "error")


def report(store: Store, model: str, *, batch: str) -> pd.DataFrame:
    """One row: sha256, evidently, rows and left_out of the page, None before there is one; job,
    status and error of the job that makes it, None before it was asked for."""
    with store.read() as connection:
        owner = model_id(connection, model)
        version, batch_id, facts = _run(connection, owner, model, batch)
        j = t.jobs.c
        query = select(j.id, j.status, j.error).where(j.key == _key(version, batch_id))
        job = connection.execute(query).one_or_none() or (None, None, None)
    made = facts.get(FACT, {})
    values = [made.get(name) for name in COLUMNS[:4]]
    return pd.DataFrame([[*values, *job]], columns=list(COLUMNS), dtype=object)


def request(store: Store, model: str, *, batch: str, now: datetime) -> None:
    """Queues the page about a scored batch; one that failed, or was about older scores, again."""
    with store.write() as connection:
        owner = model_id(connection, model)
        version, batch_id, _ = _run(connection, owner, model, batch)
        key = _key(version, batch_id)
        queue.again(connection, key, now=now)
        queue.enqueue(
            connection,
            kind=JobKind.REPORT,
            key=key,
            model_id=owner,
            version_id=version,
            batch_id=batch_id,
            order_at=now,
            now=now,
        )


def save(connection: Connection, version_id: int, batch_id: int, facts: Mapping[str, Any]) -> None:
    """Adds the page to the run's facts; scoring the batch again makes new facts without it."""
    r = t.runs.c
    mine = (r.version_id == version_id, r.batch_id == batch_id)
    found = connection.execute(select(r.facts).where(*mine)).scalar_one_or_none()
    if found is None:
        raise NotFound("run of the batch", str(batch_id))
    changed = {**found, FACT: dict(facts)}
    connection.execute(update(t.runs).where(*mine).values(facts=changed))


def _run(
    connection: Connection, owner: int, model: str, batch: str
) -> tuple[int, int, Mapping[str, Any]]:
    """The ids of the version that answers for a batch and of the batch, and its run's facts."""
    b, r = t.batches.c, t.runs.c
    named = select(b.id).where(b.model_id == owner, b.name == batch)
    batch_id = connection.scalar(named)
    if batch_id is None:
        raise NotFound("batch", batch)
    version = answering(connection, model, batch_id)
    query = select(r.facts).where(r.version_id == version, r.batch_id == batch_id)
    facts = connection.scalar(query)
    if facts is None:
        raise NotFound("run of the batch", batch)
    return version, batch_id, facts


def _key(version_id: int, batch_id: int) -> str:
    return f"report:{version_id}:{batch_id}"
