"""Resampling rows by drawing their cells: the same distribution, whatever the number of rows.

A row drawn with replacement falls into a cell with the cell's share, so the counts of n such rows
are one multinomial draw.  (fairlearn's ``n_boot`` on a table of cells would resample the cells.)
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from monitor.measures.binomials import binomials, uniforms
from monitor.measures.interval import UNKNOWN, Interval
from monitor.measures.quantiles import quantiles
from monitor.measures.rows import Floats, Ints

DRAWS = 1000
SEED = 1979  # the year of Efron's paper; any fixed number would do
LEVELS = (0.025, 0.975)
DIGITS = 9  # draws go by no more
TIE = 1e-12  # a draw this close to the value is as large


def resample(
    weights: npt.ArrayLike, *, effective: float, draws: int = DRAWS, seed: int = SEED
) -> Floats:
    """Draws of a table of cells: shape (draws, *cells), each adding up to ``effective`` rows.

    ``weights`` are rows or weight per cell, ``effective`` what they are worth in rows (see
    ``kish``); all zero where there is no weight.

    >>> resample([[3, 1], [0, 4]], effective=8, draws=2).sum(axis=(1, 2)).tolist()
    [8.0, 8.0]
    """
    table = np.asarray(weights, dtype=np.float64)
    if table.sum() <= 0:
        return np.zeros((draws, *table.shape))
    order = _by_numbers(table)
    shares = np.round(table[order].ravel() / table.sum(), DIGITS)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(round(round(effective, DIGITS)), shares / shares.sum(), draws)
    found = np.empty((draws, *table.shape))
    found[:, order] = drawn.reshape(draws, *table.shape)
    return found


def _by_numbers(table: Floats) -> Ints:
    """An order of the groups that goes by what is in their cells, so that neither their names nor
    the order in which rows were added up has a part in the draws.
    """
    rows = np.round(table.reshape(len(table), -1), DIGITS)
    return np.lexsort(rows.T[::-1])


def again(counts: Floats, *, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """Draws of a (groups, outcomes) table in which each group keeps its size: for numbers that are
    made of the groups' shares alone, which how large they are says nothing about.
    """
    return _within(counts, counts, draws, seed)


def alike(counts: Floats, *, draws: int = DRAWS, seed: int = SEED) -> Floats:
    """The same as if all groups had the outcomes of all."""
    return _within(counts, np.broadcast_to(counts.sum(axis=0), counts.shape), draws, seed)


def _within(counts: Floats, weights: Floats, draws: int, seed: int) -> Floats:
    """As many rows a group as it has, their outcomes as ``weights`` has them."""
    found = np.zeros((draws, *counts.shape))
    sizes = np.rint(np.round(counts.sum(axis=1), DIGITS)).astype(np.int64)
    order = [place for place in _by_numbers(counts).tolist() if sizes[place]]
    shares = np.round(weights / np.maximum(weights.sum(axis=1, keepdims=True), TIE), DIGITS)
    if counts.shape[1] == 2:
        for place, drawn in zip(order, uniforms((seed,), len(order), draws), strict=True):
            found[:, place, 1] = binomials(int(sizes[place]), float(shares[place, 1]), drawn)
            found[:, place, 0] = sizes[place] - found[:, place, 1]
        return found
    random = np.random.default_rng(seed)
    for place in order:
        own = shares[place] / shares[place].sum()
        found[:, place] = random.multinomial(sizes[place], own, draws)
    return found


def chance(value: float, drawn: Floats) -> tuple[float, float]:
    """The share of draws without a difference that are as large, and what 95 % of them stay within.

    >>> chance(2.0, np.arange(100.0))
    (0.9801980198019802, 94.05)
    """
    known = drawn[np.isfinite(drawn)]
    p = (1 + int((known >= value - TIE).sum())) / (known.size + 1)
    return p, quantiles(known, (0.95,))[0]


def basic(value: float, drawn: Floats, *, lowest: float = 0.0, highest: float = np.inf) -> Interval:
    """The basic bootstrap interval 2·value − quantiles, cut to what the number can be.

    A largest difference is drawn larger than it is, as it is measured larger than it is; this
    interval takes that off where percentiles would add it again.  It always holds ``value``.
    UNKNOWN where no draw is defined.

    >>> basic(0.5, np.linspace(0.4, 0.6, 201)).low
    0.405
    """
    known = drawn[np.isfinite(drawn)]
    if not known.size:
        return UNKNOWN
    low, high = (2 * value - q for q in quantiles(known, LEVELS[::-1]))
    return Interval(max(min(low, value), lowest), min(max(high, value), highest))
