"""The normal limit is that of counting."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from monitor.measures.bootstrap import alike
from monitor.measures.indices import kolmogorov_smirnov
from monitor.measures.limit import bridges, differences


@pytest.mark.parametrize("rows", [200.0, 20_000.0])
def test_a_largest_gap_between_alike_groups_is_as_that_of_counted_rows(rows: float):
    random = np.random.default_rng(3)
    pair = np.outer((rows, rows / 2), random.dirichlet(np.ones(60)))
    counted = alike(pair, draws=1000)
    n, m = pair.sum(axis=1)
    drawn = bridges(pair.sum(axis=0), stream=0, draws=1000) * (n + m) / np.sqrt(n * m)
    by_counting = kolmogorov_smirnov(counted[:, 0], counted[:, 1])
    by_limit = np.abs(drawn).max(axis=0)
    assert ks_2samp(by_counting, by_limit).statistic < 0.1
    assert np.quantile(by_limit, 0.95) == pytest.approx(np.quantile(by_counting, 0.95), rel=0.05)


def test_samples_of_two_streams_have_nothing_in_common():
    counts = np.full(20, 10.0)
    one, other = (bridges(counts, stream=k, draws=2000)[9] for k in (0, 1))
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.1
    assert one.std() == pytest.approx(0.5 / np.sqrt(200), rel=0.1)


def test_differences_are_those_of_bridges_drawn_apart() -> None:
    first, second = np.array([5.0, 0.0, 7.0, 3.0]), np.array([40.0, 2.0, 10.0, 8.0])
    apart = bridges(first, stream=0, draws=9) - bridges(second, stream=1, draws=9)
    np.testing.assert_allclose(differences(first, second, draws=9), apart, atol=1e-6)
