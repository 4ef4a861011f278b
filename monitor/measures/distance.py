"""How far apart two samples are that were counted in the same bins.

Every function takes the batch's counts first and the reference's second, bin by bin.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log, sqrt

import numpy as np
from scipy.special import chndtrinc, rel_entr

from monitor.measures.interval import Interval
from monitor.measures.limit import differences
from monitor.measures.quantiles import quantiles
from monitor.measures.rows import Floats, Ints

DRAWS = 400
NOTHING = 1e-9  # a noncentrality below it is none


def psi(current: Floats, reference: Floats) -> Floats:
    """Population stability index, ½ added per bin; bins empty in both are left out.

    >>> float(psi(np.array([50.0, 50.0]), np.array([500.0, 500.0])))
    0.0
    """
    filled = (current + reference) > 0
    c, r = (_shares(np.where(filled, counts + 0.5, 0.0)) for counts in (current, reference))
    logs = np.log(np.divide(c, r, out=np.ones_like(c), where=filled))
    return np.asarray(((c - r) * logs).sum(axis=-1))


def jensenshannon(current: Floats, reference: Floats) -> Floats:
    """Jensen–Shannon distance, natural logarithm: 0 alike, √ln 2 when nothing is shared."""
    c, r = _shares(current), _shares(reference)
    middle = (c + r) / 2
    divergence = (rel_entr(c, middle) + rel_entr(r, middle)).sum(axis=-1) / 2
    return np.asarray(np.sqrt(np.maximum(divergence, 0.0)))


def hellinger(current: Floats, reference: Floats) -> Floats:
    """√(1 − Σ√(pq)): 0 alike, 1 when nothing is shared.

    >>> float(hellinger(np.array([1.0, 0.0]), np.array([0.0, 1.0])))
    1.0
    """
    shared = np.sqrt(_shares(current) * _shares(reference)).sum(axis=-1)
    return np.asarray(np.sqrt(np.maximum(1.0 - shared, 0.0)))


def total_variation(current: Floats, reference: Floats) -> Floats:
    """½·Σ|p − q|: the share of rows that would have to change their bin.

    >>> float(total_variation(np.array([1.0, 3.0]), np.array([2.0, 2.0])))
    0.25
    """
    return np.asarray(np.abs(_shares(current) - _shares(reference)).sum(axis=-1) / 2)


def noncentral_band(statistic: float, df: int) -> Interval:
    """What share of a χ² statistic may be real, as bounds on noncentrality over the statistic.

    The low bound is above 0 only where the statistic is significant; the high bound is at least 1,
    so that a distance scaled by the band lies in its own interval.
    """
    if df < 1 or statistic < NOTHING:
        return Interval(0.0, 1.0)
    low, high = (float(chndtrinc(statistic, df, q)) for q in (0.975, 0.025))
    return Interval(low / statistic if low > NOTHING else 0.0, max(high / statistic, 1.0))


def ks(current: Floats, reference: Floats) -> Floats:
    """The largest gap between the two distribution functions at the bins' cuts."""
    gap = np.cumsum(_shares(current) - _shares(reference), axis=-1)
    return np.asarray(np.abs(gap).max(axis=-1))


def ks_interval(value: float, n: float, m: float) -> Interval:
    """The Dvoretzky–Kiefer–Wolfowitz band of both samples, 95 % for the two together."""
    half = sqrt(log(2 / 0.025) / (2 * n)) + sqrt(log(2 / 0.025) / (2 * m))
    return Interval(max(value - half, 0.0), min(value + half, 1.0))


def wasserstein(
    current: Floats, reference: Floats, current_sums: Floats, reference_sums: Floats
) -> Floats:
    """Mean distance values must travel, in their own unit, each bin's mass at its mean.

    Means of the bins keep the tails right, where a bin's middle would not.
    """
    sides = ((current, current_sums), (reference, reference_sums))
    places = np.concatenate([_means(*side) for side in sides], axis=-1)
    mass = np.concatenate([_shares(current), -_shares(reference)], axis=-1)
    order = np.argsort(places, axis=-1, kind="stable")
    x, m = (np.take_along_axis(one, order, axis=-1) for one in (places, mass))
    return np.asarray((np.abs(np.cumsum(m, axis=-1))[..., :-1] * np.diff(x)).sum(axis=-1))


