"""Numbers that compare groups."""

from __future__ import annotations

from monitor.measures.catalogue.definition import (
    ALL,
    BINARY,
    CLASSES,
    REGRESSION,
    gap,
)

GAPS = (
    gap(
        "demographic_parity_difference",
        "Selection rate difference",
        ALL,
        "selection rate − that of the reference group; over all groups largest − smallest",
        "How much more often one group gets the favourable prediction.",
        needs_labels=False,
    ),
    gap(
        "demographic_parity_ratio",
        "Selection rate ratio",
        ALL,
        "selection rate / that of the reference group; over all groups smallest / largest",
        "How many favourable predictions one group gets for each one of the other (disparate "
        "impact).",
        unit="ratio",
        needs_labels=False,
    ),
    gap(
        "equal_opportunity_difference",
        "Equal opportunity difference",
        CLASSES,
        "P(predicted favourable | actually favourable) − that of the reference group",
        "Of those whose outcome was favourable, how much more often one group was predicted so.",
    ),
    gap(
        "equal_opportunity_ratio",
        "Equal opportunity ratio",
        CLASSES,
        "P(predicted favourable | actually favourable) / that of the reference group",
        "Of those whose outcome was favourable, how often one group was predicted so for each "
        "time the other was.",
        unit="ratio",
    ),
    gap(
        "equalized_odds_difference",
        "Equalized odds difference",
        BINARY,
        "the larger of the differences in true and false positive rate",
        "The larger of two gaps: in finding positives, and in false alarms.",
    ),
    gap(
        "equalized_odds_ratio",
        "Equalized odds ratio",
        BINARY,
        "the ratio of true or of false positive rates that is further from 1",
        "The further from 1 of two ratios: in finding positives, and in false alarms.",
        unit="ratio",
    ),
    gap(
        "average_odds_difference",
        "Average odds difference",
        BINARY,
        "½·(difference in false positive rate + difference in true positive rate)",
        "The mean of two gaps: in false alarms, and in finding positives.",
        source="AIF360",
    ),
    gap(
        "false_positive_rate_difference",
        "False positive rate difference",
        BINARY,
        "false positive rate − that of the reference group",
        "How much more often one group's negatives are called positive.",
    ),
    gap(
        "false_negative_rate_difference",
        "False negative rate difference",
        BINARY,
        "false negative rate − that of the reference group",
        "How much more often one group's positives are missed.",
    ),
    gap(
        "predictive_parity_difference",
        "Precision difference",
        BINARY,
        "precision − that of the reference group",
        "How much more often a positive prediction is right in one group.",
        source="Chouldechova 2017",
    ),
    gap(
        "accuracy_difference",
        "Accuracy difference",
        CLASSES,
        "accuracy − that of the reference group",
        "How much more often predictions are right in one group.",
    ),
    gap(
        "mean_absolute_error_difference",
        "Mean absolute error difference",
        REGRESSION,
        "mean |y − ŷ| − that of the reference group",
        "How much further off predictions are in one group.",
        unit="number",
    ),
    gap(
        "mean_absolute_error_ratio",
        "Mean absolute error ratio",
        REGRESSION,
        "mean |y − ŷ| / that of the reference group",
        "How many times as far off predictions are in one group.",
        unit="ratio",
    ),
    gap(
        "mean_residual_difference",
        "Mean residual difference",
        REGRESSION,
        "mean (y − ŷ) − that of the reference group",
        "How much lower than the truth predictions are in one group, compared with the other.",
        unit="number",
        source="Fairwatch",
    ),
    gap(
        "mean_prediction_difference",
        "Mean prediction difference",
        REGRESSION,
        "mean ŷ − that of the reference group",
        "How much higher predictions are in one group.",
        unit="number",
        needs_labels=False,
    ),
)
