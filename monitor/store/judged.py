"""What rules said of a batch, and what stands out: counted in the database, however wide it is."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd
from sqlalchemy import func, or_, select

from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import bare_frame


def judged(store: Store, metrics: Collection[str], *, version: int, batch: int) -> pd.DataFrame:
    """How often rules said what of these metrics: columns verdict, count, and metric, feature,
    attribute and group of the first of which it was said.

    ``version`` and ``batch`` are ids.  A range over an attribute's groups opens no incident, and
    is not counted.
    """
    s, m = t.series.c, t.measurements.c
    said = (
        select(m.verdict, func.count().label("count"), func.min(m.series_id).label("first"))
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .where(m.batch_id == batch, m.rule_version.is_not(None), m.verdict.is_not(None))
        .where(s.version_id == version, s.metric.in_(metrics))
        .where((s.attribute == "") | (s.group != ""))
        .group_by(m.verdict)
        .subquery()
    )
    query = (
        select(said.c.verdict, said.c.count, s.metric, s.feature, s.attribute, s.group)
        .join_from(said, t.series, s.id == said.c.first)
        .order_by(said.c.first)
    )  # fmt: skip
    with store.read() as connection:
        return bare_frame(connection, query)


def farthest(store: Store, metric: str, *, version: int, batch: int) -> pd.DataFrame:
    """The feature with the largest value, of those with an importance where any has one: columns
    feature, value, n, and how many such features have a value; no row where none has."""
    s, m = t.series.c, t.measurements.c
    other = t.series.alias().c
    weighed = select(other.feature).where(other.version_id == version, other.metric == "importance")
    query = (
        select(s.feature, m.value, m.n, func.count().over().label("features"))
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .where(m.batch_id == batch, m.value.is_not(None))
        .where(s.version_id == version, s.metric == metric)
        .where(or_(~weighed.exists(), s.feature.in_(weighed)))
        .order_by(m.value.desc(), s.id)
        .limit(1)
    )
    with store.read() as connection:
        return bare_frame(connection, query)
