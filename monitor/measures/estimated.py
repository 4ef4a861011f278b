"""One group's rate or mean, with what it takes to compare it with another group's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan, sqrt

from monitor.measures.interval import Z95, Interval, wilson
from monitor.measures.measurement import Measurement
from monitor.measures.verdict import enough, hidden
from monitor.terms import Verdict


@dataclass(frozen=True, slots=True)
class Estimate:
    """``value`` over ``denominator`` of the group's ``rows``; NaN where undefined, with a reason.

    ``effective`` is what the denominator's weight is worth in rows, ``spread`` the variance of what
    one row adds.  ``is_mean`` tells a mean, whose interval is normal, from a rate.
    """

    metric: str
    group: str
    value: float
    rows: int
    denominator: int
    effective: float
    spread: float
    is_mean: bool = False
    reason: str = ""

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
        """How many of the effective rows a rate counts."""
        return self.value * self.effective

    @property
    def error(self) -> float:
        """The standard error."""
        return sqrt(self.spread / self.effective)

    def interval(self, *, z: float = Z95) -> Interval:
        if self.is_mean:
            half = z * self.error
            return Interval(self.value - half, self.value + half)
        return wilson(self.hits, self.effective, z=z)


def measured(estimate: Estimate, *, attribute: str) -> Measurement:
    """The estimate as a number of its group."""
    about = Measurement(
        metric=estimate.metric,
        value=None,
        n=estimate.rows,
        attribute=attribute,
        group=estimate.group,
        denominator=estimate.denominator,
    )
    if estimate.hidden:
        return replace(about, verdict=Verdict.NOT_ENOUGH_DATA, reason=estimate.hidden)
    low, high = estimate.interval().bounds
    return replace(
        about,
        value=estimate.value,
        low=low,
        high=high,
        method="normal" if estimate.is_mean else "Wilson",
        verdict=Verdict.NOT_ENOUGH_DATA if estimate.thin else None,
        reason=estimate.thin,
    )
