"""Rows of a query as a tidy frame whose columns are there even when the rows are not."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import JSON, Boolean, Connection, Select, Subquery, Text, case, cast, func, select

from monitor.errors import NotFound
from monitor.measures.layout import Layout
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.terms import Cadence, Stage

NUMBERS = {
    "value", "low", "high", "p", "reference", "baseline", "limit_low", "limit_high", "limit",
    "denominator", "seconds", "progress", "label_coverage", "rule_version",
}  # fmt: skip
COUNTS = {"batch_id", "series_id", "n", "family", "count", "features"}  # never null

Cells = dict[str, np.ndarray[Any, Any]]  # columns of one length


def frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Times are aware UTC, numbers are floats with NaN where the database has nothing."""
    names, rows = bare_rows(connection, query)
    table = _numbers(pd.DataFrame(rows, columns=names))
    for name, column in zip(names, query.selected_columns, strict=True):
        if isinstance(column.type, t.UtcDateTime) and (
            name.endswith("_at") or table[name].notna().any()
        ):
            table[name] = pd.to_datetime(table[name], utc=True, format="ISO8601", cache=False)
        elif isinstance(column.type, Boolean):
            table[name] = table[name].astype(bool)
        elif isinstance(column.type, JSON) and connection.dialect.name == "sqlite":
            table[name] = pd.Series(map(_loaded, table[name]), table.index, dtype=object)
    return table


def _loaded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def bare_frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """The same of whole numbers, floats and texts alone, which are what they are for the driver."""
    return pd.DataFrame(bare_cells(connection, query), copy=False)


def bare_cells(connection: Connection, query: Select[Any]) -> Cells:
    """Each column by itself: the driver's rows are taken as they come, for there may be ten
    thousand."""
    names, rows = bare_rows(connection, query)
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return {name: _array(name, column) for name, column in zip(names, columns, strict=True)}


def _array(name: str, values: Any) -> np.ndarray[Any, Any]:
    kind = np.float64 if name in NUMBERS else np.int64 if name in COUNTS else np.object_
    return np.array(values, dtype=kind)


def bare_rows(connection: Connection, query: Select[Any]) -> tuple[list[str], list[Any]]:
    """The names of the columns, and the driver's rows."""
    result = connection.execute(query)
    rows = result.cursor.fetchall()
    result.close()
    return list(result.keys()), list(rows)


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    for name, kind in table.dtypes.items():
        if name in NUMBERS and kind != "float64":
            table[name] = table[name].astype("float64")
    return table


def model_id(connection: Connection, name: str) -> int:
    """NotFound, with the names there are, for an unknown one."""
    found = connection.scalar(select(t.models.c.id).where(t.models.c.name == name))
    if found is None:
        names = connection.scalars(select(t.models.c.name).order_by(t.models.c.name))
        raise NotFound("model", name, tuple(names))
    known: int = found
    return known


def champion(connection: Connection, name: str) -> Any:
    """The champion version's row; NotFound when the model has none."""
    mine = t.versions.c.id == champion_id(connection, name)
    return connection.execute(select(t.versions).where(mine)).one()


def champion_id(connection: Connection, name: str) -> int:
    """The champion version's id; NotFound when the model has none."""
    v = t.versions.c
    mine = (v.model_id == model_id(connection, name), v.stage == Stage.CHAMPION)
    found: int | None = connection.scalar(select(v.id).where(*mine))
    if found is None:
        raise NotFound("champion of the model", name)
    return found


def layout_of(connection: Connection, version_id: int) -> Layout | None:
    """What is counted of the version, not to be changed; None before its reference is known."""
    text = cast(t.versions.c.layout, Text)
    found = connection.scalar(select(text).where(t.versions.c.id == version_id))
    return _laid_out(found) if found not in (None, "null") else None


@lru_cache(maxsize=4)
def _laid_out(text: str) -> Layout:
    """Once for each text: with hundreds of columns it is a megabyte."""
    return Layout.from_json(json.loads(text))


def serving(model: int | None = None) -> Subquery:
    """Columns batch_id, version_id: which version answers for each scored batch.

    It is the champion, and where that never saw the batch the newest of those before it.
    """
    r = t.runs.c
    place = func.row_number().over(partition_by=r.batch_id, order_by=_FIRST)
    ranked = _ran(model).add_columns(place.label("place")).subquery()
    return select(ranked.c.batch_id, ranked.c.version_id).where(ranked.c.place == 1).subquery()


def answering(connection: Connection, model: str, batch_id: int) -> int:
    """The id of the version that answers for the batch; the champion's before it is scored."""
    mine = _ran(model_id(connection, model)).where(t.runs.c.batch_id == batch_id)
    found = connection.execute(mine.order_by(*_FIRST).limit(1)).one_or_none()
    return champion_id(connection, model) if found is None else int(found.version_id)


def _ran(model: int | None) -> Select[Any]:
    """The runs of versions that may answer."""
    v, r = t.versions.c, t.runs.c
    query = (
        select(r.batch_id, r.version_id)
        .join(t.versions, v.id == r.version_id)
        .where(v.stage != Stage.CHALLENGER)
    )
    return query if model is None else query.where(v.model_id == model)


# Of those that saw a batch.
_FIRST: Final = (
    case((t.versions.c.stage == Stage.CHAMPION, 0), else_=1),
    t.versions.c.number.desc(),
)


def cadence_of(store: Store, model: str) -> Cadence:
    """How often the model's batches come; NotFound for an unknown model."""
    with store.read() as connection:
        known = model_id(connection, model)
        query = select(t.models.c.cadence).where(t.models.c.id == known)
        return Cadence(connection.execute(query).scalar_one())
