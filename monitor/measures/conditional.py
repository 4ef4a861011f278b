"""Differences between groups given a stratum: like compared with like, then averaged.

A group may be chosen less often only because it applies where few are chosen (at Berkeley, to the
departments that admit few).  Within each stratum both groups meet the same odds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from monitor.measures.interval import Z95, Interval
from monitor.measures.rows import Floats
from monitor.measures.significance import normal_p


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Per stratum: rows of the group and of the reference group, and how many of each were chosen.

    Rows may be effective numbers of weighted rows.  ``names`` are the strata.
    """

    names: tuple[str, ...]
    own: Floats
    own_chosen: Floats
    base: Floats
    base_chosen: Floats

    @property
    def shared(self) -> Strata:
        """Those with rows of both groups; the others say nothing about a difference."""
        both = (self.own > 0) & (self.base > 0)
        names = tuple(name for name, kept in zip(self.names, both, strict=True) if kept)
        columns = (self.own, self.own_chosen, self.base, self.base_chosen)
        return Strata(names, *(column[both] for column in columns))


@dataclass(frozen=True, slots=True)
class Conditional:
    """A weighted difference over strata, its interval, and p of "there is none in any stratum"."""

    value: float
    interval: Interval
    p: float


def mantel_haenszel(strata: Strata) -> Conditional:
    """The Mantel-Haenszel difference of rates over strata with both groups, of which there is one.

    Each stratum weighs n₁n₀/(n₁+n₀); the variance is Sato's (1989), right for few large strata and
    for many small ones, p that of the Cochran-Mantel-Haenszel test without correction.

    >>> one = Strata(("a",), *(np.array([x]) for x in (10.0, 4.0, 10.0, 6.0)))
    >>> mantel_haenszel(one).value
    -0.2
    """
    s = strata.shared
    both = s.own + s.base
    weight = s.own * s.base / both
    total = float(weight.sum())
    value = float((s.own_chosen * s.base - s.base_chosen * s.own) @ (1 / both)) / total
    half = Z95 * sqrt(max(_sato(s, both, value), 0.0)) / total
    interval = Interval(max(value - half, -1.0), min(value + half, 1.0))
    return Conditional(value, interval, _cochran_mantel_haenszel(s, both))


def _sato(s: Strata, both: Floats, value: float) -> float:
    p = (
        s.own**2 * s.base_chosen - s.base**2 * s.own_chosen + s.own * s.base * (s.base - s.own) / 2
    ) / both**2
    q = (s.own_chosen * (s.base - s.base_chosen) + s.base_chosen * (s.own - s.own_chosen)) / (
        2 * both
    )
    return value * float(p.sum()) + float(q.sum())


def _cochran_mantel_haenszel(s: Strata, both: Floats) -> float:
    chosen = s.own_chosen + s.base_chosen
    expected = s.own * chosen / both
    spread = s.own * s.base * chosen * (both - chosen) / (both**2 * np.maximum(both - 1, 1e-12))
    spread[both <= 1] = 0.0
    variance = float(spread.sum())
    surplus = float((s.own_chosen - expected).sum())
    return normal_p(surplus / sqrt(variance)) if variance > 0 else 1.0


def demographic_disparity(own: Floats, rest: Floats) -> Floats:
    """Per stratum, the group's share of those not chosen minus its share of those chosen.

    ``own`` and ``rest`` have shape (…, strata, 2): not chosen, and chosen.  Positive where the
    group is more of the rejected than of the accepted; NaN where nobody was, or everybody.
    """
    both = own + rest
    shares = np.divide(own, both, out=np.full_like(both, np.nan), where=both > 0)
    return np.asarray(shares[..., 0] - shares[..., 1])


def conditional_disparity(own: Floats, rest: Floats) -> Floats:
    """The mean of ``demographic_disparity`` over strata, by their rows (Wachter et al. 2021).

    Strata where nobody, or everybody, was chosen have no disparity and no weight; NaN where all are
    so.
    """
    found = demographic_disparity(own, rest)
    rows = np.where(np.isnan(found), 0.0, (own + rest).sum(axis=-1))
    total = rows.sum(axis=-1)
    weighted = (np.nan_to_num(found) * rows).sum(axis=-1)
    return np.asarray(np.divide(weighted, total, out=np.full_like(total, np.nan), where=total > 0))


def disparity_interval(own: Floats, rest: Floats) -> Interval:
    """The normal interval of ``conditional_disparity``, by what each row moves it (delta method).

    ``own`` and ``rest`` have shape (strata, 2) and rows enough for a value.  A row moves the share
    that its group has of its side of its stratum, and how much the stratum weighs.
    """
    both = own + rest
    kept = (both > 0).all(axis=1)
    sides, shares = both[kept], own[kept] / both[kept]
    weight = sides.sum(axis=1) / sides.sum()
    apart = shares[:, 0] - shares[:, 1]
    value = float(weight @ apart)
    of_shares = weight**2 @ (shares * (1 - shares) / np.maximum(sides - 1, 1.0)).sum(axis=1)
    of_weights = weight @ (apart - value) ** 2 / sides.sum()
    half = Z95 * sqrt(of_shares + of_weights)
    return Interval(max(value - half, -1.0), min(value + half, 1.0))
