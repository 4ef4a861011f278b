"""Contributions as measurements: the largest of them, with interval and corrected p."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.measures.attribution import Contribution
from monitor.measures.interval import Z95
from monitor.measures.measurement import Measurement
from monitor.measures.significance import holm

KEPT = 10  # columns told of one question
METHOD = "Σ(q − p)·mean reference value of the bin; normal; Holm p"


def told(found: Sequence[Contribution], about: Measurement) -> list[Measurement]:
    """The largest contributions; p is Holm's over all that were looked at."""
    ps = holm([one.p for one in found])
    told = [
        replace(
            valued(about, one.value, error=one.error),
            feature=one.column,
            method=METHOD,
            p=float(p),
            family=len(found),
        )
        for one, p in zip(found, ps, strict=True)
    ]
    return told[:KEPT]


def valued(about: Measurement, value: float, error: float) -> Measurement:
    """With the value and its normal interval."""
    return replace(about, value=value, low=value - Z95 * error, high=value + Z95 * error)
