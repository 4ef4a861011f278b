"""From a batch's tallies to verdicts, incidents and messages, inside one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from monitor.alerts.incidents import Batch, Key, reconcile
from monitor.alerts.judging import Judged, judge
from monitor.alerts.pauses import Pause, is_down
from monitor.alerts.rule import Rule
from monitor.jobs.beside import beside_of
from monitor.jobs.incidents import apply, ended_incidents, open_incidents
from monitor.jobs.measure import Reference, measure, measure_reference
from monitor.jobs.version import Version
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.sequential.observed import observe
from monitor.measures.tally import Outcomes, Profiles, Tally
from monitor.store import pauses, queue, results, rows, rules, sequences
from monitor.store.engine import Connection
from monitor.terms import JobKind, Stage

Decided = Mapping[Key, datetime]  # see ``results.decided_after``


def conclude(
    connection: Connection,
    version: Version,
    layout: Layout,
    batch: Any,
    tally: Tally,
    *,
    facts: Mapping[str, Any],
    decided: Decided,
    now: datetime,
) -> None:
    """Replaces the batch's tallies and measurements and brings the incidents up to date.

    What it says together with other batches is left to ``sequence.advance``, once for all of them.

    Only the champion's batches open incidents; challengers are measured beside it.
    """
    parts = {"profiles": tally.profiles.to_bytes(), "outcomes": tally.outcomes.to_bytes()}

    def earlier() -> Iterator[Tally]:
        stored = results.earlier_tallies(connection, version.id, batch.starts_at)
        return (tally_from(one, layout) for one in stored)

    reference = reference_of(connection, version.id, layout)
    found = measure(tally, layout=layout, reference=reference, facts=facts, earlier=earlier)
    if reference is not None:
        observed = observe(tally, layout, found, reference=reference.tally)
        parts |= {sequences.KIND: observed.to_bytes()}
    results.save_tallies(connection, version.id, batch.id, parts)
    watched = rules_of(connection, version.model_id)
    settle(connection, version, batch, found, watched=watched, decided=decided, now=now)
    ask_to_explain(connection, version, batch.id, now=now)


def settle(
    connection: Connection,
    version: Version,
    batch: Any,
    measurements: list[Measurement],
    *,
    watched: list[Rule],
    decided: Decided,
    now: datetime,
    made: results.Made = results.Made.OF_TALLIES,
    heard: Collection[Key] = (),
) -> None:
    """Judges and saves measurements that are ``made`` alike, and their incidents.

    The model's rules, ``watched``, and what is ``decided`` are asked once for all the batches of a
    job.  Those ``heard`` of open none: a person has dealt with them.  Nor do those of a batch whose
    period begins in a planned downtime; they are judged all the same.
    """
    beside = beside_of(connection, version, batch, watched, measurements, now=now)
    judged = judge(watched, measurements, beside=beside)
    saved = [(one.measurement, one.rule.version if one.rule else None) for one in judged]
    results.save_measurements(connection, version.id, batch.id, saved, made=made)
    if version.stage is Stage.CHAMPION:
        later = {key for key, at in decided.items() if at > batch.starts_at}
        later |= {*heard, *_down(connection, version.model_id, judged, batch.starts_at)}
        _alert(connection, version, watched, judged, batch, later, now)


def _down(
    connection: Connection, model_id: int, judged: list[Judged], starts_at: datetime
) -> set[Key]:
    """What opens no incident, because the batch's period begins in a planned downtime."""
    known = pauses_of(connection, model_id)
    rules = {one.rule.id for one in judged if one.rule is not None} if known else set()
    down = {one for one in rules if is_down(known, starts_at, model_id=model_id, rule_id=one)}
    return {one.measurement.key for one in judged if one.rule is not None and one.rule.id in down}


def pauses_of(connection: Connection, model_id: int) -> list[Pause]:
    """Those of the model, of its rules, and of every model."""
    return [Pause.from_row(row) for row in pauses.of_model(connection, model_id)]


def ask_to_explain(
    connection: Connection, version: Version, batch_id: int, *, now: datetime
) -> None:
    """Queues the work on a sample of rows, once for each state of the batch's labels.

    What still waits to look at an earlier state is dropped: nobody would see what it finds.
    """
    batch = rows.batch(connection, batch_id)
    queue.withdraw(connection, kind=JobKind.EXPLAIN, version_id=version.id, batch_id=batch_id)
    queue.enqueue(
        connection,
        kind=JobKind.EXPLAIN,
        key=f"explain:{version.id}:{batch_id}:{batch.labels_sha256 or ''}",
        model_id=version.model_id,
        version_id=version.id,
        batch_id=batch_id,
        order_at=batch.starts_at,
        now=now,
    )


def _alert(
    connection: Connection,
    version: Version,
    watched: list[Rule],
    judged: list[Judged],
    batch: Any,
    decided: Collection[Key],
    now: datetime,
) -> None:
    # Read anew: its labels may have come in this very transaction.
    known = rows.batch(connection, batch.id)
    period = Batch(batch.id, batch.name, batch.starts_at, batch.ends_at, known.rows, known.labelled)
    changes = reconcile(
        judged,
        open_incidents(connection, version.model_id),
        rules=watched,
        batch=period,
        newest=False,
        decided_later=decided,
        ended=ended_incidents(connection, version.model_id),
        now=now,
    )
    apply(connection, version.model_id, version.number, changes, now=now)


def reference_of(connection: Connection, version_id: int, layout: Layout) -> Reference | None:
    """What every batch of this version is compared with; measured once in a process."""
    stored = results.load_tallies(connection, version_id, results.REFERENCE)
    return _measured_once(_Stored(stored, layout)) if stored else None


class _Stored:
    """Tallies as stored; equal where the bytes are, and what they are read by."""

    def __init__(self, parts: Mapping[str, bytes], layout: Layout) -> None:
        self.parts, self.layout = parts, layout
        self._key = (json.dumps(layout.to_json(), sort_keys=True), *sorted(parts.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Stored) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=16)
def _measured_once(stored: _Stored) -> Reference:
    return measure_reference(tally_from(stored.parts, stored.layout), stored.layout)


def tally_from(stored: Mapping[str, bytes], layout: Layout) -> Tally:
    return Tally(
        Profiles.from_bytes(stored["profiles"], layout),
        Outcomes.from_bytes(stored["outcomes"], layout),
    )


def rules_of(connection: Connection, model_id: int) -> list[Rule]:
    """The model's rules, those switched off included."""
    return [Rule.from_row(row) for row in rules.of_model(connection, model_id)]
