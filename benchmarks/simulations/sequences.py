"""How often a gap that is none is told, where it is looked at every day of a year."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.simulations.figure import share
from benchmarks.simulations.incumbents import three_sigma, wald_difference
from benchmarks.simulations.promise import Found, Promise
from monitor.measures.catalogue.sequence import CUSUM, SINCE
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Floats, Rows
from monitor.measures.sequential.follow import follow
from monitor.measures.sequential.observed import Key, Observed
from monitor.measures.sequential.part import Part
from monitor.measures.sequential.plan import Watch, plan
from monitor.terms import Task

YEAR = 365
SIZE = 100  # rows of each group in a batch
SELECTED = 0.5
SEX, MEN, WOMEN = "sex", "men", "women"
GAP = "demographic_parity_difference"


def surprises(random: np.random.Generator, repeats: int, *, reference: int) -> Found:
    """Years without a gap in which the cumulative sum of surprises went beyond its limit."""
    ours = theirs = 0
    for _ in range(repeats):
        chunks, batches = _selected(random, reference // (2 * SIZE)), _selected(random, YEAR)
        sums = _said(f"{GAP}{CUSUM}", chunks, batches)
        ours += any(abs(m.value or 0.0) > (m.limit_high or 0.0) for m in sums)
        limits = three_sigma(_gaps(chunks))
        theirs += any(gap not in limits for gap in _gaps(batches).tolist())
    rule = "mean ± 3σ of the reference's chunks (NannyML)"
    return Found(share(ours, repeats), {rule: share(theirs, repeats)})


def since_deployment(random: np.random.Generator, repeats: int, *, reference: int) -> Found:
    """Years without a gap in which its interval since deployment once left out none."""
    ours = theirs = 0
    for _ in range(repeats):
        chunks, batches = _selected(random, reference // (2 * SIZE)), _selected(random, YEAR)
        ours += any(_leaves_out_none(m) for m in _said(f"{GAP}{SINCE}", chunks, batches))
        theirs += any(0.0 not in wald_difference(*hits) for hits in _so_far(batches))
    rule = "a 95 % interval of all rows so far, looked at every day"
    return Found(share(ours, repeats), {rule: share(theirs, repeats)})


def _said(metric: str, chunks: Floats, batches: Floats) -> Iterator[Measurement]:
    """What is said of women's gap, batch by batch."""
    days = [_observed(hits, SIZE) for hits in batches]
    reference = _observed(chunks.sum(axis=0), SIZE * len(chunks))
    planned = plan([Watch(GAP, 0.1, SEX)], LAYOUT, reference, days)
    for found in follow(planned, days, budget=1000.0):
        yield from (m for m in found if m.metric == metric)


def _observed(hits: Floats, size: int) -> Observed:
    """``hits`` are the men and the women who were selected."""
    parts: dict[Key, Part] = {
        (SEX, group, "selection_rate"): Part.of_share(x, size)
        for group, x in zip((MEN, WOMEN), hits.tolist(), strict=True)
    }
    return Observed(2 * size, parts, {})


def _leaves_out_none(m: Measurement) -> bool:
    assert m.low is not None
    assert m.high is not None
    return not m.low <= 0.0 <= m.high


def _selected(random: np.random.Generator, batches: int) -> Floats:
    return random.binomial(SIZE, SELECTED, (batches, 2)).astype(np.float64)


def _gaps(hits: Floats) -> Floats:
    return np.asarray((hits[:, 1] - hits[:, 0]) / SIZE)


def _so_far(batches: Floats) -> Iterator[tuple[float, int, float, int]]:
    for day, (men, women) in enumerate(batches.cumsum(axis=0).tolist(), start=1):
        yield women, SIZE * day, men, SIZE * day


LAYOUT = build_layout(
    Rows({}, {SEX: np.array([], dtype=object)}, np.array([], dtype=object), None, None, None, 0),
    task=Task.BINARY,
    classes=("no", "yes"),
    positive="yes",
    favourable=("yes",),
    attributes=(SEX,),
    reference_groups={SEX: MEN},
)
PROMISES = tuple(
    Promise(
        name,
        f"2 groups of {SIZE} rows a day, {100 * SELECTED:g} % selected, reference {reference}",
        partial(simulate, reference=reference),
        limit=0.06,
        repeats=200,
        quick=15 if reference == 2000 else 0,
    )
    for name, simulate in (
        ("A cumulative sum beyond its limit in a year without a gap", surprises),
        ("A gap since deployment in a year without one", since_deployment),
    )
    for reference in (2000, 20_000)
)
