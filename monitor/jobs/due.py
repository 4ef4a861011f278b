"""Noticing the batch that did not come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from monitor.alerts.incidents import Batch, Event, reconcile
from monitor.alerts.judging import judge
from monitor.alerts.rule import Rule
from monitor.alerts.schedule import overdue
from monitor.jobs.conclude import rules_of
from monitor.jobs.incidents import apply, ended_incidents, open_incidents
from monitor.store import rows, writes
from monitor.store.engine import Connection, Store
from monitor.terms import Cadence

GRACE = {
    Cadence.HOUR: timedelta(minutes=30),
    Cadence.DAY: timedelta(hours=12),
    Cadence.WEEK: timedelta(days=2),
    Cadence.MONTH: timedelta(days=5),
}


def watch(store: Store, *, now: datetime) -> int:
    """Opens and resolves incidents about overdue batches; returns how many changed."""
    with store.read() as connection:
        models = rows.newest_periods(connection)
    return sum(_watch_one(store, model, now) for model in models)


def _watch_one(store: Store, model: Any, now: datetime) -> int:
    cadence = Cadence(model.cadence)
    measurement = overdue(cadence, model.end, now, GRACE[cadence])
    with store.read() as connection:
        changes = _changes(connection, model, measurement, now)
    if changes:
        with store.write() as connection:
            writes.hold_model(connection, model.id)
            changes = _changes(connection, model, measurement, now)
            apply(connection, model.id, model.number, changes, now=now)
    return len(changes)


def _changes(connection: Connection, model: Any, measurement: Any, now: datetime) -> Any:
    """A count that grew from two to three missing batches is no news; where a batch came and
    others are still missing, the incident goes on with the new count."""
    rules = [rule for rule in rules_of(connection, model.id) if _about_batches(rule)]
    mine = {rule.id for rule in rules}
    going_on, ended = (
        [incident for incident in read(connection, model.id) if incident.rule_id in mine]
        for read in (open_incidents, ended_incidents)
    )
    changes = reconcile(
        judge(rules, [measurement]),
        going_on,
        ended=ended,
        rules=rules,
        batch=Batch(None, "", model.end, now),
        newest=True,
        now=now,
    )
    return [change for change in changes if change.event != Event.REVISED]


def _about_batches(rule: Rule) -> bool:
    return rule.metric == "batch_overdue"
