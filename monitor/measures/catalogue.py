"""Every metric we name: what it is, which way is better, and where its definition comes from.

Pages, messages, rules and the README read it, so it imports nothing heavy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from monitor.terms import Task

Family = Literal["performance", "fairness", "drift", "quality", "service"]
Unit = Literal["percent", "points", "ratio", "number"]


class Better(StrEnum):
    """Which way is better; NEITHER where the neutral value is best, or where nothing is."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


HIGHER, LOWER, NEITHER = Better.HIGHER, Better.LOWER, Better.NEITHER


@dataclass(frozen=True, slots=True)
class Metric:
    """A definition; ``neutral`` is the value of no difference, None where there is none.

    Values are fractions: ``unit`` only says how they are written (see ``wording.format_value``).
    ``words`` is one sentence for somebody who has never met the metric.
    """

    name: str
    title: str
    family: Family
    tasks: tuple[Task, ...]
    better: Better
    neutral: float | None
    unit: Unit
    needs_labels: bool
    formula: str
    source: str
    words: str


BINARY, CLASSES = (Task.BINARY,), (Task.BINARY, Task.MULTICLASS)
MULTICLASS, REGRESSION, ALL = (Task.MULTICLASS,), (Task.REGRESSION,), tuple(Task)


def _performance(
    name: str,
    title: str,
    tasks: tuple[Task, ...],
    better: Better,
    unit: Unit,
    formula: str,
    words: str,
    *,
    source: str = "scikit-learn",
) -> Metric:
    return Metric(
        name, title, "performance", tasks, better, None, unit, True, formula, source, words
    )


def _rate(
    name: str,
    title: str,
    tasks: tuple[Task, ...],
    formula: str,
    words: str,
    *,
    better: Better = NEITHER,
    unit: Unit = "percent",
    neutral: float | None = None,
    needs_labels: bool = True,
    source: str = "fairlearn",
) -> Metric:
    """Something measured per group, and for everybody."""
    return Metric(
        name, title, "fairness", tasks, better, neutral, unit, needs_labels, formula, source, words
    )


def _gap(
    name: str,
    title: str,
    tasks: tuple[Task, ...],
    formula: str,
    words: str,
    *,
    unit: Unit = "points",
    needs_labels: bool = True,
    source: str = "fairlearn",
) -> Metric:
    """A difference (neutral 0) or a ratio (neutral 1) between groups."""
    neutral = 1.0 if unit == "ratio" else 0.0
    return Metric(
        name, title, "fairness", tasks, NEITHER, neutral, unit, needs_labels, formula, source, words
    )


def _drift(
    name: str,
    title: str,
    formula: str,
    words: str,
    *,
    source: str = "Evidently",
    better: Better = LOWER,
    neutral: float | None = 0.0,
    unit: Unit = "number",
) -> Metric:
    return Metric(name, title, "drift", ALL, better, neutral, unit, False, formula, source, words)


def _count(name: str, title: str, formula: str, words: str, *, better: Better = LOWER) -> Metric:
    return Metric(
        name, title, "quality", ALL, better, None, "number", False, formula, "Fairwatch", words
    )


def _share(name: str, title: str, formula: str, words: str) -> Metric:
    return Metric(
        name, title, "quality", ALL, LOWER, None, "percent", False, formula, "Fairwatch", words
    )


def _service(name: str, title: str, better: Better, formula: str, words: str) -> Metric:
    return Metric(
        name, title, "service", ALL, better, None, "number", False, formula, "Fairwatch", words
    )


_AVERAGED: tuple[tuple[str, str, Unit], ...] = (
    ("precision", "Precision", "percent"),
    ("recall", "Recall", "percent"),
    ("f1", "F1", "percent"),
    ("specificity", "Specificity", "percent"),
    ("roc_auc", "ROC AUC", "number"),
    ("average_precision", "Average precision", "number"),
)

