"""What arrived: the batches and label files of a model, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import and_, func, select

from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import frame, model_id, serving
from monitor.terms import JobKind, Stage

MOST_IDS = 10_000  # SQLite takes 32 766 parameters, PostgreSQL 65 535


def batches(store: Store, model: str | None = None) -> pd.DataFrame:
    """The columns of ``listed``, and notes."""
    table = listed(store, model)
    found = notes(store, tuple(table["id"].tolist()))
    return table.assign(notes=pd.Series(map(found.get, table["id"]), table.index, dtype=object))


def notes(store: Store, batches: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By id of the batch, what was found when it came in and what its labels were joined to: up to
    a sentence a column, so they are read only where they are shown."""
    b = t.batches.c
    query = select(b.id, b.notes)
    with store.read() as connection:
        return {
            row.id: row.notes
            for start in range(0, len(batches), MOST_IDS)
            for row in connection.execute(query.where(b.id.in_(batches[start : start + MOST_IDS])))
        }


def listed(store: Store, model: str | None = None) -> pd.DataFrame:
    """Newest first; columns id, model, role, name, starts_at, ends_at, rows, scored, labelled,
    label_coverage, verdict, source, file_name, sha256, received_at, rows_deleted_at, job_id,
    job_status, job_error, progress, seconds."""
    b, j, r = t.batches.c, t.jobs.c, t.runs.c
    with store.read() as connection:
        owner = None if model is None else model_id(connection, model)
        chosen = serving(owner)
        champion = and_(t.versions.c.model_id == b.model_id, t.versions.c.stage == Stage.CHAMPION)
        version = func.coalesce(chosen.c.version_id, t.versions.c.id)
        query = (
            select(
                b.id, t.models.c.name.label("model"), b.role, b.name, b.starts_at, b.ends_at,
                b.rows, r.id.is_not(None).label("scored"), b.labelled,
                (b.labelled * 1.0 / func.nullif(b.rows, 0)).label("label_coverage"),
                r.verdict, b.source, b.file_name, b.sha256,
                b.received_at, b.rows_deleted_at, j.id.label("job_id"),
                j.status.label("job_status"), j.error.label("job_error"), j.progress, r.seconds,
            )
            .join_from(t.batches, t.models, t.models.c.id == b.model_id)
            .outerjoin(t.versions, champion)
            .outerjoin(chosen, chosen.c.batch_id == b.id)
            .outerjoin(t.runs, and_(r.batch_id == b.id, r.version_id == chosen.c.version_id))
            .outerjoin(t.jobs, j.id == _newest_job(version))
            .order_by(b.starts_at.desc(), b.id.desc())
        )  # fmt: skip
        table = frame(connection, query if owner is None else query.where(b.model_id == owner))
    verdict = table["verdict"].astype(object)
    return table.assign(verdict=verdict.where(verdict.notna(), None))


def _newest_job(version: Any) -> Any:
    """The last job that scored or labelled the batch; late labels are tried after every batch."""
    j = t.jobs.alias().c
    mine = and_(j.version_id == version, j.kind == JobKind.SCORE) | (j.kind == JobKind.LABELS)
    return select(func.max(j.id)).where(j.batch_id == t.batches.c.id, mine).scalar_subquery()
