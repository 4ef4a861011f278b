"""A number followed from batch to batch: what the reference says of it, and what would be worse."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from math import ceil, isfinite, sqrt
from typing import Final, NamedTuple

import numpy as np

from monitor.measures.rows import Floats

STEPS: Final = (0.5, 1.0, 2.0)  # how many limits away the worse values are that are looked for
TOLERATED: Final = 0.02  # of the limit: a change of less is none
POINTS: Final = 81  # true values looked at
FINENESS: Final = 5.0  # of them, at least, to a standard error of the reference
RARE: Final = 1e-4  # shares nearer to 0 or 1 are taken for this


class Kind(Enum):
    """How a number's noise is known: a share by its counts, another by its standard error."""

    SHARE = auto()
    MEAN = auto()


class Seen(NamedTuple):
    """What one batch adds to the log likelihood ``u·a(θ) + v·b(θ)`` of a true value θ.

    Of a share u counts hits and v misses, with a = ln θ and b = ln(1 − θ); of a mean x with
    standard error s, u = x/s² and v = 1/s², with a = θ and b = −θ²/2.
    """

    u: float
    v: float


@dataclass(frozen=True, slots=True)
class Stream:
    """``reference`` is what the reference rows say; ``limit`` (> 0) a change that matters.

    ``up`` and ``down`` say which ways are worse.  Of a ``gap`` worse is wider, whoever leads: one
    that turns round may be as wide on the other side.
    """

    kind: Kind
    reference: Seen
    limit: float
    up: bool
    down: bool
    gap: bool = False

    @property
    def centre(self) -> float:
        """The reference's value; of a share with half a row added on either side."""
        u, v = self.reference
        return (u + 0.5) / (u + v + 1) if self.kind is Kind.SHARE else u / v

    @property
    def spread(self) -> float:
        """The standard error of the reference's value."""
        u, v = self.reference
        if self.kind is Kind.SHARE:
            return sqrt(self.centre * (1 - self.centre) / (u + v + 1))
        return sqrt(1 / v)

    def shifts(self) -> Floats:
        """Signed changes to look for, shape (6,); none is finer than what the reference knows."""
        return max(self.limit, self.spread) * np.array([*STEPS, *(-step for step in STEPS)])

    def start(self, theta: Floats) -> Floats:
        """Whence each shift leads from a true value, shape (6, POINTS)."""
        ways = np.sign(self.shifts())[:, None]
        return ways * np.abs(theta) if self.gap else np.broadcast_to(theta, (6, theta.size))

    def grid(self) -> Floats:
        """True values that the reference allows, shape (POINTS,), some six standard errors around.

        Every shift leads from one of them to another: else, with rows enough, a worse value between
        two of them would be nearer to the truth than either.
        """
        finest = float(self.shifts()[0])
        apart = finest / ceil(finest * FINENESS / self.spread)
        return np.asarray(self.centre + apart * np.arange(-(POINTS // 2), POINTS // 2 + 1.0))

    def log_weights(self) -> Floats:
        """Of each shift, shape (6,): equal shares among those that are worse."""
        allowed = np.repeat([self.up, self.down], len(STEPS))
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(allowed / allowed.sum()))

    def seen(self, told: Seen) -> Seen:
        """The same of a mean counted from the reference's, for large numbers cancel."""
        if self.kind is Kind.SHARE:
            return told
        return Seen(told.u - self.centre * told.v, told.v)

    def natural(self, theta: Floats) -> tuple[Floats, Floats]:
        """a(θ) and b(θ), of a mean with θ counted from the reference's."""
        if self.kind is Kind.MEAN:
            off = theta - self.centre
            return off, -(off**2) / 2
        inside = np.clip(theta, RARE, 1 - RARE)
        return np.log(inside), np.log1p(-inside)


def share(hits: float, n: float) -> Seen:
    """Hits among n rows; weighted rows count by their effective number."""
    return Seen(hits, n - hits)


def mean(value: float, error: float) -> Seen | None:
    """A mean or another statistic and its standard error; None where that says nothing."""
    if not (isfinite(value) and isfinite(error) and error > 0):
        return None
    return Seen(value / error**2, 1 / error**2)
