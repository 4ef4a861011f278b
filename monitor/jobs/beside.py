"""What a batch is judged beside, read from the store only as far as its rules need it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from monitor.alerts.past import Beside, Earlier, Key, newest, same_weekday
from monitor.alerts.rule import Against, Rule
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
    """The earlier values of each number that a rule compares with; a metric's are read once, when
    first asked for."""

    def __init__(
        self, connection: Connection, version_id: int, batch: Any, rules: Sequence[Rule]
    ) -> None:
        self._connection, self._version_id, self._batch = connection, version_id, batch
        self._rules = [rule for rule in rules if rule.enabled]
        self._values: dict[str, dict[Key, list[Earlier]]] = {}

    def __call__(self, key: Key) -> Sequence[Earlier]:
        metric = key[0]
        if metric not in self._values:
            self._values[metric] = self._read(metric)
        return self._values[metric].get(key, ())

    def _read(self, metric: str) -> dict[Key, list[Earlier]]:
        mine = [rule for rule in self._rules if rule.metric == metric]
        weekly = any(rule.against is Against.WEEKDAY for rule in mine)
        rows = results.earlier_values(
            self._connection,
            self._version_id,
            (self._batch.starts_at, self._batch.id),
            metric=metric,
            newest=max(map(newest, mine), default=0),
            starts=same_weekday(self._batch.starts_at) if weekly else (),
        )
        found: dict[Key, list[Earlier]] = {}
        for row in rows:
            m = measurement_from_facts(row)
            found.setdefault(m.key, []).append(Earlier(row["starts_at"], m))
        return found
