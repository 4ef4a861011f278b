"""Of many batches the worst of each stretch: chosen in the database, whoever draws it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    column,
    select,
    true,
    values,
)

from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import Cells, bare_cells, model_id
from monitor.store.measured import (
    MEASURED,
    answering_batches,
    between,
    joined,
    measurements,
    placed,
    series_of,
)

AT_ONCE: Final = 5_000  # spans; SQLite takes 32 766 parameters

Span = tuple[int, int]  # ids of batches, from the first to the last
Ints = np.ndarray[Any, np.dtype[np.int64]]


def worst(
    store: Store,
    model: str,
    metric: str,
    *,
    features: tuple[str, ...],
    most: int,
    since: datetime | None = None,
    until: datetime | None = None,
    columns: tuple[str, ...] = MEASURED,
    places: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Of each feature what the metric was in each period, and where there are more than ``most``
    periods the largest known value in each of so many stretches, said to start where those do.

    Oldest first; columns as of ``measurements``.
    """
    with store.read() as connection:
        if places is None:
            places = answering_batches(connection, model_id(connection, model), None)
        inside = between(places, since, until)
        starts, period = np.unique(inside["starts_at"].to_numpy(), return_inverse=True)
        if len(starts) > most:
            stretch = pd.Series(period * most // len(starts), inside.index)
            named = [t.series.c.metric == metric, t.series.c.feature.in_(features)]
            found = _found(connection, places, stretch, named, columns)
            series = series_of(connection, inside, named)
            begins = inside.groupby(stretch)["starts_at"].transform("min")
            drawn = inside.assign(starts_at=begins)
            return _one_each(placed(found, series, drawn, model=model, columns=columns))
    return measurements(
        store, model, metric=metric, features=features, since=since, until=until,
        columns=columns, places=places,
    )  # fmt: skip


def _found(
    connection: Connection,
    places: pd.DataFrame,
    stretch: pd.Series[int],
    named: list[ColumnElement[bool]],
    columns: tuple[str, ...],
) -> Cells:
    """``stretch`` is of the batches that have one."""
    of_all = np.asarray(stretch.reindex(places.index, fill_value=-1), dtype=np.int64)
    return joined(
        [
            bare_cells(connection, _largest(spans, columns).where(mine, *named))
            for mine, spans in _spans(places, of_all)
        ]
    )


def _one_each(frame: pd.DataFrame) -> pd.DataFrame:
    """The largest where a stretch was read in several pieces, as versions have changed in it."""
    largest = frame.sort_values("value", ascending=False, kind="stable")
    return largest.drop_duplicates(["feature", "starts_at"]).sort_index(ignore_index=True)


def _largest(spans: list[Span], columns: tuple[str, ...]) -> Select[Any]:
    """Of each series and each span the row with the largest value, found along their key."""
    s, m, other = t.series.c, t.measurements.c, t.measurements.alias().c
    names = (column("first", Integer), column("last", Integer))
    span = values(*names, name="spans").data(spans).cte("spans")
    largest = (
        select(other.batch_id)
        .where(other.series_id == s.id, other.batch_id.between(span.c.first, span.c.last))
        .where(other.value.is_not(None))
        .order_by(other.value.desc(), other.batch_id)
        .limit(1)
        .correlate(t.series, span)
        .scalar_subquery()
    )
    mine = and_(m.series_id == s.id, m.batch_id == largest)
    chosen = select(m.batch_id, m.series_id, *(m[name] for name in columns))
    return chosen.select_from(t.series.join(span, true()).join(t.measurements, mine))


def _spans(places: pd.DataFrame, stretch: Ints) -> Iterator[tuple[ColumnElement[bool], list[Span]]]:
    """Each version's stretches as ids of batches from one to another, between which there are none
    of any other stretch or version; batches without a stretch (-1) are in none."""
    ids, versions = places["id"].to_numpy(), places["version_id"].to_numpy()
    order = np.argsort(ids)
    ids, versions, stretch = ids[order], versions[order], stretch[order]
    changes = (np.diff(versions) != 0) | (np.diff(stretch) != 0)
    firsts = np.r_[0, np.flatnonzero(changes) + 1]
    lasts = np.r_[firsts[1:] - 1, len(ids) - 1]
    found: dict[int, list[Span]] = {}
    for first, last in zip(firsts, lasts, strict=True):
        if stretch[first] >= 0:
            found.setdefault(int(versions[first]), []).append((int(ids[first]), int(ids[last])))
    for version, spans in found.items():
        for start in range(0, len(spans), AT_ONCE):
            yield t.series.c.version_id == version, spans[start : start + AT_ONCE]
