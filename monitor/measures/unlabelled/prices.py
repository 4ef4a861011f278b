"""What predicting a row costs: known from reference rows, and foreseen by trees grown on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Self

import numpy as np

from monitor.measures import row_values
from monitor.measures.domain import encoded
from monitor.measures.edges import CategoricalEdges
from monitor.measures.layout import Layout
from monitor.measures.rows import Floats, Ints, Mask, Rows

if TYPE_CHECKING:  # it takes a second to import, and a worker is ready without it
    from sklearn.ensemble import HistGradientBoostingRegressor

FOLDS = 5
SEED = 1805  # the year of Legendre's least squares; any fixed number would do
SETTINGS = {
    "max_iter": 40,
    "learning_rate": 0.15,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 40,
    "early_stopping": False,
}


@dataclass(frozen=True, slots=True, eq=False)
class Priced:
    """Rows with a prediction: their ``places`` in the sample, features and prediction as numbers
    (NaN where missing or infinite, a category as its place in the reference, all rare and new ones
    as one), their costs |y − ŷ| and (y − ŷ)² (NaN without a label) and their weight.
    """

    places: Ints
    values: Floats
    costs: Floats
    weight: Floats
    categorical: tuple[bool, ...]

    @classmethod
    def of(cls, rows: Rows, layout: Layout) -> Self:
        predicted = np.full(rows.n, np.nan) if rows.predicted is None else rows.predicted
        weight, off = row_values.weights(rows), row_values.errors(rows, layout)
        whole = cls(
            np.arange(rows.n),
            np.column_stack([encoded(rows, layout), predicted]),
            np.column_stack([off, off**2]),
            weight,
            (*(isinstance(layout.edges[n], CategoricalEdges) for n in layout.features), False),
        )
        return whole.where(np.isfinite(predicted) & (weight > 0))

    @property
    def n(self) -> int:
        return self.places.size

    @property
    def labelled(self) -> Mask:
        return np.asarray(np.isfinite(self.costs).all(axis=1))

    def where(self, mask: Mask) -> Self:
        return type(self)(
            self.places[mask],
            self.values[mask],
            self.costs[mask],
            self.weight[mask],
            self.categorical,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Trees grown on all folds of the reference but one, and what they say of the rows left out."""

    grown: tuple[tuple[HistGradientBoostingRegressor, ...], ...]
    left_out: Floats

    def __call__(self, values: Floats) -> Floats:
        """The costs to be expected of each row: the mean over the folds' trees."""
        said = [[trees.predict(values) for trees in fold] for fold in self.grown]
        return np.asarray(np.mean(said, axis=0).T)


def learn(known: Priced) -> Prices:
    """From labelled rows, at least as many as folds; the same rows are learned from only once."""
    return _learned_once(_Known(known))


class _Known:
    """Rows to learn from; equal where their contents are."""

    def __init__(self, rows: Priced) -> None:
        self.rows = rows
        told = (rows.values, rows.costs, rows.weight, np.array(rows.categorical))
        self._key = sha256(b"".join(np.ascontiguousarray(part).data for part in told)).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


@lru_cache(maxsize=8)
def _learned_once(known: _Known) -> Prices:
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.model_selection import KFold

    rows, grown = known.rows, []
    left_out = np.empty_like(rows.costs)
    for learnt, asked in KFold(FOLDS, shuffle=True, random_state=SEED).split(rows.values):
        fold = tuple(
            HistGradientBoostingRegressor(
                categorical_features=rows.categorical, random_state=SEED, **SETTINGS
            ).fit(
                rows.values[learnt],
                costs[learnt],
                row_values.where_they_differ(rows.weight[learnt]),
            )
            for costs in rows.costs.T
        )
        left_out[asked] = np.column_stack([one.predict(rows.values[asked]) for one in fold])
        grown.append(fold)
    return Prices(tuple(grown), left_out)
