"""Filling in a spec from its reference: whatever follows from the rows need not be written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from monitor.errors import SpecError
from monitor.models.classes import with_classes
from monitor.models.labels import encoded
from monitor.models.sensitive import MOST_GROUPS, with_groups
from monitor.models.spec import Columns, Spec
from monitor.models.suggest import ColumnGuess, Suggestion, suggest

__all__ = ["ColumnGuess", "Suggestion", "complete", "suggest"]


def complete(
    spec: Spec, frame: pd.DataFrame, *, inputs: Sequence[str] = (), classes: Sequence[str] = ()
) -> Spec:
    """With features, classes, positive class, bins and reference groups filled in.

    ``inputs`` and ``classes`` are the feature names and classes that the model itself knows, if it
    does.  What cannot be known, such as the favourable outcome, is a SpecError that asks for it.
    """
    _check_present(spec, frame)
    spec = with_classes(spec, frame, known=classes)
    features = spec.columns.features or _features(spec.columns, frame, inputs=inputs)
    _check_names((*features, *spec.columns.segments, *(one.name for one in spec.sensitive)))
    _check_segments(spec, frame)
    return replace(
        spec,
        columns=replace(spec.columns, features=features),
        sensitive=tuple(with_groups(one, frame[one.name]) for one in spec.sensitive),
    )


def _features(columns: Columns, frame: pd.DataFrame, *, inputs: Sequence[str]) -> tuple[str, ...]:
    """The model's own inputs, else every column without another role."""
    if inputs:
        return tuple(_present(name, frame, role="input of the model") for name in inputs)
    single = (columns.id, columns.timestamp, columns.target, columns.prediction, columns.weight)
    taken = {*single, *columns.score.values()}
    return tuple(str(name) for name in frame.columns if name not in taken)


def _check_names(columns: Sequence[str]) -> None:
    for name in columns:
        if "\0" in name:  # which PostgreSQL keeps nowhere
            raise SpecError(f"The column {name!r} has a NUL in its name: rename it.")


def _check_present(spec: Spec, frame: pd.DataFrame) -> None:
    columns = spec.columns
    wanted = [
        *((name, "feature") for name in columns.features),
        *((one.name, "sensitive feature") for one in spec.sensitive),
        *((name, "segment") for name in columns.segments),
    ]
    scores = list(columns.score.values())
    scored = bool(scores) and set(scores) <= set(frame.columns)
    if spec.runner.kind == "columns" and columns.prediction not in frame.columns and not scored:
        if not (columns.prediction or scores):
            raise SpecError(
                "Nothing says what the model predicts: name the column of its predictions or "
                "scores (columns.prediction, columns.score), or give a model file."
            )
        wanted += [(columns.prediction, "prediction")] if columns.prediction else []
        wanted += [] if columns.prediction else [(name, "score") for name in scores]
    for name, role in wanted:
        _present(name, frame, role=role)


def _present(name: str, frame: pd.DataFrame, *, role: str) -> str:
    if name not in frame.columns:
        there = ", ".join(map(repr, frame.columns[:20])) + (" …" if frame.shape[1] > 20 else "")
        raise SpecError(f"The reference has no column {name!r}, the {role}: there is {there}.")
    return name


def _check_segments(spec: Spec, frame: pd.DataFrame) -> None:
    for name in spec.columns.segments:
        levels = len(encoded(frame[name])[1])
        if levels > MOST_GROUPS:
            raise SpecError(
                f"The segment column {name!r} has {levels:,} different values: "
                f"choose one with at most {MOST_GROUPS}."
            )
