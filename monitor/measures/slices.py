"""Worst slices: found among all pieces and pairs of pieces in one half, confirmed in the other.

However many slices are looked at, what is said comes from rows that took no part in the search, so
chance alone passes in at most 5 % of batches.  Every next slice must also stand out among the rows
that no earlier one holds, so that the same trouble is not told twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from monitor.measures.contrast import Cohort
from monitor.measures.interval import Interval, z_score
from monitor.measures.significance import normal_p
from monitor.measures.slice_search import Found, Search, apart, outside, promising, search, within
from monitor.measures.slicing import Piece

ALPHA = 0.05
MOST_PIECES = 200
SEED = 54


@dataclass(frozen=True, slots=True)
class Slice:
    """A confirmed slice with the numbers of the held-out half.

    ``rows`` counts its rows there, cohort by cohort.  ``inside`` and ``elsewhere`` are means, or
    differences of the cohorts' means; the interval is that of inside - elsewhere, Bonferroni's over
    the ``candidates`` that were tested.  ``tried`` says among how many slices they were found.
    """

    words: str
    pieces: tuple[Piece, ...]
    inside: float
    elsewhere: float
    interval: Interval
    p: float
    rows: tuple[int, ...]
    tried: int
    candidates: int

    @property
    def value(self) -> float:
        return self.inside - self.elsewhere


def worst_slices(cohorts: Sequence[Cohort], pieces: Sequence[Piece], *, worse: int) -> list[Slice]:
    """At most five, most rows times difference first.

    ``worse`` is +1 where higher is worse, and 0 where further from 0 is.
    """
    halves = [_halves(one) for one in cohorts]
    searched, held_out = [first for first, _ in halves], [second for _, second in halves]
    if len(pieces) > MOST_PIECES:
        kept = promising(searched, MOST_PIECES)
        pieces = [pieces[place] for place in kept]
        searched, held_out = ([one.only(kept) for one in half] for half in (searched, held_out))
    columns = np.unique([piece.column for piece in pieces], return_inverse=True)[1]
    looked = search(searched, columns, worse=worse)
    told = _confirmed(held_out, pieces, looked)
    return sorted(told, key=lambda one: -sum(one.rows) * abs(one.value))


def _halves(cohort: Cohort) -> tuple[Cohort, Cohort]:
    random = np.random.default_rng(SEED)
    first = random.permutation(cohort.values.size) % 2 == 0
    return cohort.where(first), cohort.where(~first)


def _confirmed(cohorts: Sequence[Cohort], pieces: Sequence[Piece], looked: Search) -> list[Slice]:
    """Those worse than all other rows, and still so among the rows that no earlier one holds."""
    left, ps = cohorts, []
    for found in looked.found:
        ps.append(max(_p(cohorts, found), _p(left, found)))
        left = outside(left, found.pieces)
    corrected = [min(p * len(ps), 1.0) for p in ps]
    return [
        _told(cohorts, tuple(pieces[place] for place in found.pieces), found, p, looked)
        for found, p in zip(looked.found, corrected, strict=True)
        if p <= ALPHA
    ]


def _p(cohorts: Sequence[Cohort], found: Found) -> float:
    """Two-sided p of "as elsewhere"; 1 where it is better, or too few rows are left."""
    z = found.side * float(apart(cohorts, found.pieces).z)
    return normal_p(z) if z > 0 else 1.0


def _told(
    cohorts: Sequence[Cohort], pieces: tuple[Piece, ...], found: Found, p: float, looked: Search
) -> Slice:
    contrast = apart(cohorts, found.pieces)
    value = float(contrast.value)
    half = z_score(ALPHA / len(looked.found)) * float(contrast.error)
    return Slice(
        words=" and ".join(piece.words for piece in pieces),
        pieces=pieces,
        inside=float(contrast.inside),
        elsewhere=float(contrast.elsewhere),
        interval=Interval(value - half, value + half),
        p=p,
        rows=tuple(int(within(one, found.pieces).sum()) for one in cohorts),
        tried=looked.tried,
        candidates=len(looked.found),
    )
