"""The score histograms of every group: rows predicted positive and others, or by their label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from monitor.measures.addition import sum_by
from monitor.measures.histogram import BINS, HistogramKey
from monitor.measures.interval import kish
from monitor.measures.losses import GroupKey
from monitor.measures.outcomes import Outcomes
from monitor.measures.rows import Floats, Ints
from monitor.measures.sparse import Sparse, side_by_side


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The occupied fine ``bins``, the weight in each of them on either side, and rows, Σ weight and
    Σ weight² of the cells."""

    bins: Ints
    yes: Floats
    no: Floats
    sums: Floats

    @classmethod
    def of(cls, yes: Sequence[Sparse], no: Sequence[Sparse], sums: Floats) -> Self:
        return cls(*side_by_side(yes, no, size=BINS), sums)

    def __add__(self, other: Self) -> Self:
        yes = [Sparse(self.bins, self.yes), Sparse(other.bins, other.yes)]
        no = [Sparse(self.bins, self.no), Sparse(other.bins, other.no)]
        return self.of(yes, no, self.sums + other.sums)

    def dense(self) -> tuple[Floats, Floats]:
        """The weight in all of the fine bins on either side."""
        yes, no = (sum_by(self.bins, BINS, side) for side in (self.yes, self.no))
        return yes, no

    @property
    def weight(self) -> float:
        return float(self.yes.sum() + self.no.sum())

    @property
    def rows(self) -> float:
        """How many rows the histograms hold; a row whose score is no probability is in none."""
        return self._share * float(self.sums[0])

    @property
    def worth(self) -> float:
        """How many rows of equal weight they are worth."""
        return self._share * kish(float(self.sums[1]), float(self.sums[2]))

    @property
    def _share(self) -> float:
        return min(self.weight / float(self.sums[1]), 1.0) if self.sums[1] > 0 else 0.0


def everything(actual: str) -> bool:
    """Rows with a label and rows without."""
    return True


def labelled(actual: str) -> bool:
    """Rows whose label has arrived."""
    return actual != ""


def by_prediction(
    outcomes: Outcomes,
    *,
    among: Callable[[str], bool] = everything,
    class_index: int = 0,
    attribute: str | None = None,
) -> dict[GroupKey, Counted]:
    """Every group's rows predicted to be of the class, and the others; those of one ``attribute``
    alone where it is named."""
    return _by_group(outcomes, lambda key: bool(key.predicted), among, class_index, attribute)


def by_label(outcomes: Outcomes, *, class_index: int = 0) -> dict[GroupKey, Counted]:
    """Every group's rows labelled with the class, and those labelled otherwise."""
    label = outcomes.scores.classes[class_index]
    return _by_group(outcomes, lambda key: key.actual == label, labelled, class_index)


def _by_group(
    outcomes: Outcomes,
    side: Callable[[HistogramKey], bool],
    among: Callable[[str], bool],
    class_index: int,
    attribute: str | None = None,
) -> dict[GroupKey, Counted]:
    found: dict[tuple[str, str], tuple[list[Sparse], list[Sparse]]] = {}
    for key, bins in outcomes.scores.bins.items():
        asked = key.class_index == class_index and attribute in (None, key.attribute)
        if asked and key.predicted is not None and among(key.actual):
            yes, no = found.setdefault(key[:2], ([], []))
            (yes if side(key) else no).append(bins)
    sums = {group: np.zeros(3) for group in found}
    for cell, counts in outcomes.cells.counts.items():
        if cell[:2] in found and among(cell.actual):
            sums[cell[:2]] += counts
    return {GroupKey(*of): Counted.of(*sides, sums[of]) for of, sides in found.items()}
