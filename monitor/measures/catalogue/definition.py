"""What a definition of a metric says, and short ways to write one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

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


@dataclass(frozen=True, slots=True)
class Metric:
    """A definition; ``neutral`` is the value of no difference, None where there is none.

    Values are fractions: ``unit`` only says how they are written (see ``wording.format_value``).
    ``words`` is one sentence for somebody who has never met the metric.  Metrics that are
    ``sampled`` are made of a sample of rows by a job of their own, the others of tallies.
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
) -> Metric:
    return Metric(
        name, title, "performance", tasks, better, None, unit, True, formula, source, words
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
) -> Metric:
    """Something measured per group, and for everybody."""
    return Metric(
        name, title, "fairness", tasks, better, neutral, unit, needs_labels, formula, source, words
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
) -> Metric:
    """A difference (neutral 0) or a ratio (neutral 1) between groups."""
    neutral = 1.0 if unit == "ratio" else 0.0
    return Metric(
        name, title, "fairness", tasks, NEITHER, neutral, unit, needs_labels, formula, source, words
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
) -> Metric:
    return Metric(name, title, "drift", ALL, better, neutral, unit, False, formula, source, words)


def count(name: str, title: str, formula: str, words: str, *, better: Better = LOWER) -> Metric:
    return Metric(
        name, title, "quality", ALL, better, None, "number", False, formula, "Fairwatch", words
    )


def share(name: str, title: str, formula: str, words: str) -> Metric:
    return Metric(
        name, title, "quality", ALL, LOWER, None, "percent", False, formula, "Fairwatch", words
    )


def service(name: str, title: str, better: Better, formula: str, words: str) -> Metric:
    return Metric(
        name, title, "service", ALL, better, None, "number", False, formula, "Fairwatch", words
    )
