"""Equal precision and equal error rates exclude each other where base rates differ."""

from __future__ import annotations

from math import isnan

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.measures.interval import wilson
from monitor.measures.tradeoffs import Rates, cannot_all_hold, implied_false_positive_rate

counts = st.integers(min_value=1, max_value=10_000)


@given(tp=counts, fn=st.integers(0, 10_000), fp=st.integers(0, 10_000), tn=counts)
def test_the_false_positive_rate_follows_from_the_other_three(
    tp: int, fn: int, fp: int, tn: int
) -> None:
    implied = implied_false_positive_rate(
        (tp + fn) / (tp + fn + fp + tn),
        precision=tp / (tp + fp),
        false_negative_rate=fn / (tp + fn),
    )
    assert implied == pytest.approx(fp / (fp + tn), abs=1e-9)


rates = st.floats(0.01, 0.99)


@given(first=rates, second=rates, precision=rates, missed=rates)
def test_no_two_base_rates_share_all_three(
    first: float, second: float, precision: float, missed: float
) -> None:
    assume(abs(first - second) > 1e-3)
    own, base = (
        implied_false_positive_rate(p, precision=precision, false_negative_rate=missed)
        for p in (first, second)
    )
    assert own != pytest.approx(base, rel=1e-4)


@pytest.mark.parametrize(("base_rate", "precision"), [(1.0, 0.5), (0.5, 0.0)])
def test_where_nothing_follows_it_is_undefined(base_rate: float, precision: float) -> None:
    assert isnan(
        implied_false_positive_rate(base_rate, precision=precision, false_negative_rate=0.1)
    )


def some(positives: int, rows: int, *, alarms: float = 0.2) -> Rates:
    about = wilson(positives, rows)
    return Rates("a", positives / rows, about, rows, 0.7, alarms, 0.3)


def test_base_rates_that_surely_differ_exclude_it() -> None:
    assert cannot_all_hold(some(500, 1000), some(400, 1000))


def test_a_difference_that_may_be_chance_excludes_nothing() -> None:
    assert not cannot_all_hold(some(50, 100), some(45, 100))


def test_without_false_alarms_all_three_may_hold() -> None:
    assert not cannot_all_hold(some(500, 1000, alarms=0.0), some(400, 1000, alarms=0.0))


def test_unknown_error_rates_say_nothing() -> None:
    nan = float("nan")
    assert not cannot_all_hold(some(500, 1000, alarms=nan), some(400, 1000, alarms=nan))
