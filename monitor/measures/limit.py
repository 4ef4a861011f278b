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

    >>> bool(np.allclose(bridges(np.array([50.0, 50.0]), stream=0, draws=3)[:, -1], 0.0))
    True
    """
    spread = np.sqrt(counts / counts.sum())
    normal = _normals(stream, draws, len(counts))
    increments = spread * (normal - (normal @ spread)[:, None] * spread)
    drawn: Floats = np.cumsum(increments, axis=1) / np.sqrt(counts.sum())
    return drawn


def differences(first: Floats, second: Floats, *, draws: int) -> Floats:
    """Draws of the first one's empirical distribution function minus the second's, as if both were
    of the same rows: ``bridges`` of streams 0 and 1, one minus the other, in half the time.

    >>> found = differences(np.array([5.0, 5.0]), np.array([9.0, 1.0]), draws=3)
    >>> bool(np.allclose(found[:, -1], 0.0))
    True
    """
    spreads = [np.sqrt(counts / counts.sum()) for counts in (first, second)]
    roots = np.sqrt(first.sum()), -np.sqrt(second.sum())
    normals = [_normals(stream, draws, len(first)) for stream in range(2)]
    drift = [n @ s / root for n, s, root in zip(normals, spreads, roots, strict=True)]
    drawn: Floats = normals[0] * (spreads[0] / roots[0])
    drawn += normals[1] * (spreads[1] / roots[1])
    drawn -= np.column_stack(drift) @ np.stack(spreads) ** 2
    return np.cumsum(drawn, axis=1, out=drawn)


@lru_cache(maxsize=64)
def _normals(stream: int, draws: int, size: int) -> Floats:
    """The same draws for every column and batch of this size, so they are made once."""
    drawn: Floats = np.random.default_rng((SEED, stream)).standard_normal((draws, size))
    drawn.flags.writeable = False
    return drawn
