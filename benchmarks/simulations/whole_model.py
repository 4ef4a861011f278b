"""A whole model followed for a year: accuracy, gaps between groups and columns on one budget."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from benchmarks.simulations.figure import share
from benchmarks.simulations.incumbents import control_limits
from benchmarks.simulations.pages import ACCURACY, QUIET, RIGHT, ROWS, YEAR, calls, waited
from benchmarks.simulations.promise import Found, Promise
from monitor.alerts.defaults import BUDGET
from monitor.measures.group_rates import FAVOURABLE_RATE
from monitor.measures.layout import build_layout
from monitor.measures.rows import Floats, Rows
from monitor.measures.sequential.observed import Key, Observed
from monitor.measures.sequential.part import Part
from monitor.measures.sequential.plan import Watch
from monitor.measures.sequential.shape import log_evidence
from monitor.terms import Task

GROUPS = {"sex": ("men", "women"), "age": ("40 and over", "25 to 39", "under 25")}
AMONG = {"selection_rate": 1.0, FAVOURABLE_RATE: 0.5}  # the share of rows that a rate is over
SELECTED = 0.5
BROKEN = 60  # batches after a change
COLUMNS = tuple(f"column {i}" for i in range(20))
BINS = np.full(20, 1 / 20)
GAPS = ("demographic_parity_difference", "equal_opportunity_difference")
WATCHES = (
    Watch("accuracy", 0.05),
    *(Watch(metric, 0.1, attribute) for attribute in GROUPS for metric in GAPS),
)


def pages(random: np.random.Generator, repeats: int, *, reference: int) -> Found:
    """Years in which nothing changed and somebody was called."""
    ours = theirs = 0
    for _ in range(repeats):
        whole, days = _days(random, reference, YEAR)
        ours += any(calls(LAYOUT, WATCHES, whole, days, budget=BUDGET))
        theirs += any(_off_chart(whole, day) for day in days)
    return Found(share(ours, repeats), {"every rate by its own mean ± 3σ": share(theirs, repeats)})


def delays(random: np.random.Generator, repeats: int, *, reference: int, **change: float) -> Found:
    """Batches from a change to the call."""
    years = (_days(random, reference, QUIET, broken=BROKEN, **change) for _ in range(repeats))
    return Found(waited(calls(LAYOUT, WATCHES, *year, budget=BUDGET) for year in years))


def _off_chart(whole: Observed, day: Observed) -> bool:
    return any(
        part.value not in control_limits(whole.parts[key].value, part.n, sigmas=3.0)
        for key, part in day.parts.items()
    )


def _days(
    random: np.random.Generator, reference: int, quiet: int, *, broken: int = 0, **change: float
) -> tuple[Observed, list[Observed]]:
    """The reference, and the batches, of which the broken ones come last."""
    before = random.multinomial(reference, BINS, len(COLUMNS)).astype(np.float64)
    changes = [{}] * quiet + [change] * broken
    return Observed(reference, _parts(random, reference), dict.fromkeys(COLUMNS, 0.0)), [
        Observed(ROWS, _parts(random, ROWS, **one), _columns(random, before)) for one in changes
    ]


def _parts(
    random: np.random.Generator, rows: int, *, drop: float = 0.0, gap: float = 0.0
) -> dict[Key, Part]:
    """``drop`` is what accuracy has lost, ``gap`` what women have."""
    parts = {ACCURACY: Part.of_share(random.binomial(rows, RIGHT - drop), rows)}
    for attribute, groups in GROUPS.items():
        for group in groups:
            rate = SELECTED - gap if group == "women" else SELECTED
            for metric, among in AMONG.items():
                n = int(rows * among / len(groups))
                parts[attribute, group, metric] = Part.of_share(random.binomial(n, rate), n)
    return parts


def _columns(random: np.random.Generator, before: Floats) -> dict[str, float]:
    now = random.multinomial(ROWS, BINS, len(COLUMNS)).astype(np.float64)
    return {name: log_evidence(c, r) for name, c, r in zip(COLUMNS, now, before, strict=True)}


NOBODY = np.array([], dtype=object)
LAYOUT = build_layout(
    Rows(
        {name: pa.array([], pa.string()) for name in COLUMNS},
        dict.fromkeys(GROUPS, NOBODY),
        NOBODY,
        NOBODY,
        None,
        None,
        0,
    ),
    task=Task.BINARY,
    classes=("no", "yes"),
    positive="yes",
    favourable=("yes",),
    attributes=tuple(GROUPS),
    reference_groups={attribute: groups[0] for attribute, groups in GROUPS.items()},
)
PROMISES = (
    Promise(
        "A false page in a year of a whole model",
        "accuracy, 6 gaps and 20 columns, 200 rows a day, reference 2000, default rules",
        partial(pages, reference=2000),
        limit=0.05,
        repeats=60,
    ),
    Promise(
        "Batches until a whole model's drop of accuracy is told",
        "by 5 points, reference 20000",
        partial(delays, reference=20_000, drop=0.05),
        limit=10,
        repeats=40,
        quick=4,
    ),
    Promise(
        "Batches until a whole model's gap is told",
        "opened by 10 points, reference 20000",
        partial(delays, reference=20_000, gap=0.1),
        limit=20,
        repeats=40,
    ),
)
