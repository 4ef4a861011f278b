"""The metric reference, docs/metrics.md, written from the catalogue.

``make docs`` writes it anew: ``python -m monitor.measures.catalogue.page > docs/metrics.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from math import isinf
from typing import Final

from monitor.measures.catalogue import METRICS, Better, Family, Metric
from monitor.terms import Task

INTRODUCTION: Final = """\
# Every metric

This page is written from the catalogue, `monitor/measures/catalogue/`, by `make docs`.
Pages, messages and the command line take their words from the same place.

Each metric has its formula and, in words, its *denominator*: what the value divides by.
A rate over fewer than 10 such rows is not shown; over fewer than 30 it is shown and not judged.
Values are fractions: 0.25 is written 25 % or 25 pt where that reads better.
"""
FAMILIES: Final[dict[Family, str]] = {
    "performance": "How right a model is.",
    "fairness": "How groups fare, each by itself and compared: a difference is the group minus the "
    "reference group, a ratio the group over the reference group; without a group it is the range "
    "over all groups, largest minus smallest or smallest over largest.",
    "drift": "How differently values are spread now than in the reference.",
    "quality": "What is wrong with the data itself.",
    "service": "What a run cost, and whether it came at all.",
    "sequence": "What many batches say together.",
    "estimated": "What is to be expected while labels have not arrived.",
    "causes": "Where it comes from.",
}
WAYS: Final = {
    Better.HIGHER: "higher is better",
    Better.LOWER: "lower is better",
    Better.NEITHER: "neither way is better in itself",
}


def page(metrics: Iterable[Metric]) -> str:
    """The whole page in Markdown; families and metrics in the order of the catalogue."""
    order = list(FAMILIES)
    placed = sorted(metrics, key=lambda m: order.index(m.family))
    families = groupby(placed, key=lambda m: m.family)
    return "\n".join([INTRODUCTION, *(_family(name, list(found)) for name, found in families)])


def _family(name: Family, metrics: list[Metric]) -> str:
    return "\n".join([f"## {name.capitalize()}\n", f"{FAMILIES[name]}\n", *map(_metric, metrics)])


def _metric(m: Metric) -> str:
    facts = "\n".join(f"- {fact}" for fact in _facts(m))
    return f"### {m.name}\n\n**{m.title}.** {m.words}\n\n{facts}\n"


def _facts(m: Metric) -> Iterator[str]:
    yield f"Formula: `{m.formula}`. Denominator: {m.denominator}."
    yield f"{_range(m)}; {WAYS[m.better]}{_neutral(m)}."
    labels = "needs labels" if m.needs_labels else "needs no labels"
    made = "; made of a sample of rows" if m.sampled else ""
    yield f"{_tasks(m.tasks)}; {labels}{made}. Source: {m.source}."


def _range(m: Metric) -> str:
    least, most = (_bound(bound) for bound in m.range)
    if least and most:
        return f"From {least} to {most}"
    return f"At least {least}" if least else f"At most {most}" if most else "Any number"


def _bound(bound: float) -> str:
    return "" if isinf(bound) else f"{bound:.3g}".replace("-", "−")


def _neutral(m: Metric) -> str:
    return "" if m.neutral is None else f"; {m.neutral:g} is no difference"


def _tasks(tasks: tuple[Task, ...]) -> str:
    return "All tasks" if set(tasks) == set(Task) else ", ".join(tasks).capitalize()


if __name__ == "__main__":
    print(page(METRICS.values()), end="")
