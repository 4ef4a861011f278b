"""Draws by inversion are those of the distributions that scipy knows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import binom

from monitor.measures.binomials import NORMAL_FROM, Uniform, binomials, few


@pytest.mark.parametrize("trials", [0, 1, 7, 50, 1_000, 30_000, 10**8])
@pytest.mark.parametrize("share", [0.0, 1e-6, 0.02, 0.5, 0.999_9, 1.0])
def test_a_uniform_draw_becomes_its_binomial_quantile(trials: int, share: float) -> None:
    uniform = np.random.default_rng(0).random(500)
    wanted = binom.ppf(uniform, trials, share)
    found = binomials(trials, share, Uniform(uniform, ndtri(uniform)))
    off = np.abs(found - wanted)
    assert off.max() <= (1 if trials * share * (1 - share) >= NORMAL_FROM else 0)
    assert off.mean() <= 0.01


@pytest.mark.parametrize(("trials", "share"), [(1, 0.3), (7, 0.5), (40, 0.999), (90_000, 1e-4)])
def test_several_distributions_at_once_come_as_often_as_scipy_says(
    trials: int, share: float
) -> None:
    random = np.random.default_rng(3)
    n, shares = np.array([2, trials, 0]), np.array([[0.5, 0.1], [share / 2, share], [0.2, 0.4]])
    drawn = few(n, shares, random, draws=4_000)
    assert drawn.shape == (3, 2, 4_000)
    counts, seen = np.unique(drawn[1, 1], return_counts=True)
    wanted = 4_000 * binom.pmf(counts, trials, share)
    often = wanted > 20
    assert np.all(np.abs(seen - wanted)[often] < 4 * np.sqrt(wanted[often]))
    assert np.all(drawn[2] == 0)


def test_too_many_are_not_counted_one_by_one() -> None:
    with pytest.raises(ValueError, match="Too many"):
        few(np.array([100_000]), np.array([[0.5]]), np.random.default_rng(3), draws=1)


def test_of_no_distribution_nothing_is_drawn() -> None:
    random = np.random.default_rng(3)
    assert few(np.array([3, 4]), np.empty((2, 0)), random, draws=5).shape == (2, 0, 5)
