"""What is due of each model, one question a function, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from monitor.store import tables as t
from monitor.terms import JobKind, JobStatus, Role, Stage


def newest_periods(connection: Connection) -> list[Any]:
    """id, cadence, wait_days, champion (its number, version_id and spec) and end (of the newest
    batch) of each model that has a batch."""
    b, m, v = t.batches.c, t.models.c, t.versions.c
    newest = (
        select(b.model_id, func.max(b.ends_at).label("end"))
        .where(b.role == Role.RECORDS)
        .group_by(b.model_id)
        .subquery()
    )
    query = (
        select(
            m.id, m.cadence, m.wait_days, v.number, v.id.label("version_id"), v.spec, newest.c.end
        )
        .join(t.versions, v.model_id == m.id)
        .join(newest, newest.c.model_id == m.id)
        .where(v.stage == Stage.CHAMPION)
    )  # fmt: skip
    return list(connection.execute(query).all())


def labels(connection: Connection, model_id: int, until: datetime) -> list[tuple[str, int]]:
    """Name and number of labels of the scored batches that ended by then, newest first."""
    b = t.batches.c
    scored = select(t.runs.c.id).where(t.runs.c.batch_id == b.id).exists()
    mine = (b.model_id == model_id, b.role == Role.RECORDS, b.ends_at <= until, scored)
    query = select(b.name, b.labelled).where(*mine).order_by(b.starts_at.desc(), b.id.desc())
    return [(row.name, row.labelled) for row in connection.execute(query)]


def is_joining(connection: Connection, model_id: int) -> bool:
    """Whether a file of labels waits to be joined, or is being."""
    j = t.jobs.c
    pending = j.status.in_([JobStatus.QUEUED, JobStatus.RUNNING])
    query = select(j.id).where(j.model_id == model_id, j.kind == JobKind.LABELS, pending)
    return connection.execute(query.limit(1)).first() is not None


def failed_jobs(connection: Connection, model_id: int) -> list[Any]:
    """kind, batch and error of jobs that failed, newest first; without pages that somebody waited
    for, and without what a later job has taken on."""
    j, later = t.jobs.c, t.jobs.alias()
    taken_on = (
        select(later.c.id)
        .where(later.c.kind == j.kind, later.c.batch_id == j.batch_id, later.c.id > j.id)
        .where(later.c.version_id.is_not_distinct_from(j.version_id))
        .where(later.c.status != JobStatus.FAILED)
        .exists()
    )
    query = (
        select(j.kind, t.batches.c.name.label("batch"), j.error)
        .join_from(t.jobs, t.batches, t.batches.c.id == j.batch_id)
        .where(j.model_id == model_id, j.status == JobStatus.FAILED, j.kind != JobKind.REPORT)
        .where(~taken_on)
        .order_by(j.id.desc())
    )
    return list(connection.execute(query).all())


def not_judged(
    connection: Connection, version_id: int, metrics: Sequence[str], *, lead: str
) -> list[Any]:
    """batch_id and ends_at, metric, feature, attribute and group of numbers that were not judged
    for a reason that begins so."""
    s, m, b = t.series.c, t.measurements.c, t.batches.c
    query = (
        select(m.batch_id, b.ends_at, s.metric, s.feature, s.attribute, s.group)
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .join(t.batches, b.id == m.batch_id)
        .where(s.version_id == version_id, s.metric.in_(metrics))
        .where(m.reason.startswith(lead, autoescape=True))
    )
    return list(connection.execute(query).all())
