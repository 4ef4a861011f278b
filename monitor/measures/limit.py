"""The normal limit of empirical distribution functions: how far sampling alone takes them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from monitor.measures.rows import Floats, Singles

SEED = 20


def bridges(counts: Floats, *, stream: int, draws: int) -> Singles:
    """Draws of the empirical distribution function of so many rows minus the true one, at the end
    of every bin: shape (bins, draws), in single precision, which chance leaves nothing of.

    The limit of counting rows that are drawn with replacement (Donsker), at the same cost whatever
    their number.  Samples that are independent need different ``stream`` numbers.

    >>> bool(np.allclose(bridges(np.array([50.0, 50.0]), stream=0, draws=3)[-1], 0.0, atol=1e-6))
    True
    """
    spread = _spread(counts)
    normal = _normals(stream, draws, len(counts))
    drawn: Singles = normal - spread[:, None] * (spread @ normal)
    drawn *= (spread / np.sqrt(counts.sum())).astype(np.float32)[:, None]
    return _added_up(drawn)


def differences(first: Floats, second: Floats, *, draws: int) -> Singles:
    """Draws of the first one's empirical distribution function minus the second's, as if both were
    of the same rows: ``bridges`` of streams 0 and 1, one minus the other, in half the time.

    >>> found = differences(np.array([5.0, 5.0]), np.array([9.0, 1.0]), draws=3)
    >>> bool(np.allclose(found[-1], 0.0, atol=1e-6))
    True
    """
    spreads = np.stack([_spread(counts) for counts in (first, second)], axis=1)
    roots = np.sqrt([first.sum(), second.sum()]) * [1, -1]
    scaled = (spreads / roots).astype(np.float32)
    normals = [_normals(stream, draws, len(first)) for stream in range(2)]
    drawn: Singles = normals[0] * scaled[:, :1]
    drawn += normals[1] * scaled[:, 1:]
    drawn -= spreads**2 @ np.stack([scaled[:, side] @ normals[side] for side in range(2)])
    return _added_up(drawn)


def _spread(counts: Floats) -> Singles:
    return np.asarray(np.sqrt(counts / counts.sum()), dtype=np.float32)


def _added_up(drawn: Singles) -> Singles:
    """Every bin with those before it, in place; numpy's own way along a first axis is slower."""
    for place in range(1, len(drawn)):
        drawn[place] += drawn[place - 1]
    return drawn


@lru_cache(maxsize=64)
def _normals(stream: int, draws: int, size: int) -> Singles:
    """The same draws for every column and batch of this size, so they are made once."""
    random = np.random.default_rng((SEED, stream))
    drawn: Singles = random.standard_normal((size, draws), dtype=np.float32)
    drawn.flags.writeable = False
    return drawn
