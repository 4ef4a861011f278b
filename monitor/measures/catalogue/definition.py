"""What a definition of a metric says, and short ways to write one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import inf, nan
from typing import Literal, NamedTuple

from monitor.terms import Task

Family = Literal[
    "performance", "fairness", "drift", "quality", "service", "sequence", "estimated", "causes"
]
Unit = Literal["percent", "points", "ratio", "number"]


class Better(StrEnum):
    """Which way is better; NEITHER where the neutral value is best, or where nothing is."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


HIGHER, LOWER, NEITHER = Better.HIGHER, Better.LOWER, Better.NEITHER


class Range(NamedTuple):
    """The least and the most a value can be, both included; infinite where there is no bound."""

    least: float
    most: float


SHARE, SIGNED = Range(0.0, 1.0), Range(-1.0, 1.0)
POSITIVE, ANY = Range(0.0, inf), Range(-inf, inf)
UNSAID = Range(nan, nan)  # a test asks for what is missing
BY_UNIT: dict[Unit, Range] = {
    "percent": SHARE,
    "points": SIGNED,
    "ratio": POSITIVE,
    "number": UNSAID,
}


@dataclass(frozen=True, slots=True)
class Metric:
    """A definition; ``neutral`` is the value of no difference, None where there is none.

    Values are fractions: ``unit`` only says how they are written (see ``wording.format_value``).
    ``words`` is one sentence for somebody who has never met the metric.  ``denominator`` says in
    words what the value divides by, and so what there must be enough of ("rows whose label is
    positive").  Metrics that are ``sampled`` are made of a sample of rows by a job of their own,
    the others of tallies.
    """

    name: str
    title: str
    family: Family
    tasks: tuple[Task, ...]
    better: Better
    neutral: float | None
    unit: Unit
    needs_labels: bool
    formula: str
    source: str
    words: str
    sampled: bool = False
    denominator: str = ""
    range: Range = UNSAID


BINARY, CLASSES = (Task.BINARY,), (Task.BINARY, Task.MULTICLASS)
MULTICLASS, REGRESSION, ALL = (Task.MULTICLASS,), (Task.REGRESSION,), tuple(Task)


def performance(
    name: str,
    title: str,
    tasks: tuple[Task, ...],
    better: Better,
    unit: Unit,
    formula: str,
    words: str,
    *,
    source: str = "scikit-learn",
    denominator: str = "labelled rows",
    range: Range | None = None,
    neutral: float | None = None,
    needs_labels: bool = True,
) -> Metric:
    return Metric(
        name,
        title,
        "performance",
        tasks,
        better,
        neutral,
        unit,
        needs_labels,
        formula,
        source,
        words,
        denominator=denominator,
        range=range or BY_UNIT[unit],
    )


def rate(
    name: str,
    title: str,
    tasks: tuple[Task, ...],
    formula: str,
    words: str,
    *,
    better: Better = NEITHER,
    unit: Unit = "percent",
    neutral: float | None = None,
    needs_labels: bool = True,
    source: str = "fairlearn",
    denominator: str = "",
    range: Range | None = None,
) -> Metric:
    """Something measured per group, and for everybody."""
    return Metric(
        name,
        title,
        "fairness",
        tasks,
        better,
        neutral,
        unit,
        needs_labels,
        formula,
        source,
        words,
        denominator=denominator,
        range=range or BY_UNIT[unit],
    )


def gap(
    name: str,
    title: str,
    tasks: tuple[Task, ...],
    formula: str,
    words: str,
    *,
    unit: Unit = "points",
    needs_labels: bool = True,
    source: str = "fairlearn",
    denominator: str = "",
    range: Range | None = None,
) -> Metric:
    """A difference (neutral 0) or a ratio (neutral 1) between groups.

    ``denominator`` is that of either group's rate; in a number without a unit, so is the range.
    """
    return Metric(
        name,
        title,
        "fairness",
        tasks,
        NEITHER,
        1.0 if unit == "ratio" else 0.0,
        unit,
        needs_labels,
        formula,
        source,
        words,
        denominator=denominator,
        range=range or (ANY if unit == "number" else BY_UNIT[unit]),
    )


def drift(
    name: str,
    title: str,
    formula: str,
    words: str,
    *,
    source: str = "Evidently",
    better: Better = LOWER,
    neutral: float | None = 0.0,
    unit: Unit = "number",
    denominator: str = "rows of the batch, and of the reference, with a value in the column",
    range: Range = POSITIVE,
    sampled: bool = False,
) -> Metric:
    return Metric(
        name,
        title,
        "drift",
        ALL,
        better,
        neutral,
        unit,
        False,
        formula,
        source,
        words,
        denominator=denominator,
        range=range,
        sampled=sampled,
    )


def count(name: str, title: str, formula: str, words: str, *, better: Better = LOWER) -> Metric:
    return Metric(
        name,
        title,
        "quality",
        ALL,
        better,
        None,
        "number",
        False,
        formula,
        "Fairwatch",
        words,
        denominator="nothing: it is a count",
        range=POSITIVE,
    )


def share(
    name: str, title: str, formula: str, words: str, *, denominator: str = "all rows"
) -> Metric:
    return Metric(
        name,
        title,
        "quality",
        ALL,
        LOWER,
        None,
        "percent",
        False,
        formula,
        "Fairwatch",
        words,
        denominator=denominator,
        range=SHARE,
    )


def service(
    name: str,
    title: str,
    better: Better,
    formula: str,
    words: str,
    *,
    denominator: str = "nothing: it is a reading",
) -> Metric:
    return Metric(
        name,
        title,
        "service",
        ALL,
        better,
        None,
        "number",
        False,
        formula,
        "Fairwatch",
        words,
        denominator=denominator,
        range=POSITIVE,
    )
