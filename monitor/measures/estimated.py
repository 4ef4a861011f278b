"""One group's rate or mean, with what it takes to compare it with another group's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from math import inf, isnan, sqrt

from monitor.measures.interval import Z95, Interval, wilson
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import enough, hidden
from monitor.terms import Verdict


class Kind(Enum):
    """What an estimate is, and so what its interval is."""

    RATE = auto()  # Wilson's
    ODDS = auto()  # a rate over its complement: Wilson's, turned into odds
    MEAN = auto()  # normal


@dataclass(frozen=True, slots=True)
class Estimate:
    """``value`` over ``denominator`` of the group's ``rows``; NaN where undefined, with a reason.

    ``effective`` is what the denominator's weight is worth in rows, ``spread`` the variance of what
    one row adds.  ``window`` names the batches behind it, "" for this one alone.
    """

    metric: str
    group: str
    value: float
    rows: int
    denominator: int
    effective: float
    spread: float
    kind: Kind = Kind.RATE
    reason: str = ""
    window: str = ""

    @property
    def is_mean(self) -> bool:
        return self.kind is Kind.MEAN

    @property
    def hidden(self) -> str:
        """Why the value is not shown; "" if it is."""
        return self.reason if isnan(self.value) else hidden(self.denominator)

    @property
    def thin(self) -> str:
        """Why it is shown and not judged; "" if it is judged."""
        return enough(rows=self.rows, denominator=self.denominator)

    @property
    def hits(self) -> float:
        """How many of the effective rows a rate, or the rate behind odds, counts."""
        share = self.value / (1 + self.value) if self.kind is Kind.ODDS else self.value
        return share * self.effective

    @property
    def error(self) -> float:
        """The standard error."""
        return sqrt(self.spread / self.effective)

    def interval(self, *, z: float = Z95) -> Interval:
        if self.is_mean:
            half = z * self.error
            return Interval(self.value - half, self.value + half)
        found = wilson(self.hits, self.effective, z=z)
        return found if self.kind is Kind.RATE else Interval(odds(found.low), odds(found.high))


def odds(share: float) -> float:
    """A share over the rest.

    >>> odds(0.75)
    3.0
    """
    return share / (1 - share) if share < 1 else inf


METHODS = {Kind.RATE: "Wilson", Kind.ODDS: "Wilson, as odds", Kind.MEAN: "normal"}


def measured(estimate: Estimate, *, attribute: str) -> Measurement:
    """The estimate as a number of its group."""
    hidden, thin = estimate.hidden, estimate.thin
    low, high = (None, None) if hidden else estimate.interval().bounds
    return Measurement(
        estimate.metric,
        None if hidden else estimate.value,
        estimate.rows,
        low,
        high,
        attribute=attribute,
        group=estimate.group,
        method="" if hidden else METHODS[estimate.kind],
        denominator=estimate.denominator,
        verdict=Verdict.NOT_ENOUGH_DATA if hidden or thin else None,
        reason=hidden or thin,
        window=estimate.window,
    )
