"""Counts over many bins of which few are occupied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from monitor.measures.addition import sum_by
from monitor.measures.rows import Floats, Ints

DENSE = 1 << 22  # from so many bins on, an array of all of them is no longer to be had
SORTED = 8  # bins a row, from which on sorting the rows is quicker than such an array
PLACES = 16  # steps within a bin
MIDDLE = (PLACES - 1) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """Occupied bins in rising order, and the weight in each.

    ``places`` is Σ weight × the row's place within its bin, from 0 to 15; None where it is not
    kept, which stands for rows that all lie in the middle.
    """

    bins: Ints
    weights: Floats
    places: Floats | None = None

    @classmethod
    def zero(cls) -> Self:
        return cls(np.array([], dtype=np.int64), np.array([]))

    @classmethod
    def count(cls, bins: Ints, weights: Floats | None, places: Floats | None = None) -> Self:
        """Added up by bin, whatever the order of the bins; without weights each is 1.

        ``places`` are multiplied by the weights already.
        """
        if bins.max(initial=0) < min(DENSE, SORTED * bins.size):
            rows = np.bincount(bins)
            occupied = np.flatnonzero(rows)
            dense = rows if weights is None else sum_by(bins, 0, weights)
            placed = None if places is None else sum_by(bins, 0, places)[occupied]
            return cls(occupied, dense[occupied].astype(np.float64), placed)
        order = bins.argsort(kind="stable")
        rising = bins[order]
        starts = np.diff(rising, prepend=-1).nonzero()[0]
        weights = np.ones(bins.size) if weights is None else weights[order]
        placed = None if places is None else np.add.reduceat(places[order], starts)
        return cls(rising[starts], np.add.reduceat(weights, starts), placed)

    def __add__(self, other: Self) -> Self:
        known = self.places is not None or other.places is not None
        return self.count(
            np.concatenate([self.bins, other.bins]),
            np.concatenate([self.weights, other.weights]),
            np.concatenate([self.placed(), other.placed()]) if known else None,
        )

    def __mul__(self, factor: float) -> Self:
        """The same of so many times the weight."""
        placed = None if self.places is None else factor * self.places
        return type(self)(self.bins, factor * self.weights, placed)

    def placed(self) -> Floats:
        """The sums of places, whether they are kept or not."""
        return MIDDLE * self.weights if self.places is None else self.places

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
    ours, theirs = (_summed(side, size, [one.weights for one in side]) for side in (left, right))
    bins = np.flatnonzero(ours + theirs > 0)
    return bins, ours[bins], theirs[bins]


def lead(
    left: Sequence[Sparse], right: Sequence[Sparse], bins: Ints, ours: Floats, theirs: Floats
) -> float:
    """How many more than half of the pairs that share a bin have the left side's row in front; with
    what ``side_by_side`` says of the two.

    Within a bin the places of either side are taken as uniform, so that a pair counts as one half
    and what the means of the places are apart by, in widths of the bin: exact too where all rows of
    the bin are at one place, and never further off than one half alone.

    >>> low, high = (Sparse(np.array([3]), np.array([2.0]), np.array([at])) for at in (4.0, 20.0))
    >>> lead([high], [low], *side_by_side([high], [low], size=9))
    2.0
    """
    if all(one.places is None for one in (*left, *right)):
        return 0.0
    shared = (ours > 0) & (theirs > 0)
    bins, ours, theirs = bins[shared], ours[shared], theirs[shared]
    if not bins.size:
        return 0.0
    size = int(bins[-1]) + 1
    our, their = (
        _summed(side, size, [one.placed() for one in side])[bins] for side in (left, right)
    )
    apart = (our / ours - their / theirs) / PLACES
    return float((ours * theirs) @ np.clip(apart, -0.5, 0.5))


def _summed(side: Sequence[Sparse], size: int, values: Sequence[Floats]) -> Floats:
    if not side:
        return np.zeros(size)
    return sum_by(np.concatenate([one.bins for one in side]), size, np.concatenate(values))


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


def places_of(histograms: Sequence[Sparse]) -> Floats:
    """The sums of places in the order of ``to_arrays``."""
    return np.concatenate([*(one.placed() for one in histograms), np.array([])])


def from_arrays(
    sizes: Ints, steps: Ints, weights: Floats, places: Floats | None = None
) -> list[Sparse]:
    """What ``to_arrays`` was given, and ``places_of`` if that is."""
    if not sizes.size:
        return []
    ends = np.cumsum(sizes)[:-1]
    placed = [None] * sizes.size if places is None else np.split(places, ends)
    pieces = zip(np.split(steps, ends), np.split(weights, ends), placed, strict=True)
    return [Sparse(np.cumsum(step), weight, place) for step, weight, place in pieces]
