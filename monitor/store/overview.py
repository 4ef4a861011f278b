"""One row a model: how it stands now, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, select

from monitor.measures.catalogue import METRICS
from monitor.store import foreseen
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import bare_rows
from monitor.terms import IncidentState, Role, Severity, Stage, Verdict

Rows = list[dict[str, Any]]

RECENT = 100  # batches looked at for the newest judged value of each series
FEW = 20  # series, that are looked for in all of those batches at once
COLUMNS = (
    "model", "task", "owner", "cadence", "wait_days", "version", "verdict", "why", "since",
    "metric", "value", "low", "high", "reference", "limit_low", "limit_high", "drift_verdict",
    "drifted_columns", "gap_metric", "gap_attribute", "gap_group", "gap_value", "gap_limit",
    "gap_verdict", "label_coverage", "last_batch", "last_ends_at", "last_scored_at", "rows",
    "labelled", "open_incidents", "headline_verdict", "headline_batch",
)  # fmt: skip


def models(store: Store) -> pd.DataFrame:
    """Worst first; ``why`` and ``since`` belong to the worst open incident; see COLUMNS."""
    with store.read() as connection:
        rows = [_model(connection, row) for row in connection.execute(_champions())]
    rows.sort(key=_urgency)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _urgency(row: dict[str, Any]) -> tuple[int, int]:
    """The smallest comes first: the worst verdict, and of two that fail the more critical one."""
    return -Verdict(row["verdict"]).rank, -row["critical"]


def _champions() -> Any:
    m, v = t.models.c, t.versions.c
    return (
        select(m.id, m.name, m.task, m.owner, m.cadence, m.wait_days, v.number, v.id.label("vid"))
        .join(t.versions, (v.model_id == m.id) & (v.stage == Stage.CHAMPION))
        .order_by(m.name)
    )


def _model(connection: Connection, row: Any) -> dict[str, Any]:
    current = standing(connection, row.vid, row.id)
    incidents = _open(connection, row.id)
    return {
        "model": row.name,
        "task": row.task,
        "owner": row.owner,
        "cadence": row.cadence,
        "wait_days": row.wait_days,
        "version": row.number,
        **_verdict(current, incidents),
        **(_headline(current) or foreseen.headline(connection, row.vid)),
        **_drift(current),
        **_gap(current),
        **_freshness(connection, row.id),
        "open_incidents": len(incidents),
        "critical": sum(incident.severity == Severity.CRITICAL for incident in incidents),
    }


def standing(connection: Connection, version_id: int, model_id: int) -> Rows:
    """The newest measurement of each series that a rule watches, with its batch; by series."""
    b = t.batches.c
    recent = (
        select(b.id, b.name.label("batch"), b.starts_at)
        .where(b.model_id == model_id, b.role == Role.RECORDS)
        .order_by(b.starts_at.desc(), b.id.desc())
        .limit(RECENT)
    )
    batches = {row["id"]: dict(row) for row in connection.execute(recent).mappings()}
    ids = list(batches)
    m = t.measurements.c
    newest = _judged(connection, version_id, m.batch_id.in_(ids[:1]))
    found = {row["series_id"]: row for row in newest}
    left = _others(connection, ids[1:], {*found})
    start, more = 1, 1
    while left and start < len(ids):  # eight times as many each time: mostly the first has all
        more = more if len(left) > FEW else len(ids)
        older = t.series.c.id.in_(left) & m.batch_id.in_(ids[start : start + more])
        rows = _judged(connection, version_id, older)
        rows.sort(key=lambda row: ids.index(row["batch_id"]), reverse=True)
        found |= {row["series_id"]: row for row in rows}  # the last of each, which is the newest
        left = [series for series in left if series not in found]
        start, more = start + more, 8 * more
    return [{**found[one], **batches[found[one]["batch_id"]]} for one in sorted(found)]


def _judged(connection: Connection, version_id: int, where: ColumnElement[bool]) -> Rows:
    """Values that a rule has judged and that could open an incident."""
    s, m = t.series.c, t.measurements.c
    query = (
        select(
            m.series_id, m.batch_id, s.metric, s.feature, s.attribute, s.group, m.value, m.low,
            m.high, m.n, m.verdict, m.reason, m.reference, m.limit_low, m.limit_high,
        )
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .where(where, m.rule_version.is_not(None), m.value.is_not(None))
        .where(s.version_id == version_id, (s.attribute == "") | (s.group != ""))
    )  # fmt: skip
    names, rows = bare_rows(connection, query)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _others(connection: Connection, batches: list[int], known: set[int]) -> list[int]:
    """Series judged in these batches that are not known yet: few, and found in the index alone."""
    m = t.measurements.c
    query = (
        select(m.series_id).distinct().where(m.batch_id.in_(batches), m.rule_version.is_not(None))
    )
    return sorted({series for (series,) in bare_rows(connection, query)[1]} - known)


def _open(connection: Connection, model_id: int) -> list[Any]:
    i = t.incidents.c
    still = i.state != IncidentState.RESOLVED
    query = select(i.sentence, i.since_at, i.severity).where(i.model_id == model_id, still)
    return list(connection.execute(query.order_by(i.severity, i.since_at, i.id)))


def _verdict(current: Rows, incidents: list[Any]) -> dict[str, Any]:
    if incidents:
        worst = incidents[0]
        return {"verdict": "failing", "why": worst.sentence, "since": worst.since_at}
    judged = [row for row in current if row["verdict"] is not None]
    row = max(judged, key=_rank, default={"verdict": Verdict.NOT_ENOUGH_DATA.value})
    if row["verdict"] in (Verdict.AT_RISK, Verdict.FAILING):
        return {"verdict": row["verdict"], "why": row["reason"], "since": row["starts_at"]}
    why = "" if row["verdict"] == Verdict.HEALTHY else "No batch has been judged yet."
    return {"verdict": row["verdict"], "why": why, "since": None}


def _rank(row: Mapping[str, Any]) -> int:
    return Verdict(row["verdict"]).rank if row["verdict"] else 0


def _family(current: Rows, family: str) -> Rows:
    names = {name for name, one in METRICS.items() if one.family == family}
    return [row for row in current if row["metric"] in names]


def _headline(current: Rows) -> dict[str, Any]:
    """The newest judged performance; nothing while no label has arrived."""
    for row in _family(current, "performance"):
        if not row["attribute"] and row["metric"] != "label_coverage":
            return foreseen.as_headline(row)
    return {}


def _drift(current: Rows) -> dict[str, Any]:
    for row in current:
        if row["metric"] == "drifted_columns":
            return {"drift_verdict": row["verdict"], "drifted_columns": row["value"]}
    return {"drift_verdict": Verdict.NOT_ENOUGH_DATA.value, "drifted_columns": None}


def _gap(current: Rows) -> dict[str, Any]:
    """The gap of the worst verdict, and of those the nearest to its limit or farthest beyond."""
    names = ("gap_metric", "gap_attribute", "gap_group", "gap_value", "gap_limit", "gap_verdict")
    rows = _family(current, "fairness")
    if not rows:
        return dict.fromkeys(names)
    row = max(rows, key=lambda row: (_rank(row), _beyond(row)))
    values = (
        row["metric"], row["attribute"], row["group"], row["value"], _limit(row), row["verdict"],
    )  # fmt: skip
    return dict(zip(names, values, strict=True))


def _limit(row: Mapping[str, Any]) -> float | None:
    """The limit on the value's side of parity; None where that side has none."""
    limit: float | None = row["limit_low" if row["value"] < _parity(row) else "limit_high"]
    return limit


