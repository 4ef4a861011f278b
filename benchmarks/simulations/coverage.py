"""How often intervals hold the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import numpy as np

from benchmarks.simulations.figure import Figure, share
from benchmarks.simulations.incumbents import katz, wald, wald_difference
from benchmarks.simulations.promise import Found, Promise, Simulation
from monitor.measures.interval import Interval, donner_zou, newcombe, wilson

ENOUGH = 0.94
RATES = (0.02, 0.98)
ROWS = (30, 3000)


class Sample(NamedTuple):
    """Hits among rows of a group whose true rate is known."""

    rate: float
    rows: int
    hits: int


Pair = tuple[Sample, Sample]
Setting = tuple[float, float]  # from and to
OfPair = Callable[[int, int, int, int], Interval]


def of_a_rate(random: np.random.Generator, repeats: int, *, rows: tuple[int, int]) -> Found:
    """Wilson's and Wald's, at rates and numbers of rows drawn anew every time."""
    drawn = list(_samples(random, repeats, rates=RATES, rows=rows))
    held = {
        interval: share(sum(s.rate in interval(s.hits, s.rows) for s in drawn), repeats)
        for interval in (wilson, wald)
    }
    return Found(held[wilson], {"Wald's interval": held[wald]})


def of_a_difference(random: np.random.Generator, repeats: int, **settings: Setting) -> Found:
    pairs = list(_pairs(random, repeats, **settings))
    ours, theirs = (
        _held(pairs, interval, lambda one, other: one - other)
        for interval in (newcombe, wald_difference)
    )
    return Found(ours, {"Wald's interval": theirs})


def of_a_ratio(random: np.random.Generator, repeats: int, **settings: Setting) -> Found:
    pairs = list(_pairs(random, repeats, **settings))
    ours, theirs = (
        _held(pairs, interval, lambda one, other: one / other) for interval in (donner_zou, katz)
    )
    return Found(ours, {"Katz's log interval": theirs})


def _samples(
    random: np.random.Generator, repeats: int, *, rates: Setting, rows: Setting
) -> Iterable[Sample]:
    """Rates drawn evenly between the two, rows evenly on a logarithmic scale."""
    rate = random.uniform(*rates, repeats)
    n = np.exp(random.uniform(*np.log(rows), repeats)).round().astype(np.int64)
    hits = random.binomial(n, rate)
    return map(Sample, rate.tolist(), n.tolist(), hits.tolist())


def _pairs(
    random: np.random.Generator,
    repeats: int,
    *,
    rates: Setting = RATES,
    first: Setting = ROWS,
    second: Setting = ROWS,
) -> Iterable[Pair]:
    return zip(
        _samples(random, repeats, rates=rates, rows=first),
        _samples(random, repeats, rates=rates, rows=second),
        strict=True,
    )


def _held(
    pairs: Iterable[Pair], interval: OfPair, truth: Callable[[float, float], float]
) -> Figure:
    held = [truth(a.rate, b.rate) in interval(a.hits, a.rows, b.hits, b.rows) for a, b in pairs]
    return share(sum(held), len(held))


MIXED = "rates .02–.98, 30–3000 rows"
HARD = {"rates": (0.95, 0.95), "first": (30, 30), "second": (100, 100)}


def _promise(what: str, setting: str, simulate: Simulation) -> Promise:
    return Promise(
        what, setting, simulate, limit=ENOUGH, side="at least", repeats=40_000, quick=6000
    )


PROMISES = (
    *(
        _promise("Wilson's interval holds the rate", setting, partial(of_a_rate, rows=rows))
        for setting, rows in ((MIXED, ROWS), ("rates .02–.98, 30 rows", (30, 30)))
    ),
    *(
        _promise(f"{whose} interval holds the {what}", setting, partial(simulate, **settings))
        for whose, what, simulate in (
            ("Newcombe's", "difference", of_a_difference),
            ("Donner and Zou's", "ratio", of_a_ratio),
        )
        for setting, settings in ((MIXED, {}), ("both .95, 30 beside 100 rows", HARD))
    ),
)
