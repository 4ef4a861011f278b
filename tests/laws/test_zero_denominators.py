"""Whatever a value divides by, where there is none of it there is no value, and a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from monitor.measures import fairness, performance, regression
from monitor.measures.catalogue import METRICS, Metric
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.terms import Task

N = 200  # rows in each of two groups
CLASSES = {Task.BINARY: ("no", "yes"), Task.MULTICLASS: ("a", "b", "c"), Task.REGRESSION: ()}


@dataclass
class Part:
    """The label, prediction and score of some rows."""

    actual: np.ndarray
    predicted: np.ndarray
    scores: np.ndarray | None


def whole(task: Task) -> Part:
    rng = np.random.default_rng(3)
    if task is Task.REGRESSION:
        return Part(rng.normal(50, 10, N), rng.normal(50, 10, N), None)
    names = np.array(CLASSES[task], dtype=object)
    scores = rng.dirichlet(np.ones(len(names)), N)
    return Part(
        rng.choice(names, N), names[scores.argmax(1)], scores[:, 1:] if len(names) == 2 else scores
    )


def unlabelled(part: Part) -> None:
    part.actual = np.full(N, np.nan) if part.scores is None else np.full(N, None)


def unscored(part: Part) -> None:
    if part.scores is not None:
        part.scores = np.full(part.scores.shape, np.nan)


def unpredicted(part: Part) -> None:
    """Nor scored: of a row with a score the prediction follows."""
    part.predicted = np.full(N, np.nan) if part.scores is None else np.full(N, None)
    unscored(part)


def labelled(label: str) -> Callable[[Part], None]:
    def change(part: Part) -> None:
        part.actual = np.full(N, label, dtype=object)

    return change


def predicted(label: str) -> Callable[[Part], None]:
    def change(part: Part) -> None:
        part.predicted = np.full(N, label, dtype=object)

    return change


def never_yes(part: Part) -> None:
    labelled("no")(part)
    predicted("no")(part)


def right(part: Part) -> None:
    part.predicted = part.actual


# How rows come to lack what a metric's denominator counts; "yes" is positive and favourable.
LACKING: dict[str, Callable[[Part], None]] = {
    "labelled rows": unlabelled,
    "labelled rows of each class": unlabelled,
    "labelled rows with a score": unlabelled,
    "rows labelled with each class": unlabelled,
    "rows labelled with each class, and the other labelled rows": unlabelled,
    "rows labelled with another than each class": unlabelled,
    "rows labelled or predicted as each class": unlabelled,
    "labelled rows predicted as each class": unlabelled,
    "rows whose label is positive": labelled("no"),
    "rows whose label is favourable": labelled("no"),
    "rows whose label is negative": labelled("yes"),
    "rows whose label is positive, and rows whose label is negative": labelled("yes"),
    "rows of the rarer label": labelled("yes"),
    "rows labelled or predicted positive": never_yes,
    "labelled rows predicted positive": predicted("no"),
    "labelled rows predicted negative": predicted("yes"),
    "rows with a prediction": unpredicted,
    "rows with a score": unscored,
    "labelled rows that were wrongly predicted": right,
    "rows with a prediction, of the smallest group": unpredicted,
    "rows with a prediction, in strata that have both groups": unpredicted,
}
# What is said of pairs of columns has no row for the groups of one.
OF_PAIRS = ("selection_shortfall", "conditional_demographic_")
DIVIDED = [m for m in METRICS.values() if m.family in ("performance", "fairness") and not m.sampled]


def all_there(part: Part) -> None:
    """Lacks nothing."""


@cache
def measured(task: Task, *changes: Callable[[Part], None]) -> list[Measurement]:
    """Group a is changed as the first says, and group b as the second; halves and places are
    spread evenly.  Many metrics lack the same rows, so each case is measured once."""
    parts = [whole(task) for _ in changes]
    for change, part in zip(changes, parts, strict=True):
        change(part)
    groups = np.repeat(np.array(["a", "b"], dtype=object)[: len(parts)], N)
    halves, places = (np.resize(np.repeat(["x", "y"], n), N * len(parts)) for n in (1, 2))
    rows = Rows(
        {},
        {"group": groups, "half": halves.astype(object), "place": places.astype(object)},
        np.concatenate([p.predicted for p in parts]),
        np.concatenate([p.actual for p in parts]),
        None if parts[0].scores is None else np.concatenate([p.scores for p in parts]),
        None,
        len(groups),
    )
    layout = build_layout(
        rows,
        task=task,
        classes=CLASSES[task],
        positive="yes" if task is Task.BINARY else None,
        favourable={Task.BINARY: ("yes",), Task.MULTICLASS: ("c",)}.get(task, ()),
        favourable_range=(40.0, 60.0) if task is Task.REGRESSION else None,
        attributes=("group", "half"),
        segments=("place",),
        reference_groups={"group": "a", "half": "x"},
    )
    outcomes = tally_outcomes(rows, layout)
    perform = regression if task is Task.REGRESSION else performance
    return [*perform.measure(outcomes, layout, None), *fairness.measure(outcomes, layout, None)]


def lacking(metric: Metric) -> Callable[[Part], None]:
    assert metric.denominator in LACKING, (
        f"{metric.name}: say in LACKING how rows come to lack “{metric.denominator}”"
    )
    return LACKING[metric.denominator]


@pytest.mark.parametrize("metric", DIVIDED, ids=lambda m: m.name)
def test_a_value_over_nothing_is_none_and_says_why(metric: Metric):
    """Where everybody lacks it: of everybody, of the group, and beside another group."""
    task = metric.tasks[0]
    for m in measured(task, lacking(metric), lacking(metric)):
        if m.metric == metric.name:
            assert m.value is None
            assert m.reason.endswith("."), m


@pytest.mark.parametrize(
    "metric",
    [m for m in DIVIDED if m.family == "fairness" and not m.name.startswith(OF_PAIRS)],
    ids=lambda m: m.name,
)
def test_a_group_that_lacks_it_has_a_reason_and_the_other_its_value(metric: Metric):
    task = metric.tasks[0]
    both = measured(task, all_there, lacking(metric))
    alike = [m for m in both if m.metric == metric.name]
    found = {m.group: m for m in alike if m.attribute == "group"}
    if "b" in found:  # a group without a prediction is not there at all
        assert found["b"].value is None
        assert found["b"].reason.endswith(".")
        assert found["b"].low is None
    if "" in found:  # over all groups, of which one is left
        assert found[""].value is None
        assert found[""].reason.endswith(".")
    elif "a" in found:  # it is not beside itself
        assert found["a"].value is not None


@pytest.mark.parametrize("metric", DIVIDED, ids=lambda m: m.name)
def test_with_all_there_is_to_divide_by_there_is_a_value(metric: Metric):
    """So that the two tests above are about what they say they are."""
    task = metric.tasks[0]
    found = [m for m in measured(task, all_there, all_there) if m.metric == metric.name]
    assert found
    assert all(m.value is not None for m in found), found
