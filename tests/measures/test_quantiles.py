"""Quantiles found by sorting are numpy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from monitor.measures.quantiles import quantiles


@given(
    arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e9, 1e9)),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
)
def test_quantiles_are_those_of_numpy(values: np.ndarray, shares: list[float]) -> None:
    np.testing.assert_array_equal(quantiles(values, shares), np.quantile(values, shares))
