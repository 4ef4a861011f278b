"""How much more a value changes between cohorts in a slice than elsewhere, for all slices at once.

One cohort asks where the mean is larger than elsewhere; two of opposite sign, such as the batch and
the reference, ask where the difference of their means is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from monitor.measures.rows import Floats, Ints, Mask

SMALLEST = 30  # rows of a slice, and of its rest, in every cohort
BORROWED = 10  # rows of the cohort's own spread that steady a small slice's


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Rows with a known value: which pieces each lies in, and its value."""

    sign: int
    member: Mask
    values: Floats

    def where(self, mask: Mask) -> Cohort:
        return Cohort(self.sign, self.member[mask], self.values[mask])

    def only(self, pieces: Ints) -> Cohort:
        return Cohort(self.sign, self.member[:, pieces], self.values)


class Sums(NamedTuple):
    """Rows, Σ value and Σ value² of slices, or of what they are held against."""

    n: Floats
    total: Floats
    squares: Floats

    def without(self, other: Sums) -> Sums:
        return Sums(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


class Contrast(NamedTuple):
    """Of each slice: the difference inside and elsewhere, and how far apart they are.

    ``error`` is the standard error of inside - elsewhere; infinite where a cohort has too few rows.
    """

    inside: Floats
    elsewhere: Floats
    error: Floats

    @property
    def value(self) -> Floats:
        return self.inside - self.elsewhere

    @property
    def z(self) -> Floats:
        return self.value / self.error


def contrast(cohorts: Sequence[Cohort], slices: Sequence[Sums], rest: Sequence[Sums]) -> Contrast:
    """Of every slice; ``slices`` and ``rest`` hold each cohort's sums."""
    shape = slices[0].n.shape
    inside, elsewhere, noise = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for cohort, mine, others in zip(cohorts, slices, rest, strict=True):
        spread = float(cohort.values.var()) if cohort.values.size else 0.0
        for sums, means in ((mine, inside), (others, elsewhere)):
            rows = np.maximum(sums.n, 1)
            mean = sums.total / rows
            means += cohort.sign * mean
            own = np.maximum(sums.squares - rows * mean**2, 0.0)
            noise += (own + BORROWED * spread) / (rows + BORROWED) / rows
            noise[sums.n < SMALLEST] = np.inf
    return Contrast(inside, elsewhere, np.sqrt(np.maximum(noise, 1e-300)))


def pair_sums(cohort: Cohort) -> Sums:
    """Of every two pieces together, and on the diagonal of each alone."""
    x = cohort.member.astype(np.float64)
    v = cohort.values[:, None]
    return Sums(x.T @ x, x.T @ (v * x), x.T @ (v * v * x))


def piece_sums(cohort: Cohort) -> Sums:
    """Of every piece alone."""
    x, v = cohort.member.astype(np.float64), cohort.values
    return Sums(x.sum(axis=0), v @ x, (v * v) @ x)


def slice_sums(cohort: Cohort, mask: Mask) -> Sums:
    """Of one slice."""
    values = cohort.values[mask]
    return Sums(*map(np.asarray, (float(values.size), values.sum(), np.square(values).sum())))


def all_sums(cohort: Cohort) -> Sums:
    """Of all rows."""
    return slice_sums(cohort, np.ones(cohort.values.size, dtype=bool))
