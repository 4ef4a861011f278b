"""Single numbers for inequality: between many groups (ε), and between people (entropy, Theil)."""

from __future__ import annotations

import numpy as np

from monitor.measures.rows import Floats

SMOOTHING = 0.5  # Jeffreys' prior: half a row in every outcome of every group


def differential_fairness(counts: Floats) -> Floats:
    """ε of Foulds et al. (2020): the largest |ln of a ratio| of an outcome's chance in two groups.

    ``counts`` has shape (…, groups, outcomes); half a row is added to each outcome (Dirichlet ½),
    so that a group in which nobody was chosen stays finite.  0 where all groups are alike; e^ε is
    how many times as likely an outcome is in one group as in another; NaN with fewer than two.

    >>> round(float(differential_fairness(np.array([[50, 50], [25, 75]]))), 3)
    0.683
    """
    if counts.shape[-2] < 2:
        return np.full(counts.shape[:-2], np.nan)
    # Draws last: numpy takes its time over the few groups and outcomes where they are.
    smooth = np.ascontiguousarray(np.moveaxis(counts, (-2, -1), (0, 1))) + SMOOTHING
    chances = np.log(smooth / smooth.sum(axis=1, keepdims=True))
    return np.asarray((chances.max(axis=0) - chances.min(axis=0)).max(axis=0))


def generalized_entropy(counts: Floats, benefits: Floats) -> Floats:
    """The generalized entropy index with α = 2 of people's benefits (Speicher et al. 2018).

    Half the squared coefficient of variation: Σ((b/mean)² − 1)/2n.  ``counts`` are the people who
    have each of ``benefits``, on the last axis.  0 where all have the same; NaN where nobody has
    any.

    >>> float(generalized_entropy(np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 2.0])))
    0.5
    """
    shares, relative = _relative(counts, benefits)
    return np.asarray(((relative**2 - 1) * shares).sum(axis=-1) / 2)


def theil(counts: Floats, benefits: Floats) -> Floats:
    """Theil's index of people's benefits, Σ(b/mean)·ln(b/mean)/n, of the same kind (α = 1).

    >>> round(float(theil(np.array([1.0, 0.0, 1.0]), np.array([0.0, 1.0, 2.0]))), 4)
    0.6931
    """
    shares, relative = _relative(counts, benefits)
    logs = np.log(relative, out=np.zeros_like(relative), where=relative > 0)
    return np.asarray((relative * logs * shares).sum(axis=-1))


def _relative(counts: Floats, benefits: Floats) -> tuple[Floats, Floats]:
    """The share of people with each benefit, and the benefit over the mean; NaN where that is 0."""
    shares = _shares(counts)
    mean = (shares * benefits).sum(axis=-1, keepdims=True)
    spread = np.broadcast_to(benefits, shares.shape)
    return shares, np.divide(spread, mean, out=np.full(shares.shape, np.nan), where=mean > 0)


def total_variation(own: Floats, base: Floats) -> Floats:
    """Half the sum of differences between two groups' shares, on the last axis; NaN without rows.

    >>> float(total_variation(np.array([1.0, 3.0]), np.array([1.0, 1.0])))
    0.25
    """
    return np.asarray(np.abs(_shares(own) - _shares(base)).sum(axis=-1) / 2)


def kolmogorov_smirnov(own: Floats, base: Floats) -> Floats:
    """The largest difference between two groups' cumulative shares over ordered bins."""
    apart = np.cumsum(_shares(own), axis=-1) - np.cumsum(_shares(base), axis=-1)
    return np.asarray(np.abs(apart).max(axis=-1))


def _shares(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    shares = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    return np.asarray(shares)
