"""The rows that jobs work on, one question a function, inside the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select, update

from monitor.errors import NotFound
from monitor.store import tables as t
from monitor.store.row_files import check_there
from monitor.terms import JobStatus, Role, Stage

# Asked by every job, so they are put together once.
_BATCH: Final = select(t.batches).where(t.batches.c.id == bindparam("id"))
_VERSION: Final = select(t.versions).where(t.versions.c.id == bindparam("id"))


def batch(connection: Connection, batch_id: int) -> Any:
    """The batch; NotFound when it was deleted in the meantime."""
    row = connection.execute(_BATCH, {"id": batch_id}).one_or_none()
    if row is None:
        raise NotFound("batch", str(batch_id))
    return row


def batch_with_rows(connection: Connection, batch_id: int) -> Any:
    """The batch, whose rows are to be read; RowsDeleted where they are kept no longer."""
    found = batch(connection, batch_id)
    check_there(found)
    return found


def run(connection: Connection, version_id: int, batch_id: int) -> Any:
    """The run of one version on one batch; NotFound when there was none."""
    r = t.runs.c
    mine = select(t.runs).where(r.version_id == version_id, r.batch_id == batch_id)
    row = connection.execute(mine).one_or_none()
    if row is None:
        raise NotFound("run of the batch", str(batch_id))
    return row


def batches_of_file(
    connection: Connection, model_id: int, sha256: str, role: Role
) -> tuple[str, ...]:
    """Names of the batches that this file has become, oldest first."""
    b = t.batches.c
    mine = select(b.name).where(b.model_id == model_id, b.sha256 == sha256, b.role == role)
    return tuple(connection.scalars(mine.order_by(b.starts_at)))


def batches_of_rows(
    connection: Connection, model_id: int, digests: Iterable[str], role: Role
) -> dict[str, str]:
    """Digest of rows → name of the batch that has just these, where there is one."""
    b = t.batches.c
    mine = select(b.rows_sha256, b.name).where(b.model_id == model_id, b.role == role)
    found = connection.execute(mine.where(b.rows_sha256.in_(list(digests))).order_by(b.id.desc()))
    return {str(row.rows_sha256): str(row.name) for row in found}


def scored_batches(connection: Connection, model_id: int) -> list[tuple[Any, list[Any]]]:
    """(batch, its runs), oldest batch first, of those whose rows are kept."""
    b, r = t.batches.c, t.runs.c
    mine = select(t.batches).where(b.model_id == model_id, b.role == Role.RECORDS)
    mine = mine.where(b.rows_deleted_at.is_(None))
    scored = []
    for row in connection.execute(mine.order_by(b.starts_at, b.id)).all():
        kept = (r.batch_id == row.id, r.predictions_sha256.is_not(None))
        runs = connection.execute(select(t.runs).where(*kept)).all()
        if runs:
            scored.append((row, list(runs)))
    return scored


def label_files(connection: Connection, model_id: int) -> list[Any]:
    """The batches that hold late labels, and are kept."""
    b = t.batches.c
    mine = select(t.batches).where(b.model_id == model_id, b.role == Role.LABELS)
    return list(connection.execute(mine.where(b.rows_deleted_at.is_(None))).all())


def is_queued(connection: Connection, batch_id: int) -> bool:
    """Whether a job about this batch waits."""
    jobs = t.jobs.c
    query = select(jobs.id).where(jobs.batch_id == batch_id, jobs.status == JobStatus.QUEUED)
    return connection.execute(query.limit(1)).first() is not None


def set_batch(connection: Connection, batch_id: int, values: Mapping[str, Any]) -> None:
    connection.execute(update(t.batches).where(t.batches.c.id == batch_id).values(**values))


def replace_labels(
    connection: Connection, batch_id: int, *, before: str | None, after: str
) -> bool:
    """Points the batch at its new labels; False where others came in between, or its rows were
    deleted."""
    b = t.batches.c
    unchanged = (b.labels_sha256.is_not_distinct_from(before), b.rows_deleted_at.is_(None))
    mine = update(t.batches).where(b.id == batch_id, *unchanged)
    return connection.execute(mine.values(labels_sha256=after)).rowcount == 1


def stored_files(connection: Connection) -> set[str]:
    """Hashes of all files that batches stand on, without those whose rows were deleted."""
    b = t.batches.c
    return set(connection.scalars(select(b.file_sha256).where(b.rows_deleted_at.is_(None))))


def version(connection: Connection, version_id: int) -> Any:
    """The version; NotFound when it was deleted in the meantime."""
    row = connection.execute(_VERSION, {"id": version_id}).one_or_none()
    if row is None:
        raise NotFound("version", str(version_id))
    return row


def versions(connection: Connection, model_id: int) -> list[Any]:
    """Every version there has been, oldest first."""
    v = t.versions.c
    mine = select(t.versions).where(v.model_id == model_id).order_by(v.number)
    return list(connection.execute(mine).all())


def active_versions(connection: Connection, model_id: int) -> list[Any]:
    """Champion and challengers."""
    v = t.versions.c
    mine = select(t.versions).where(v.model_id == model_id, v.stage != Stage.RETIRED)
    return list(connection.execute(mine).all())


def active_versions_called(connection: Connection, model: str) -> list[Any]:
    """The same by the model's name; none where there is no such model."""
    known = connection.scalar(select(t.models.c.id).where(t.models.c.name == model))
    return [] if known is None else active_versions(connection, known)


