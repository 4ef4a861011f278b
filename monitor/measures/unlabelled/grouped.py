"""The score histograms of every group: rows predicted positive and others, or by their label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np

from monitor.measures.histogram import BINS, HistogramKey
from monitor.measures.interval import kish
from monitor.measures.losses import GroupKey
from monitor.measures.outcomes import Outcomes
from monitor.measures.rows import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Weight in each fine bin on either side, and rows, Σ weight and Σ weight² of the cells."""

    yes: Floats
    no: Floats
    sums: Floats

    @classmethod
    def zero(cls) -> Self:
        return cls(np.zeros(BINS), np.zeros(BINS), np.zeros(3))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.yes + other.yes, self.no + other.no, self.sums + other.sums)

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
    outcomes: Outcomes, *, among: Callable[[str], bool] = everything, class_index: int = 0
) -> dict[GroupKey, Counted]:
    """Every group's rows predicted to be of the class, and the others."""
    return _by_group(outcomes, lambda key: bool(key.predicted), among, class_index)


def by_label(outcomes: Outcomes, *, class_index: int = 0) -> dict[GroupKey, Counted]:
    """Every group's rows labelled with the class, and those labelled otherwise."""
    label = outcomes.scores.classes[class_index]
    return _by_group(outcomes, lambda key: key.actual == label, labelled, class_index)


def _by_group(
    outcomes: Outcomes,
    side: Callable[[HistogramKey], bool],
    among: Callable[[str], bool],
    class_index: int,
) -> dict[GroupKey, Counted]:
    found: dict[GroupKey, Counted] = {}
    for key, bins in outcomes.scores.bins.items():
        if key.class_index == class_index and key.predicted is not None and among(key.actual):
            counted = found.setdefault(GroupKey(key.attribute, key.group), Counted.zero())
            into = counted.yes if side(key) else counted.no
            into[bins.bins] += bins.weights
    for cell, sums in outcomes.cells.counts.items():
        group = GroupKey(cell.attribute, cell.group)
        if group in found and among(cell.actual):
            found[group].sums[:] += sums
    return found
