"""What is watched, with which limits, and what the limits say about a batch's measurements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from monitor.measures import verdict
from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.sequence import FOLLOWED, SINCE
from monitor.measures.measurement import Measurement
from monitor.terms import Severity, Task, Verdict

if TYPE_CHECKING:
    from monitor.measures.layout import Layout

EVERY = "*"  # as a rule's feature: every column
RATIO_LOW, RATIO_HIGH = 0.8, 1.25
GAP = 0.10
PERFORMANCE_DROP = 0.05
ERROR_GROWTH = 1.10
MISSING_GROWTH = 0.05
BUDGET = 2000.0  # batches in which one false alarm may come


class Against(StrEnum):
    """What a rule's limits count from: nothing, or the same metric on the reference."""

    ABSOLUTE = "absolute"
    REFERENCE = "reference"  # limits are added to it
    REFERENCE_RATIO = "reference ratio"  # limits multiply it


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table ``rules``.

    A limit of None leaves that side open; with both open the rule takes the verdict the measurement
    came with.  ``feature`` is a column, "*" for every column, "" for numbers about the whole model.
    ``attribute`` is a sensitive feature whose groups are judged one by one, "" for everybody.
    ``id`` is 0 until the rule is stored.
    """

    metric: str
    low: float | None = None
    high: float | None = None
    against: Against = Against.ABSOLUTE
    severity: Severity = Severity.CRITICAL
    feature: str = ""
    attribute: str = ""
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
            "enabled": int(self.enabled),
            "version": self.version,
        }

    def covers(self, m: Measurement) -> bool:
        """Whether the rule is about this number."""
        same_feature = m.feature == self.feature or (self.feature == EVERY and m.feature != "")
        return m.metric == self.metric and m.attribute == self.attribute and same_feature


@dataclass(frozen=True, slots=True)
class Judged:
    """A measurement with its verdict, and the rule that judged it, None where none did."""

    measurement: Measurement
    rule: Rule | None


def judge(rules: Iterable[Rule], measurements: Iterable[Measurement]) -> list[Judged]:
    """Every measurement with its verdict, in order; one without a rule keeps what it came with.

    Where two rules cover a number, the one that names its column goes before "*".
    """
    by_metric: dict[str, list[Rule]] = {}
    for rule in rules:
        if rule.enabled:
            by_metric.setdefault(rule.metric, []).append(rule)
    return [_judged(by_metric.get(m.metric, ()), m) for m in measurements]


def _judged(rules: Sequence[Rule], m: Measurement) -> Judged:
    covering = sorted((r for r in rules if r.covers(m)), key=lambda r: r.feature == EVERY)
    if not covering:
        return Judged(m, None)
    return Judged(_against(covering[0], m), covering[0])


def _against(rule: Rule, m: Measurement) -> Measurement:
    if rule.low is None and rule.high is None:
        return m
    if rule.against is Against.ABSOLUTE:
        return verdict.judge(m, low=rule.low, high=rule.high, parity=_neutral(m))
    if m.reference is None:
        return replace(
            m,
            verdict=Verdict.NOT_ENOUGH_DATA,
            reason=m.reason or "The reference has no such value to compare with.",
        )
    low, high = (_limit(rule, m.reference, limit) for limit in (rule.low, rule.high))
    return verdict.judge(m, low=low, high=high, parity=m.reference)


def _neutral(m: Measurement) -> float | None:
    definition = METRICS.get(m.metric)
    return definition.neutral if definition else None


def _limit(rule: Rule, reference: float, limit: float | None) -> float | None:
    if limit is None:
        return None
    return reference + limit if rule.against is Against.REFERENCE else reference * limit


def default_rules(
    layout: Layout, *, has_labels: bool, has_reference: bool, profile: str = "fairwatch"
) -> list[Rule]:
    """What a new model is watched for until somebody says otherwise.

    Critical is what many batches say together, whose false alarms are held to one budget: that
    something has become worse, and that groups have been treated apart since deployment.  What a
    single batch says is a warning.  With the ``profile`` "evidently" it is Evidently's verdict on
    drift that is watched, not ours.
    """
    rules = [Rule("batch_overdue", high=0.0, severity=Severity.WARNING)]
    if has_reference:
        rules.append(Rule("change_evidence", high=BUDGET))
        rules += _reference_rules(layout, has_labels=has_labels, profile=profile)
    # Segments are shown and compared by eye; only sensitive features have a right to be equal.
    for attribute in layout.attributes:
        found = list(_fairness_rules(layout, attribute, has_labels=has_labels))
        rules += [replace(rule, severity=Severity.WARNING) for rule in found]
        rules += [
            replace(rule, metric=f"{rule.metric}{SINCE}")
            for rule in found
            if rule.metric in FOLLOWED
        ]
    return rules


def _reference_rules(layout: Layout, *, has_labels: bool, profile: str) -> Iterator[Rule]:
    if has_labels:
        yield replace(_performance_rule(layout), severity=Severity.WARNING)
        yield from _surprise_rules(layout)
        yield from _estimate_rules(layout)
    whose = "evidently_drift_share" if profile == "evidently" else "drifted_columns"
    yield Rule(whose, severity=Severity.WARNING)
    for output in _outputs(layout, has_labels=has_labels):
        yield Rule("psi", severity=Severity.WARNING, feature=output)
    yield Rule(
        "missing_rate",
        high=MISSING_GROWTH,
        against=Against.REFERENCE,
        severity=Severity.WARNING,
        feature=EVERY,
    )


def _outputs(layout: Layout, *, has_labels: bool) -> Iterator[str]:
    """Pseudo-columns whose drift is news beside that of the features; predictions follow scores."""
    has_score = layout.edges_beside_features("score") is not None
    wanted = ("score" if has_score else "prediction", *(("target",) if has_labels else ()))
    yield from (name for name in wanted if layout.edges_beside_features(name) is not None)


def _performance_rule(layout: Layout) -> Rule:
    if layout.task is Task.REGRESSION:
        return Rule("mean_absolute_error", high=ERROR_GROWTH, against=Against.REFERENCE_RATIO)
    ranked = layout.task is Task.BINARY and "score" in layout.edges
    metric = "roc_auc" if ranked else "accuracy"
    return Rule(metric, low=-PERFORMANCE_DROP, against=Against.REFERENCE)


def _surprise_rules(layout: Layout) -> Iterator[Rule]:
    """Labels that say less than the scores promised: what no shift of inputs explains."""
    if layout.task is Task.REGRESSION:
        name, most = "realised_minus_estimated_mean_absolute_error", PERFORMANCE_DROP
        # A twentieth of the target's standard deviation, as of classifiers' accuracy.
        yield Rule(name, high=most * layout.residual_scale, severity=Severity.WARNING)
    if _has_scores(layout) or layout.task is Task.MULTICLASS:
        name = "realised_minus_estimated_accuracy"
        yield Rule(name, low=-PERFORMANCE_DROP, severity=Severity.WARNING)


def _estimate_rules(layout: Layout) -> Iterator[Rule]:
    """Off until somebody wants to hear of what is only expected, before labels say so."""
    for rule in _on_estimates(layout):
        yield replace(rule, severity=Severity.WARNING, enabled=False)


def _on_estimates(layout: Layout) -> Iterator[Rule]:
    if layout.task is Task.REGRESSION:
        error = "estimated_mean_absolute_error"
        yield Rule(error, high=ERROR_GROWTH, against=Against.REFERENCE_RATIO)
        yield from (_ratio(f"{error}_ratio", attribute) for attribute in layout.attributes)
    elif _has_scores(layout):
        yield Rule("estimated_accuracy", low=-PERFORMANCE_DROP, against=Against.REFERENCE)
        gap = "estimated_equal_opportunity_difference"
        attributes = layout.attributes if layout.favourable else ()
        yield from (_within(gap, attribute, GAP) for attribute in attributes)


def _has_scores(layout: Layout) -> bool:
    return layout.task is Task.BINARY and layout.edges_beside_features("score") is not None


def _fairness_rules(layout: Layout, attribute: str, *, has_labels: bool) -> Iterator[Rule]:
    favours = bool(layout.favourable) or layout.favourable_range is not None
    if favours:
        yield from _pair("demographic_parity", attribute)
    if not has_labels:
        return
    if layout.task is Task.REGRESSION:
        yield _ratio("mean_absolute_error_ratio", attribute)
        # A tenth of the target's standard deviation: what Cohen calls less than a small effect,
        # and yet a burden when every member of a group meets it.
        yield _within("mean_residual_difference", attribute, GAP * layout.residual_scale)
        return
    if favours:
        yield from _pair("equal_opportunity", attribute)
    binary = layout.task is Task.BINARY
    yield _within("equalized_odds_difference" if binary else "accuracy_difference", attribute, GAP)


def _pair(stem: str, attribute: str) -> Iterator[Rule]:
    yield _ratio(f"{stem}_ratio", attribute)
    yield _within(f"{stem}_difference", attribute, GAP)


def _ratio(metric: str, attribute: str) -> Rule:
    return Rule(metric, low=RATIO_LOW, high=RATIO_HIGH, attribute=attribute)


def _within(metric: str, attribute: str, half: float) -> Rule:
    return Rule(metric, low=-half, high=half, attribute=attribute)
