"""What Evidently, fairlearn and the bare model do with the same rows, by their current API."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from benchmarks.rows import SENSITIVE, scored
from benchmarks.side import SetUp, Work

OURS_OF = {  # their name of a metric: ours
    "Accuracy": "accuracy",
    "Precision": "precision",
    "Recall": "recall",
    "F1Score": "f1",
    "RocAuc": "roc_auc",
    "LogLoss": "log_loss",
    "TNR": "specificity",
}
IDENTIFIED = ("id", "target", "score", "prediction")


def evidently_presets(folder: Path, stack: ExitStack) -> Work:
    """DataDriftPreset and ClassificationPreset on frames that are in memory already."""
    _imported_evidently()
    reference = pd.read_parquet(folder / "scored_reference.parquet")
    batch = pd.read_parquet(folder / "scored_batch.parquet")
    return lambda: _report(reference, batch)


def metric_frame(folder: Path, stack: ExitStack) -> Work:
    import fairlearn.metrics  # noqa: F401  (imports are no work)

    batch = pd.read_parquet(folder / "scored_batch.parquet")
    return lambda: _group_metrics(batch)


def read_and_predict(folder: Path, stack: ExitStack) -> Work:
    model = joblib.load(folder / "model.joblib")

    def work() -> dict[str, float]:
        batch = scored(pd.read_parquet(folder / "batch.parquet"), model)
        return {"selection_rate": float(batch["prediction"].mean())}

    return work


def everything(folder: Path, stack: ExitStack) -> Work:
    """Read, predict, both presets and the MetricFrames; the reference is read as stored, scored."""
    _imported_evidently()
    import fairlearn.metrics  # noqa: F401  (imports are no work)

    model = joblib.load(folder / "model.joblib")

    def work() -> dict[str, float]:
        reference = pd.read_parquet(folder / "scored_reference.parquet")
        batch = scored(pd.read_parquet(folder / "batch.parquet"), model)
        return _report(reference, batch) | _group_metrics(batch)

    return work


def _imported_evidently() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import evidently
        import evidently.presets  # noqa: F401  (imports are no work)


def _report(reference: pd.DataFrame, batch: pd.DataFrame) -> dict[str, float]:
    from evidently.presets import ClassificationPreset, DataDriftPreset

    return report(reference, batch, [DataDriftPreset(), ClassificationPreset()])


def report(reference: pd.DataFrame, batch: pd.DataFrame, presets: list[Any]) -> dict[str, float]:
    """A report of these presets, and those of its values that have a counterpart with us."""
    from evidently import BinaryClassification, DataDefinition, Dataset, Report

    features = [name for name in batch.columns if name not in IDENTIFIED]
    texts = [name for name in features if not name.startswith("number")]
    definition = DataDefinition(
        id_column="id",
        numerical_columns=[name for name in features if name not in texts],
        categorical_columns=texts,
        classification=[
            BinaryClassification(
                target="target",
                prediction_labels="prediction",
                prediction_probas="score",
                pos_label=1,
            )
        ],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        snapshot = Report(presets).run(
            Dataset.from_pandas(batch, data_definition=definition),
            Dataset.from_pandas(reference, data_definition=definition),
        )
        found = snapshot.dict()["metrics"]
    named = {one["metric_name"].partition("(")[0]: one["value"] for one in found}
    return {name: float(named[theirs]) for theirs, name in OURS_OF.items()}


def group_rates() -> dict[str, Callable[..., Any]]:
    """The rates our groups have, as MetricFrame takes them."""
    from fairlearn import metrics as fair
    from sklearn.metrics import accuracy_score, precision_score

    return {
        "accuracy": accuracy_score,
        "precision": precision_score,
        "selection_rate": fair.selection_rate,
        "true_positive_rate": fair.true_positive_rate,
        "false_positive_rate": fair.false_positive_rate,
        "false_negative_rate": fair.false_negative_rate,
        "true_negative_rate": fair.true_negative_rate,
    }


def _group_metrics(batch: pd.DataFrame) -> dict[str, float]:
    """The rates our groups have, and what the largest gaps are, per sensitive feature."""
    from fairlearn.metrics import MetricFrame

    rates = group_rates()
    found: dict[str, float] = {}
    for attribute in SENSITIVE:
        frame = MetricFrame(
            metrics=rates,
            y_true=batch["target"],
            y_pred=batch["prediction"],
            sensitive_features=batch[attribute],
        )
        gaps, ratios = frame.difference(), frame.ratio()
        for name, values in frame.by_group.items():
            found |= {f"{name}/{attribute}/{group}": float(v) for group, v in values.items()}
        found |= {
            f"demographic_parity_difference/{attribute}": float(gaps["selection_rate"]),
            f"demographic_parity_ratio/{attribute}": float(ratios["selection_rate"]),
            f"equal_opportunity_difference/{attribute}": float(gaps["true_positive_rate"]),
            f"accuracy_difference/{attribute}": float(gaps["accuracy"]),
            f"predictive_parity_difference/{attribute}": float(gaps["precision"]),
        }
    return found


SIDES: dict[str, SetUp] = {
    "evidently presets": evidently_presets,
    "MetricFrame on rows": metric_frame,
    "read and predict": read_and_predict,
    "read, predict, evidently presets, MetricFrame": everything,
}