def _means(counts: Floats, sums: Floats) -> Floats:
    """The mean of each bin; of an empty one, which has no mass, that of all values."""
    whole = sums.sum(axis=-1, keepdims=True) / counts.sum(axis=-1, keepdims=True)
    means = np.broadcast_to(whole, counts.shape).copy()
    return np.asarray(np.divide(sums, counts, out=means, where=counts > 0))


def wasserstein_interval(
    value: float, current: Floats, reference: Floats, current_sums: Floats, reference_sums: Floats
) -> Interval:
    """The value give or take the 95th percentile of the distance that sampling alone makes.

    By the triangle inequality no estimate is further off than its noise; the noise is drawn from
    the normal limit of both empirical distribution functions, with a fixed seed.
    """
    filled = (current + reference) > 0
    both = (current + reference)[filled]
    steps = np.diff((current_sums + reference_sums)[filled] / both)
    noise = differences(current[filled], reference[filled], draws=DRAWS)[:-1]
    (half,) = quantiles(steps @ np.abs(noise, out=noise), (0.95,))
    return Interval(max(value - half, 0.0), value + half)


def coarse(reference: Floats, *, bins: int) -> Ints:
    """To which of at most ``bins`` quantiles of the reference each kept bin belongs.

    Neighbouring bins are joined by the middle of their share, so a bin that holds much stays alone.

    >>> coarse(np.array([0.0, 5.0, 5.0, 0.0]), bins=2).tolist()
    [0, 0, 1, 1]
    """
    upto = np.cumsum(reference)
    middle = (upto - reference / 2) / upto[-1]
    groups: Ints = np.minimum((middle * bins).astype(np.int64), bins - 1)
    return groups


def joined(current: Floats, reference: Floats, *, expected: float = 5.0) -> tuple[Floats, Floats]:
    """Neighbouring bins joined until each expects that many rows in the smaller sample, over any
    leading axes; as many bins as before, the last of them empty.

    >>> [side.tolist() for side in joined(np.array([9.0, 1, 5, 5]), np.array([9.0, 2, 5, 4]))]
    [[10.0, 5.0, 5.0, 0.0], [11.0, 5.0, 4.0, 0.0]]
    """
    n, m = current.sum(axis=-1), reference.sum(axis=-1)
    wanted = expected * (n + m) / np.minimum(n, m)
    both = (current + reference).reshape(-1, current.shape[-1]).tolist()
    runs = [_run(*one) for one in zip(both, np.ravel(wanted).tolist(), strict=True)]
    groups = np.array(runs) + current.shape[-1] * np.arange(len(runs))[:, None]
    one, other = (
        added(groups.ravel(), side.ravel(), size=side.size).reshape(side.shape)
        for side in (current, reference)
    )
    return one, other


def added(groups: Ints, counts: Floats | Ints, *, size: int = 0) -> Floats:
    """The counts of each group's bins together, of at least ``size`` groups."""
    return np.asarray(np.bincount(groups, weights=counts, minlength=size), dtype=np.float64)


def _run(counts: Sequence[float], wanted: float) -> list[int]:
    """The group of each bin, groups closing as they reach ``wanted``; the last may take two."""
    groups, group, held = [], 0, 0.0
    for count in counts:
        groups.append(group)
        held += count
        if held >= wanted:
            group, held = group + 1, 0.0
    # What is left over at the end is too little to stand alone.
    last = max(group - 1, 0)
    return [min(group, last) for group in groups]


def stacked(counts: Sequence[Floats]) -> Floats:
    """One row for each, filled up with bins that are empty, of which no distance knows.

    >>> stacked([np.array([1.0]), np.array([2.0, 3.0])]).tolist()
    [[1.0, 0.0], [2.0, 3.0]]
    """
    found = np.zeros((len(counts), max(map(len, counts), default=0)))
    for row, one in zip(found, counts, strict=True):
        row[: len(one)] = one
    return found


def _shares(counts: Floats) -> Floats:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))
