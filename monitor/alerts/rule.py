"""A rule: what is watched, what must hold before it is broken, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from monitor.measures.measurement import Measurement
from monitor.terms import Severity

EVERY = "*"  # as a rule's feature: every column


class Against(StrEnum):
    """What a rule's limits count from: nothing, or the same metric elsewhere."""

    ABSOLUTE = "absolute"
    REFERENCE = "reference"  # limits are added to it
    REFERENCE_RATIO = "reference ratio"  # limits multiply it
    PREVIOUS = "previous"  # limits are added to the value of the batch before
    WEEKDAY = "weekday"  # … of the newest batch before that began on the same weekday
    TRAILING = "trailing"  # limits are standard deviations beside the mean of the batches before


class Evidence(StrEnum):
    """What breaks a limit, given a value beyond it.

    The interval has to leave out the value of no difference (that of the reference, or parity);
    where the limit counts from earlier batches, which vary themselves, it has to be wholly beyond
    the limit.
    """

    INTERVAL = "interval"
    VALUE = "value"  # nothing more


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold before a value beyond a limit breaks the rule.

    The value is judged from ``minimum_rows`` rows on and, where it needs labels, once the share
    ``minimum_coverage`` of them is there or ``wait_days`` days have gone since the batch ended
    (None: as many as the model's).  The rule is broken when ``breaches`` of the newest ``window``
    batches are beyond the limit: before, a batch beyond it is at risk, and so is one within it
    while so many of those before are not.  ``trailing`` is how many batches a trailing mean is of.
    """

    evidence: Evidence = Evidence.INTERVAL
    minimum_rows: int = 0
    minimum_coverage: float = 0.0
    wait_days: int | None = None
    breaches: int = 1
    window: int = 1
    trailing: int = 8

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Conditions:
        return cls(**{**known, "evidence": Evidence(known.get("evidence", Evidence.INTERVAL))})

    def to_json(self) -> dict[str, Any]:
        """Only what is not as it would be unasked."""
        return _said(self, Conditions())


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told, and how often.

    ``channels`` are names; empty, every channel hears of it.  An incident that nobody has
    acknowledged is told again every ``remind_hours``, and ``escalate_hours`` after it opened once
    through the channel ``escalate_to``.  One that comes back within ``relapse_days`` of its end is
    the same incident, opened again.  None or "" means never.
    """

    channels: tuple[str, ...] = ()
    remind_hours: float | None = None
    escalate_hours: float | None = None
    escalate_to: str = ""
    relapse_days: float | None = 14.0

    @classmethod
    def from_json(cls, known: Mapping[str, Any]) -> Telling:
        return cls(**{**known, "channels": tuple(known.get("channels", ()))})

    def to_json(self) -> dict[str, Any]:
        """Only what is not as it would be unasked."""
        said = _said(self, Telling())
        return {k: list(v) if isinstance(v, tuple) else v for k, v in said.items()}


def _said(mine: Conditions | Telling, unasked: Conditions | Telling) -> dict[str, Any]:
    before = asdict(unasked)
    return {k: v for k, v in asdict(mine).items() if v != before[k]}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table ``rules``.

    A limit of None leaves that side open; with all open the rule takes the verdict the measurement
    came with.  ``feature`` is a column, "*" for every column, "" for numbers about the whole model.
    ``attribute`` is a sensitive feature whose groups are judged one by one, "" for everybody;
    ``group`` is one of them, "" for each.  Beyond the ``critical`` limits the rule is broken with
    severity critical, whatever its ``severity``.  ``id`` is 0 until the rule is stored.
    """

    metric: str
    low: float | None = None
    high: float | None = None
    against: Against = Against.ABSOLUTE
    severity: Severity = Severity.CRITICAL
    feature: str = ""
    attribute: str = ""
    group: str = ""
    critical_low: float | None = None
    critical_high: float | None = None
    conditions: Conditions = Conditions()
    telling: Telling = Telling()
    enabled: bool = True
    version: int = 1
    id: int = 0

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Rule:
        return cls(
            metric=row["metric"],
            low=row["low"],
            high=row["high"],
            against=Against(row["against"]),
            severity=Severity(row["severity"]),
            feature=row["feature"],
            attribute=row["attribute"],
            group=row["group"],
            critical_low=row["critical_low"],
            critical_high=row["critical_high"],
            conditions=Conditions.from_json(row["conditions"]),
            telling=Telling.from_json(row["telling"]),
            enabled=bool(row["enabled"]),
            version=row["version"],
            id=row["id"],
        )

    def to_row(self) -> dict[str, Any]:
        """The columns a rule decides itself: all but ``id`` and ``model_id``."""
        return {
            "metric": self.metric,
            "low": self.low,
            "high": self.high,
            "against": str(self.against),
            "severity": str(self.severity),
            "feature": self.feature,
            "attribute": self.attribute,
            "group": self.group,
            "critical_low": self.critical_low,
            "critical_high": self.critical_high,
            "conditions": self.conditions.to_json(),
            "telling": self.telling.to_json(),
            "enabled": int(self.enabled),
            "version": self.version,
        }

    @property
    def has_no_limits(self) -> bool:
        limits = (self.low, self.high, self.critical_low, self.critical_high)
        return all(limit is None for limit in limits)

    def covers(self, m: Measurement) -> bool:
        """Whether the rule is about this number."""
        same_feature = m.feature == self.feature or (self.feature == EVERY and m.feature != "")
        same_group = self.group in ("", m.group)
        return (
            (m.metric, m.attribute) == (self.metric, self.attribute) and same_feature and same_group
        )
