"""What a metric can be watched of: everybody, one column, the groups of an attribute, classes."""

from __future__ import annotations

from monitor.measures.catalogue import Metric
from monitor.measures.catalogue.groups import GROUPS

FROM_MODELS = ("batch_overdue", "labels_overdue", "failed_jobs")  # of the model, not of a batch
# Of drift and quality only these are about the whole model; all others are of one column.
_NOT_OF_A_COLUMN = (
    "drifted_columns", "drifted_importance", "domain_classifier_auc", "evidently_drift_share",
    "evidently_empirical_mmd", "row_count", "duplicate_ids",
)  # fmt: skip
_ALSO_OF_GROUPS = (
    "accuracy", "precision", "roc_auc", "mean_absolute_error", "root_mean_squared_error",
    "mean_residual",
)  # fmt: skip
_OF_CLASSES = (
    "precision", "recall", "f1", "specificity", "roc_auc", "average_precision",
    "expected_calibration_error",
)  # fmt: skip
_ONLY_OF_GROUPS = ("group_share", "predicted_share")
_ALSO_OF_EVERYBODY = tuple(one.name for one in GROUPS if one.name not in _ONLY_OF_GROUPS)
_ONLY_OF_EVERYBODY = ("generalized_entropy_index", "theil_index")
_COMPARED = ("_ratio", "_difference", "_since_deployment", "_cusum")
_PARITIES = ("demographic_parity", "equal_opportunity", "accuracy", "mean_absolute_error")


def of_columns(metric: Metric) -> bool:
    """Whether the metric is of one column, or one slice, at a time."""
    if metric.name == "drift_change_evidence" or metric.name.endswith("_contribution"):
        return True
    if metric.family == "causes" and metric.name.startswith("slice_"):
        return True
    return metric.family in ("drift", "quality") and metric.name not in _NOT_OF_A_COLUMN


def between_groups(metric: Metric) -> bool:
    """Whether the metric has values for groups, or between them, and none for everybody."""
    if metric.family == "fairness":
        return metric.name not in (*_ALSO_OF_EVERYBODY, *_ONLY_OF_EVERYBODY)
    if metric.family == "causes":
        return metric.name.removeprefix("slice_").startswith(_PARITIES)
    compared = metric.family in ("sequence", "estimated") and metric.name.endswith(_COMPARED)
    return compared or metric.name == "fairness_change_evidence"


def of_groups(metric: Metric) -> bool:
    """Whether the metric has a value for every group of an attribute."""
    if between_groups(metric):
        return True
    if metric.family == "fairness":
        return metric.name not in _ONLY_OF_EVERYBODY
    rate = metric.name.removeprefix("estimated_")
    return rate in (*_ALSO_OF_GROUPS, *_ALSO_OF_EVERYBODY)


def of_classes(metric: Metric) -> bool:
    """Whether the metric has a value for every class of a multiclass model.

    >>> from monitor.measures.catalogue import metric
    >>> of_classes(metric("recall")), of_classes(metric("accuracy"))
    (True, False)
    """
    return metric.name.removeprefix("estimated_") in _OF_CLASSES
