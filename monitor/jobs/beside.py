"""What a batch is judged beside, read from the store only as far as its rules need it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from monitor.alerts.past import Beside, Earlier, Key, reach
from monitor.alerts.rule import Rule
from monitor.jobs.facts import measurement_from_facts
from monitor.jobs.version import Version
from monitor.measures.measurement import Measurement
from monitor.store import results
from monitor.store.engine import Connection

DAY_SECONDS: Final = 86400.0
COVERAGE: Final = ("label_coverage", "", "", "")


def beside_of(
    connection: Connection,
    version: Version,
    batch: Any,
    rules: Sequence[Rule],
    measurements: Sequence[Measurement],
    *,
    now: datetime,
) -> Beside:
    """``batch`` has id, starts_at and ends_at; the share of its labels is one of the measurements,
    and where it is not no rule waits for labels."""
    return Beside(
        batch.starts_at,
        _Past(connection, version.id, batch, rules),
        coverage=next((m.value for m in measurements if m.key == COVERAGE), None),
        waited_days=(now - batch.ends_at).total_seconds() / DAY_SECONDS,
        wait_days=version.spec.wait_days,
    )


class _Past:
    """The earlier values of each number that a rule compares with; read once, when first asked."""

    def __init__(
        self, connection: Connection, version_id: int, batch: Any, rules: Sequence[Rule]
    ) -> None:
        self._connection, self._version_id, self._batch = connection, version_id, batch
        self._reach = {rule.metric: reach(rule) for rule in rules if rule.enabled and reach(rule)}

    def __call__(self, key: Key) -> Sequence[Earlier]:
        return self._values.get(key, ())

    @cached_property
    def _values(self) -> dict[Key, list[Earlier]]:
        found: dict[Key, list[Earlier]] = {}
        rows = results.earlier_values(
            self._connection,
            self._version_id,
            (self._batch.starts_at, self._batch.id),
            metrics=list(self._reach),
            batches=max(self._reach.values(), default=0),
        )
        for row in rows:
            m = measurement_from_facts(row)
            found.setdefault(m.key, []).append(Earlier(row["starts_at"], m))
        return found
