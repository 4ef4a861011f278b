"""What many batches say together, brought up to date from the first batch that changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from monitor.alerts.rule import Against, Rule
from monitor.jobs.conclude import reference_of, rules_of, settle
from monitor.jobs.measure import Reference
from monitor.jobs.version import Version, version_of
from monitor.measures.catalogue import METRICS, Better
from monitor.measures.catalogue.sequence import FOLLOWED
from monitor.measures.layout import Layout
from monitor.measures.sequential.follow import follow
from monitor.measures.sequential.observed import Observed
from monitor.measures.sequential.plan import Watch, plan
from monitor.store import queue, results, rows, sequences, writes
from monitor.store.engine import Connection, Store

BUDGET = "change_evidence"
WHOLE: Final = (BUDGET, "", "", "")


def advance(
    connection: Connection, version: Version, layout: Layout, *, since: datetime, now: datetime
) -> None:
    """Measures and judges anew, for every batch that starts at ``since`` or later, what it says
    together with those before it.

    Nothing is followed where there is no reference, or the model has no budget of false alarms.
    """
    reference = reference_of(connection, version.id, layout)
    rules = rules_of(connection, version.model_id)
    budget = budget_of(rules)
    stored = followed(connection, version)
    if reference is None or budget is None or not stored:
        return
    observed = [Observed.from_bytes(row.data) for row in stored]
    planned = plan(watches(rules, reference), layout, reference.observed, observed)
    known = sequences.restarts(connection, version.model_id, BUDGET, version=version.number)
    first = sum(row.starts_at < since for row in stored)
    said = follow(
        planned, observed, budget=budget, restarts=places_after(stored, known), first=first
    )
    decided = results.decided_after(connection, version.id, since)
    for row, found in zip(stored[first:], said, strict=True):
        # What somebody has dealt with opens nothing, whatever late labels make of it.
        heard = {WHOLE} if any((row.starts_at, row.id) <= place for place in known) else set()
        settle(
            connection,
            version,
            row,
            found,
            watched=rules,
            decided=decided,
            now=now,
            made=results.Made.OF_BATCHES,
            heard=heard,
        )


def bring_up_to_date(store: Store, job: queue.Job, *, clock: Callable[[], datetime]) -> None:
    """The job that measures anew from a batch on, because one before it was deleted."""
    now = clock()
    with store.write() as connection:
        writes.hold_model(connection, job.model_id)
        queue.finish(connection, job, now=now)
        version = version_of(connection, job.version_id or 0)
        since = rows.batch(connection, job.batch_id).starts_at
        if version.layout is not None:
            advance(connection, version, version.layout, since=since, now=now)


def followed(connection: Connection, version: Version) -> list[Any]:
    """The version's batches with what each brings, oldest first.

    A batch that became the reference is what others are compared with, and none of them.
    """
    itself = rows.version(connection, version.id).facts.get("reference_batch")
    return [row for row in sequences.batches(connection, version.id) if row.id != itself]


def budget_of(rules: Sequence[Rule]) -> float | None:
    """The batches in which one false alarm may come; None where no rule says."""
    found = [rule.high for rule in rules if rule.metric == BUDGET and rule.enabled]
    return next((most for most in found if most is not None and most > 0), None)


def places_after(stored: Sequence[Any], acknowledged: Sequence[tuple[datetime, int]]) -> set[int]:
    """The first batch after each one about which somebody acknowledged or resolved an alarm."""
    order = [(row.starts_at, row.id) for row in stored]
    later = ([i for i, place in enumerate(order) if place > known] for known in acknowledged)
    return {places[0] for places in later if places}


def watches(rules: Sequence[Rule], reference: Reference) -> list[Watch]:
    """What the model's rules say matters, and how much of a change does."""
    values = {m.metric: m.value for m in reference.measured if not (m.attribute or m.feature)}
    return [watch for rule in rules if rule.enabled for watch in _watch(rule, values)]


def _watch(rule: Rule, values: dict[str, float | None]) -> Iterator[Watch]:
    family = METRICS[rule.metric].family if rule.metric in METRICS else ""
    if rule.attribute and rule.metric in FOLLOWED and rule.against is Against.ABSOLUTE:
        limits = [abs(limit) for limit in (rule.low, rule.high) if limit]
        if limits:
            yield Watch(rule.metric, min(limits), rule.attribute)
    elif family == "performance" and not rule.attribute and not rule.feature:
        limit = _drop(rule, values.get(rule.metric))
        if limit:
            yield Watch(rule.metric, limit)


def _drop(rule: Rule, value: float | None) -> float | None:
    """How far the rule lets the metric move from the reference's value; None where it says not.

    What a rule lets it move from the batch before it lets it move from the reference as well;
    standard deviations between batches are no such distance.
    """
    higher_hurts = METRICS[rule.metric].better is Better.LOWER
    first, second = (rule.high, rule.low) if higher_hurts else (rule.low, rule.high)
    limit = second if first is None else first
    if limit is None or value is None or rule.against is Against.TRAILING:
        return None
    if rule.against in (Against.REFERENCE, Against.PREVIOUS, Against.WEEKDAY):
        return abs(limit)
    absolute = limit if rule.against is Against.ABSOLUTE else limit * value
    return abs(absolute - value)
