"""Binomial draws by inversion: uniform draws are read off each distribution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from scipy.special import ndtri

from monitor.measures.rows import Floats, Ints

CERTAIN = 1 - 2.0**-25  # no uniform draw of single precision lies above
MOST = 250
NORMAL_FROM = 25.0
REACH = 9  # standard deviations on either side; what lies beyond has a chance below 1e-17


@dataclass(frozen=True, slots=True, eq=False)
class Uniform:
    """Uniform draws, and the standard normal ones of the same chances."""

    uniform: Floats
    normal: Floats


def uniforms(seed: tuple[int, ...], groups: int, draws: int) -> tuple[Uniform, ...]:
    """The same draws of each place for all that groups are compared by, however many they are."""
    return tuple(_uniform((*seed, place), draws) for place in range(groups))


@lru_cache(maxsize=1024)  # of 16 kB where there are 1 000 draws
def _uniform(seed: tuple[int, ...], draws: int) -> Uniform:
    drawn = np.random.default_rng(seed).random(draws)
    drawn.flags.writeable = False
    return Uniform(drawn, ndtri(drawn))


def binomials(trials: int, share: float, drawn: Uniform) -> Floats:
    """For every uniform draw the least count whose distribution function exceeds it.

    Where the variance is NORMAL_FROM or more the count is Cornish and Fisher's, of second order,
    which is off by one in at most one draw of a hundred, at the same price for any number of
    trials.

    >>> uniform = np.array([0.2, 0.3, 0.8])
    >>> binomials(2, 0.5, Uniform(uniform, ndtri(uniform))).tolist()
    [0.0, 1.0, 2.0]
    """
    if share <= 0 or share >= 1 or trials == 0:
        return np.full(drawn.uniform.shape, float(trials if share >= 1 else 0))
    variance = trials * share * (1 - share)
    if variance >= NORMAL_FROM:
        z, skew = drawn.normal, (1 - 2 * share) / 6
        count = trials * share - skew - 0.5 + (sqrt(variance) + skew * z) * z
        return np.asarray(np.ceil(count).clip(0, trials))
    first, last = _stretch(trials, share)
    counts = np.arange(first + 1, last + 1)
    steps = np.log((trials + 1 - counts) / counts) + np.log(share / (1 - share))
    chances = np.concatenate([[0.0], np.cumsum(steps)])
    below = np.cumsum(np.exp(chances - chances.max()))
    found: Floats = first + np.searchsorted(below, drawn.uniform * below[-1], side="right") * 1.0
    return found


def _stretch(trials: int, share: float) -> tuple[int, int]:
    """The counts that can come; a rare one's tail is Poisson's, and longer than a normal one's."""
    middle, reach = trials * share, REACH * sqrt(trials * share * (1 - share)) + 2 * REACH
    return max(int(middle - reach), 0), min(int(middle + reach), trials)


def few(trials: Ints, shares: Floats, random: np.random.Generator, *, draws: int) -> Ints:
    """Draws of several distributions, shape (trials, maps, draws), where ``shares`` has shape
    (trials, maps).  ValueError where more than MOST would have to be counted.

    All distribution functions take one step at a time, which for counts that are few costs a tenth
    of numpy's generator: that begins anew with every trial.

    >>> few(np.array([3]), np.array([[0.0, 1.0]]), np.random.default_rng(0), draws=2).tolist()
    [[[0, 0], [3, 3]]]
    """
    turned = shares > 0.5
    rarer = np.where(turned, 1 - shares, shares)
    order = np.argsort(-trials * rarer.max(axis=1, initial=0.0), kind="stable")
    n, rarer = trials[order, None], rarer[order]
    uniform = random.random((*shares.shape, draws), dtype=np.float32)
    counts = np.zeros(uniform.shape, dtype=np.uint8)
    chance, odds = (1 - rarer) ** n, rarer / (1 - rarer)
    below, count = chance.copy(), 0
    while (still := np.flatnonzero(below.min(axis=1, initial=1.0) < CERTAIN)).size:
        on = slice(0, int(still[-1]) + 1)  # those that go furthest come first
        counts[on] += (uniform[on] >= below[on, :, None].astype(np.float32)).view(np.uint8)
        count += 1
        if count > MOST:
            raise ValueError("Too many to be counted one by one.")
        chance[on] *= odds[on] * np.maximum(n[on] - count + 1, 0) / count
        below[on] += chance[on]
    found = np.empty(counts.shape, dtype=np.int64)
    found[order] = counts
    return np.where(turned[:, :, None], trials[:, None, None] - found, found)
