"""How far off a rate, a difference, a ratio or a mean may be, given how few rows it stands on.

Counts may be fractions, so that weighted rows enter with their effective number (see ``kish``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import exp, hypot, inf, isfinite, log, nan, sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """Two bounds, both included; NaN where nothing can be said."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The same as a measurement carries them: None where a bound is not a finite number."""
        return (
            self.low if isfinite(self.low) else None,
            self.high if isfinite(self.high) else None,
        )


UNKNOWN = Interval(nan, nan)


@lru_cache(maxsize=1024)
def z_score(alpha: float) -> float:
    """The two-sided normal quantile: 1.96 for ``alpha`` .05."""
    return NormalDist().inv_cdf(1 - alpha / 2)


Z95 = z_score(0.05)


def kish(total: float, squares: float) -> float:
    """Rows that ``total`` weight is worth: (Σw)²/Σw²; 0 without weight.

    >>> kish(4.0, 8.0)
    2.0
    """
    return total * total / squares if squares > 0 else 0.0


def wilson(x: float, n: float, *, z: float = Z95) -> Interval:
    """Wilson's score interval of the rate x/n; without rows, everything from 0 to 1.

    >>> round(wilson(8, 10).low, 3)
    0.49
    """
    if n <= 0:
        return Interval(0.0, 1.0)
    rate, extra = x / n, z * z / n
    centre = (rate + extra / 2) / (1 + extra)
    half = z / (1 + extra) * sqrt(max(rate * (1 - rate) / n, 0.0) + extra / (4 * n))
    # At 0 and n the bound is exactly 0 or 1, which rounding would miss by a hair.
    return Interval(
        0.0 if x <= 0 else max(centre - half, 0.0), 1.0 if x >= n else min(centre + half, 1.0)
    )


def newcombe(x1: float, n1: float, x2: float, n2: float, *, z: float = Z95) -> Interval:
    """Newcombe's hybrid interval of x1/n1 - x2/n2, made of two Wilson intervals.

    >>> newcombe(50, 100, 80, 100).high < 0
    True
    """
    if n1 <= 0 or n2 <= 0:
        return Interval(-1.0, 1.0)
    return difference(x1 / n1, wilson(x1, n1, z=z), x2 / n2, wilson(x2, n2, z=z))


def difference(
    first: float, about_first: Interval, second: float, about_second: Interval
) -> Interval:
    """The interval of first - second from those of two independent estimates (MOVER)."""
    return Interval(
        first - second - hypot(first - about_first.low, about_second.high - second),
        first - second + hypot(about_first.high - first, second - about_second.low),
    )


def donner_zou(x1: float, n1: float, x2: float, n2: float, *, z: float = Z95) -> Interval:
    """Donner and Zou's hybrid interval of (x1/n1)/(x2/n2), made of two Wilson intervals (2012).

    It excludes 1 just where Newcombe's excludes 0: a difference and a ratio of the same rates agree
    whether there is any.

    >>> 1.0 in donner_zou(50, 100, 52, 100)
    True
    """
    if n1 <= 0 or n2 <= 0:
        return Interval(0.0, inf)
    a, b = x1 / n1, x2 / n2
    about_a, about_b = wilson(x1, n1, z=z), wilson(x2, n2, z=z)
    return Interval(
        1 / _largest(b, about_b.high, a, about_a.low),
        _largest(a, about_a.high, b, about_b.low),
    )


def _largest(a: float, high: float, b: float, low: float) -> float:
    """How large a/b may be, where ``a`` may be as high and ``b`` as low."""
    below = low * (2 * b - low)
    if below <= 0:
        return inf
    return (a * b + sqrt(max((a * b) ** 2 - high * (2 * a - high) * below, 0.0))) / below


def woolf(x1: float, n1: float, x2: float, n2: float, *, z: float = Z95) -> Interval:
    """Woolf's log interval of the odds ratio of x1 in n1 and x2 in n2, with ½ added to each count.

    >>> 1.0 in woolf(50, 100, 52, 100)
    True
    """
    if n1 <= 0 or n2 <= 0:
        return Interval(0.0, inf)
    a, b, c, d = x1 + 0.5, n1 - x1 + 0.5, x2 + 0.5, n2 - x2 + 0.5
    centre, half = log(a / b) - log(c / d), z * sqrt(1 / a + 1 / b + 1 / c + 1 / d)
    return Interval(exp(centre - half), exp(centre + half))


def mean_interval(
    total: float, squares: float, n: float, *, effective: float | None = None, z: float = Z95
) -> Interval:
    """The normal interval of total/n, where ``squares`` is the sum of squares.

    ``n`` is the number of rows or their weight, ``effective`` what that weight is worth in rows.
    UNKNOWN with fewer than two rows.
    """
    rows = n if effective is None else effective
    if n <= 0 or rows < 2:
        return UNKNOWN
    half = z * sqrt(variance(total, squares, n) * rows / (rows - 1) / rows)
    return Interval(total / n - half, total / n + half)


def variance(total: float, squares: float, n: float) -> float:
    """The mean squared distance from the mean, from sums; never below 0."""
    return max(squares / n - (total / n) ** 2, 0.0)
