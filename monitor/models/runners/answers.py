"""What a model may answer: one prediction for each row, none missing, all of known classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from monitor.errors import ModelError
from monitor.models.chunk import Rows, Values
from monitor.models.column import numbers
from monitor.models.labels import encoded, spellings
from monitor.models.spec import Spec
from monitor.settings import Settings
from monitor.terms import Task


def configuration(spec: Spec, *, kind: str, path: str, settings: Settings) -> dict[str, Any]:
    """All that the child needs to know."""
    return {
        "kind": kind,
        "path": path,
        "task": str(spec.task),
        "classes": list(spec.classes),
        "spellings": spellings(spec.classes),
        "positive": spec.outcome.positive,
        "threshold": spec.outcome.threshold,
        "seconds": settings.predict_seconds,
        "memory_mb": settings.predict_memory_mb,
    }


def subject(spec: Spec) -> str:
    """How a sentence about this model begins; the file itself may be kept under its hash."""
    return f"The model of {spec.name}"


def checked_description(
    told: Mapping[str, Any], spec: Spec
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The model's own inputs and classes; ModelError where it does not know one of the spec's.

    It may know more: the reference need not hold every class.
    """
    classes = tuple(told["classes"]) if spec.task is not Task.REGRESSION else ()
    if classes and not set(spec.classes) <= set(classes):
        raise ModelError(
            f"{subject(spec)} predicts {', '.join(classes)}, and the reference has "
            f"{', '.join(spec.classes)}: one of them belongs to another model."
        )
    return tuple(told["inputs"]), classes


def said_importances(told: Mapping[str, Any]) -> tuple[dict[str, float], str]:
    """What the model says its inputs matter, by name, and where it says so; nothing is no error.

    A number that is not finite, or not one for each input, is as good as none.
    """
    values, inputs = told.get("importances", []), told["inputs"]
    if not values or len(values) != len(inputs) or not np.isfinite(values).all():
        return {}, ""
    return dict(zip(inputs, map(float, values), strict=True)), str(told["importances_by"])


def checked(predictions: Rows, spec: Spec, *, rows: int) -> Rows:
    """The same predictions; ModelError where it cannot be used."""
    if len(predictions) != rows:
        raise ModelError(
            f"{subject(spec)} gave {len(predictions):,} predictions for {rows:,} rows: "
            f"its predict must give one for each row."
        )
    for name in predictions.columns:
        _check_present(name, predictions[name], spec)
    if spec.classes and spec.task is not Task.REGRESSION:
        strange = sorted(set(encoded(predictions["prediction"])[1]) - set(spec.classes))
        if strange:
            raise ModelError(
                f"{subject(spec)} predicts {', '.join(strange[:5])}, and the classes are "
                f"{', '.join(spec.classes)}: correct the spec or the model file."
            )
    return predictions


def _check_present(name: str, values: Values, spec: Spec) -> None:
    is_number = name != "prediction" or spec.task is Task.REGRESSION
    missing = int((~np.isfinite(numbers(values))).sum()) if is_number else _nulls(values)
    if missing:
        raise ModelError(
            f"{subject(spec)} gave no usable {name} for {missing:,} of {len(values):,} rows "
            f"(missing or infinite): find out what those rows have in common."
        )


def _nulls(values: Values) -> int:
    return values.null_count if isinstance(values, pa.Array) else int(values.isna().sum())
