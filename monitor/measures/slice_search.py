"""Looking through all pieces and pairs of pieces for slices that are worse than elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from monitor.measures.contrast import (
    Cohort,
    Contrast,
    all_sums,
    contrast,
    pair_sums,
    piece_sums,
    slice_sums,
)
from monitor.measures.rows import Floats, Ints, Mask

MOST = 5
SOUGHT = 3.0  # standard errors from which a slice is worth confirming
BEATS = 2.0  # standard errors by which a pair must beat the rest of either piece


class Found(NamedTuple):
    """One piece, or a pair, and on which side it lies: +1 where its value is the higher."""

    pieces: tuple[int, ...]
    side: int


@dataclass(frozen=True, slots=True)
class Search:
    """What stands out, strongest first, and how many slices were looked at."""

    found: tuple[Found, ...]
    tried: int


def search(cohorts: Sequence[Cohort], columns: Ints, *, worse: int) -> Search:
    """At most five, each sought among the rows that no earlier one holds.

    ``columns`` is the column of each piece; pieces of one column make no pair.
    """
    tried = int(_worth_trying(cohorts, columns).sum())
    found: list[Found] = []
    while len(found) < MOST:
        scores = _scores(cohorts, columns, worse=worse)
        i, j = (int(place) for place in np.unravel_index(int(scores.argmax()), scores.shape))
        if scores[i, j] < SOUGHT:
            break
        pieces = (i,) if i == j else (i, j)
        found.append(Found(pieces, worse or (1 if apart(cohorts, pieces).value > 0 else -1)))
        cohorts = outside(cohorts, pieces)
    return Search(tuple(found), tried)


def promising(cohorts: Sequence[Cohort], most: int) -> Ints:
    """The pieces that alone stand out most: of very many columns not all pairs can be tried."""
    sums = [piece_sums(one) for one in cohorts]
    rest = [all_sums(one).without(s) for one, s in zip(cohorts, sums, strict=True)]
    strongest = np.argsort(-np.abs(contrast(cohorts, sums, rest).z), kind="stable")
    return np.sort(strongest[:most])


def within(cohort: Cohort, pieces: tuple[int, ...]) -> Mask:
    """Which rows lie in the slice."""
    return np.asarray(cohort.member[:, list(pieces)].all(axis=1))


def outside(cohorts: Sequence[Cohort], pieces: tuple[int, ...]) -> list[Cohort]:
    """The rows that do not."""
    return [one.where(~within(one, pieces)) for one in cohorts]


def apart(cohorts: Sequence[Cohort], pieces: tuple[int, ...]) -> Contrast:
    """One slice against all other rows."""
    sums = [slice_sums(one, within(one, pieces)) for one in cohorts]
    rest = [all_sums(one).without(s) for one, s in zip(cohorts, sums, strict=True)]
    return contrast(cohorts, sums, rest)


def _worth_trying(cohorts: Sequence[Cohort], columns: Ints) -> Mask:
    sums = [pair_sums(one) for one in cohorts]
    rest = [all_sums(one).without(s) for one, s in zip(cohorts, sums, strict=True)]
    return _pairs(columns) & np.isfinite(contrast(cohorts, sums, rest).error)


def _pairs(columns: Ints) -> Mask:
    """Each piece alone, and each pair of two columns once."""
    alone = np.eye(len(columns), dtype=bool)
    return np.asarray(alone | np.triu(columns[:, None] != columns[None, :]))


def _scores(cohorts: Sequence[Cohort], columns: Ints, *, worse: int) -> Floats:
    """Standard errors by which a slice is worse than elsewhere; -inf where it is not looked at."""
    sums = [pair_sums(one) for one in cohorts]
    rest = [all_sums(one).without(s) for one, s in zip(cohorts, sums, strict=True)]
    alone = [type(s)(*(np.diag(part)[:, None] for part in s)) for s in sums]
    siblings = [a.without(s) for a, s in zip(alone, sums, strict=True)]
    against_all = contrast(cohorts, sums, rest)
    beats = _worse(contrast(cohorts, sums, siblings), worse) >= BEATS
    tells_more: Mask = (beats & beats.T) | np.eye(len(columns), dtype=bool)
    counts = _pairs(columns) & tells_more & np.isfinite(against_all.error)
    return np.where(counts, _worse(against_all, worse), -np.inf)


def _worse(found: Contrast, worse: int) -> Floats:
    """Standard errors in the direction of worse; for 0, away from none on the slice's own side."""
    if worse:
        return np.asarray(worse * found.z)
    further = np.abs(found.inside) > np.abs(found.elsewhere)
    return np.where(further, np.abs(found.z), -np.inf)
