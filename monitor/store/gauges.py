"""What Prometheus is told, asked of the database in a handful of indexed queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from monitor.measures.catalogue import METRICS
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import IncidentState, JobStatus, Role, Stage

MOST = 200  # numbers told of one model; those that a rule watches come first
PENDING = (JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.FAILED)
OVERALL = tuple(
    name for name, it in METRICS.items() if it.family in ("performance", "drift", "quality")
)
GAPS = tuple(name for name, it in METRICS.items() if it.family == "fairness")


@dataclass(frozen=True, slots=True)
class Gauges:
    """Rows as the database has them; ``models`` has one entry for each champion."""

    jobs: list[Any]  # kind, status, n; done ones are not counted
    oldest_due_at: datetime | None  # since when the job that waits longest could have begun
    workers: list[Any]  # seen_at
    deliveries: list[Any]  # channel, status, n
    incidents: list[Any]  # model, severity, n
    models: list[ModelGauges]


@dataclass(frozen=True, slots=True)
class ModelGauges:
    """``numbers`` have metric, attribute, group, value, n, verdict; None for an unjudged one."""

    name: str
    version: int
    last_ends_at: datetime | None  # end of the newest batch's period
    last_received_at: datetime | None
    numbers: list[Any]
    left_out: int


def gauges(store: Store, *, now: datetime) -> Gauges:
    """Everything in one consistent state; times are aware UTC."""
    with store.read() as connection:
        return Gauges(
            jobs=_jobs(connection),
            oldest_due_at=_oldest(connection, now),
            workers=list(connection.execute(select(t.workers.c.seen_at))),
            deliveries=_deliveries(connection),
            incidents=_incidents(connection),
            models=[_model(connection, row) for row in connection.execute(_champions()).all()],
        )


def _jobs(connection: Connection) -> list[Any]:
    j = t.jobs.c
    query = select(j.kind, j.status, func.count().label("n")).where(j.status.in_(PENDING))
    return list(connection.execute(query.group_by(j.kind, j.status)))


def _oldest(connection: Connection, now: datetime) -> datetime | None:
    j = t.jobs.c
    query = select(func.min(j.due_at)).where(j.status == JobStatus.QUEUED, j.due_at <= now)
    found: datetime | None = connection.scalar(query)
    return found


def _deliveries(connection: Connection) -> list[Any]:
    o, c = t.outbox.c, t.channels.c
    query = select(c.name.label("channel"), o.status, func.count().label("n"))
    query = query.join_from(t.outbox, t.channels, c.id == o.channel_id)
    return list(connection.execute(query.group_by(c.name, o.status)))


def _incidents(connection: Connection) -> list[Any]:
    i, m = t.incidents.c, t.models.c
    query = select(m.name.label("model"), i.severity, func.count().label("n"))
    query = query.join_from(t.incidents, t.models, m.id == i.model_id)
    query = query.where(i.state != IncidentState.RESOLVED)
    return list(connection.execute(query.group_by(m.name, i.severity)))


def _champions() -> Any:
    m, v = t.models.c, t.versions.c
    champion = and_(v.model_id == m.id, v.stage == Stage.CHAMPION)
    return select(m.id, m.name, v.id.label("version_id"), v.number).join(t.versions, champion)


def _model(connection: Connection, row: Any) -> ModelGauges:
    b, r = t.batches.c, t.runs.c
    mine = and_(b.model_id == row.id, b.role == Role.RECORDS)
    newest = select(b.id, b.ends_at, b.received_at).where(mine).order_by(b.starts_at.desc())
    last = connection.execute(newest.limit(1)).one_or_none()
    scored = newest.join(t.runs, and_(r.batch_id == b.id, r.version_id == row.version_id))
    asked = (scored.limit(1), scored.where(b.labelled > 0).limit(1))
    batches = [found.id for query in asked if (found := connection.execute(query).one_or_none())]
    numbers = _numbers(connection, row.version_id, batches)
    return ModelGauges(
        name=row.name,
        version=row.number,
        last_ends_at=last.ends_at if last else None,
        last_received_at=last.received_at if last else None,
        numbers=numbers[:MOST],
        left_out=max(0, len(numbers) - MOST),
    )


def _numbers(connection: Connection, version_id: int, batches: list[int]) -> list[Any]:
    """Overall numbers and groups' gaps, of the newest of these batches that has them."""
    s, m = t.series.c, t.measurements.c
    overall = and_(s.metric.in_(OVERALL), s.feature == "", s.attribute == "")
    gaps = and_(s.metric.in_(GAPS), s.feature == "", s.group != "")
    query = (
        select(s.metric, s.attribute, s.group, m.value, m.n, m.verdict, m.rule_version, m.batch_id)
        .join_from(t.series, t.measurements, m.series_id == s.id)
        .where(s.version_id == version_id, s.window == "batch", or_(overall, gaps))
        .where(m.batch_id.in_(batches), m.value.is_not(None))
    )
    found: dict[tuple[str, str, str], Any] = {}
    rows = sorted(connection.execute(query), key=lambda row: batches.index(row.batch_id))
    for row in rows:
        found.setdefault((row.metric, row.attribute, row.group), row)
    return sorted(found.values(), key=lambda row: row.rule_version is None)
