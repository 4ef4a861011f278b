"""One row a model: how it stands now, and why."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, select

from monitor.measures.catalogue import METRICS
from monitor.store import foreseen
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import bare_frame, frame
from monitor.terms import IncidentState, Role, Severity, Stage, Verdict

RECENT = 100  # batches looked at for the newest judged value of each series
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


def standing(connection: Connection, version_id: int, model_id: int) -> pd.DataFrame:
    """The newest measurement of each series that a rule watches, with its batch."""
    b = t.batches.c
    recent = (
        select(b.id, b.name.label("batch"), b.starts_at)
        .where(b.model_id == model_id, b.role == Role.RECORDS)
        .order_by(b.starts_at.desc(), b.id.desc())
        .limit(RECENT)
    )
    batches = frame(connection, recent)
    ids = [int(one) for one in batches["id"]]
    m = t.measurements.c
    newest = _judged(connection, version_id, m.batch_id.in_(ids[:1]))
    left = _others(connection, ids[1:], newest["series_id"].tolist())
    older = t.series.c.id.in_(left) & m.batch_id.in_(ids[1:])
    parts = [newest, _judged(connection, version_id, older)] if left else [newest]
    table = pd.concat(parts, ignore_index=True).merge(batches, left_on="batch_id", right_on="id")
    return (
        table.assign(place=table["batch_id"].map({one: place for place, one in enumerate(ids)}))
        .sort_values(["series_id", "place"])
        .drop_duplicates("series_id")
    )


def _judged(connection: Connection, version_id: int, where: ColumnElement[bool]) -> pd.DataFrame:
    """Values that a rule has judged and that could open an incident."""
    s, m = t.series.c, t.measurements.c
    query = (
        select(
            m.series_id, m.batch_id, s.metric, s.feature, s.attribute, s.group, m.value, m.low,
            m.high, m.n, m.verdict, m.reason, m.reference, m.limit_low, m.limit_high,
        )
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .where(where, m.rule_version.is_not(None), m.value.is_not(None))
        .where(s.version_id == version_id)
    )  # fmt: skip
    table = bare_frame(connection, query)
    return table[(table["attribute"] == "") | (table["group"] != "")]


def _others(connection: Connection, batches: list[int], known: list[int]) -> list[int]:
    """Series judged in these batches that are not known yet: few, and found in the index alone."""
    m = t.measurements.c
    query = (
        select(m.series_id).distinct().where(m.batch_id.in_(batches), m.rule_version.is_not(None))
    )
    return sorted({*connection.scalars(query)} - {*known})


def _open(connection: Connection, model_id: int) -> list[Any]:
    i = t.incidents.c
    still = i.state != IncidentState.RESOLVED
    query = select(i.sentence, i.since_at, i.severity).where(i.model_id == model_id, still)
    return list(connection.execute(query.order_by(i.severity, i.since_at, i.id)))


def _verdict(current: pd.DataFrame, incidents: list[Any]) -> dict[str, Any]:
    if incidents:
        worst = incidents[0]
        return {"verdict": "failing", "why": worst.sentence, "since": worst.since_at}
    verdicts = [Verdict(name) for name in current["verdict"].dropna()]
    verdict = max(verdicts, key=lambda v: v.rank, default=Verdict.NOT_ENOUGH_DATA)
    if verdict in (Verdict.AT_RISK, Verdict.FAILING):
        row = current[current["verdict"] == verdict.value].iloc[0]
        return {"verdict": verdict.value, "why": row["reason"], "since": row["starts_at"]}
    why = "" if verdict is Verdict.HEALTHY else "No batch has been judged yet."
    return {"verdict": verdict.value, "why": why, "since": None}


def _family(current: pd.DataFrame, family: str) -> pd.DataFrame:
    known = [name in METRICS and METRICS[name].family == family for name in current["metric"]]
    return current[pd.Series(known, index=current.index, dtype=bool)]


def _headline(current: pd.DataFrame) -> dict[str, Any]:
    """The newest judged performance; nothing while no label has arrived."""
    rows = _family(current, "performance")
    rows = rows[(rows["attribute"] == "") & (rows["metric"] != "label_coverage")]
    return foreseen.as_headline(rows.iloc[0]) if len(rows) else {}


def _drift(current: pd.DataFrame) -> dict[str, Any]:
    rows = current[current["metric"] == "drifted_columns"]
    if rows.empty:
        return {"drift_verdict": Verdict.NOT_ENOUGH_DATA.value, "drifted_columns": None}
    return {"drift_verdict": rows.iloc[0]["verdict"], "drifted_columns": rows.iloc[0]["value"]}


def _gap(current: pd.DataFrame) -> dict[str, Any]:
    rows = _family(current, "fairness")
    names = ("gap_metric", "gap_attribute", "gap_group", "gap_value", "gap_limit", "gap_verdict")
    if rows.empty:
        return dict.fromkeys(names)
    beyond = [_beyond(row) for row in rows.itertuples()]
    rank = [Verdict(verdict).rank if verdict else 0 for verdict in rows["verdict"]]
    row = rows.assign(rank=rank, beyond=beyond).sort_values(["rank", "beyond"]).iloc[-1]
    limit = row["limit_low"] if row["value"] < _middle(row) else row["limit_high"]
    values = (row["metric"], row["attribute"], row["group"], row["value"], limit, row["verdict"])
    return dict(zip(names, values, strict=True))


def _middle(row: Any) -> float:
    neutral = METRICS[row["metric"]].neutral
    return neutral if neutral is not None else 0.0


def _beyond(row: Any) -> float:
    """How far the value is on its way from parity to the limit; 1 is at the limit."""
    neutral = METRICS[row.metric].neutral or 0.0
    limit = row.limit_low if row.value < neutral else row.limit_high
    return abs(row.value - neutral) / abs(limit - neutral) if limit != neutral else 0.0


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