_PERFORMANCE = (
    _performance(
        "accuracy",
        "Accuracy",
        CLASSES,
        HIGHER,
        "percent",
        "right / all",
        "The share of predictions that were right.",
    ),
    _performance(
        "balanced_accuracy",
        "Balanced accuracy",
        CLASSES,
        HIGHER,
        "percent",
        "mean over classes of recall",
        "The share of right predictions if every class were equally common.",
    ),
    _performance(
        "precision",
        "Precision",
        BINARY,
        HIGHER,
        "percent",
        "TP / (TP + FP)",
        "Of those predicted positive, the share that was.",
    ),
    _performance(
        "recall",
        "Recall",
        BINARY,
        HIGHER,
        "percent",
        "TP / (TP + FN)",
        "Of those that were positive, the share that was found.",
    ),
    _performance(
        "f1",
        "F1",
        BINARY,
        HIGHER,
        "percent",
        "2·TP / (2·TP + FP + FN)",
        "One number between precision and recall, near the lower of the two.",
    ),
    _performance(
        "specificity",
        "Specificity",
        BINARY,
        HIGHER,
        "percent",
        "TN / (TN + FP)",
        "Of those that were negative, the share that was predicted so.",
    ),
    _performance(
        "matthews_corrcoef",
        "Matthews correlation",
        CLASSES,
        HIGHER,
        "number",
        "correlation of actual and predicted class",
        "How closely predictions follow the truth: 1 always, 0 no better than chance.",
    ),
    _performance(
        "roc_auc",
        "ROC AUC",
        BINARY,
        HIGHER,
        "number",
        "P(score of a positive > score of a negative), ties half",
        "How often a positive gets a higher score than a negative; 0.5 is chance.",
    ),
    _performance(
        "average_precision",
        "Average precision",
        BINARY,
        HIGHER,
        "number",
        "Σ (recall step)·precision",
        "Precision averaged over all thresholds; the share of positives is chance.",
    ),
    _performance(
        "log_loss",
        "Log loss",
        CLASSES,
        LOWER,
        "number",
        "−mean ln p(actual class)",
        "How surprised the model was by the truth; being sure and wrong costs most.",
    ),
    _performance(
        "brier_score",
        "Brier score",
        CLASSES,
        LOWER,
        "number",
        "mean (p − y)²",
        "Mean squared distance between the predicted probability and what happened.",
    ),
    _performance(
        "expected_calibration_error",
        "Calibration error",
        BINARY,
        LOWER,
        "points",
        "Σ share of bin·|observed − predicted|",
        "How far predicted probabilities are from observed rates, on average.",
        source="Naeini et al. 2015",
    ),
    *(
        _performance(
            f"{name}_{how}",
            f"{title}, {how}",
            MULTICLASS,
            HIGHER,
            unit,
            f"{'mean' if how == 'macro' else 'mean by class size'} over classes of {name}",
            f"{title} of each class against the rest, averaged "
            f"{'with equal weight' if how == 'macro' else 'by how common the classes are'}.",
        )
        for name, title, unit in _AVERAGED
        for how in ("macro", "weighted")
    ),
    _performance(
        "mean_absolute_error",
        "Mean absolute error",
        REGRESSION,
        LOWER,
        "number",
        "mean |y − ŷ|",
        "How far predictions were from the truth, on average.",
    ),
    _performance(
        "root_mean_squared_error",
        "Root mean squared error",
        REGRESSION,
        LOWER,
        "number",
        "√ mean (y − ŷ)²",
        "Typical distance from the truth; large errors count more.",
    ),
    _performance(
        "mean_absolute_percentage_error",
        "Mean absolute percentage error",
        REGRESSION,
        LOWER,
        "percent",
        "mean |y − ŷ| / |y|",
        "How far predictions were from the truth, as a share of the truth.",
    ),
    _performance(
        "r2_score",
        "R²",
        REGRESSION,
        HIGHER,
        "number",
        "1 − Σ(y − ŷ)² / Σ(y − ȳ)²",
        "The share of the spread the model explains: 1 all, 0 no better than the mean.",
    ),
    Metric(
        "mean_residual",
        "Mean residual",
        "performance",
        REGRESSION,
        NEITHER,
        0.0,
        "number",
        True,
        "mean (y − ŷ)",
        "Fairwatch",
        "Truth minus prediction, on average; above 0 the model predicts too low.",
    ),
    *(
        _performance(
            f"residual_quantile_{level:02d}",
            f"Residual, {level} % quantile",
            REGRESSION,
            NEITHER,
            "number",
            f"{level} % quantile of y − ŷ",
            f"{level} % of residuals (truth minus prediction) are below it.",
            source="Fairwatch",
        )
        for level in (5, 25, 50, 75, 95)
    ),
    Metric(
        "label_coverage",
        "Label coverage",
        "performance",
        ALL,
        HIGHER,
        None,
        "percent",
        False,
        "rows with a label / all rows",
        "Fairwatch",
        "The share of rows whose true outcome has arrived.",
    ),
)

