"""How strongly batches say that something has become worse: Shiryaev–Roberts statistics.

Each true value that the reference allows has a statistic of its own, R ← (R + 1)·e, with e the
likelihood ratio of a worse value to that one; M is their mean, weighted by what reference and
batches together say of the true value.  While nothing changes, M − t has mean 0, so that M ≥ A
comes at most once in A batches on average, and so does a weighted mean of several M ≥ A.
Source: Roberts 1966; Shin, Ramdas and Rinaldo 2024, e-detectors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from monitor.measures.rows import Floats
from monitor.measures.sequential.stream import TOLERATED, Seen, Stream


class Detector:
    """The statistics of several streams, step by step; ``log_m`` holds one a stream.

    ``caps`` bound them (as logarithms), so that evidence long past does not hide a recovery.
    """

    def __init__(self, streams: Sequence[Stream], caps: Floats) -> None:
        self._caps = caps
        self.log_m = np.full(len(streams), -np.inf)
        theta = [s.grid() for s in streams]
        self._a, self._b = _stacked([s.natural(t) for s, t in zip(streams, theta, strict=True)])
        gains = [_gains(s, t) for s, t in zip(streams, theta, strict=True)]
        self._gain_a, self._gain_b = _stacked(gains)
        self._weights = np.array([s.log_weights() for s in streams]).reshape(-1, 6, 1)
        self._streams = streams
        told = np.array([s.seen(s.reference) for s in streams]).reshape(-1, 2)
        self._likelihood = told[:, :1] * self._a + told[:, 1:] * self._b
        self._statistic = np.full(self._gain_a.shape, -np.inf)

    def step(self, seen: Sequence[Seen | None]) -> Floats:
        """Takes in one batch; a stream without a number in it stays as it was."""
        here = np.array([s is not None for s in seen], dtype=bool)
        if not here.any():
            return self.log_m
        pairs = zip(self._streams, seen, strict=True)
        told = np.array([stream.seen(one) for stream, one in pairs if one is not None])
        u, v = told[:, :1], told[:, 1:]
        self._likelihood[here] += u * self._a[here] + v * self._b[here]
        gain = u[:, :, None] * self._gain_a[here] + v[:, :, None] * self._gain_b[here]
        self._statistic[here] = np.logaddexp(self._statistic[here], 0.0) + gain
        self.log_m[here] = self._mean()[here]
        over = np.maximum(self.log_m - self._caps, 0.0)
        self.log_m = self.log_m - over
        self._statistic -= over[:, None, None]
        return self.log_m

    def _mean(self) -> Floats:
        likely = self._likelihood - log_sum(self._likelihood)[:, None]
        weighted = self._statistic + likely[:, None, :] + self._weights
        return log_sum(weighted.reshape(len(weighted), -1))


def log_sum(logs: Floats) -> Floats:
    """ln Σ exp along the last axis; −∞ where all are.  (SciPy's takes ten times as long.)

    >>> log_sum(np.log([[1.0, 2.0]])).round(3)
    array([1.099])
    """
    highest = np.maximum(logs.max(axis=-1, keepdims=True), -1e300)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(logs - highest).sum(axis=-1)) + highest[..., 0])


def step(log_m: Floats, log_e: Floats, caps: Floats) -> Floats:
    """One step of statistics whose e-values are known; NaN leaves one as it was.

    >>> step(np.array([-np.inf]), np.log([3.0]), np.array([9.0])).round(3)
    array([1.099])
    """
    moved = np.minimum(np.logaddexp(log_m, 0.0) + log_e, caps)
    return np.where(np.isnan(log_e), log_m, moved)


def _gains(stream: Stream, theta: Floats) -> tuple[Floats, Floats]:
    """Of each shift and true value, what a worse value adds to a and b, shape (6, POINTS)."""
    shifts, start = stream.shifts()[:, None], stream.start(theta)
    worse = stream.natural(start + shifts)
    bearable = stream.natural(start + np.sign(shifts) * TOLERATED * stream.limit)
    return worse[0] - bearable[0], worse[1] - bearable[1]


def _stacked(pairs: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    return np.array([a for a, _ in pairs]), np.array([b for _, b in pairs])
