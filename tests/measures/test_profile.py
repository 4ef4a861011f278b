"""Profiles count what is there, what is missing and what the reference never held."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from monitor.measures.edges import CategoricalEdges, categorical_edges, numeric_edges
from monitor.measures.profile import combined, profile, zero_profile

REFERENCE = np.linspace(0, 10, 1001)


def test_missing_and_infinite_values_are_counted_apart():
    found = profile(np.array([1.0, np.nan, np.inf, -np.inf, 3.0]), numeric_edges(REFERENCE))
    assert (found.n, found.known, found.missing, found.infinite) == (5, 2, 1, 2)
    assert (found.mean, found.low, found.high) == (2.0, 1.0, 3.0)


def test_values_outside_the_reference_are_out_of_range():
    found = profile(np.array([-0.1, 0.0, 10.0, 10.1, 99.0]), numeric_edges(REFERENCE))
    assert found.out_of_range == 3


def test_moments_are_numpys_even_far_from_zero():
    values = 2e9 + np.random.default_rng(0).random(1000)
    found = profile(values, numeric_edges(values))
    assert found.mean == pytest.approx(values.mean(), abs=1e-6)
    assert found.std == pytest.approx(values.std(), rel=1e-6)
    assert found.sums.sum() == pytest.approx(values.sum())


def test_shares_add_up_to_one_and_are_nan_without_values():
    edges = numeric_edges(REFERENCE)
    assert profile(REFERENCE, edges).shares().sum() == pytest.approx(1)
    empty = zero_profile(edges)
    assert np.isnan(empty.shares()).all()
    assert np.isnan([empty.mean, empty.std]).all()


def test_a_reference_without_values_still_counts_a_batch_that_has_some():
    found = profile(np.array([1.0, 2.0]), numeric_edges(np.array([np.nan])))
    assert (found.counts.tolist(), found.out_of_range) == ([2], 0)


@pytest.mark.parametrize("encode", [False, True])
def test_unseen_categories_are_other(encode):
    values = pa.array(["b", "new", None, "a", "b", "newer"])
    found = profile(
        values.dictionary_encode() if encode else values, CategoricalEdges(("a", "b", "c"))
    )
    assert (found.counts.tolist(), found.other, found.missing, found.n) == ([1, 2, 0], 2, 1, 6)
    assert found.shares().tolist() == [0.2, 0.4, 0.0, 0.4]


def test_label_texts_are_profiled_as_they_are():
    labels = np.array(["1", None, "0", "1"], dtype=object)
    found = profile(labels, CategoricalEdges(("0", "1")))
    assert (found.counts.tolist(), found.missing) == ([1, 2], 1)


@pytest.mark.parametrize(
    "values", [pa.array([], type=pa.string()), pa.array([None, None], type=pa.string())]
)
def test_columns_without_any_value_have_a_profile(values):
    edges = categorical_edges(values)
    found = profile(values, edges)
    assert (found.known, found.missing) == (0, len(values))


def test_profiles_of_different_edges_are_never_added():
    one, other = numeric_edges(REFERENCE), numeric_edges(REFERENCE + 1)
    with pytest.raises(ValueError, match="different edges"):
        combined(zero_profile(one), zero_profile(other))
    with pytest.raises(ValueError, match="numeric and a categorical"):
        combined(zero_profile(one), zero_profile(CategoricalEdges(("a",))))


@pytest.mark.parametrize("n", [0, 1, 500])
def test_few_values_are_counted_as_bisection_places_each_of_them(n: int):
    random = np.random.default_rng(n)
    edges = numeric_edges(random.lognormal(0, 1, 2_000))
    values = np.concatenate([random.lognormal(0, 2, n), random.choice(edges.cuts, n)])
    found = profile(np.append(values, [np.nan, np.inf]), edges)
    places = np.searchsorted(edges.cuts, values, side="right")
    assert found.counts.tolist() == np.bincount(places, minlength=edges.size).tolist()
    assert found.sums == pytest.approx(np.bincount(places, values, minlength=edges.size))
    assert (found.known, found.missing, found.infinite) == (2 * n, 1, 1)
