"""All batches of a model with their measurements, oldest first: what rules are replayed over."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, select

from monitor.measures.history import Period
from monitor.measures.measurement import Measurement
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import model_id, serving
from monitor.store.results import VALUES
from monitor.terms import Verdict

KEY = ("metric", "feature", "attribute", "group")


def periods(store: Store, model: str, *, metric: str) -> list[Period]:
    """Every scored batch, oldest first, with the metric's measurements of all columns and groups.

    They are those of the version that answers for the batch; a batch without any is there too.
    NotFound for an unknown model.
    """
    with store.read() as connection:
        owner = model_id(connection, model)
        found = _measurements(connection, owner, metric)
        return [
            Period(**row, measurements=tuple(found.get(row["id"], ())))
            for row in connection.execute(_batches(owner)).mappings()
        ]


def _batches(owner: int) -> Select[Any]:
    b, chosen = t.batches.c, serving(owner)
    return (
        select(
            b.id, b.name, b.starts_at, b.ends_at, b.received_at, b.rows, b.labelled,
            t.versions.c.number.label("version"), t.models.c.wait_days,
        )
        .join(t.models, t.models.c.id == b.model_id)
        .join(chosen, chosen.c.batch_id == b.id)
        .join(t.versions, t.versions.c.id == chosen.c.version_id)
        .order_by(b.starts_at, b.id)
    )  # fmt: skip


def _measurements(connection: Connection, owner: int, metric: str) -> dict[int, list[Measurement]]:
    s, m, chosen = t.series.c, t.measurements.c, serving(owner)
    query = (
        select(m.batch_id, *(s[name] for name in KEY), *(m[name] for name in VALUES))
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .join(chosen, (chosen.c.batch_id == m.batch_id) & (chosen.c.version_id == s.version_id))
        .where(s.metric == metric)
        .order_by(s.id)
    )
    found: dict[int, list[Measurement]] = {}
    for batch_id, *values in connection.execute(query):
        named = dict(zip((*KEY, *VALUES), values, strict=True))
        verdict = named["verdict"] and Verdict(named["verdict"])
        found.setdefault(batch_id, []).append(Measurement(**{**named, "verdict": verdict}))
    return found


def courses(store: Store, model: str) -> list[dict[str, Any]]:
    """Every incident of the model, oldest first: rule_id, subject, helpful, and its events, each
    with kind, who, batch_id and n (rows behind the number; None where it is about no number)."""
    i, e = t.incidents.c, t.incident_events.c
    with store.read() as connection:
        owner = model_id(connection, model)
        mine = select(i.id, i.rule_id, i.subject, i.helpful).where(i.model_id == owner)
        found = {
            row["id"]: {**row, "events": []}
            for row in connection.execute(mine.order_by(i.id)).mappings()
        }
        story = select(e.incident_id, e.kind, e.who, e.facts).where(e.incident_id.in_(found))
        for row in connection.execute(story.order_by(e.id)):
            facts = row.facts or {}
            batch = facts.get("change", {}).get("batch", {})
            event = {"kind": row.kind, "who": row.who, "n": facts.get("n")}
            found[row.incident_id]["events"].append({**event, "batch_id": batch.get("id")})
    return list(found.values())
