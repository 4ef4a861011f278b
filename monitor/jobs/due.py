"""Noticing what did not come: a batch, its labels, the end of the work on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.alerts.defaults import service_rules
from monitor.alerts.incidents import Batch, Change, Event, reconcile
from monitor.alerts.judging import judge
from monitor.alerts.pauses import Pause, is_down
from monitor.alerts.rule import Rule
from monitor.alerts.schedule import GRACE, Failed, failed_jobs, labels_overdue, overdue
from monitor.alerts.watchable import FROM_MODELS
from monitor.jobs.conclude import pauses_of, rules_of
from monitor.jobs.incidents import apply, ended_incidents, open_incidents
from monitor.jobs.waited import judge_waited
from monitor.measures.measurement import Measurement
from monitor.store import due, rules, writes
from monitor.store.engine import Connection, Store
from monitor.terms import Cadence

SINCE = "What every model is watched for since there is such a rule."


def watch(store: Store, *, now: datetime) -> int:
    """Opens and resolves incidents about what is overdue, and judges what has waited for labels
    long enough; returns how many incidents about the former changed."""
    with store.read() as connection:
        models = due.newest_periods(connection)
    judge_waited(store, models, now=now)
    return sum(_watch_one(store, model, now) for model in models)


def _watch_one(store: Store, model: Any, now: datetime) -> int:
    with store.read() as connection:
        lacking = _lacking(connection, model)
        changes = _changes(connection, model, now)
    if lacking or changes:
        with store.write() as connection:
            writes.hold_model(connection, model.id)
            made = [rule.to_row() for rule in _lacking(connection, model)]
            rules.add(connection, model.id, made, who="fairwatch", now=now, note=SINCE)
            changes = _changes(connection, model, now)
            apply(connection, model.id, model.number, changes, now=now)
    return len(changes)


def _lacking(connection: Connection, model: Any) -> list[Rule]:
    """The rules that a model registered before there were such ones does not have."""
    has_labels = bool(model.spec["columns"].get("target"))
    have = {rule.metric for rule in rules_of(connection, model.id)}
    return [rule for rule in service_rules(has_labels=has_labels) if rule.metric not in have]


def _changes(connection: Connection, model: Any, now: datetime) -> list[Change]:
    """A count that grew from two to three missing batches is no news; where a batch came and
    others are still missing, the incident goes on with the new count.

    In a planned downtime nothing is opened.
    """
    watched = [rule for rule in rules_of(connection, model.id) if rule.metric in FROM_MODELS]
    planned = pauses_of(connection, model.id)
    judged = judge(watched, _measured(connection, model, watched, planned, now))
    mine = {rule.id for rule in watched}
    going_on, ended = (
        [incident for incident in read(connection, model.id) if incident.rule_id in mine]
        for read in (open_incidents, ended_incidents)
    )
    changes = reconcile(
        judged,
        going_on,
        ended=ended,
        rules=watched,
        batch=Batch(None, "", model.end, now),
        decided_later={
            one.measurement.key
            for one in judged
            if one.rule and is_down(planned, now, model_id=model.id, rule_id=one.rule.id)
        },
        now=now,
    )
    return [change for change in changes if change.event != Event.REVISED]


def _measured(
    connection: Connection,
    model: Any,
    watched: Sequence[Rule],
    planned: Sequence[Pause],
    now: datetime,
) -> list[Measurement]:
    cadence = Cadence(model.cadence)
    ids = {rule.metric: rule.id for rule in watched}

    def down(starts_at: datetime) -> bool:
        rule_id = ids.get("batch_overdue", 0)
        return is_down(planned, starts_at, model_id=model.id, rule_id=rule_id)

    wait = timedelta(days=model.wait_days) + GRACE[cadence]
    failed = due.failed_jobs(connection, model.id)
    return [
        overdue(cadence, model.end, now, GRACE[cadence], down=down),
        labels_overdue(
            due.labels(connection, model.id, now - wait),
            joining=due.is_joining(connection, model.id),
        ),
        failed_jobs([Failed(row.kind, row.batch, row.error or "") for row in failed]),
    ]
