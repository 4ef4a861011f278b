"""The groups of one attribute by what became of them, as an array to draw from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from monitor.measures.addition import sum_by
from monitor.measures.cells import Cells
from monitor.measures.interval import kish
from monitor.measures.rows import Floats, Mask, Texts
from monitor.measures.verdict import HIDDEN_BELOW
from monitor.terms import UNKNOWN_GROUP

Outcome = Callable[[Texts, Texts], Texts]  # of actual and predicted; "" leaves the cell out


@dataclass(frozen=True, slots=True, eq=False)
class Crosstab:
    """``rows`` and ``counts`` have shape (groups, outcomes).

    ``counts`` is the weight, scaled to add up to what it is worth in rows: the rows themselves
    where nothing is weighted.
    """

    groups: tuple[str, ...]
    outcomes: tuple[str, ...]
    rows: Floats
    counts: Floats

    @property
    def sizes(self) -> Floats:
        """Rows per group."""
        return np.asarray(self.rows.sum(axis=1))

    @property
    def effective(self) -> float:
        return float(self.counts.sum())

    def kept(self, mask: Mask) -> Crosstab:
        """The groups where ``mask`` is true."""
        groups = tuple(g for g, is_kept in zip(self.groups, mask, strict=True) if is_kept)
        return Crosstab(groups, self.outcomes, self.rows[mask], self.counts[mask])

    @property
    def shown(self) -> Crosstab:
        """The known groups that have rows enough to be shown."""
        known = np.array([group != UNKNOWN_GROUP for group in self.groups], dtype=bool)
        return self.kept(known & (self.sizes >= HIDDEN_BELOW))


def predicted(actual: Texts, predicted: Texts) -> Texts:
    """What was predicted, labelled or not."""
    return predicted


def crosstab(
    cells: Cells, attribute: str, outcome: Outcome = predicted, *, outcomes: tuple[str, ...] = ()
) -> Crosstab:
    """Every group of the attribute, sorted, the unknown one included, by outcome.

    ``outcomes`` are those that have a column, whether or not they occur; all that occur, sorted,
    where none are named.
    """
    table = cells.table([attribute])
    became = outcome(table.actual, table.predicted)
    table, became = table.where(became != ""), became[became != ""]
    groups = list(dict.fromkeys(key.group for key in table.keys))
    columns = outcomes or tuple(sorted(set(became)))
    shape = (len(groups), len(columns))
    codes = np.array([groups.index(key.group) for key in table.keys], dtype=np.int64) * shape[1]
    codes += np.array([columns.index(one) for one in became], dtype=np.int64)

    def summed(values: Floats) -> Floats:
        return sum_by(codes, shape[0] * shape[1], values).reshape(shape)

    weight, squares = summed(table.weight), float(table.weight_squared.sum())
    total = float(weight.sum())
    worth = kish(total, squares) / total if total > 0 else 0.0
    return Crosstab(tuple(groups), columns, rows=summed(table.n), counts=weight * worth)
