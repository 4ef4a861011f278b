"""What pieces of the reference say about how much more than chance their counts vary."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from monitor.measures import distance
from monitor.measures.edges import CategoricalEdges
from monitor.measures.overdispersion import excess_of, phi
from monitor.measures.profile import CategoricalProfile, Profile
from monitor.measures.significance import two_sample_chi2

SHARES = np.full(12, 1 / 12)
NAMES = tuple("abcdefghijkl")


def profile(counts: np.ndarray) -> CategoricalProfile:
    return CategoricalProfile(CategoricalEdges(NAMES), counts.astype(np.int64), 0, 0)


def drawn(random: np.random.Generator, rows: int, spread: float) -> CategoricalProfile:
    """A day's counts; with ``spread`` 0 days differ by chance alone, else each has its own rates
    and counts vary 1 + spread·(rows − 1) times as much."""
    shares = random.dirichlet(SHARES * (1 / spread - 1)) if spread else SHARES
    return profile(random.multinomial(rows, shares))


def whole(pieces: Sequence[CategoricalProfile]) -> CategoricalProfile:
    return profile(np.sum([piece.counts for piece in pieces], axis=0))


def excess(pieces: Sequence[CategoricalProfile]) -> dict[str, float]:
    named: list[dict[str, Profile]] = [{"x": piece} for piece in pieces]
    return excess_of(named, {"x": whole(pieces)})


def test_each_piece_is_compared_with_the_rest_by_scipys_statistic():
    random = np.random.default_rng(1)
    pieces = [drawn(random, 500, 0.004) for _ in range(9)]
    total = whole(pieces)
    ratios = []
    for piece in pieces:
        table = np.array([piece.counts, total.counts - piece.counts])
        found = stats.chi2_contingency(table, correction=False)
        ratios.append(found.statistic / found.dof)
    size = 500 * 4000 / 4500
    assert excess(pieces)["x"] == pytest.approx((np.mean(ratios) - 1) / size)


@pytest.mark.parametrize("spread", [0.0, 0.002, 0.01])
def test_the_variation_that_was_put_in_is_found(spread: float):
    random = np.random.default_rng(2)
    pieces = [drawn(random, 600, spread) for _ in range(200)]
    # Dirichlet-multinomial counts vary 1 + spread·(n − 1) times as much as multinomial ones.
    found = phi(excess(pieces)["x"], 600, 10**9)
    assert found == pytest.approx(1 + spread * 599, rel=0.1)


def test_fewer_than_eight_pieces_say_nothing():
    random = np.random.default_rng(3)
    assert excess([drawn(random, 500, 0.01) for _ in range(7)]) == {}
    assert "x" in excess([drawn(random, 500, 0.01) for _ in range(8)])


def test_pieces_that_are_empty_or_all_there_is_are_passed_over():
    random = np.random.default_rng(4)
    pieces = [drawn(random, 500, 0.0) for _ in range(8)]
    empty = profile(np.zeros(12))
    assert excess([*pieces, empty]) == excess(pieces)
    assert excess_of([{"x": pieces[0]}] * 9, {"x": pieces[0]}) == {}


def test_chance_alone_is_never_taken_for_less_than_itself():
    random = np.random.default_rng(5)
    found = [excess([drawn(random, 400, 0.0) for _ in range(8)])["x"] for _ in range(50)]
    assert min(found) == 0.0
    assert phi(0.0, 400, 4000) == 1.0
    assert phi(0.5, 0, 4000) == 1.0


@pytest.mark.parametrize("rows", [250, 600, 3000])
def test_days_that_differ_anyway_are_no_news(rows: int):
    """Undrifted days of any size come under p .05 about once in twenty; without φ most would."""
    random = np.random.default_rng(6)
    plain, allowed = [], []
    for _ in range(150):
        pieces = [drawn(random, 600, 0.008) for _ in range(12)]
        reference, extra = whole(pieces), excess(pieces)["x"]
        counts = drawn(random, rows, 0.008).counts.astype(float), reference.counts.astype(float)
        statistic, df, p = two_sample_chi2(*distance.joined(*counts))
        plain.append(p)
        varies = phi(extra, rows, reference.known)
        allowed.append(stats.chi2.sf(statistic / varies, df))
    assert np.mean(np.array(plain) <= 0.05) > 0.4
    assert np.mean(np.array(allowed) <= 0.05) <= 0.09
