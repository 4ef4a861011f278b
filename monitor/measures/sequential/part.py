"""One group's rate or mean in one batch, as sums that add up over batches."""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple, Self

from monitor.measures.sequential.stream import Kind, Seen, mean, share

LEAST = 30.0  # rows that a rate needs to be compared


class Part(NamedTuple):
    """``n`` rows (weighted ones by their effective number) and their ``total``: hits of a share, n
    times a mean.  ``noise`` is the variance of the total of a mean, None for a share."""

    n: float
    total: float
    noise: float | None

    @classmethod
    def of_share(cls, hits: float, n: float) -> Self:
        return cls(n, hits, None)

    @classmethod
    def of_mean(cls, value: float, error: float, n: float) -> Self:
        return cls(n, n * value, (n * error) ** 2)

    @property
    def kind(self) -> Kind:
        return Kind.SHARE if self.noise is None else Kind.MEAN

    @property
    def value(self) -> float:
        return self.total / self.n

    @property
    def variance(self) -> float:
        """Of the value; half a row is added on either side of a share."""
        if self.noise is not None:
            return self.noise / self.n**2
        smoothed = (self.total + 0.5) / (self.n + 1)
        return smoothed * (1 - smoothed) / self.n

    def plus(self, other: Self | None) -> Part:
        """Both together; rows are taken as independent."""
        if other is None:
            return self
        noise = None if self.noise is None else self.noise + (other.noise or 0.0)
        return Part(self.n + other.n, self.total + other.total, noise)

    def seen(self) -> Seen | None:
        """What it says of the true rate or mean; None where nothing."""
        if self.noise is None:
            return share(self.total, self.n) if self.n >= 1 else None
        return mean(self.value, sqrt(self.variance))


def gap(own: Part, base: Part) -> tuple[float, float]:
    """The difference of two values, and its variance."""
    return own.value - base.value, own.variance + base.variance


def enough(*parts: Part) -> bool:
    """Whether each has the rows that a comparison needs."""
    return all(part.n >= LEAST for part in parts)
