"""Expected mean errors as numbers with their intervals."""

from __future__ import annotations

from dataclasses import replace
from math import exp, sqrt
from typing import Final

from monitor.measures.catalogue.estimated import ERRORS, ESTIMATED
from monitor.measures.estimated import Estimate, Kind
from monitor.measures.interval import Z95
from monitor.measures.measurement import Measurement
from monitor.measures.unlabelled.beforehand import Means
from monitor.terms import Verdict

METHOD: Final = "boosted trees of the error, corrected by reference rows weighted like this batch"


def rooted(place: int, value: float) -> float:
    """The mean absolute error as it is, or the root of the mean squared one."""
    return sqrt(value) if ERRORS[place].startswith("root_") else float(value)


def estimate_of(means: Means, place: int, *, group: str) -> Estimate:
    """One of the mean costs; a root's error is by the delta method, the square's over twice it."""
    value, error = rooted(place, means.value[place]), float(means.error[place])
    if ERRORS[place].startswith("root_") and value:
        error /= 2 * value
    return Estimate(
        metric=ERRORS[place],
        group=group,
        value=value,
        rows=means.rows,
        denominator=means.rows,
        effective=means.worth,
        spread=error**2 * means.worth,
        kind=Kind.MEAN,
    )


def measured(estimate: Estimate, *, attribute: str = "", pooled: str = "") -> Measurement:
    """What is expected of one group; not judged where it is small, or its errors are pooled.

    Means of errors are skewed, so it is their logarithm whose interval is normal.
    """
    about = Measurement(
        f"{ESTIMATED}{estimate.metric}",
        None,
        estimate.rows,
        attribute=attribute,
        group=estimate.group,
        method=f"{METHOD}; log normal",
        denominator=estimate.denominator,
        verdict=Verdict.NOT_ENOUGH_DATA,
    )
    if estimate.hidden:
        return replace(about, reason=estimate.hidden)
    value, thin = estimate.value, estimate.thin or pooled
    spread = exp(Z95 * estimate.error / value) if value else 1.0
    return replace(
        about,
        value=value,
        low=value / spread,
        high=value * spread,
        verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
        reason=thin,
    )