def _parity(row: Mapping[str, Any]) -> float:
    return METRICS[row["metric"]].neutral or 0.0


def _beyond(row: Mapping[str, Any]) -> float:
    """How far the value is on its way from parity to the limit; 1 is at the limit."""
    parity, limit = _parity(row), _limit(row)
    if limit is None or limit == parity:
        return 0.0
    return abs(float(row["value"]) - parity) / abs(limit - parity)


def _freshness(connection: Connection, model_id: int) -> dict[str, Any]:
    b, r = t.batches.c, t.runs.c
    mine = (b.model_id == model_id) & (b.role == Role.RECORDS)
    total = connection.execute(
        select(func.coalesce(func.sum(b.rows), 0), func.coalesce(func.sum(b.labelled), 0)).where(
            mine
        )
    ).one()
    last = connection.execute(
        select(b.name, b.ends_at, b.labelled, b.rows, r.finished_at)
        .outerjoin(t.runs, r.batch_id == b.id)
        .where(mine)
        .order_by(b.starts_at.desc(), b.id.desc())
        .limit(1)
    ).one_or_none()
    return {
        "label_coverage": total[1] / total[0] if total[0] else None,
        "rows": total[0],
        "labelled": total[1],
        "last_batch": last.name if last else None,
        "last_ends_at": last.ends_at if last else None,
        "last_scored_at": last.finished_at if last else None,
    }
