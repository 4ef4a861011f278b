"""What a simulation found, and how far off chance may have put it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, binomtest

SURE = 0.99


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and the 99 % interval that its draws leave; ``unit`` is "%" for shares."""

    value: float
    low: float
    high: float
    unit: str = "%"

    def __str__(self) -> str:
        """
        >>> str(share(3, 1000))
        '0.3 % (0–1.1)'
        """
        scale, ending = (100, " %") if self.unit == "%" else (1, f" {self.unit}".rstrip())
        value, low, high = (f"{scale * number:.3g}" for number in (self.value, self.low, self.high))
        if self.unit == "%":
            value, low, high = (
                f"{scale * number:.1f}".removesuffix(".0")
                for number in (self.value, self.low, self.high)
            )
        return f"{value}{ending} ({low}–{high})"


def share(hits: int, of: int) -> Figure:
    """Clopper and Pearson's exact interval of hits in independent draws."""
    found = binomtest(hits, of).proportion_ci(SURE, "exact")
    return Figure(hits / of, float(found.low), float(found.high))


def median(values: Sequence[float], *, unit: str) -> Figure:
    """The median, between order statistics that hold the true one 99 times in 100."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    low = int(binom.ppf((1 - SURE) / 2, ordered.size, 0.5))
    high = min(ordered.size - low, ordered.size - 1)
    bounds = float(ordered[max(low - 1, 0)]), float(ordered[high])
    return Figure(float(np.median(ordered)), *bounds, unit)


def mean(values: Sequence[float], *, unit: str) -> Figure:
    """The mean and 2.58 standard errors."""
    found = np.asarray(values, dtype=np.float64)
    half = 2.576 * float(found.std(ddof=1)) / np.sqrt(found.size)
    middle = float(found.mean())
    return Figure(middle, middle - half, middle + half, unit)
