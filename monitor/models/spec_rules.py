"""What must hold between the parts of a spec before any row is seen."""

from __future__ import annotations

from monitor.errors import SpecError
from monitor.models.spec import Columns, Spec
from monitor.terms import Task


def check_spec(spec: Spec) -> None:
    """SpecError for the first contradiction."""
    _runner(spec)
    _roles(spec.columns)
    _outcome(spec)
    for name in (*(one.name for one in spec.sensitive), *spec.columns.segments):
        if name == "class":
            raise SpecError(
                "A sensitive feature or segment cannot be called 'class', which on our pages "
                "means the classes predicted: rename the column."
            )


def _runner(spec: Spec) -> None:
    kind = spec.runner.kind
    if spec.runner.url is not None:
        raise SpecError("model.url is not used: predictions come from the batch or a model file.")
    if kind != "columns" and spec.runner.file is None:
        raise SpecError(f"The runner {kind!r} needs a model file: add model.file.")
    if kind == "columns" and not (spec.columns.prediction or spec.columns.score):
        raise SpecError(
            "The spec names neither a prediction nor a score column, and no model that makes "
            "them: add columns.prediction, columns.score or model.file."
        )


def _roles(columns: Columns) -> None:
    """One column plays one role; only features, segments and sensitive features may overlap."""
    taken: dict[str, str] = {}
    scores = [("score", column) for column in columns.score.values()]
    single = ("id", "timestamp", "target", "prediction", "weight")
    for role, column in [*((role, getattr(columns, role)) for role in single), *scores]:
        if column is None:
            continue
        if column in taken:
            raise SpecError(f"The column {column!r} is {taken[column]} and {role}: choose one.")
        taken[column] = role
    for column in columns.features:
        if taken.get(column) in ("target", "prediction", "score"):
            raise SpecError(
                f"The column {column!r} is the {taken[column]} and cannot be a feature too: "
                f"take it from columns.features."
            )


def _outcome(spec: Spec) -> None:
    outcome, keys = spec.outcome, tuple(spec.columns.score)
    if spec.task is not Task.REGRESSION and outcome.favourable_range is not None:
        raise SpecError("outcome.favourable is a range: for classes name one label or a list.")
    if spec.task is not Task.BINARY and outcome.positive is not None:
        raise SpecError(f"outcome.positive is for binary models, and this one is {spec.task}.")
    if not 0 <= outcome.threshold <= 1:
        raise SpecError(f"outcome.threshold is {outcome.threshold:g}: give a score from 0 to 1.")
    if spec.task is Task.MULTICLASS and keys == ("",):
        raise SpecError(
            "columns.score is one column, and a multiclass model has one for each class: "
            "give a table of class = column."
        )
