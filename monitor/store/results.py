"""What an evaluation leaves behind: runs, tallies and measurements, replaced as a whole."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Delete,
    Float,
    Integer,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)

from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.store import tables as t
from monitor.store.many import insert_many
from monitor.store.verdicts import save_verdict

REFERENCE = 0  # the batch id under which a version's reference tallies stand
Key = tuple[str, str, str, str]


class Made(StrEnum):
    """What measurements are made of; those of each kind are replaced apart from the others."""

    OF_TALLIES = "tallies"
    OF_SAMPLES = "a sample of rows"
    OF_BATCHES = "many batches"


def _made(metric: str) -> Made:
    if METRICS[metric].sampled:
        return Made.OF_SAMPLES
    return Made.OF_BATCHES if METRICS[metric].family == "sequence" else Made.OF_TALLIES


NAMES = {made: tuple(name for name in METRICS if _made(name) is made) for made in Made}
VALUES = tuple(
    field.name
    for field in fields(Measurement)
    if field.name not in ("metric", "feature", "attribute", "group")
)


def save_tallies(
    connection: Connection, version_id: int, batch_id: int, parts: Mapping[str, bytes]
) -> None:
    """Replaces the named kinds of tallies of one version on one batch."""
    c = t.tallies.c
    mine = (c.version_id == version_id, c.batch_id == batch_id, c.kind.in_(list(parts)))
    connection.execute(delete(t.tallies).where(*mine))
    rows = [
        {"version_id": version_id, "batch_id": batch_id, "kind": kind, "data": data}
        for kind, data in parts.items()
    ]
    connection.execute(insert(t.tallies), rows)


def load_tallies(connection: Connection, version_id: int, batch_id: int) -> dict[str, bytes]:
    """Kind → bytes; empty when the batch was never scored by this version."""
    rows = connection.execute(_TALLIES, {"version": version_id, "batch": batch_id})
    return {row.kind: row.data for row in rows}


_TALLIES: Final = select(t.tallies.c.kind, t.tallies.c.data).where(
    t.tallies.c.version_id == bindparam("version"), t.tallies.c.batch_id == bindparam("batch")
)


def save_run(
    connection: Connection, version_id: int, batch_id: int, values: Mapping[str, Any]
) -> None:
    """Adds or replaces the run of one version on one batch."""
    mine = (t.runs.c.version_id == version_id, t.runs.c.batch_id == batch_id)
    if connection.execute(update(t.runs).where(*mine).values(**values)).rowcount == 0:
        connection.execute(
            insert(t.runs).values(version_id=version_id, batch_id=batch_id, **values)
        )


def save_measurements(
    connection: Connection,
    version_id: int,
    batch_id: int,
    judged: Sequence[tuple[Measurement, int | None]],
    *,
    made: Made = Made.OF_TALLIES,
) -> None:
    """Replaces the batch's measurements that are made so, each with its rule's version, and the
    verdict of the run that they are of."""
    ids = _series_ids(connection, version_id, [measurement.key for measurement, _ in judged])
    others = tuple(name for other in Made if other is not made for name in NAMES[other])
    connection.execute(_all_but(others), {"version": version_id, "batch": batch_id})
    rows = [
        (*_values(measurement), ids[measurement.key], batch_id, rule_version)
        for measurement, rule_version in judged
    ]
    columns = (*VALUES, "series_id", "batch_id", "rule_version")
    insert_many(connection, t.measurements, columns, rows)
    save_verdict(connection, version_id, batch_id)


@lru_cache(maxsize=8)
def _all_but(others: tuple[str, ...]) -> Delete:
    s, m = t.series.c, t.measurements.c
    mine = select(s.id).where(s.version_id == bindparam("version"), ~s.metric.in_(others))
    return delete(t.measurements).where(m.batch_id == bindparam("batch"), m.series_id.in_(mine))


def _values(measurement: Measurement) -> list[Any]:
    """Those of VALUES in order, in Python's own types; None for what is not finite."""
    read = zip(_MADE_OF, _read(measurement), strict=True)
    return [None if value is None else plain(value) for plain, value in read]


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _as_it_is(value: Any) -> Any:
    return value


_PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {Float: _finite, Integer: int}
_MADE_OF: Final = [_PLAIN.get(type(t.measurements.c[name].type), _as_it_is) for name in VALUES]
_read = attrgetter(*VALUES)


