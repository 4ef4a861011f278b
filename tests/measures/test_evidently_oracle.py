"""Drift against Evidently's own tests, wherever both mean the same on the same bins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from monitor.measures.significance import two_sample_chi2
from tests.measures.theirs import evidently, ours, value

pytestmark = pytest.mark.filterwarnings("ignore")  # evidently's own

EXACTLY = {"rel": 0, "abs": 1e-9}
NAMES = np.array(["Bonn", "Oslo", "Rome", "Lima", "Kyiv", "Baku"])


def categories(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    before, now = rng.dirichlet(np.full(6, 3.0), 2)
    return rng.choice(NAMES, 3000, p=before), rng.choice(NAMES, 700, p=now)


def few_numbers(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """So few different numbers that each has a bin of its own, here and there."""
    rng = np.random.default_rng(seed)
    before, now = rng.dirichlet(np.full(8, 9.0), 2)
    places = np.array([-3.0, -1.0, 0.0, 0.5, 2.0, 3.5, 7.0, 19.0])
    return rng.choice(places, 3000, p=before), rng.choice(places, 700, p=now)


both = pytest.mark.parametrize(
    ("make", "kind"), [(categories, "cat"), (few_numbers, "num")], ids=["categories", "numbers"]
)
seeds = pytest.mark.parametrize("seed", range(5))


@both
@seeds
@pytest.mark.parametrize("metric", ["jensenshannon", "hellinger"])
def test_distances_of_shares_are_evidentlys(metric: str, seed: int, make, kind: str):
    """Of numbers Evidently's Hellinger cuts bins of its own; as categories it has ours."""
    reference, current = make(seed)
    as_kind = "cat" if metric == "hellinger" else kind
    theirs = evidently(metric, reference.copy(), current.copy(), as_kind)
    assert value(ours(reference, current), metric) == pytest.approx(theirs, **EXACTLY)


@both
@seeds
def test_psi_is_evidentlys_of_counts_with_a_half_more(seed: int, make, kind: str):
    """Twice every row and one more of each kind are its counts and ½, and have no empty bin."""
    reference, current = make(seed)
    kinds = np.unique(np.concatenate([reference, current]))
    theirs = evidently("psi", *(np.concatenate([v, v, kinds]) for v in (reference, current)), kind)
    assert value(ours(reference, current), "psi") == pytest.approx(theirs, **EXACTLY)


@both
@seeds
def test_total_variation_is_what_evidentlys_p_value_is_made_of(seed: int, make, kind: str):
    from evidently.legacy.calculations.stattests.tvd_stattest import _total_variation_distance

    reference, current = make(seed)
    theirs = _total_variation_distance(pd.Series(reference), pd.Series(current))
    assert value(ours(reference, current), "TVD") == pytest.approx(theirs, **EXACTLY)


@seeds
def test_wasserstein_is_evidentlys(seed: int):
    reference, current = few_numbers(seed)
    theirs = evidently("wasserstein", reference, current, "num")
    assert value(ours(reference, current), "wasserstein") == pytest.approx(theirs, **EXACTLY)


@seeds
def test_ks_is_the_distance_that_evidentlys_p_value_is_made_of(seed: int):
    reference, current = few_numbers(seed)
    oracle = stats.ks_2samp(reference, current)
    assert evidently("ks", reference, current, "num") == pytest.approx(oracle.pvalue, **EXACTLY)
    assert value(ours(reference, current), "ks") == pytest.approx(oracle.statistic, **EXACTLY)


@both
@seeds
def test_chi_square_is_evidentlys_where_the_reference_is_no_sample(seed: int, make, kind: str):
    """Evidently's takes the reference's shares for the truth: ours, where it is endless."""
    reference, current = make(seed)
    theirs = evidently("chisquare", reference, current)
    kinds = np.unique(reference)
    before, now = (
        pd.Series(v).value_counts().reindex(kinds, fill_value=0) for v in (reference, current)
    )
    _, _, p = two_sample_chi2(now.to_numpy(), before.to_numpy() * 1e12)
    assert p == pytest.approx(theirs, **EXACTLY)


@both
@seeds
def test_chi_square_of_two_samples_is_scipys_contingency_table(seed: int, make, kind: str):
    reference, current = make(seed)
    table = pd.crosstab(
        np.concatenate([reference, current]), np.repeat(["r", "c"], [len(reference), len(current)])
    )
    oracle = stats.chi2_contingency(table, correction=False)
    assert value(ours(reference, current), "chisquare") == pytest.approx(oracle.pvalue, **EXACTLY)
