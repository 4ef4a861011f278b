"""Drawing cells is drawing rows."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from monitor.measures.bootstrap import DRAWS, again, alike, basic, chance, resample


def gap(counts: np.ndarray) -> np.ndarray:
    """Selection rate of group 1 minus that of group 0; counts (…, groups, outcomes)."""
    rates = counts[..., 1] / counts.sum(axis=-1)
    return rates[..., 1] - rates[..., 0]


def test_drawing_cells_has_the_distribution_of_drawing_rows():
    random = np.random.default_rng(0)
    group, chosen = random.integers(0, 2, 60), random.random(60) < 0.4
    cells = np.array([[((group == g) & (chosen == c)).sum() for c in (0, 1)] for g in (0, 1)])
    by_cells = gap(resample(cells, effective=60))
    rows = random.integers(0, 60, (DRAWS, 60))
    by_rows = np.array(
        [chosen[r][group[r] == 1].mean() - chosen[r][group[r] == 0].mean() for r in rows]
    )
    assert ks_2samp(by_cells, by_rows).pvalue > 0.05
    assert by_cells.std() == pytest.approx(by_rows.std(), rel=0.05)


def test_two_thousand_draws_take_under_a_tenth_of_a_second_whatever_the_rows():
    for rows in (1_000, 1_000_000_000):
        cells = np.full((10, 4), rows / 40)
        started = time.process_time()
        drawn = resample(cells, effective=rows)
        rates = drawn[..., 1] / drawn.sum(axis=-1)
        np.quantile(rates.max(axis=1) - rates.min(axis=1), (0.025, 0.975))
        assert drawn.shape == (DRAWS, 10, 4)
        assert time.process_time() - started < 0.1


@given(st.lists(st.integers(0, 50), min_size=2, max_size=12), st.integers(0, 9))
def test_every_draw_has_the_rows_and_no_cell_appears_from_nothing(cells: list[int], seed: int):
    counts = np.array(cells, dtype=float)
    drawn = resample(counts, effective=counts.sum(), draws=5, seed=seed)
    assert (drawn.sum(axis=1) == counts.sum()).all()
    assert (drawn[:, counts == 0] == 0).all()


def test_alike_groups_keep_their_sizes_and_share_their_outcomes():
    drawn = alike(np.array([[90.0, 10.0], [200.0, 200.0]]))
    assert (drawn.sum(axis=2) == [100, 400]).all()
    assert drawn[..., 1].mean(axis=0) == pytest.approx([42, 168], rel=0.02)


@pytest.mark.parametrize("outcomes", [2, 3])
def test_rows_drawn_within_their_groups_vary_as_their_shares_say(outcomes: int):
    counts = np.array([[90.0, 10.0, 5.0], [0.0, 0.0, 0.0], [20.0, 20.0, 60.0]])[:, :outcomes]
    drawn = again(counts)
    assert (drawn.sum(axis=2) == counts.sum(axis=1)).all()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    wanted = np.sqrt(counts.sum(axis=1, keepdims=True) * shares * (1 - shares))
    assert drawn.mean(axis=0) == pytest.approx(counts, abs=0.5)
    assert drawn.std(axis=0) == pytest.approx(wanted, rel=0.1)


def test_chance_counts_ties_and_never_says_never():
    p, band = chance(0.5, np.array([0.1, 0.5, 0.2, np.nan]))
    assert p == pytest.approx(2 / 4)
    assert 0.2 < band < 0.5
    assert chance(9.0, np.zeros(1999))[0] == pytest.approx(1 / 2000)


@given(
    st.floats(0, 1),
    st.lists(st.floats(0, 1), min_size=1, max_size=50),
)
def test_a_basic_interval_holds_its_value_and_stays_within_bounds(value: float, drawn: list[float]):
    found = basic(value, np.array(drawn), highest=1.0)
    assert 0 <= found.low <= value <= found.high <= 1


def test_without_rows_nothing_is_drawn():
    assert resample([0, 0], effective=0, draws=3).tolist() == [[0, 0]] * 3
    assert np.isnan(basic(0.5, np.array([np.nan])).low)
