"""Guessing a whole spec from a file, for a person to confirm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from monitor.errors import SpecError
from monitor.models.classes import classes_in, positive_of, sort_classes
from monitor.models.column import numbers
from monitor.models.kinds import Kind, kind_of
from monitor.models.labels import encoded, label
from monitor.models.names import (
    class_scored,
    is_postal,
    is_sensitive_name,
    looks_like_id,
    role_named,
)
from monitor.models.promises import MONITORED
from monitor.models.sensitive import with_groups
from monitor.models.spec import Columns, Outcome, Sensitive, Spec
from monitor.terms import Task

WHAT_PREDICTS = "Which column holds the prediction or score, or which model file makes them?"
REGRESSION_LEVELS = 20  # a whole-number target with more different values is a quantity


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """What one column seems to be; ``role`` is empty where it has none."""

    name: str
    kind: Kind
    role: str
    why: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A spec to confirm, column by column, and what only a person can answer."""

    spec: Spec
    columns: tuple[ColumnGuess, ...]
    questions: tuple[str, ...] = ()


@dataclass(slots=True)
class _Draft:
    """The guesses so far: role → column, and all about each column."""

    frame: pd.DataFrame
    taken: dict[str, str] = field(default_factory=dict)
    scores: dict[str, str] = field(default_factory=dict)
    guesses: dict[str, ColumnGuess] = field(default_factory=dict)

    def guess(self, name: str, kind: Kind, role: str, why: str) -> None:
        self.guesses[name] = ColumnGuess(name, kind, role, why)
        if role not in ("", "feature", "sensitive", "score"):
            self.taken[role] = name


def suggest(
    frame: pd.DataFrame,
    *,
    name: str,
    task: Task | None = None,
    roles: Mapping[str, str] | None = None,
) -> Suggestion:
    """The likeliest spec of predictions that came with this file.

    ``roles`` are columns a person has named, by role; the rest is guessed around them.
    """
    draft = _Draft(frame)
    kinds = {str(column): kind_of(frame[column]) for column in frame.columns}
    for role, column in (roles or {}).items():
        draft.guess(column, kinds[column][0], role, f"you said it is the {role}")
    for column, (kind, reason) in kinds.items():
        if column not in draft.guesses:
            _guess_by_name(draft, column, kind)
        if column not in draft.guesses:
            _guess_by_values(draft, column, kind, reason)
    _guess_leftovers(draft)
    sensitive = tuple(_sensitive(draft))
    task = task or _task(draft)
    spec = _spec(draft, name=name, task=task, sensitive=sensitive)
    ordered = tuple(draft.guesses[column] for column in kinds)
    return Suggestion(spec, ordered, tuple(_questions(spec)))


def _guess_by_name(draft: _Draft, name: str, kind: Kind) -> None:
    role, values = role_named(name), draft.frame[name]
    if role == "score" and kind is Kind.NUMERIC and _only_0_and_1(values):
        role = "prediction"  # a score that knows only two values is a decision
    if role in draft.taken or role is None or not _plausible(role, kind, values):
        return
    if role == "score":
        if "" in draft.scores:
            return
        draft.scores[""] = name
    draft.guess(name, kind, role, f"its name says {role}")


def _plausible(role: str, kind: Kind, values: pd.Series) -> bool:
    if role == "id":
        return bool(values.notna().all()) and values.is_unique
    if role == "timestamp":
        return kind is Kind.TIMESTAMP
    if role in ("score", "weight"):
        return kind is Kind.NUMERIC and _within(values, 1.0 if role == "score" else np.inf)
    return kind in MONITORED


def _within(values: pd.Series, high: float) -> bool:
    known = numbers(values)
    known = known[~np.isnan(known)]
    return bool(((known >= 0) & (known <= high)).all())


def _only_0_and_1(values: pd.Series) -> bool:
    known = numbers(values)
    return set(known[~np.isnan(known)].tolist()) <= {0.0, 1.0}


