"""The predictions frame: ``prediction`` and ``score``, or ``score:<class>``, however it is made."""

from __future__ import annotations

from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitor.errors import ModelError
from monitor.measures.groupings import Coded, coded
from monitor.models.chunk import Chunk, Frame, Values
from monitor.models.column import Floats, numbers
from monitor.models.labels import Texts, coded_labels, labels
from monitor.models.spec import Spec
from monitor.terms import Task


@overload
def stored_predictions(frame: pd.DataFrame, spec: Spec) -> pd.DataFrame: ...


@overload
def stored_predictions(frame: Chunk, spec: Spec) -> Chunk: ...


def stored_predictions(frame: Frame, spec: Spec) -> Frame:
    """Those that came in the batch, by the spec's columns; a missing column is left out."""
    columns = spec.columns
    found: dict[str, Values] = {}
    if columns.prediction is not None and columns.prediction in frame.columns:
        found["prediction"] = frame[columns.prediction]
    for name, column in columns.score.items():
        if column in frame.columns:
            found[score_name(name, spec)] = frame[column]
    if isinstance(frame, Chunk):
        return Chunk(found, frame.n)
    return pd.DataFrame(found, index=frame.index)


def score_name(name: str, spec: Spec) -> str:
    """What the score of this class is called in a predictions frame."""
    return "score" if spec.task is Task.BINARY else f"score:{name}"


def scores_of(predictions: Frame, spec: Spec) -> Floats | None:
    """Shape (n, 1) with P(positive), or (n, classes); None unless every class has its column.

    Rounding just outside 0 to 1 is put right.
    """
    if spec.task is Task.REGRESSION:
        return None
    names = ["score"] if spec.task is Task.BINARY else [f"score:{name}" for name in spec.classes]
    if not names or not set(names) <= set(predictions.columns):
        return None
    return np.clip(np.column_stack([numbers(predictions[name]) for name in names]), 0.0, 1.0)


def predicted_of(predictions: Frame, spec: Spec, scores: Floats | None) -> Texts | Floats | None:
    """The prediction, and where it is missing what the score says: by threshold, or the likeliest
    class."""
    stored = predictions["prediction"] if "prediction" in predictions.columns else None
    if spec.task is Task.REGRESSION:
        return None if stored is None else numbers(stored)
    decided = None if scores is None else _decided(scores, spec)
    if stored is None or decided is None:
        return decided if stored is None else labels(stored, spec.classes)
    named = labels(stored, spec.classes)
    gaps = named == None  # noqa: E711  (elementwise)
    named[gaps] = decided[gaps]
    return named


def coded_predictions(
    predictions: Frame, spec: Spec, scores: Floats | None
) -> Coded | Floats | None:
    """The same with texts coded."""
    if spec.task is not Task.REGRESSION and "prediction" in predictions.columns:
        stored = coded_labels(predictions["prediction"], spec.classes)
        if scores is None or stored.codes.min(initial=0) >= 0:
            return stored
    found: Any = predicted_of(predictions, spec, scores)
    return found if found is None or spec.task is Task.REGRESSION else coded(found)


def _decided(scores: Floats, spec: Spec) -> Texts:
    """None where the score is missing."""
    if spec.task is Task.BINARY:
        positive = spec.outcome.positive
        negative = next((name for name in spec.classes if name != positive), None)
        if positive is None or negative is None:
            raise ModelError(f"{spec.name} has scores but no two classes: complete its spec.")
        places: NDArray[np.int64] = (scores[:, 0] >= spec.outcome.threshold).astype(np.int64)
        names = np.array([negative, positive, None], dtype=object)
    else:
        places = np.argmax(scores, axis=1)
        names = np.array([*spec.classes, None], dtype=object)
    places[np.isnan(scores).any(axis=1)] = len(names) - 1
    return names[places]
