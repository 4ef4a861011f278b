"""Judging numbers whose wait for labels is over, though no more labels have come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from monitor.alerts.judging import LABELS, rule_of
from monitor.alerts.rule import Rule
from monitor.jobs.conclude import rules_of, settle
from monitor.jobs.facts import measurement_from_facts
from monitor.jobs.version import version_of
from monitor.measures.held_back import NOT_JUDGED
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import unjudged
from monitor.store import due, results, rows, writes
from monitor.store.engine import Connection, Store


def judge_waited(store: Store, models: Iterable[Any], *, now: datetime) -> int:
    """Judges anew what waited for labels until now; returns how many batches that were.

    ``models`` are rows of ``due.newest_periods``.
    """
    return sum(_judge_model(store, model, now) for model in models)


def _judge_model(store: Store, model: Any, now: datetime) -> int:
    with store.read() as connection:
        found = _over(connection, model, now)
    for batch_id in found:
        with store.write() as connection:
            writes.hold_model(connection, model.id)
            if batch_id in _over(connection, model, now):
                _judge_anew(connection, model, batch_id, now)
    return len(found)


def _over(connection: Connection, model: Any, now: datetime) -> list[int]:
    """Batches with a number that its rule has not judged for want of labels and now would."""
    rules = rules_of(connection, model.id)
    waiting = [rule.metric for rule in rules if rule.conditions.minimum_coverage > 0]
    rows = due.not_judged(connection, model.version_id, waiting, lead=f"{NOT_JUDGED}{LABELS}")
    return sorted({row.batch_id for row in rows if _is_over(row, rules, model, now)})


def _is_over(row: Any, rules: Sequence[Rule], model: Any, now: datetime) -> bool:
    number = Measurement(
        row.metric, None, 0, feature=row.feature, attribute=row.attribute, group=row.group
    )
    rule = rule_of(rules, number)
    if rule is None:
        return False
    days = rule.conditions.wait_days
    return bool(row.ends_at + timedelta(days=model.wait_days if days is None else days) <= now)


def _judge_anew(connection: Connection, model: Any, batch_id: int, now: datetime) -> None:
    version, batch = version_of(connection, model.version_id), rows.batch(connection, batch_id)
    made = results.NAMES[results.Made.OF_TALLIES]
    stored = rows.measurements(connection, model.id, batch_id)
    found = [measurement_from_facts(row._mapping) for row in stored if row.metric in made]
    decided = results.decided_after(connection, version.id, batch.starts_at)
    settle(
        connection,
        version,
        batch,
        [*map(unjudged, found)],
        watched=rules_of(connection, model.id),
        decided=decided,
        now=now,
    )
