"""The soonest that anybody could be called: a rule that is told beforehand what will break.

Shiryaev and Roberts' statistic of the true rates before and after finds a change soonest of all
rules that are as rarely wrong (Pollak and Tartakovsky 2009); no product knows these rates.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from monitor.measures.rows import Floats

YEARS = 10_000  # without a change, of which one in twenty is wrongly called
SEED = 1963  # the year of Shiryaev's paper
MOST = 1e100  # where evidence ends: beyond any threshold, and far from overflowing


def called(shares: Floats, *, rows: int, before: float, after: float, days: int) -> list[bool]:
    """Whether each batch's share of right answers calls, at 5 % false calls in ``days`` batches."""
    threshold, found, evidence = _threshold(rows, before, after, days), [], 0.0
    for gain in _gain(shares * rows, rows, before, after).tolist():
        evidence = min((evidence + 1) * gain, MOST)
        found.append(evidence >= threshold)
    return found


def _gain(right: Floats, rows: int, before: float, after: float) -> Floats:
    """How many times as likely so many right answers are after the change."""
    wrong = rows - right
    gain: Floats = np.exp(
        right * np.log(after / before) + wrong * np.log((1 - after) / (1 - before))
    )
    return gain


@lru_cache
def _threshold(rows: int, before: float, after: float, days: int) -> float:
    random = np.random.default_rng(SEED)
    evidence, most = np.zeros(YEARS), np.zeros(YEARS)
    for _ in range(days):
        right = random.binomial(rows, before, YEARS).astype(np.float64)
        evidence = np.minimum((evidence + 1) * _gain(right, rows, before, after), MOST)
        most = np.maximum(most, evidence)
    return float(np.quantile(most, 0.95))
