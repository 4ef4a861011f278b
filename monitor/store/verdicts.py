"""What is said of a whole batch: the worst that a rule has found in it, kept with its run."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, case, func, select, update

from monitor.measures.catalogue import METRICS
from monitor.store import tables as t
from monitor.terms import Verdict

NO_PRAISE: Final = [name for name, it in METRICS.items() if it.family in ("quality", "sequence")]
RANKS: Final = ("not enough data", "healthy", "at risk", "failing")


def save_verdict(connection: Connection, version_id: int, batch_id: int) -> None:
    """The run of the version on the batch gets the worst verdict of all that a rule judged and that
    could open an incident; null where nothing was judged.

    That no value is missing, or that earlier batches were well, does not make a batch healthy of
    which nothing else can be said.
    """
    found = connection.scalar(_WORST, {"version": version_id, "batch": batch_id})
    mine = (t.runs.c.version_id == version_id, t.runs.c.batch_id == batch_id)
    said = None if found is None else RANKS[found]
    connection.execute(update(t.runs).where(*mine).values(verdict=said))


def _worst() -> Select[Any]:
    s, m = t.series.c, t.measurements.c
    rank = case({name: place for place, name in enumerate(RANKS)}, value=m.verdict, else_=None)
    modest = and_(m.verdict == Verdict.HEALTHY, s.metric.in_(NO_PRAISE))
    return (
        select(func.max(case((modest, 0), else_=rank)))
        .join_from(t.measurements, t.series, m.series_id == s.id)
        .where(m.batch_id == bindparam("batch"), m.rule_version.is_not(None))
        .where(s.version_id == bindparam("version"), (s.attribute == "") | (s.group != ""))
    )


_WORST: Final = _worst()
