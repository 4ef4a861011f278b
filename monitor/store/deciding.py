"""What is asked of the database before somebody decides about one incident."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select

from monitor.errors import NotFound
from monitor.store import tables as t
from monitor.terms import IncidentState

Key = tuple[str, str, str, str]  # metric, feature, attribute, group


def incident(connection: Connection, incident_id: int) -> Any:
    """The incident with its model's ``wait_days``; NotFound where there is none."""
    query = select(t.incidents, t.models.c.wait_days).join(
        t.models, t.models.c.id == t.incidents.c.model_id
    )
    row = connection.execute(query.where(t.incidents.c.id == incident_id)).one_or_none()
    if row is None:
        raise NotFound("incident", str(incident_id))
    return row


def opened_together(connection: Connection, row: Any) -> list[Any]:
    """The incidents that the same batch has opened, this one among them; ``broke_as`` holds the
    facts of the event that opened each, None where there is no such event."""
    i, e, newest = t.incidents.c, t.incident_events.c, t.incident_events.alias("newest").c
    opening = (
        select(func.max(newest.id))
        .where(newest.incident_id == i.id, newest.kind.in_(("opened", "reopened")))
        .scalar_subquery()
    )
    mine = (
        select(t.incidents, e.facts.label("broke_as"))
        .outerjoin_from(t.incidents, t.incident_events, e.id == opening)
        .where(i.model_id == row.model_id)
        .order_by(i.id)
    )
    if row.opened_batch_id is None:
        return list(connection.execute(mine.where(i.id == row.id)))
    return list(connection.execute(mine.where(i.opened_batch_id == row.opened_batch_id)))


def rule(connection: Connection, rule_id: int) -> Any:
    """The rule's row."""
    return connection.execute(select(t.rules).where(t.rules.c.id == rule_id)).mappings().one()


def batch(connection: Connection, batch_id: int | None) -> Any | None:
    """The batch; None where there is none, or it was deleted."""
    return connection.execute(select(t.batches).where(t.batches.c.id == batch_id)).one_or_none()


def measured(connection: Connection, model_id: int, batch_id: int | None) -> list[Any]:
    """Every version's numbers on one batch, with ``version`` and their series' names."""
    query = _series(model_id).where(t.measurements.c.batch_id == batch_id)
    return list(connection.execute(query.order_by(t.series.c.id)))


def verdicts(
    connection: Connection, model_id: int, version: int, key: Key, *, newest: int
) -> list[str]:
    """What was said of one number of a version in its newest batches, oldest first."""
    s, b, v, m = t.series.c, t.batches.c, t.versions.c, t.measurements.c
    query = (
        select(m.verdict)
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .join(t.versions, v.id == s.version_id)
        .join(t.batches, b.id == m.batch_id)
        .where(v.model_id == model_id, v.number == version, m.verdict.is_not(None))
        .where(s.metric == key[0], s.feature == key[1], s.attribute == key[2], s.group == key[3])
        .order_by(b.starts_at.desc(), b.id.desc())
        .limit(newest)
    )
    return list(reversed(list(connection.scalars(query))))


def other_versions(connection: Connection, model_id: int, version: int) -> list[int]:
    """The numbers of the model's other versions."""
    v = t.versions.c
    mine = select(v.number).where(v.model_id == model_id, v.number != version)
    return list(connection.scalars(mine.order_by(v.number)))


def version(connection: Connection, model_id: int, number: int) -> Any | None:
    """The version of this number."""
    v = t.versions.c
    mine = select(t.versions).where(v.model_id == model_id, v.number == number)
    return connection.execute(mine).one_or_none()


def endings(connection: Connection, row: Any) -> Sequence[int]:
    """In how many batches each earlier incident about the same was broken."""
    i, e = t.incidents.c, t.incident_events.c
    lasted = (
        select(1 + func.count(e.id))
        .where(e.incident_id == i.id, e.kind.in_(("continues", "worsened", "reopened")))
        .scalar_subquery()
    )
    earlier = select(lasted).where(
        i.rule_id == row.rule_id,
        i.subject == row.subject,
        i.id != row.id,
        i.state == IncidentState.RESOLVED,
    )
    return list(connection.scalars(earlier.order_by(i.id)))


def _series(model_id: int) -> Select[Any]:
    s, v = t.series.c, t.versions.c
    return (
        select(t.measurements, s.metric, s.feature, s.attribute, s.group, v.number.label("version"))
        .join_from(t.measurements, t.series, t.measurements.c.series_id == s.id)
        .join(t.versions, v.id == s.version_id)
        .where(v.model_id == model_id)
    )
