"""Intervals against scipy, and against the coverage they promise."""

from __future__ import annotations

from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from monitor.measures.interval import (
    Interval,
    donner_zou,
    kish,
    mean_interval,
    newcombe,
    wilson,
    z_score,
)

counts = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("x", "n"), [(0, 5), (1, 5), (5, 5), (37, 100), (999, 1000), (3, 100000)])
def test_wilson_is_scipys(x: int, n: int):
    oracle = stats.binomtest(x, n).proportion_ci(method="wilson")
    assert wilson(x, n).low == pytest.approx(oracle.low, abs=1e-12)
    assert wilson(x, n).high == pytest.approx(oracle.high, abs=1e-12)


def test_no_rows_say_nothing():
    assert wilson(0, 0) == Interval(0.0, 1.0)
    assert newcombe(0, 0, 5, 10) == Interval(-1.0, 1.0)
    assert donner_zou(0, 0, 5, 10) == Interval(0.0, inf)
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
    there, back = donner_zou(30, 90, 50, 80), donner_zou(50, 80, 30, 90)
    assert (there.low, there.high) == pytest.approx((1 / back.high, 1 / back.low))


def test_scaling_weights_changes_nothing_when_effective_rows_are_named():
    x = np.arange(10.0)
    one = mean_interval(x.sum(), (x**2).sum(), 10)
    two = mean_interval(3 * x.sum(), 3 * (x**2).sum(), 30, effective=kish(30, 90))
    assert (one.low, one.high) == pytest.approx((two.low, two.high))
    assert one.high - one.low == pytest.approx(2 * z_score(0.05) * x.std(ddof=1) / np.sqrt(10))


@given(counts, counts)
def test_a_ratio_excludes_none_just_where_the_difference_does(
    one: tuple[int, int], other: tuple[int, int]
):
    there_is_one = 0.0 not in newcombe(*one, *other)
    assert (1.0 not in donner_zou(*one, *other)) == there_is_one


@given(counts, counts)
def test_a_ratio_lies_in_its_interval_and_none_is_below_zero(
    one: tuple[int, int], other: tuple[int, int]
):
    (x1, n1), (x2, n2) = one, other
    found = donner_zou(x1, n1, x2, n2)
    assert 0 <= found.low <= found.high
    if x2:
        assert found.low <= x1 / n1 / (x2 / n2) * (1 + 1e-12)
        assert found.high >= x1 / n1 / (x2 / n2) * (1 - 1e-12)


@pytest.mark.parametrize("rates", [(0.05, 0.1), (0.35, 0.5), (0.5, 0.5), (0.8, 0.97), (0.95, 0.95)])
@pytest.mark.parametrize("sizes", [(30, 100), (100, 30), (100, 100)])
def test_difference_and_ratio_cover_as_often_as_they_say(
    rates: tuple[float, float], sizes: tuple[int, int]
):
    """Exactly, over all hits there may be; the log interval holds 84 % of ratios of two .95."""
    (n1, n2), (p1, p2) = sizes, rates
    held = np.zeros(2)
    for x1, likely1 in possible(n1, p1):
        for x2, likely2 in possible(n2, p2):
            hits = x1, n1, x2, n2
            truths = p1 - p2 in newcombe(*hits), p1 / p2 in donner_zou(*hits)
            held += likely1 * likely2 * np.array(truths)
    assert (held >= 0.94).all()


def possible(n: int, rate: float) -> list[tuple[int, float]]:
    """Hits among n, and how likely they are, but for the least likely."""
    chances = stats.binom.pmf(np.arange(n + 1), n, rate)
    return [(x, float(chance)) for x, chance in enumerate(chances) if chance > 1e-6]
