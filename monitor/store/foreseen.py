"""A model's headline: what labels say, or what is expected while there are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection, case, select

from monitor.store import tables as t

ESTIMATES: Final = ("estimated_roc_auc", "estimated_accuracy", "estimated_mean_absolute_error")
NAMES: Final = ("metric", "value", "low", "high", "reference", "limit_low", "limit_high")


def as_headline(row: Mapping[str, Any] | Any) -> dict[str, Any]:
    """The row's columns of the overview."""
    beside = {"headline_verdict": row["verdict"], "headline_batch": row["batch"]}
    return {**{name: row[name] for name in NAMES}, **beside}


def headline(connection: Connection, version_id: int) -> dict[str, Any]:
    """The newest estimate of the first metric that has one; None where there is none."""
    s, m, b = t.series.c, t.measurements.c, t.batches.c
    order = case({name: place for place, name in enumerate(ESTIMATES)}, value=s.metric)
    query = (
        select(
            s.metric, m.value, m.low, m.high, m.reference, m.limit_low, m.limit_high, m.verdict,
            b.name.label("batch"),
        )
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .join(t.batches, b.id == m.batch_id)
        .where(
            s.version_id == version_id,
            s.metric.in_(ESTIMATES),
            s.attribute == "",
            m.value.is_not(None),
        )
        .order_by(order, b.starts_at.desc(), b.id.desc())
        .limit(1)
    )  # fmt: skip
    found = connection.execute(query).mappings().one_or_none()
    empty = dict.fromkeys((*NAMES, "verdict", "batch"))
    return as_headline(found if found is not None else empty)
