"""What could be done about an incident, from what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from monitor.alerts.decision import Decision, decide
from monitor.alerts.remedies import Context, Labels, Rival
from monitor.alerts.rule import Rule
from monitor.alerts.suspects import is_evidence, suspected
from monitor.jobs.facts import measurement_from_facts
from monitor.jobs.shifts import shifts_of
from monitor.measures.catalogue.estimated import REALISED
from monitor.measures.measurement import Measurement
from monitor.store import deciding, rows
from monitor.store.engine import Connection, Store
from monitor.terms import IncidentState, Severity, Verdict

COURSE: Final = 12  # batches whose verdicts are looked back at


@dataclass(frozen=True, slots=True)
class Broken:
    """A stored incident as a broken limit."""

    measurement: Measurement
    severity: Severity


def decision(store: Store, incident_id: int, *, now: datetime) -> Decision:
    """NotFound where there is no such incident."""
    with store.read() as connection:
        row = deciding.incident(connection, incident_id)
        return decide(_broken(row), _context(connection, row, now))


def _broken(row: Any) -> Broken:
    return Broken(measurement_from_facts(row.facts), Severity(row.severity))


def _as_it_broke(row: Any) -> Broken:
    return Broken(measurement_from_facts(row.broke_as or row.facts), Severity(row.severity))


def _is_still_broken(one: Any, row: Any) -> bool:
    """What is over asks for nothing any more."""
    return bool(one.state != IncidentState.RESOLVED or one.id == row.id)


def _context(connection: Connection, row: Any, now: datetime) -> Context:
    m, version = measurement_from_facts(row.facts), row.facts["version"]
    batch = deciding.batch(connection, row.batch_id)
    measured = deciding.measured(connection, row.model_id, row.batch_id)
    own = [measurement_from_facts(one._mapping) for one in measured if one.version == version]
    said = deciding.verdicts(connection, row.model_id, version, m.key, newest=COURSE)
    others = deciding.other_versions(connection, row.model_id, version)
    group = deciding.opened_together(connection, row)
    threshold, shifts = shifts_of(connection, m, row, version)
    return Context(
        rule=Rule.from_row(deciding.rule(connection, row.rule_id)),
        version=version,
        together=[_broken(one) for one in group if _is_still_broken(one, row)],
        broke=[_as_it_broke(one) for one in group],
        course=[Verdict(one) for one in said if one != Verdict.NOT_ENOUGH_DATA],
        endings=deciding.endings(connection, row),
        labels=None if batch is None else _labels(batch, row.wait_days, now),
        rivals=list(_rivals(m, measured, others)),
        threshold=threshold,
        shifts=shifts,
        surprise=next((one for one in own if _is_surprise(one)), None),
        suspects=suspected(
            m, [one for one in own if is_evidence(one.metric)],
            rows.importance(connection, row.model_id),
        ) if own else "",
    )  # fmt: skip


def _labels(batch: Any, wait_days: int, now: datetime) -> Labels:
    gone = max(0, (now - batch.ends_at).days)
    return Labels(batch.labelled, batch.rows, wait_days, gone)


def _rivals(m: Measurement, measured: Sequence[Any], others: Sequence[int]) -> Iterator[Rival]:
    found = {
        one.version: measurement_from_facts(one._mapping)
        for one in measured
        if (one.metric, one.feature, one.attribute, one.group) == m.key
    }
    yield from (Rival(number, found.get(number)) for number in others)


def _is_surprise(m: Measurement) -> bool:
    return m.metric.startswith(REALISED) and not m.attribute
