"""Fine bins for residuals: log-linear in their size, mirrored for their sign."""

from __future__ import annotations

import numpy as np

from monitor.measures.rows import Floats, Ints
from monitor.measures.sparse import Sparse

PER_DOUBLING = 128
DOUBLINGS = 32
SIDE = PER_DOUBLING * DOUBLINGS
RESIDUAL_BINS = 2 * SIDE
SMALLEST = 2.0**-20  # of the scale; the largest told apart is 2¹² of it
MANTISSA_BITS_DROPPED = 45
FIRST_CODE = int(np.float64(SMALLEST).view(np.int64) >> MANTISSA_BITS_DROPPED)


def residual_bins(residuals: Floats, *, scale: float) -> Ints:
    """The bin of each finite residual, rising with it; ``scale`` is the target's usual spread."""
    size = np.clip(np.abs(residuals) / scale, SMALLEST, SMALLEST * 2.0**DOUBLINGS * (1 - 1e-9))
    codes = (size.view(np.int64) >> MANTISSA_BITS_DROPPED) - FIRST_CODE
    return np.where(residuals < 0, SIDE - 1 - codes, SIDE + codes)


def _middles() -> Floats:
    codes = np.arange(SIDE)
    step = SMALLEST * 2.0 ** (codes // PER_DOUBLING)
    middles = step * (1 + (codes % PER_DOUBLING + 0.5) / PER_DOUBLING)
    middles[0] = 0.0
    return np.concatenate([-middles[::-1], middles])


BIN_RESIDUALS = _middles()


def residual_quantiles(counted: Sparse, shares: Floats, *, scale: float) -> Floats:
    """Quantiles within one bin's width (0.8 %) of the rows'; NaN without residuals."""
    if not counted.weights.sum():
        return np.full(shares.size, np.nan)
    reached = np.cumsum(counted.weights) / counted.weights.sum()
    places = np.minimum(np.searchsorted(reached, shares - 1e-12), reached.size - 1)
    found: Floats = BIN_RESIDUALS[counted.bins[places]] * scale
    return found
