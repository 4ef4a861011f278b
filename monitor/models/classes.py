"""The classes of a classifier, and which of them is the positive one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from monitor.errors import SpecError
from monitor.models.labels import PLAIN, encoded, spelled
from monitor.models.spec import Spec
from monitor.terms import Task

MOST_CLASSES = 200
_POSITIVE_OF = {
    frozenset(pair): pair[1]
    for pair in [
        *(("0", "1"), ("-1", "1"), ("no", "yes"), ("n", "y"), ("false", "true"), ("f", "t")),
        ("negative", "positive"),
    ]
}


def with_classes(spec: Spec, frame: pd.DataFrame, *, known: Sequence[str] = ()) -> Spec:
    """With classes, positive class and score columns by class; SpecError where they are unclear.

    ``known`` are the classes that the model itself knows, some of which may be in no row.
    """
    if spec.task is Task.REGRESSION:
        return spec
    classes = spec.classes or sort_classes(known or _found(spec, frame))
    _check_number(spec.task, classes)
    outcome = spec.outcome
    outcome = replace(outcome, favourable=_spelled(outcome.favourable, classes))
    if spec.task is Task.BINARY:
        positive = outcome.positive or _positive(classes)
        outcome = replace(outcome, positive=spelled(positive, classes))
    spec = replace(spec, classes=classes, outcome=outcome)
    _check_outcome(spec)
    named = {key and spelled(key, classes): column for key, column in spec.columns.score.items()}
    score = _score_by_class(named, classes, positive=outcome.positive)
    return replace(spec, columns=replace(spec.columns, score=score))


def with_told_classes(spec: Spec, *, known: Sequence[str] = ()) -> Spec:
    """As ``with_classes`` before any row is seen, unless the first batch will show the classes.

    Scores alone show none, and labels may come late: SpecError where nothing tells the classes.
    """
    stored = spec.runner.kind == "columns" and spec.columns.prediction is not None
    if spec.task is Task.REGRESSION or stored:
        return spec
    nothing = pd.DataFrame()
    if not known and len(_found(spec, nothing)) < 2:
        raise SpecError(
            "Without a reference file nothing says which classes are predicted: add "
            "outcome.positive and outcome.favourable, one score column for each class, or "
            "reference.file."
        )
    return with_classes(spec, nothing, known=known)


def sort_classes(classes: Iterable[str]) -> tuple[str, ...]:
    """By number where all are numbers, else as text: the order in which sklearn keeps them.

    >>> sort_classes({"10", "9"}), sort_classes({"b", "a"})
    (('9', '10'), ('a', 'b'))
    """
    found = set(classes)
    try:
        return tuple(sorted(found, key=float))
    except ValueError:
        return tuple(sorted(found))


def positive_of(classes: Iterable[str]) -> str | None:
    """The class that everybody would call positive; None where it is a matter of opinion.

    >>> positive_of(["No", "Yes"]), positive_of(["bad", "good"])
    ('Yes', None)
    """
    named = {name.casefold(): name for name in classes}
    found = _POSITIVE_OF.get(frozenset(named))
    return None if found is None else named[found]


def classes_in(frame: pd.DataFrame, *columns: str | None) -> tuple[str, ...]:
    """The classes in those of the columns that are there, spelled as in the first."""
    found: dict[str, None] = {}
    for name in columns:
        if name in frame.columns:
            found |= dict.fromkeys(encoded(frame[name], list(found))[1])
    return tuple(found)


def _found(spec: Spec, frame: pd.DataFrame) -> set[str]:
    """Those in the rows and those that the spec names, spelled as in the rows."""
    columns, outcome = spec.columns, spec.outcome
    found = dict.fromkeys(classes_in(frame, columns.target, columns.prediction))
    said = [key for key in columns.score if key and not key.startswith("[")]
    if spec.task is Task.BINARY and len(found) < 2:
        said += [*outcome.favourable, *((outcome.positive,) if outcome.positive else ())]
    found |= dict.fromkeys(_spelled(said, list(found)))
    whole = (
        set(pair.values()) for pair in PLAIN if len(found) == 1 and {*found} < {*pair.values()}
    )
    return next(whole, set(found))


def _spelled(texts: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spelled(text, known) for text in texts))


def _check_number(task: Task, classes: Sequence[str]) -> None:
    if len(classes) < 2:
        found = f"only the class {classes[0]!r}" if classes else "no class at all"
        raise SpecError(
            f"The reference shows {found} in its target and prediction columns: "
            f"a {task} model needs rows of at least two."
        )
    shown = ", ".join(map(repr, classes[:8])) + (" …" if len(classes) > 8 else "")
    if task is Task.BINARY and len(classes) > 2:
        raise SpecError(
            f"The reference shows {len(classes):,} classes ({shown}) and a binary model has two: "
            f"correct the labels, or set task to multiclass."
        )
    if len(classes) > MOST_CLASSES:
        raise SpecError(
            f"The reference shows {len(classes):,} classes ({shown}), more than {MOST_CLASSES}: "
            f"is this a regression, or the wrong column?"
        )


def _positive(classes: Sequence[str]) -> str:
    found = positive_of(classes)
    if found is None:
        raise SpecError(
            f"The classes are {' and '.join(map(repr, classes))}, and the spec does not say which "
            f"one is positive: add outcome.positive."
        )
    return found


def _check_outcome(spec: Spec) -> None:
    named = {"positive": (spec.outcome.positive,), "favourable": spec.outcome.favourable}
    known = ", ".join(map(repr, spec.classes[:20]))
    for key, values in named.items():
        for value in values:
            if value is not None and value not in spec.classes:
                raise SpecError(f"outcome.{key} names {value!r}, and the classes are {known}.")
    if set(spec.outcome.favourable) == set(spec.classes):
        raise SpecError("outcome.favourable names every class: leave out those that are not.")
    if spec.sensitive and not spec.outcome.favourable:
        raise SpecError(
            f"The spec does not say which outcome is favourable for the person: "
            f"add outcome.favourable, one or more of {known}."
        )


def _score_by_class(
    score: Mapping[str, str], classes: Sequence[str], *, positive: str | None
) -> dict[str, str]:
    if not score:
        return {}
    if list(score) == [""] and positive is not None:
        return {positive: score[""]}
    if all(key.startswith("[") for key in score) and not set(score) <= set(classes):
        if len(score) != len(classes):
            raise SpecError(
                f"columns.score lists {len(score)} columns, and there are {len(classes)} classes: "
                f"{', '.join(map(repr, classes[:20]))}."
            )
        score = dict(zip(classes, score.values(), strict=True))
    wanted = {positive} if positive is not None else set(classes)
    if missing := wanted - set(score):
        raise SpecError(
            f"columns.score has no column for {', '.join(map(repr, sorted(map(str, missing))))}: "
            f"name one for each class."
        )
    return {name: score[name] for name in classes if name in score}
