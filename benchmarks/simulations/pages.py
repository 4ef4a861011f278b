"""How often somebody is called over a year of daily batches, and how soon when something breaks.

Batches are drawn as the sums that the product keeps of them, so that years take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from math import inf

import numpy as np

from benchmarks.simulations import best_possible
from benchmarks.simulations.figure import Figure, median, share
from benchmarks.simulations.incumbents import control_limits, three_sigma
from benchmarks.simulations.promise import Found, Promise
from monitor.alerts.defaults import BUDGET, default_rules
from monitor.alerts.judging import judge
from monitor.measures.interval import Interval
from monitor.measures.layout import Layout, build_layout
from monitor.measures.rows import Floats, Rows
from monitor.measures.sequential.follow import follow
from monitor.measures.sequential.observed import Key, Observed
from monitor.measures.sequential.part import Part
from monitor.measures.sequential.plan import Watch, plan
from monitor.terms import Task, Verdict

YEAR = 365
ROWS = 200  # of a daily batch, all with labels
RIGHT = 0.9
QUIET, BROKEN = 20, 200  # batches before something breaks, and after
ACCURACY: Key = ("", "", "accuracy")
WATCHES = (Watch("accuracy", 0.05),)


def pages(random: np.random.Generator, repeats: int, *, reference: int, budget: float) -> Found:
    """Years in which accuracy stayed as it was and somebody was called."""
    years = [_year(random, reference, YEAR) for _ in range(repeats)]
    theirs = {
        rule: share(sum(any(calls) for calls in _charted(years, limits)), repeats)
        for rule, limits in RULES.items()
    }
    return Found(share(sum(any(_calls(*year, budget)) for year in years), repeats), theirs)


def delays(random: np.random.Generator, repeats: int, *, reference: int, drop: float) -> Found:
    """Batches from a drop of accuracy to the call."""
    years = [_year(random, reference, QUIET, broken=BROKEN, drop=drop) for _ in range(repeats)]
    theirs = {rule: waited(_charted(years, limits)) for rule, limits in RULES.items()}
    told = partial(best_possible.called, rows=ROWS, before=RIGHT, after=RIGHT - drop, days=YEAR)
    theirs["told of the change beforehand, 5 % a year"] = waited(told(b) for _, b in years)
    return Found(waited(_calls(*year, BUDGET) for year in years), theirs)


def calls(
    layout: Layout,
    watches: Sequence[Watch],
    reference: Observed,
    batches: Sequence[Observed],
    *,
    budget: float,
) -> Iterator[bool]:
    """Whether the rule on a model's one budget of false alarms is broken, batch by batch."""
    rules = [
        replace(rule, high=budget)
        for rule in default_rules(layout, has_labels=True, has_reference=True)
        if rule.metric == "change_evidence"
    ]
    planned = plan(watches, layout, reference, batches)
    for found in follow(planned, batches, budget=budget):
        yield any(
            judged.rule is not None and judged.measurement.verdict is Verdict.FAILING
            for judged in judge(rules, found)
        )


def waited(years: Iterable[Iterable[bool]]) -> Figure:
    """The median number of batches from the break to the first call after it; infinite where there
    was none."""
    return median([_first(called) for called in years], unit="batches")


def _first(called: Iterable[bool]) -> float:
    broken = enumerate(islice(called, QUIET, None), start=1)
    return float(next((place for place, called in broken if called), inf))


Year = tuple[Floats, Floats]  # shares of right predictions: in the reference's chunks, in batches
Limits = Callable[[Floats], Interval]


def _year(
    random: np.random.Generator, reference: int, days: int, *, broken: int = 0, drop: float = 0.0
) -> Year:
    rates = np.repeat([RIGHT, RIGHT - drop], [days, broken])
    chunks = random.binomial(ROWS, RIGHT, reference // ROWS)
    return chunks / ROWS, random.binomial(ROWS, rates) / ROWS


def _calls(chunks: Floats, batches: Floats, budget: float) -> Iterator[bool]:
    reference = _observed(float(chunks.mean()), ROWS * chunks.size)
    days = [_observed(right, ROWS) for right in batches.tolist()]
    return calls(LAYOUT, WATCHES, reference, days, budget=budget)


def _observed(right: float, rows: int) -> Observed:
    return Observed(rows, {ACCURACY: Part.of_share(right * rows, rows)}, {})


def _chart(chunks: Floats, *, sigmas: float) -> Interval:
    return control_limits(float(chunks.mean()), ROWS, sigmas=sigmas)


def _charted(years: Iterable[Year], limits: Limits) -> Iterator[list[bool]]:
    """Whether each batch lies outside the limits made of the reference's chunks."""
    for chunks, batches in years:
        found = limits(chunks)
        yield [right not in found for right in batches.tolist()]


RULES: Mapping[str, Limits] = {
    # Of single batches this is the rule that is as rarely wrong in a year as we promise to be.
    "mean ± 3.8σ of the reference's rate": partial(_chart, sigmas=3.8),
    "mean ± 3σ": partial(_chart, sigmas=3.0),
    "mean ± 3σ of its chunks (NannyML)": three_sigma,
}
LAYOUT = build_layout(
    Rows({}, {}, np.array([], dtype=object), None, None, None, 0),
    task=Task.BINARY,
    classes=("no", "yes"),
    positive="yes",
)
PROMISES = (
    *(
        Promise(
            "A false page in a year of daily batches",
            f"accuracy {RIGHT:g}, {ROWS} labels, reference {reference}, "
            f"one false alarm in {budget:g}",
            partial(pages, reference=reference, budget=budget),
            limit=limit,
            repeats=600,
            quick=20 if limit and reference == 2000 else 0,
        )
        for reference, budget, limit in (
            (2000, BUDGET, 0.05),
            (20_000, BUDGET, 0.05),
            (2000, BUDGET / 2, None),
        )
    ),
    *(
        Promise(
            "Batches until a drop of accuracy is told",
            f"by {100 * drop:g} points, reference {reference}",
            partial(delays, reference=reference, drop=drop),
            limit="theirs",
            repeats=400,
            quick=40 if (reference, drop) == (2000, 0.05) else 0,
        )
        for drop in (0.03, 0.05)
        for reference in (2000, 20_000)
    ),
)
