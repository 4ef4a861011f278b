"""The normal limit of empirical distribution functions: how far sampling alone takes them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from monitor.measures.rows import Floats

SEED = 20


def bridges(counts: Floats, *, stream: int, draws: int) -> Floats:
    """Draws of the empirical distribution function of so many rows minus the true one, at the end
    of every bin: shape (draws, bins).

    The limit of counting rows that are drawn with replacement (Donsker), at the same cost whatever
    their number.  Samples that are independent need different ``stream`` numbers.

    >>> bridges(np.array([50.0, 50.0]), stream=0, draws=3)[:, -1].round(9).tolist()
    [0.0, 0.0, 0.0]
    """
    spread = np.sqrt(counts / counts.sum())
    normal = _normals(stream, draws, len(counts))
    increments = spread * (normal - (normal @ spread)[:, None] * spread)
    drawn: Floats = np.cumsum(increments, axis=1) / np.sqrt(counts.sum())
    return drawn


@lru_cache(maxsize=64)
def _normals(stream: int, draws: int, size: int) -> Floats:
    """The same draws for every column and batch of this size, so they are made once."""
    drawn: Floats = np.random.default_rng((SEED, stream)).standard_normal((draws, size))
    drawn.flags.writeable = False
    return drawn
