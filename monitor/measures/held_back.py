"""Verdicts held back: what a batch alone would say, and what keeps it from being said."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from monitor.measures.measurement import Measurement
from monitor.terms import Verdict

NOT_JUDGED: Final = "Not judged: "  # so begins why a rule does not judge a number at all
SO_FAR: Final = "So far beyond the limit in "  # … why one batch beyond its limit breaks nothing
STILL: Final = "Still beyond the limit in "  # … why one batch within it mends nothing
_ALONE: Final = {NOT_JUDGED: None, SO_FAR: Verdict.FAILING, STILL: Verdict.HEALTHY}


def not_judged(m: Measurement, why: str) -> Measurement:
    """Not enough data, for a reason of the rule; ``why`` is a clause."""
    return _gated(m, Verdict.NOT_ENOUGH_DATA, NOT_JUDGED, why)


def so_far(m: Measurement, of: str) -> Measurement:
    """At risk: this batch is failing, but too few of those before it were."""
    return _gated(m, Verdict.AT_RISK, SO_FAR, of)


def still(m: Measurement, of: str) -> Measurement:
    """At risk: this batch is healthy, but too many of those before it were not."""
    return _gated(m, Verdict.AT_RISK, STILL, of)


def _gated(m: Measurement, verdict: Verdict, lead: str, clause: str) -> Measurement:
    return replace(m, verdict=verdict, reason=f"{lead}{clause}. {m.reason}".rstrip())


def ungated(m: Measurement) -> Measurement:
    """What the batch said by itself, before ``not_judged``, ``so_far`` or ``still``.

    A verdict that the number's maker gave, and a rule without limits did not judge, is lost.
    """
    for lead, said in _ALONE.items():
        if m.reason.startswith(lead):
            return replace(m, verdict=said, reason=m.reason.partition(". ")[2])
    return m
