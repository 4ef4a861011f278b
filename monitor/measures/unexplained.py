"""How much of a change in loss no column explains, not even all of them together.

A model of the loss, learned on the reference from all columns at once, says what the batch's rows
would have cost there.  What they cost more is not explained by where their values lie: like rows
are answered worse than before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import hypot

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor

from monitor.measures.asked import Asked
from monitor.measures.binning import NamedBins
from monitor.measures.rows import Floats, Ints, Mask

REFERENCES = 10  # drawn to learn how much a model of the loss depends on its rows
SEED = 9
SETTINGS = {
    "max_iter": 30,
    "learning_rate": 0.2,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 40,
    "early_stopping": False,
}


def unexplained(now: Asked, then: Asked, *, strange: Mask) -> tuple[float, float]:
    """Mean of loss - expected loss, and its standard error; all losses must be known.

    Rows that are ``strange`` lie where the reference has none to compare with: their columns
    explain what they cost, so they add nothing.
    """
    model = HistGradientBoostingRegressor(
        categorical_features=[isinstance(one, NamedBins) for one in now.bins.values()],
        random_state=0,
        **SETTINGS,
    )
    before, after = _matrix(then), _matrix(now)
    grown = (
        model.fit(before[drawn], then.values[drawn], then.weight[drawn])
        for drawn in _resampled(then.n)
    )
    expected = np.stack([np.where(strange, now.values, one.predict(after)) for one in grown])
    over = replace(now, values=now.values - expected.mean(axis=0))
    value, error = over.mean()
    means = np.average(expected, axis=1, weights=now.weight)
    return value, hypot(error, float(means.std(ddof=1)))


def _resampled(n: int) -> Iterator[Ints]:
    """Rows of the reference drawn anew, so that models differ as much as references would."""
    random = np.random.default_rng(SEED)
    for _ in range(REFERENCES):
        yield random.integers(0, n, n)


def _matrix(asked: Asked) -> Floats:
    """Bins as numbers; the last bin of every column is that of missing values."""
    columns = [
        np.where(asked.codes[name] == one.size - 1, np.nan, asked.codes[name])
        for name, one in asked.bins.items()
    ]
    return np.stack(columns, axis=1)
