"""How surprising a difference would be if there were none, alone and among many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import erfc, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

Floats = NDArray[np.float64]
_Rule = Callable[[Floats, int], Floats]


def holm(ps: Sequence[float]) -> Floats:
    """Holm's adjusted p-values, in the given order; NaN stays NaN and counts for nothing.

    >>> holm([0.01, 0.04]).tolist()
    [0.02, 0.04]
    """
    return _adjust(ps, lambda ordered, m: np.maximum.accumulate(ordered * np.arange(m, 0, -1)))


def benjamini_hochberg(ps: Sequence[float]) -> Floats:
    """Adjusted p-values that hold the share of false discoveries; NaN as in ``holm``.

    >>> benjamini_hochberg([0.01, 0.04]).tolist()
    [0.02, 0.04]
    """
    return _adjust(ps, _step_up)


def _step_up(ordered: Floats, m: int) -> Floats:
    scaled: Floats = ordered * m / np.arange(1, m + 1)
    return np.minimum.accumulate(scaled[::-1])[::-1]


def _adjust(ps: Sequence[float], rule: _Rule) -> Floats:
    given = np.asarray(ps, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(given))
    order = known[np.argsort(given[known], kind="stable")]
    adjusted = given.copy()
    adjusted[order] = np.minimum(rule(given[order], len(order)), 1.0)
    return adjusted


def two_proportions(x1: float, n1: float, x2: float, n2: float) -> float:
    """Two-sided p of "both rates are the same", by the pooled z test; 1 where nothing differs.

    >>> two_proportions(50, 100, 50, 100)
    1.0
    """
    if n1 <= 0 or n2 <= 0:
        return 1.0
    error = pooled_error(x1, n1, x2, n2)
    return normal_p((x1 / n1 - x2 / n2) / error) if error > 0 else 1.0


def pooled_error(x1: float, n1: float, x2: float, n2: float) -> float:
    """The standard error of the difference of two rates that are one."""
    pooled = (x1 + x2) / (n1 + n2)
    return sqrt(max(pooled * (1 - pooled), 0.0) * (1 / n1 + 1 / n2))


def normal_p(z: float) -> float:
    """Two-sided p of a standard normal value."""
    return erfc(abs(z) / sqrt(2))


def two_sample_chi2(p_counts: ArrayLike, q_counts: ArrayLike) -> tuple[float, int, float]:
    """Statistic, degrees of freedom and p of "both samples come from one distribution".

    N·Σ(p−q)²/p̄ with N = nm/(n+m): both sizes count, so a finite reference is not taken for truth.
    Bins empty in both are left out; fewer than two bins, or an empty sample, give (0, 0, 1).

    >>> two_sample_chi2([10, 20], [10, 20])
    (0.0, 1, 1.0)
    """
    p, q = np.asarray(p_counts, dtype=np.float64), np.asarray(q_counts, dtype=np.float64)
    if np.count_nonzero(p + q) < 2 or not p.any() or not q.any():
        return 0.0, 0, 1.0
    statistic, df = (float(found) for found in chi2_of(p, q))
    return statistic, int(df), float(chdtrc(df, statistic))


def chi2_of(p: Floats, q: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Statistic and degrees of freedom as in ``two_sample_chi2``, over any leading axes, where both
    samples have rows."""
    n, m = p.sum(axis=-1, keepdims=True), q.sum(axis=-1, keepdims=True)
    filled = (p + q) > 0
    pooled = (p + q) / (n + m)
    parts = np.divide((p / n - q / m) ** 2, pooled, out=np.zeros_like(p), where=filled)
    return (n * m / (n + m))[..., 0] * parts.sum(axis=-1), filled.sum(axis=-1) - 1
