"""What a new model is watched for until somebody says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from monitor.alerts.rule import EVERY, Against, Rule
from monitor.measures.catalogue.sequence import FOLLOWED, SINCE
from monitor.terms import Severity, Task

if TYPE_CHECKING:
    from monitor.measures.layout import Layout

RATIO_LOW, RATIO_HIGH = 0.8, 1.25
GAP = 0.10
PERFORMANCE_DROP = 0.05
ERROR_GROWTH = 1.10
MISSING_GROWTH = 0.05
BUDGET = 2000.0  # batches in which one false alarm may come


def default_rules(
    layout: Layout, *, has_labels: bool, has_reference: bool, profile: str = "fairwatch"
) -> list[Rule]:
    """What a new model is watched for until somebody says otherwise.

    Critical is what many batches say together, whose false alarms are held to one budget: that
    something has become worse, and that groups have been treated apart since deployment.  What a
    single batch says is a warning.  With the ``profile`` "evidently" it is Evidently's verdict on
    drift that is watched, not ours.
    """
    rules = service_rules(has_labels=has_labels)
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


def service_rules(*, has_labels: bool) -> list[Rule]:
    """Whether batches come, their labels, and whether the work on them gets done."""
    asked = ["batch_overdue", *(["labels_overdue"] if has_labels else []), "failed_jobs"]
    return [Rule(metric, high=0.0, severity=Severity.WARNING) for metric in asked]


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
