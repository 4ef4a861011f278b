"""Tests and corrections against scipy's, and against what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from monitor.measures.significance import (
    benjamini_hochberg,
    holm,
    two_proportions,
    two_sample_chi2,
)

PS = [0.04, 0.001, 0.2, 0.03, 0.9]


def test_false_discoveries_are_scipys():
    assert benjamini_hochberg(PS) == pytest.approx(stats.false_discovery_control(PS))


def test_holm_multiplies_by_what_is_left_and_never_falls():
    assert holm(PS) == pytest.approx([0.12, 0.005, 0.4, 0.12, 0.9])


def test_an_undefined_comparison_counts_for_nothing():
    with_hole = holm([0.04, float("nan"), 0.001])
    assert np.isnan(with_hole[1])
    assert with_hole[[0, 2]] == pytest.approx(holm([0.04, 0.001]))


def test_no_comparisons_are_no_error():
    assert holm([]).tolist() == []


def test_holm_keeps_false_alarms_under_five_percent():
    ps = np.random.default_rng(3).random((2000, 8))
    assert np.mean([holm(row).min() <= 0.05 for row in ps]) <= 0.06


def test_two_samples_are_scipys_contingency_table():
    a, b = [12, 0, 40, 7, 0], [100, 3, 200, 90, 0]
    oracle = stats.chi2_contingency(np.array([a, b])[:, :4], correction=False)
    statistic, df, p = two_sample_chi2(a, b)
    assert (statistic, df, p) == pytest.approx((oracle.statistic, oracle.dof, oracle.pvalue))


def test_two_proportions_are_the_same_test_on_two_bins():
    assert two_proportions(30, 90, 50, 80) == pytest.approx(two_sample_chi2([30, 60], [50, 30])[2])


@pytest.mark.parametrize(("p", "q"), [([], []), ([5], [9]), ([0, 0], [3, 4]), ([5, 0], [7, 0])])
def test_nothing_to_compare_is_no_surprise(p: list[int], q: list[int]):
    assert two_sample_chi2(p, q) == (0.0, 0, 1.0)
    assert two_proportions(0, 0, 3, 4) == 1.0
    assert two_proportions(0, 10, 0, 20) == 1.0


def test_a_finite_reference_is_not_taken_for_truth():
    random = np.random.default_rng(5)
    shares = np.full(20, 0.05)
    reference, batches = random.multinomial(1000, shares, 500), random.multinomial(800, shares, 500)
    ps = [two_sample_chi2(b, r)[2] for b, r in zip(batches, reference, strict=True)]
    assert np.mean(np.array(ps) <= 0.05) <= 0.07
