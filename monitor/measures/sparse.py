"""Counts over many bins of which few are occupied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from monitor.measures.addition import sum_by
from monitor.measures.rows import Floats, Ints

DENSE = 1 << 22  # below this many bins an array of all of them is quicker than sorting


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """Occupied bins in rising order, and the weight in each."""

    bins: Ints
    weights: Floats

    @classmethod
    def zero(cls) -> Self:
        return cls(np.array([], dtype=np.int64), np.array([]))

    @classmethod
    def count(cls, bins: Ints, weights: Floats | None) -> Self:
        """Weights added up by bin, whatever the order of the bins; without weights each is 1."""
        if bins.max(initial=0) < DENSE:
            rows = np.bincount(bins)
            occupied = np.flatnonzero(rows)
            dense = rows if weights is None else sum_by(bins, 0, weights)
            return cls(occupied, dense[occupied].astype(np.float64))
        occupied, places = np.unique(bins, return_inverse=True)
        weights = np.ones(bins.size) if weights is None else weights
        return cls(occupied, sum_by(places, occupied.size, weights))

    def __add__(self, other: Self) -> Self:
        return self.count(
            np.concatenate([self.bins, other.bins]), np.concatenate([self.weights, other.weights])
        )

    def dense(self, size: int) -> Floats:
        return sum_by(self.bins, size, self.weights)


def side_by_side(
    left: Sequence[Sparse], right: Sequence[Sparse], *, size: int
) -> tuple[Ints, Floats, Floats]:
    """The bins, below ``size`` and rising, in which anything has weight, and the weight in them of
    the histograms on either side.

    >>> one, two = (Sparse(np.array([bin]), np.array([2.0])) for bin in (3, 5))
    >>> [found.tolist() for found in side_by_side([one, one], [two], size=9)]
    [[3, 5], [4.0, 0.0], [0.0, 2.0]]
    """
    ours, theirs = _summed(left, size), _summed(right, size)
    bins = np.flatnonzero(ours + theirs > 0)
    return bins, ours[bins], theirs[bins]


def _summed(side: Sequence[Sparse], size: int) -> Floats:
    if not side:
        return np.zeros(size)
    bins = np.concatenate([one.bins for one in side])
    return sum_by(bins, size, np.concatenate([one.weights for one in side]))


def to_arrays(histograms: Sequence[Sparse]) -> tuple[Ints, Ints, Floats]:
    """Sizes, steps from bin to bin, and weights of all of them in a row."""
    sizes = np.array([one.bins.size for one in histograms], dtype=np.int64)
    steps = [np.diff(one.bins, prepend=0) for one in histograms]
    weights = [one.weights for one in histograms]
    return (
        sizes,
        np.concatenate([*steps, np.array([], dtype=np.int64)]),
        np.concatenate([*weights, np.array([])]),
    )


def from_arrays(sizes: Ints, steps: Ints, weights: Floats) -> list[Sparse]:
    """What ``to_arrays`` was given."""
    ends = np.cumsum(sizes)[:-1]
    pieces = zip(np.split(steps, ends), np.split(weights, ends), strict=True)
    return [Sparse(np.cumsum(step), weight) for step, weight in pieces if sizes.size]