_GROUPS = (
    _rate(
        "group_share",
        "Share of rows",
        ALL,
        "rows of the group / all rows",
        "How large the group is.",
        needs_labels=False,
        source="Fairwatch",
    ),
    _rate(
        "base_rate",
        "Base rate",
        CLASSES,
        "actual positives / labelled rows",
        "The share that truly has the positive class; of several classes, a favourable one.",
    ),
    _rate(
        "selection_rate",
        "Selection rate",
        ALL,
        "predicted favourable / all",
        "The share that gets the favourable prediction.",
        needs_labels=False,
    ),
    _rate(
        "true_positive_rate",
        "True positive rate",
        BINARY,
        "TP / (TP + FN)",
        "Of those that were positive, the share predicted so.",
    ),
    _rate(
        "false_negative_rate",
        "False negative rate",
        BINARY,
        "FN / (TP + FN)",
        "Of those that were positive, the share predicted negative.",
        better=LOWER,
    ),
    _rate(
        "false_positive_rate",
        "False positive rate",
        BINARY,
        "FP / (FP + TN)",
        "Of those that were negative, the share predicted positive.",
        better=LOWER,
    ),
    _rate(
        "true_negative_rate",
        "True negative rate",
        BINARY,
        "TN / (FP + TN)",
        "Of those that were negative, the share predicted so.",
    ),
    _rate(
        "false_discovery_rate",
        "False discovery rate",
        BINARY,
        "FP / (TP + FP)",
        "Of those predicted positive, the share that was not.",
        better=LOWER,
        source="Verma and Rubin 2018",
    ),
    _rate(
        "false_omission_rate",
        "False omission rate",
        BINARY,
        "FN / (FN + TN)",
        "Of those predicted negative, the share that was positive.",
        better=LOWER,
        source="Verma and Rubin 2018",
    ),
    _rate(
        "negative_predictive_value",
        "Negative predictive value",
        BINARY,
        "TN / (FN + TN)",
        "Of those predicted negative, the share that was.",
        better=HIGHER,
        source="Verma and Rubin 2018",
    ),
    _rate(
        "calibration_ratio",
        "Calibration, observed over expected",
        BINARY,
        "actual positives / Σ score",
        "How many positives there were for each one the scores promised; 1 is right.",
        unit="ratio",
        neutral=1.0,
        source="Fairwatch",
    ),
    _rate(
        "mean_score",
        "Mean score",
        BINARY,
        "mean P(positive)",
        "The average probability the model gives to the positive class.",
        needs_labels=False,
    ),
    _rate(
        "mean_prediction",
        "Mean prediction",
        REGRESSION,
        "mean ŷ",
        "The average predicted number.",
        unit="number",
        needs_labels=False,
    ),
)

_GAPS = (
    _gap(
        "demographic_parity_difference",
        "Selection rate difference",
        ALL,
        "selection rate − that of the reference group; over all groups largest − smallest",
        "How much more often one group gets the favourable prediction.",
        needs_labels=False,
    ),
    _gap(
        "demographic_parity_ratio",
        "Selection rate ratio",
        ALL,
        "selection rate / that of the reference group; over all groups smallest / largest",
        "How many favourable predictions one group gets for each one of the other (disparate "
        "impact).",
        unit="ratio",
        needs_labels=False,
    ),
    _gap(
        "equal_opportunity_difference",
        "Equal opportunity difference",
        CLASSES,
        "P(predicted favourable | actually favourable) − that of the reference group",
        "Of those whose outcome was favourable, how much more often one group was predicted so.",
    ),
    _gap(
        "equal_opportunity_ratio",
        "Equal opportunity ratio",
        CLASSES,
        "P(predicted favourable | actually favourable) / that of the reference group",
        "Of those whose outcome was favourable, how often one group was predicted so for each "
        "time the other was.",
        unit="ratio",
    ),
    _gap(
        "equalized_odds_difference",
        "Equalized odds difference",
        BINARY,
        "the larger of the differences in true and false positive rate",
        "The larger of two gaps: in finding positives, and in false alarms.",
    ),
    _gap(
        "equalized_odds_ratio",
        "Equalized odds ratio",
        BINARY,
        "the ratio of true or of false positive rates that is further from 1",
        "The further from 1 of two ratios: in finding positives, and in false alarms.",
        unit="ratio",
    ),
    _gap(
        "average_odds_difference",
        "Average odds difference",
        BINARY,
        "½·(difference in false positive rate + difference in true positive rate)",
        "The mean of two gaps: in false alarms, and in finding positives.",
        source="AIF360",
    ),
    _gap(
        "false_positive_rate_difference",
        "False positive rate difference",
        BINARY,
        "false positive rate − that of the reference group",
        "How much more often one group's negatives are called positive.",
    ),
    _gap(
        "false_negative_rate_difference",
        "False negative rate difference",
        BINARY,
        "false negative rate − that of the reference group",
        "How much more often one group's positives are missed.",
    ),
    _gap(
        "predictive_parity_difference",
        "Precision difference",
        BINARY,
        "precision − that of the reference group",
        "How much more often a positive prediction is right in one group.",
        source="Chouldechova 2017",
    ),
    _gap(
        "accuracy_difference",
        "Accuracy difference",
        CLASSES,
        "accuracy − that of the reference group",
        "How much more often predictions are right in one group.",
    ),
    _gap(
        "mean_absolute_error_difference",
        "Mean absolute error difference",
        REGRESSION,
        "mean |y − ŷ| − that of the reference group",
        "How much further off predictions are in one group.",
        unit="number",
    ),
    _gap(
        "mean_absolute_error_ratio",
        "Mean absolute error ratio",
        REGRESSION,
        "mean |y − ŷ| / that of the reference group",
        "How many times as far off predictions are in one group.",
        unit="ratio",
    ),
    _gap(
        "mean_residual_difference",
        "Mean residual difference",
        REGRESSION,
        "mean (y − ŷ) − that of the reference group",
        "How much lower than the truth predictions are in one group, compared with the other.",
        unit="number",
        source="Fairwatch",
    ),
    _gap(
        "mean_prediction_difference",
        "Mean prediction difference",
        REGRESSION,
        "mean ŷ − that of the reference group",
        "How much higher predictions are in one group.",
        unit="number",
        needs_labels=False,
    ),
)

