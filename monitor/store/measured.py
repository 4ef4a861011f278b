"""Measurements of batches, told by the version that answers for each: store in, tidy frame out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, select

from monitor.errors import NotFound
from monitor.store import tables as t
from monitor.store.arrived import MOST_IDS
from monitor.store.engine import Store
from monitor.store.frames import Cells, bare_cells, bare_rows, frame, model_id, serving
from monitor.terms import Role

MOST_STRONGEST: Final = 120  # batches
MUCH: Final = 0.01  # evidence that few of many series have, so that few need to be ranked
MEASURED: Final = (
    "value", "low", "high", "n", "verdict", "reason", "method", "denominator", "p", "family",
    "reference", "baseline", "limit_low", "limit_high", "rule_version", "window",
)  # fmt: skip
NAMED: Final = ("metric", "feature", "attribute", "group")
ANSWERED: Final = ("model", "version", "batch", "starts_at", "ends_at")

Names = np.ndarray[Any, np.dtype[np.object_]]  # of each series its id and NAMED


def measurements(
    store: Store,
    model: str,
    *,
    metric: str | None = None,
    feature: str | None = None,
    attribute: str | None = None,
    group: str | None = None,
    batch: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    metrics: tuple[str, ...] | None = None,
    features: tuple[str, ...] | None = None,
    newest: int | None = None,
    version: int | None = None,
    columns: tuple[str, ...] = MEASURED,
    places: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Measurements of the version that answers for each batch (or of ``version``), oldest first.

    ``batch`` is a name, "latest" (the newest scored one) or None for all, of which ``newest`` many
    are read; ``places`` is what ``answered`` gives, where that is known.  Columns model, version,
    batch, starts_at, ends_at, metric, feature, attribute, group, and ``columns`` of value, low,
    high, n, verdict, reason, method, denominator, p, family, reference, baseline, limit_low,
    limit_high, rule_version, window ("" for the batch alone).
    """
    s = t.series.c
    exact = {s.metric: metric, s.feature: feature, s.attribute: attribute, s.group: group}
    named = [column == value for column, value in exact.items() if value is not None]
    if metrics is not None:
        named.append(s.metric.in_(metrics))
    if features is not None:
        named.append(s.feature.in_(features))
    with store.read() as connection:
        if places is None:
            places = answering_batches(connection, model_id(connection, model), version)
        if batch not in (None, "latest", "all") and batch not in places["batch"].tolist():
            _check_batch(connection, model_id(connection, model), str(batch))
        places = between(places, since, until)
        if batch == "latest":
            places = places.tail(1)
        elif batch is not None and batch != "all":
            places = places[places["batch"] == batch]
        if newest is not None:
            places = places.tail(newest)
        found, series = _found(connection, places, named, columns)
    return placed(found, series, places, model=model, columns=columns)


def answered(store: Store, model: str) -> pd.DataFrame:
    """The model's scored batches and the version that answers for each, oldest first: columns id,
    version_id, version, batch, starts_at, ends_at, labelled, label_coverage, rows_deleted_at."""
    with store.read() as connection:
        return answering_batches(connection, model_id(connection, model), None)


def answering_batches(connection: Connection, owner: int, version: int | None) -> pd.DataFrame:
    b, v = t.batches.c, t.versions.c
    own = select(t.runs.c.batch_id, t.runs.c.version_id).subquery()
    chosen = serving(owner) if version is None else own
    query = (
        select(b.id, v.id.label("version_id"), v.number.label("version"), b.name.label("batch"),
               b.starts_at, b.ends_at, b.labelled,
               (b.labelled * 1.0 / func.nullif(b.rows, 0)).label("label_coverage"),
               b.rows_deleted_at)
        .join_from(chosen, t.batches, b.id == chosen.c.batch_id)
        .join(t.versions, v.id == chosen.c.version_id)
        .where(b.model_id == owner)
        .order_by(b.starts_at, b.id)
    )  # fmt: skip
    if version is not None:
        query = query.where(v.number == version, v.model_id == owner)
    return frame(connection, query)


def between(places: pd.DataFrame, since: datetime | None, until: datetime | None) -> pd.DataFrame:
    if since is not None:
        places = places[places["ends_at"] > since]
    return places if until is None else places[places["starts_at"] < until]