def model_name(connection: Connection, model_id: int) -> str:
    query = select(t.models.c.name).where(t.models.c.id == model_id)
    return str(connection.execute(query).scalar_one())


def incident(connection: Connection, incident_id: int) -> Any:
    return connection.execute(select(t.incidents).where(t.incidents.c.id == incident_id)).one()


def event(connection: Connection, event_id: int) -> Any:
    """facts of an incident's event, with name, owner and id of the model."""
    e = t.incident_events.c
    query = (
        select(e.facts, t.models.c.name, t.models.c.owner, t.models.c.id)
        .join(t.incidents, t.incidents.c.id == e.incident_id)
        .join(t.models, t.models.c.id == t.incidents.c.model_id)
        .where(e.id == event_id)
    )
    return connection.execute(query).one()


def channel(connection: Connection, channel_id: int) -> Any:
    return connection.execute(select(t.channels).where(t.channels.c.id == channel_id)).one()


def course(
    connection: Connection,
    model_id: int,
    key: tuple[str, str, str, str],
    *,
    until: datetime,
    points: int,
) -> list[tuple[datetime, float | None]]:
    """(end of period, value) of one series of the champion, oldest first, up to a period."""
    s, b = t.series.c, t.batches.c
    query = (
        _champions(model_id)
        .where(s.metric == key[0], s.feature == key[1], s.attribute == key[2], s.group == key[3])
        .where(b.starts_at <= until)
        .order_by(b.starts_at.desc())
        .limit(points)
    )
    return [(row.ends_at, row.value) for row in reversed(connection.execute(query).all())]


def measurements(connection: Connection, model_id: int, batch_id: int) -> list[Any]:
    """All numbers of the champion on one batch, with their series' names."""
    s, m = t.series.c, t.measurements.c
    query = (
        select(t.measurements, s.metric, s.feature, s.attribute, s.group)
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .join(t.versions, t.versions.c.id == s.version_id)
        .where(t.versions.c.model_id == model_id, t.versions.c.stage == Stage.CHAMPION)
        .where(m.batch_id == batch_id)
        .order_by(s.id)
    )
    return list(connection.execute(query))


def importance(connection: Connection, model_id: int) -> dict[str, float]:
    """The champion's features and their shares of importance; empty where it is not known."""
    v = t.versions.c
    query = select(v.layout).where(v.model_id == model_id, v.stage == Stage.CHAMPION)
    layout = connection.scalar(query) or {}
    return dict(layout.get("norms", {}).get("weights", {}))


def _champions(model_id: int) -> Any:
    return (
        select(t.batches.c.ends_at, t.measurements.c.value, t.series.c.feature)
        .join_from(t.measurements, t.series, t.measurements.c.series_id == t.series.c.id)
        .join(t.versions, t.versions.c.id == t.series.c.version_id)
        .join(t.batches, t.batches.c.id == t.measurements.c.batch_id)
        .where(t.versions.c.model_id == model_id, t.versions.c.stage == Stage.CHAMPION)
    )