_DRIFT = (
    _drift(
        "psi",
        "Population stability index",
        "Σ(c − r)·ln(c/r) over shares, ½ added per bin",
        "How differently values are spread now: under 0.1 hardly, from 0.2 clearly.",
    ),
    _drift(
        "jensenshannon",
        "Jensen–Shannon distance",
        "√ ½·KL(c ‖ m) + ½·KL(r ‖ m), m the mean of both",
        "How differently values are spread now, from 0 (alike) to 0.83 (nothing shared).",
    ),
    _drift(
        "ks",
        "Kolmogorov–Smirnov distance",
        "max |F_c − F_r|",
        "The largest gap between the two shares of rows below a value.",
    ),
    _drift(
        "wasserstein",
        "Wasserstein distance, normed",
        "∫|F_c − F_r| / standard deviation of the reference",
        "How far values moved on average, in the reference's standard deviations.",
    ),
    _drift(
        "chisquare",
        "χ² test",
        "p of N·Σ(p − q)²/p̄ with N = nm/(n + m)",
        "How often so large a difference would come by chance alone.",
        better=HIGHER,
        neutral=None,
    ),
    _drift(
        "drifted_columns",
        "Drifted columns",
        "columns whose drift is failing",
        "How many columns are spread clearly and surely differently from the reference.",
        source="Fairwatch",
    ),
)

_QUALITY = (
    _share(
        "missing_rate",
        "Missing values",
        "missing / rows",
        "The share of rows without a value in the column.",
    ),
    _share(
        "unseen_rate",
        "Unseen categories",
        "values not in the reference / rows",
        "The share of rows with a category the reference never had.",
    ),
    _share(
        "out_of_range_rate",
        "Out of range",
        "values under or over the reference's range / rows",
        "The share of rows with a number beyond any in the reference.",
    ),
    _share(
        "infinite_rate",
        "Infinite values",
        "infinite / rows",
        "The share of rows whose value is infinite.",
    ),
    _count("duplicate_ids", "Duplicate ids", "rows − distinct ids", "Rows whose id came before."),
    _count("row_count", "Rows", "rows", "How many rows arrived.", better=NEITHER),
)

_SERVICE = (
    _service(
        "rows_per_second",
        "Rows per second",
        HIGHER,
        "rows / seconds of the run",
        "How fast the batch was evaluated.",
    ),
    _service(
        "seconds_per_thousand_rows",
        "Seconds per 1,000 rows",
        LOWER,
        "1000 · seconds in predict / rows",
        "How long the model takes for a thousand predictions.",
    ),
    _service(
        "peak_memory_mb",
        "Peak memory (MB)",
        LOWER,
        "largest resident size",
        "The most memory the run held at once.",
    ),
    _service(
        "artefact_mb", "Model size (MB)", LOWER, "size of the model file", "How big the model is."
    ),
    _service(
        "batch_overdue",
        "Batch overdue",
        LOWER,
        "periods that ended without a batch",
        "How many periods have passed in which a batch was due and none came.",
    ),
)

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (*_PERFORMANCE, *_GROUPS, *_GAPS, *_DRIFT, *_QUALITY, *_SERVICE)
}


def metric(name: str) -> Metric:
    """The definition of ``name``; KeyError, naming it, if we have none.

    >>> metric("demographic_parity_ratio").neutral
    1.0
    """
    return METRICS[name]
