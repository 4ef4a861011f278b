"""Intervals against scipy, and against the coverage they promise."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pytest
from scipy import stats

from monitor.measures.interval import (
    Interval,
    kish,
    mean_interval,
    newcombe,
    walter,
    wilson,
    z_score,
)


@pytest.mark.parametrize(("x", "n"), [(0, 5), (1, 5), (5, 5), (37, 100), (999, 1000), (3, 100000)])
def test_wilson_is_scipys(x: int, n: int):
    oracle = stats.binomtest(x, n).proportion_ci(method="wilson")
    assert wilson(x, n).low == pytest.approx(oracle.low, abs=1e-12)
    assert wilson(x, n).high == pytest.approx(oracle.high, abs=1e-12)


def test_no_rows_say_nothing():
    assert wilson(0, 0) == Interval(0.0, 1.0)
    assert newcombe(0, 0, 5, 10) == Interval(-1.0, 1.0)
    assert walter(0, 0, 5, 10) == Interval(0.0, inf)
    assert isnan(mean_interval(1.0, 1.0, 1).low)


def test_bounds_that_are_not_numbers_are_none():
    assert Interval(0.0, inf).bounds == (0.0, None)
    assert Interval(nan, nan).bounds == (None, None)


def test_newcombe_gives_his_published_example():
    # Newcombe 1998, method 10: 56/70 against 48/80.
    found = newcombe(56, 70, 48, 80)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_swapping_the_groups_turns_the_intervals_round():
    there, back = newcombe(30, 90, 50, 80), newcombe(50, 80, 30, 90)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    there, back = walter(30, 90, 50, 80), walter(50, 80, 30, 90)
    assert (there.low, there.high) == pytest.approx((1 / back.high, 1 / back.low))


def test_scaling_weights_changes_nothing_when_effective_rows_are_named():
    x = np.arange(10.0)
    one = mean_interval(x.sum(), (x**2).sum(), 10)
    two = mean_interval(3 * x.sum(), 3 * (x**2).sum(), 30, effective=kish(30, 90))
    assert (one.low, one.high) == pytest.approx((two.low, two.high))
    assert one.high - one.low == pytest.approx(2 * z_score(0.05) * x.std(ddof=1) / np.sqrt(10))


@pytest.mark.parametrize("rates", [(0.1, 0.1), (0.05, 0.2), (0.5, 0.7), (0.8, 0.9)])
@pytest.mark.parametrize("sizes", [(40, 400), (150, 150)])
def test_difference_and_ratio_cover_as_often_as_they_say(
    rates: tuple[float, float], sizes: tuple[int, int]
):
    random = np.random.default_rng(7)
    draws = np.column_stack(
        [random.binomial(n, r, 2000) for n, r in zip(sizes, rates, strict=True)]
    )
    (n1, n2), (p1, p2) = sizes, rates
    difference = np.mean([p1 - p2 in newcombe(a, n1, b, n2) for a, b in draws.tolist()])
    ratio = np.mean([p1 / p2 in walter(a, n1, b, n2) for a, b in draws.tolist()])
    assert difference >= 0.935
    assert ratio >= 0.925
