"""How well scores order the rows: ROC AUC and average precision from fine histograms."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np

from monitor.measures.interval import Z95, Interval, wilson
from monitor.measures.rows import Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Weight in each occupied score bin, rising, of the rows of one class and of the rest, and what
    they are worth in rows (see ``kish``).  ``lead``: see ``sparse``.
    """

    bins: Ints
    own: Floats
    rest: Floats
    lead: float
    own_rows: float
    rest_rows: float

    @property
    def both(self) -> bool:
        """Whether there are rows on either side, without which nothing here is defined."""
        return bool(self.own.sum() > 0 and self.rest.sum() > 0)


def roc_auc(ranked: Ranked) -> float:
    """The chance that a row of the class outscores another, ties counting one half."""
    below = _below(ranked.rest)
    within = ranked.lead / ranked.rest.sum()
    return float((ranked.own @ below + within) / ranked.own.sum())


def delong(ranked: Ranked) -> Interval:
    """DeLong's interval, which ties and weights do not upset; Wilson's where no pair is misplaced.

    With every pair in order DeLong's variance is 0, which a handful of rows does not justify; the
    smaller class is then taken as so many trials without a failure.
    """
    auc = roc_auc(ranked)
    if min(auc, 1 - auc) < ROUNDING:
        trials = min(ranked.own_rows, ranked.rest_rows)
        return wilson(round(auc) * trials, trials)
    half = Z95 * sqrt(delong_variance(ranked))
    return Interval(max(auc - half, 0.0), min(auc + half, 1.0))


ROUNDING = 1e-12


def delong_variance(ranked: Ranked) -> float:
    """The variance of the AUC, from how much each row's share of misplaced pairs varies."""
    of_own = _spread(_below(ranked.rest), ranked.own, ranked.own_rows)
    return of_own + _spread(1 - _below(ranked.own), ranked.rest, ranked.rest_rows)


def _below(weights: Floats) -> Floats:
    """For a row in each bin, the share of these weights that it outscores."""
    return np.asarray((np.cumsum(weights) - weights / 2) / weights.sum())


def _spread(values: Floats, weights: Floats, rows: float) -> float:
    """The variance of the weighted mean of values; as if of two rows where there is only one."""
    shares = weights / weights.sum()
    return float(shares @ (values - shares @ values) ** 2) / max(rows - 1, 1.0)


TIE = 3.0  # rows


def average_precision(ranked: Ranked) -> float:
    """Σ (recall step)·precision, from the highest score down.

    Rows that share a bin are taken in random order, whose expectation is within 1e-4 of the exact
    value for scores that differ.  A bin of three or more rows between two empty ones can only be
    one score given to many rows, as trees do, and is a single step, as in sklearn.
    """
    rows = (ranked.own_rows + ranked.rest_rows) / (ranked.own.sum() + ranked.rest.sum())
    own, rest = ranked.own[::-1] * rows, ranked.rest[::-1] * rows
    both = own + rest
    before, seen = np.cumsum(own) - own, np.cumsum(both) - both
    apart = np.diff(ranked.bins[::-1], prepend=np.inf, append=-np.inf) < -1
    alone = apart[:-1] & apart[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        step = (before + own) / (seen + both)
        shuffled = _expected_precision(own, both, before, seen)
    precision = np.where(alone & (both >= TIE), step, shuffled)
    occupied = own > 0
    return float(own[occupied] @ precision[occupied] / own.sum())


def _expected_precision(own: Floats, both: Floats, before: Floats, seen: Floats) -> Floats:
    """The mean precision at the own rows of a bin whose rows come in random order.

    At place j the expected precision is (before + 1 + (j − 1)·r)/(seen + j), where r is the chance
    that another row of the bin is an own one; its sum over j is a difference of harmonic numbers.
    """
    r = np.clip(np.where(both > 1, (own - 1) / (both - 1), own / both), 0.0, 1.0)
    steps = _digamma(seen + both + 1) - _digamma(seen + 1)
    return np.asarray(r + (before + 1 - r * (1 + seen)) * steps / both)


def _digamma(x: Floats) -> Floats:
    """ψ(x) for x ≥ 1 to ten digits: shifted by six, then its asymptotic series."""
    y = x + 6
    series = np.log(y) - 1 / (2 * y) - 1 / (12 * y**2) + 1 / (120 * y**4) - 1 / (252 * y**6)
    return np.asarray(series - sum(1 / (x + k) for k in range(6)))


def boyd(value: float, own_rows: float) -> Interval:
    """The logit interval of an average precision over so many positives (Boyd et al. 2013).

    >>> 0.7 in boyd(0.7, 100)
    True
    """
    inside = min(max(value, 0.5 / (own_rows + 1)), 1 - 0.5 / (own_rows + 1))
    centre, half = log(inside / (1 - inside)), Z95 / sqrt(own_rows * inside * (1 - inside))
    low, high = 1 / (1 + exp(half - centre)), 1 / (1 + exp(-half - centre))
    return Interval(min(low, value), max(high, value))
