"""A cumulative sum of surprises: small shifts in one direction that add up.

Source: Page 1954; self-starting after Hawkins 1987: each batch is compared with the reference and
all batches before it, so that the error of the reference does not add up too.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

SLACK: Final = 0.5  # standard errors that a batch may be off without adding anything
LIMIT: Final = 8.0


@dataclass(frozen=True, slots=True)
class Cusum:
    """``mean`` and ``variance`` are of all that was seen; ``up`` and ``down`` the two sums."""

    mean: float
    variance: float
    up: float = 0.0
    down: float = 0.0

    @property
    def value(self) -> float:
        """The larger sum, negative where it is the one downwards."""
        return self.up if self.up >= self.down else -self.down

    def step(self, value: float, variance: float) -> Cusum:
        """After one more batch, whose value has this variance (> 0).

        >>> Cusum(0.0, 1e-12).step(3.0, 1.0).value.__round__(6)
        2.5
        """
        z = (value - self.mean) / sqrt(variance + self.variance)
        gain = self.variance / (self.variance + variance)
        return Cusum(
            mean=self.mean + gain * (value - self.mean),
            variance=self.variance * (1 - gain),
            up=max(0.0, self.up + z - SLACK),
            down=max(0.0, self.down - z - SLACK),
        )