def _series_ids(connection: Connection, version_id: int, keys: Sequence[Key]) -> dict[Key, int]:
    known = _known_series(connection, version_id, keys)
    missing = [key for key in dict.fromkeys(keys) if key not in known]
    if missing:
        connection.execute(
            insert(t.series),
            [
                {
                    "version_id": version_id,
                    "metric": metric,
                    "feature": feature,
                    "attribute": attribute,
                    "group": group,
                    "window": "batch",
                }
                for metric, feature, attribute, group in missing
            ],
        )
        known = _known_series(connection, version_id, keys)
    return known


def _known_series(connection: Connection, version_id: int, keys: Sequence[Key]) -> dict[Key, int]:
    """The series of these keys that there are, and others of the same metrics."""
    metrics = sorted({metric for metric, *_ in keys})
    rows = connection.execute(_SERIES, {"version": version_id, "metrics": metrics})
    return {
        (metric, feature, attribute, group): id for id, metric, feature, attribute, group in rows
    }


_SERIES: Final = select(
    t.series.c.id, t.series.c.metric, t.series.c.feature, t.series.c.attribute, t.series.c.group
).where(
    t.series.c.version_id == bindparam("version"),
    t.series.c.metric.in_(bindparam("metrics", expanding=True)),
)


def earlier_tallies(
    connection: Connection, version_id: int, starts_at: datetime
) -> Iterator[dict[str, bytes]]:
    """Tallies of the version's batches before this instant, newest first, read one at a time."""
    b = t.batches.c
    before = (
        select(b.id)
        .join(t.runs, t.runs.c.batch_id == b.id)
        .where(t.runs.c.version_id == version_id, b.starts_at < starts_at)
        .order_by(b.starts_at.desc(), b.id.desc())
    )
    for batch_id in connection.scalars(before).all():
        yield load_tallies(connection, version_id, batch_id)


def earlier_values(
    connection: Connection,
    version_id: int,
    place: tuple[datetime, int],
    *,
    metric: str,
    newest: int,
    starts: Sequence[datetime] = (),
) -> Iterator[Mapping[str, Any]]:
    """What the version measured of the metric on the ``newest`` batches before the one at ``place``
    (when it begins, and its id) and on those that began at ``starts``, newest batch first:
    starts_at, metric, feature, attribute, group, and the fields of a measurement."""
    s, m, b = t.series.c, t.measurements.c, t.batches.c
    before = (
        select(b.id)
        .join(t.runs, t.runs.c.batch_id == b.id)
        .where(t.runs.c.version_id == version_id, tuple_(b.starts_at, b.id) < place)
        .order_by(b.starts_at.desc(), b.id.desc())
    )
    wanted = {*connection.scalars(before.limit(newest))}
    wanted |= {*connection.scalars(before.where(b.starts_at.in_(starts)))} if starts else set()
    query = (
        select(b.starts_at, s.metric, s.feature, s.attribute, s.group, *(m[n] for n in VALUES))
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .join(t.batches, b.id == m.batch_id)
        .where(s.version_id == version_id, s.metric == metric)
        .where(m.batch_id.in_(wanted))
        .order_by(b.starts_at.desc(), b.id.desc())
    )
    return (dict(row) for row in connection.execute(query).mappings())


def decided_after(
    connection: Connection, version_id: int, starts_at: datetime
) -> dict[Key, datetime]:
    """Keys that a batch after this instant has judged, with the start of the last one that has: an
    older batch than that changes no incident."""
    later = connection.scalars(_LATER, {"version": version_id, "since": starts_at}).all()
    if not later:  # as it mostly is, and then nothing has to be looked through
        return {}
    rows = connection.execute(_DECIDED, {"version": version_id, "batches": later})
    return {(row[0], row[1], row[2], row[3]): row[4] for row in rows}


_LATER: Final = (
    select(t.batches.c.id)
    .join(t.runs, t.runs.c.batch_id == t.batches.c.id)
    .where(t.runs.c.version_id == bindparam("version"), t.batches.c.starts_at > bindparam("since"))
)


def _decided() -> Select[Any]:
    s, m, b = t.series.c, t.measurements.c, t.batches.c
    return (
        select(s.metric, s.feature, s.attribute, s.group, func.max(b.starts_at))
        .join(t.measurements, m.series_id == s.id)
        .join(t.batches, b.id == m.batch_id)
        .where(
            s.version_id == bindparam("version"),
            m.batch_id.in_(bindparam("batches", expanding=True)),
            m.verdict.in_(["healthy", "at risk", "failing"]),
        )
        .group_by(s.id)
    )


_DECIDED: Final = _decided()
