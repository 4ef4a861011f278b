"""How much of a change in loss no column explains, not even all of them together.

A model of the loss, learned on the reference from all columns at once, says what the batch's rows
would have cost there.  What they cost more is not explained by where their values lie: like rows
are answered worse than before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from hashlib import sha256
from math import hypot
from typing import TYPE_CHECKING

import numpy as np

from monitor.measures.asked import Asked
from monitor.measures.binning import NamedBins
from monitor.measures.row_values import where_they_differ
from monitor.measures.rows import Floats, Ints, Mask

if TYPE_CHECKING:  # it takes a second to import, and a worker is ready without it
    from sklearn.ensemble import HistGradientBoostingRegressor

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
    after = _matrix(now)
    grown = _grown_once(_Reference(then))
    expected = np.stack([np.where(strange, now.values, one.predict(after)) for one in grown])
    over = replace(now, values=now.values - expected.mean(axis=0))
    value, error = over.mean()
    means = np.average(expected, axis=1, weights=now.weight)
    return value, hypot(error, float(means.std(ddof=1)))


class _Reference:
    """Rows with known losses; equal where all that trees could learn from them is."""

    def __init__(self, then: Asked) -> None:
        self.then, self.matrix = then, _matrix(then)
        self.named = tuple(isinstance(one, NamedBins) for one in then.bins.values())
        told = sha256(repr((self.matrix.shape, self.named)).encode())
        for array in (self.matrix, then.values, then.weight):
            told.update(np.ascontiguousarray(array).tobytes())
        self._told = told.digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reference) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)


@lru_cache(maxsize=8)
def _grown_once(reference: _Reference) -> list[HistGradientBoostingRegressor]:
    """Every batch of a version is compared with the same rows, so that trees grow once."""
    from sklearn.base import clone
    from sklearn.ensemble import HistGradientBoostingRegressor

    before, then = reference.matrix, reference.then
    empty = HistGradientBoostingRegressor(
        categorical_features=list(reference.named), random_state=0, **SETTINGS
    )
    return [
        clone(empty).fit(before[drawn], then.values[drawn], where_they_differ(then.weight[drawn]))
        for drawn in _resampled(then.n)
    ]


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