def strongest(
    store: Store,
    model: str,
    metrics: tuple[str, ...],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    places: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Of each of the metrics the largest value of a batch, oldest first: columns of ANSWERED, and
    metric, feature, attribute, group, value.

    Of many batches some are read, spread evenly, the newest among them.
    """
    with store.read() as connection:
        if places is None:
            places = answering_batches(connection, model_id(connection, model), None)
        places = between(places, since, until)
        newest_first = places.iloc[:: -(1 + (len(places) - 1) // MOST_STRONGEST)]
        parts = [
            _largest(connection, metric, version=version, batches=ids)
            for version, ids in _by_version(newest_first)
            for metric in metrics
        ]
        series = series_of(connection, newest_first, [t.series.c.metric.in_(metrics)])
    return placed(joined(parts), series, places, model=model, columns=("value",))


def _largest(connection: Connection, metric: str, *, version: int, batches: list[int]) -> Cells:
    """Of each batch the largest value and its series: ranked are all only where none is much."""
    much = _ranked(connection, metric, version, batches, t.measurements.c.value >= MUCH)
    left = sorted({*batches} - {*much["batch_id"].tolist()})
    if not left:
        return much
    known = t.measurements.c.value.is_not(None)
    little = _ranked(connection, metric, version, left, known)
    return joined([much, little])


def _ranked(
    connection: Connection, metric: str, version: int, batches: list[int], which: Any
) -> Cells:
    s, m = t.series.c, t.measurements.c
    place = func.row_number().over(partition_by=m.batch_id, order_by=[m.value.desc(), m.series_id])
    ranked = (
        select(m.batch_id, m.series_id, m.value, place.label("place"))
        .join_from(t.series, t.measurements, m.series_id == s.id)
        .where(s.version_id == version, s.metric == metric, m.batch_id.in_(batches), which)
        .subquery()
    )
    return bare_cells(connection, select(ranked).where(ranked.c.place == 1))


def _found(
    connection: Connection, places: pd.DataFrame, named: list[Any], columns: tuple[str, ...]
) -> tuple[Cells, Names]:
    """What these batches measured, and the names of the series, read once for all batches.

    Versions and batches are told by their ids, so that no database reads the measurements of any
    other, whatever it believes about how many there are.
    """
    s, m = t.series.c, t.measurements.c
    query = (
        select(m.batch_id, m.series_id, *(m[name] for name in columns))
        .join_from(t.series, t.measurements, m.series_id == s.id)
        .where(*named)
    )
    parts = [
        bare_cells(connection, query.where(s.version_id == version, m.batch_id.in_(ids)))
        for version, ids in _by_version(places)
    ]
    return joined(parts), series_of(connection, places, named)


def series_of(connection: Connection, places: pd.DataFrame, named: list[Any]) -> Names:
    """Each series' id and names, without what a frame of them would cost."""
    s = t.series.c
    versions = places["version_id"].unique().tolist()
    query = select(s.id, *(s[name] for name in NAMED)).where(s.version_id.in_(versions), *named)
    _, rows = bare_rows(connection, query)
    return np.array(rows, dtype=object).reshape(-1, 1 + len(NAMED))


def joined(parts: list[Cells]) -> Cells:
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _by_version(places: pd.DataFrame) -> list[tuple[int, list[int]]]:
    """Ids of batches by version, no more at once than a statement takes; of no version none where
    there is no batch."""
    found: dict[int, list[int]] = {}
    for version, batch in zip(places["version_id"], places["id"], strict=True):
        found.setdefault(int(version), []).append(int(batch))
    parts = [
        (version, ids[start : start + MOST_IDS])
        for version, ids in found.items()
        for start in range(0, len(ids), MOST_IDS)
    ]
    return parts or [(0, [])]


def placed(
    found: Cells,
    series: Names,
    places: pd.DataFrame,
    *,
    model: str,
    columns: tuple[str, ...],
) -> pd.DataFrame:
    """Beside each measurement its batch and its name, oldest first."""
    at = pd.Index(places["id"]).get_indexer(found["batch_id"])
    of = pd.Index(series[:, 0].astype("int64")).get_indexer(found["series_id"])
    order = np.lexsort((found["series_id"], at))
    at, of = at[order], of[order]
    return pd.DataFrame(
        {
            "model": model,
            **{name: places[name].array.take(at) for name in ANSWERED[1:]},
            **{name: series[of, place] for place, name in enumerate(NAMED, start=1)},
            **{name: found[name][order] for name in columns},
        },
        copy=False,
    )


def _check_batch(connection: Connection, owner: int, name: str) -> None:
    mine = select(t.batches.c.name).where(
        t.batches.c.model_id == owner, t.batches.c.role == Role.RECORDS
    )
    names = list(connection.scalars(mine.order_by(t.batches.c.starts_at.desc())))
    if name not in names:
        raise NotFound("batch", name, tuple(names[:10]))
