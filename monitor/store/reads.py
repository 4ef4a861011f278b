"""Everything a page or a command asks of the database: store in, tidy frame out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Select, case, func, select

from monitor.store import tables as t
from monitor.store.arrived import batches, listed, notes
from monitor.store.engine import Store
from monitor.store.frames import champion_id, frame, layout_of, model_id
from monitor.store.judged import farthest, judged
from monitor.store.measured import answered, measurements, strongest
from monitor.store.overview import models
from monitor.store.shapes import calibration, confusion, distribution, roc
from monitor.store.worst import worst
from monitor.terms import JobStatus

__all__ = [
    "answered", "batches", "calibration", "channels", "confusion", "deliveries", "distribution",
    "farthest", "importance", "incident_events", "incidents", "is_working", "jobs", "judged",
    "last_sign", "listed",
    "measurements", "models", "notes", "queue", "revision", "roc", "rules", "strongest",
    "versions", "workers", "worst",
]  # fmt: skip


def revision(store: Store) -> int:
    """Grows with every change a page could show."""
    with store.read() as connection:
        return connection.scalar(_REVISION) or 0


_REVISION: Final = select(t.revision.c.number)


def jobs(
    store: Store,
    model: str | None = None,
    *,
    kind: str | None = None,
    batch: str | None = None,
    status: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """The newest thousand of these; columns id, kind, model, batch, status, attempt, crashes,
    progress, error, created_at, started_at, finished_at, worker."""
    j = t.jobs.c
    query = (
        select(
            j.id, j.kind, t.models.c.name.label("model"), t.batches.c.name.label("batch"),
            j.status, j.attempt, j.crashes, j.progress, j.error, j.created_at, j.started_at,
            j.finished_at, j.worker,
        )
        .join_from(t.jobs, t.models, t.models.c.id == j.model_id)
        .outerjoin(t.batches, t.batches.c.id == j.batch_id)
        .order_by(j.id.desc())
        .limit(1000)
    )  # fmt: skip
    if kind is not None:
        query = query.where(j.kind == kind)
    if batch is not None:
        query = query.where(t.batches.c.name == batch)
    if status is not None:
        query = query.where(j.status.in_(status))
    with store.read() as connection:
        if model is not None:
            query = query.where(j.model_id == model_id(connection, model))
        return frame(connection, query)


def is_working(store: Store, model: str | None = None) -> bool:
    """Whether a job waits or runs, of one model or of any."""
    j = t.jobs.c
    query = select(j.id).where(j.status.in_((JobStatus.QUEUED, JobStatus.RUNNING))).limit(1)
    with store.read() as connection:
        if model is not None:
            query = query.where(j.model_id == model_id(connection, model))
        return connection.scalar(query) is not None


def queue(store: Store) -> dict[str, int]:
    """How many jobs there are of each status."""
    j = t.jobs.c
    with store.read() as connection:
        found = connection.execute(select(j.status, func.count()).group_by(j.status))
        return {str(status): int(n) for status, n in found}


def incidents(
    store: Store, *, model: str | None = None, state: str | None = None, id: int | None = None
) -> pd.DataFrame:
    """Open ones first, then newest; columns id, model, rule_id, version, metric, feature,
    attribute, group, state, severity, sentence, value, limit, low, high, n, reason, batch, owner,
    opened_at, since_at, resolved_at, opened_batch_id, acknowledged_at, snoozed_until_at, reopened
    (how many times), helpful (0, 1 or None), notified (names of channels that took a message)."""
    i, e = t.incidents.c, t.outbox.c
    told = (
        select(e.incident_id, t.channels.c.name)
        .distinct()
        .join(t.channels, t.channels.c.id == e.channel_id)
        .where(e.status == "sent")
        .subquery()
    )
    names = func.aggregate_strings(told.c.name, ", ").label("notified")
    notified = select(told.c.incident_id, names).group_by(told.c.incident_id).subquery()
    query = (
        select(
            i.id, t.models.c.name.label("model"), i.rule_id, i.state, i.severity, i.sentence,
            i.facts, t.batches.c.name.label("batch"), i.owner, i.opened_at, i.since_at,
            i.resolved_at, i.opened_batch_id, i.acknowledged_at,
            i.snoozed_until.label("snoozed_until_at"), i.reopened, i.helpful,
            func.coalesce(notified.c.notified, "").label("notified"),
        )
        .join_from(t.incidents, t.models, t.models.c.id == i.model_id)
        .outerjoin(t.batches, t.batches.c.id == i.batch_id)
        .outerjoin(notified, notified.c.incident_id == i.id)
        .order_by(case((i.state == "resolved", 1), else_=0), i.opened_at.desc(), i.id.desc())
    )  # fmt: skip
    if model is not None:
        query = query.where(t.models.c.name == model)
    if state is not None:
        query = query.where(i.state == state)
    if id is not None:
        query = query.where(i.id == id)
    with store.read() as connection:
        return _unpack(frame(connection, query))


FACTS = (
    "version", "metric", "feature", "attribute", "group", "value", "limit", "low", "high", "n",
    "reason",
)  # fmt: skip


def _unpack(table: pd.DataFrame) -> pd.DataFrame:
    facts = table.pop("facts")
    for name in FACTS:
        table[name] = [row.get(name) for row in facts]
    for name in ("value", "limit", "low", "high"):
        table[name] = table[name].astype("float64")
    return table


def incident_events(store: Store, incident_id: int) -> pd.DataFrame:
    """Oldest first; columns at, kind, sentence, who."""
    e = t.incident_events.c
    query = select(e.at, e.kind, e.sentence, e.who).where(e.incident_id == incident_id)
    with store.read() as connection:
        return frame(connection, query.order_by(e.id))


def deliveries(store: Store, incident_id: int | None = None) -> pd.DataFrame:
    """Newest first; columns id, incident, channel, kind, event, status, attempt, error,
    created_at, sent_at, due_at."""
    o = t.outbox.c
    query = (
        select(
            o.id, o.incident_id.label("incident"), t.channels.c.name.label("channel"),
            t.channels.c.kind, t.incident_events.c.kind.label("event"), o.status, o.attempt,
            o.error, o.created_at, o.sent_at, o.due_at,
        )
        .join_from(t.outbox, t.channels, t.channels.c.id == o.channel_id)
        .join(t.incident_events, t.incident_events.c.id == o.event_id)
        .order_by(o.id.desc())
    )  # fmt: skip
    if incident_id is not None:
        query = query.where(o.incident_id == incident_id)
    with store.read() as connection:
        return frame(connection, query)


def channels(store: Store) -> pd.DataFrame:
    """By name; columns id, name, kind, config, enabled."""
    return _all(store, select(t.channels).order_by(t.channels.c.name))


def rules(store: Store, model: str) -> pd.DataFrame:
    """The columns of the table of rules, in the order they were made."""
    r = t.rules.c
    query = select(t.rules).join(t.models, t.models.c.id == r.model_id)
    return _all(store, query.where(t.models.c.name == model).order_by(r.id))


def importance(store: Store, model: str) -> pd.DataFrame:
    """Columns feature, weight: the champion's shares of importance; empty where not known."""
    with store.read() as connection:
        layout = layout_of(connection, champion_id(connection, model))
    weights = layout.norms.weights if layout else {}
    return pd.DataFrame({"feature": list(weights), "weight": list(weights.values())})


def versions(store: Store, model: str) -> pd.DataFrame:
    """Newest first; columns number, stage, created_at, runner, sha256, facts, spec."""
    v = t.versions.c
    query = (
        select(v.number, v.stage, v.created_at, v.facts, v.spec)
        .join(t.models, t.models.c.id == v.model_id)
        .where(t.models.c.name == model)
        .order_by(v.number.desc())
    )
    table = _all(store, query)
    table["runner"] = [spec.get("model", {}).get("runner", "columns") for spec in table["spec"]]
    table["sha256"] = [facts.get("sha256") for facts in table["facts"]]
    return table


def workers(store: Store) -> pd.DataFrame:
    """Newest sign of life first; columns name, started_at, seen_at, doing."""
    return _all(store, select(t.workers).order_by(t.workers.c.seen_at.desc()))


def last_sign(store: Store) -> datetime | None:
    """When any worker last gave a sign of life; None where there has never been one."""
    with store.read() as connection:
        found: datetime | None = connection.scalar(select(func.max(t.workers.c.seen_at)))
    return found


def _all(store: Store, query: Select[Any]) -> pd.DataFrame:
    with store.read() as connection:
        return frame(connection, query)
