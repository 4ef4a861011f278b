"""How often groups are called unlike, where they are treated alike and where they are not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from benchmarks.simulations.figure import share
from benchmarks.simulations.incumbents import four_fifths
from benchmarks.simulations.promise import Found, Promise
from monitor.alerts.defaults import default_rules
from monitor.alerts.judging import judge
from monitor.alerts.rule import Rule
from monitor.measures.comparison import Scene, compare
from monitor.measures.group_rates import by_arrays, group_rates
from monitor.measures.groupings import EVERYBODY
from monitor.measures.layout import Layout, build_layout
from monitor.measures.lookback import Counted, Estimates, Lookback
from monitor.measures.outcomes import Outcomes
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.measures.verdict import SIGNIFICANT
from monitor.terms import Task, Verdict

SEX = "sex"
WATCHED = ("demographic_parity_ratio", "demographic_parity_difference")
POINT = "ratio under 0.8 by point estimate (fairlearn, aequitas)"
ASKED = 60  # batches, or a tenth of them: fairlearn takes longer than all else


def unlike(
    random: np.random.Generator,
    repeats: int,
    *,
    size: int,
    rates: Mapping[str, float],
    watched: Sequence[str] = WATCHED,
) -> Found:
    """Batches of which a ``watched`` rule on the groups' selection rates fails.

    Every group has ``size`` rows; the first is the one the others are compared with.  fairlearn is
    asked about the first batches only.
    """
    layout = _layout(rates)
    rules = [
        rule
        for rule in default_rules(layout, has_labels=False, has_reference=False)
        if rule.metric in watched
    ]
    batches = [selected(random, size, rates) for _ in range(repeats)]
    ours = sum(fails(tally_outcomes(batch, layout), layout, rules) for batch in batches)
    asked = batches[: max(ASKED, repeats // 10)]
    theirs = sum(four_fifths(batch.predicted, batch.groups[SEX]) for batch in asked)
    return Found(share(ours, repeats), {POINT: share(theirs, len(asked))})


def selected(random: np.random.Generator, size: int, rates: Mapping[str, float]) -> Rows:
    """People whose group and prediction are known."""
    group = np.repeat(np.array(list(rates), dtype=object), size)
    chosen = random.random(group.size) < np.repeat(list(rates.values()), size)
    predicted = np.where(chosen, "yes", "no").astype(object)
    return Rows({}, {SEX: group}, predicted, None, None, None, group.size)


def fails(outcomes: Outcomes, layout: Layout, rules: Sequence[Rule]) -> bool:
    """Whether any of the rules fails of any group."""
    estimates = _estimates(Counted.of(outcomes), layout)
    look = Lookback(
        outcomes, estimates, earlier=lambda: iter(()), estimate=partial(_estimates, layout=layout)
    )
    found = compare(
        Scene(layout.task, estimates, look), SEX, reference=layout.reference_groups[SEX], draws=0
    )
    return any(
        judged.measurement.verdict is Verdict.FAILING
        for judged in judge(rules, found)
        if judged.rule is not None and judged.measurement.group
    )


def _estimates(counted: Counted, layout: Layout) -> Estimates:
    by_attribute = group_rates(counted.cells, layout, (EVERYBODY, SEX), engine=by_arrays)
    return {(name, e.group, e.metric): e for name, es in by_attribute.items() for e in es}


def _layout(rates: Mapping[str, float]) -> Layout:
    nobody = np.array([], dtype=object)
    return build_layout(
        Rows({}, {SEX: nobody}, nobody, None, None, None, 0),
        task=Task.BINARY,
        classes=("no", "yes"),
        positive="yes",
        favourable=("yes",),
        attributes=(SEX,),
        reference_groups={SEX: next(iter(rates))},
    )


def _alike(rate: float, groups: int) -> dict[str, float]:
    return {f"group {i}": rate for i in range(groups)}


def _four_fifths(size: int, rate: float, *, limit: float = SIGNIFICANT, quick: int = 0) -> Promise:
    return Promise(
        "Four-fifths rule on groups treated alike",
        f"2 groups of {size} rows, {100 * rate:g} % selected",
        partial(unlike, size=size, rates=_alike(rate, 2), watched=WATCHED[:1]),
        limit=limit,
        repeats=1000,
        quick=quick,
    )


def _any_rule(size: int, groups: int, *, quick: int = 0) -> Promise:
    return Promise(
        "Any rule on the selection of groups treated alike",
        f"{groups} groups of {size} rows, 30 % selected",
        partial(unlike, size=size, rates=_alike(0.3, groups)),
        limit=SIGNIFICANT,
        repeats=1000,
        quick=quick,
    )


def _power(size: int, *, limit: float | None, quick: int = 0) -> Promise:
    return Promise(
        "A ratio of 0.7 is found",
        f"2 groups of {size} rows, 50 % and 35 % selected",
        partial(unlike, size=size, rates={"men": 0.5, "women": 0.35}, watched=WATCHED[:1]),
        limit=limit,
        side="at least",
        repeats=1000,
        quick=quick,
    )


PROMISES = (
    _four_fifths(50, 0.5, limit=0.02, quick=100),
    _four_fifths(100, 0.3),
    _four_fifths(100, 0.5),
    _four_fifths(100, 0.8, limit=0.02),
    _four_fifths(1000, 0.3, limit=0.02),
    *(_any_rule(size, 5) for size in (100, 400)),
    _power(100, limit=None),
    _power(250, limit=0.8, quick=100),
    _power(500, limit=0.95),
)
