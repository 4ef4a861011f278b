"""Draws by inversion are the quantiles that scipy gives of the same uniform draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from monitor.measures.binomials import binomials


@pytest.mark.parametrize("trials", [0, 1, 7, 50, 1_000, 300_000])
@pytest.mark.parametrize("share", [0.0, 1e-6, 0.02, 0.5, 0.999_9, 1.0])
def test_a_uniform_draw_becomes_its_binomial_quantile(trials: int, share: float) -> None:
    uniform = np.random.default_rng(0).random(500)
    wanted = binom.ppf(uniform, trials, share)
    assert binomials(trials, share, uniform).tolist() == wanted.tolist()