def _guess_by_values(draft: _Draft, name: str, kind: Kind, reason: str) -> None:
    values = draft.frame[name]
    if "id" not in draft.taken and looks_like_id(name, values):
        draft.guess(name, kind, "id", "its name ends like an identifier's and no value repeats")
    elif kind in MONITORED:
        draft.guess(name, kind, "feature", f"a {kind} column")
    else:
        draft.guess(name, kind, "", reason or "dates are not monitored")


def _guess_leftovers(draft: _Draft) -> None:
    """One score per class, and the only column of dates."""
    target = draft.taken.get("target") or draft.taken.get("prediction")
    classes = set(encoded(draft.frame[target])[1]) if target else set()
    for name, guess in list(draft.guesses.items()):
        of_class = label(class_scored(name))
        if guess.role == "feature" and of_class in classes and not draft.scores.get(""):
            draft.scores[str(of_class)] = name
            draft.guess(name, guess.kind, "score", f"its name says score of {of_class}")
    dates = [guess for guess in draft.guesses.values() if guess.kind is Kind.TIMESTAMP]
    if "timestamp" not in draft.taken and len(dates) == 1:
        draft.guess(dates[0].name, Kind.TIMESTAMP, "timestamp", "the only column of dates")


def _sensitive(draft: _Draft) -> Iterator[Sensitive]:
    for guess in list(draft.guesses.values()):
        if guess.role != "feature" or not is_sensitive_name(guess.name):
            continue
        if guess.kind is Kind.NUMERIC and is_postal(guess.name):
            continue  # cutting post codes at their median would compare nobody with nobody
        values = draft.frame[guess.name]
        try:
            found = with_groups(Sensitive(guess.name), values)
        except SpecError:
            continue  # too many groups to compare, as of post codes: it stays a feature
        why = f"its name is that of a sensitive feature; compared with {found.reference}"
        draft.guess(guess.name, guess.kind, "sensitive", why)
        yield found


def _task(draft: _Draft) -> Task:
    name = draft.taken.get("target") or draft.taken.get("prediction")
    if name is None:
        return Task.BINARY
    values = draft.frame[name]
    classes = encoded(values)[1]
    if kind_of(values)[0] is Kind.NUMERIC and "" not in draft.scores:
        whole = all(text.lstrip("-").isdigit() for text in classes)
        if len(classes) > REGRESSION_LEVELS or not whole:
            return Task.REGRESSION
    return Task.BINARY if len(classes) <= 2 else Task.MULTICLASS


def _spec(draft: _Draft, *, name: str, task: Task, sensitive: tuple[Sensitive, ...]) -> Spec:
    classes = _classes(draft) if task is not Task.REGRESSION else ()
    positive = positive_of(classes) if task is Task.BINARY else None
    features = (g.name for g in draft.guesses.values() if g.role in ("feature", "sensitive"))
    return Spec(
        name=name,
        task=task,
        columns=Columns(
            id=draft.taken.get("id"),
            timestamp=draft.taken.get("timestamp"),
            target=draft.taken.get("target"),
            prediction=draft.taken.get("prediction"),
            score=_scores(draft.scores, task=task, positive=positive),
            weight=draft.taken.get("weight"),
            features=tuple(features),
        ),
        outcome=Outcome(positive=positive),
        sensitive=sensitive,
        classes=classes,
    )


def _scores(scores: Mapping[str, str], *, task: Task, positive: str | None) -> dict[str, str]:
    if task is Task.REGRESSION:
        return {}
    if task is Task.BINARY and positive is not None and "" in scores:
        return {positive: scores[""]}
    return dict(scores)


def _classes(draft: _Draft) -> tuple[str, ...]:
    columns = (draft.taken.get("target"), draft.taken.get("prediction"))
    return sort_classes(classes_in(draft.frame, *columns))


def _questions(spec: Spec) -> Iterator[str]:
    columns = spec.columns
    if not (columns.prediction or columns.score):
        yield WHAT_PREDICTS
    if columns.target is None:
        yield "Which column holds the label? Without one only drift and selection are watched."
    if spec.task is Task.BINARY and spec.outcome.positive is None:
        yield "Which class is the positive one?"
    if spec.task is not Task.REGRESSION and spec.sensitive:
        yield "Which outcome is favourable for the person?"
