"""Numbers that many batches say together."""

from __future__ import annotations

from typing import Final

from monitor.measures.catalogue.definition import (
    ALL,
    ANY,
    LOWER,
    NEITHER,
    POSITIVE,
    Better,
    Metric,
    Range,
    Unit,
)
from monitor.measures.catalogue.gaps import GAPS

MOSTLY: Final = "Mostly from "  # so begins what is said of where evidence comes from
SINCE: Final = "_since_deployment"
CUSUM: Final = "_cusum"
# Differences of one rate or mean.
FOLLOWED: Final = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "false_positive_rate_difference",
    "false_negative_rate_difference",
    "predictive_parity_difference",
    "accuracy_difference",
    "mean_absolute_error_difference",
    "root_mean_squared_error_difference",
    "mean_residual_difference",
    "mean_prediction_difference",
)


def _sequence(
    name: str,
    title: str,
    formula: str,
    words: str,
    *,
    source: str,
    like: Metric | None = None,
    better: Better = LOWER,
    neutral: float | None = None,
    unit: Unit = "number",
    range: Range = POSITIVE,
    denominator: str = "batches since the start",
) -> Metric:
    return Metric(
        name,
        title,
        "sequence",
        like.tasks if like else ALL,
        better,
        neutral,
        unit,
        like.needs_labels if like else False,
        formula,
        source,
        words,
        denominator=denominator,
        range=range,
    )


def _evidence(name: str, title: str, formula: str, words: str) -> Metric:
    source = "Roberts 1966; Shin, Ramdas and Rinaldo 2024"
    return _sequence(name, title, formula, words, source=source)


STATISTIC = "share of the budget · mean of R(θ), with R ← (R + 1)·P(batch | worse) / P(batch | θ)"
EVIDENCE = (
    _evidence(
        "change_evidence",
        "Evidence of change",
        "sum of its parts; budget: ½ performance, ¼ groups, ¼ columns; held at 10 N",
        "How strongly all batches together say that something has become worse than the "
        "reference: while nothing has, it reaches N at most once in N batches.",
    ),
    _evidence(
        "performance_change_evidence",
        "Evidence that performance fell",
        STATISTIC,
        "How strongly all batches together say that the model is right less often than on the "
        "reference.",
    ),
    _evidence(
        "fairness_change_evidence",
        "Evidence that a gap grew",
        STATISTIC,
        "How strongly all batches together say that the difference between groups has grown "
        "since the reference.",
    ),
    _evidence(
        "drift_change_evidence",
        "Evidence of drift",
        "share of the budget · M, with M ← (M + 1)·P(bins | shares wander far) / P(bins | as ever)",
        "How strongly all batches together say that the column is spread differently, beyond "
        "what it always varies.",
    ),
)
_BY_NAME = {gap.name: gap for gap in GAPS}


def _since(gap: Metric) -> Metric:
    return _sequence(
        f"{gap.name}{SINCE}",
        f"{gap.title} since deployment",
        f"{gap.formula.split(';')[0]}, of all batches together",
        f"{gap.words.removesuffix('.')}, over all batches since deployment, with an interval that "
        "may be looked at every day.",
        source="Robbins 1970; Howard et al. 2021",
        like=gap,
        better=NEITHER,
        neutral=0.0,
        unit=gap.unit,
        range=gap.range,
        denominator=gap.denominator,
    )


def _cusum(gap: Metric) -> Metric:
    return _sequence(
        f"{gap.name}{CUSUM}",
        f"{gap.title}: cumulative surprise",
        "S ← max(0, S ± z − ½), z the batch's difference from all before it in standard errors",
        "How far the difference between groups has moved step by step; beyond 8 either way it "
        "has surely changed.",
        source="Page 1954; Hawkins 1987",
        like=gap,
        better=NEITHER,
        neutral=0.0,
        range=ANY,
    )


SEQUENCE = (
    *EVIDENCE,
    *(_since(_BY_NAME[name]) for name in FOLLOWED),
    *(_cusum(_BY_NAME[name]) for name in FOLLOWED),
)
