"""What the rule editor asks, in the units people think in; the stored rule has fractions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from monitor.alerts.rule import Against, Rule
from monitor.alerts.rule_words import BUDGET
from monitor.measures.catalogue import METRICS, Better

AGAINST_WORDS: Final[Mapping[str, str]] = {
    Against.ABSOLUTE: "A fixed number",
    Against.REFERENCE: "The reference, plus or minus",
    Against.REFERENCE_RATIO: "The reference, times",
    Against.PREVIOUS: "The batch before, plus or minus",
    Against.WEEKDAY: "The same weekday before, plus or minus",
    Against.TRAILING: "The mean of batches before, plus or minus σ",
}
LOWER, UPPER = ("low", "critical_low"), ("high", "critical_high")
DIGITS: Final = 12  # so that 5 pt is .05 and not .05000000000000001


class Unit(NamedTuple):
    """How a limit is written: what a stored 1 is in it, and its sign."""

    scale: float
    sign: str


def unit(metric: str, against: Against) -> Unit:
    """The unit of this metric's limits.

    >>> unit("accuracy", Against.ABSOLUTE), unit("accuracy", Against.REFERENCE)
    (Unit(scale=100.0, sign='%'), Unit(scale=100.0, sign='pt'))
    """
    if metric == BUDGET:
        return Unit(1.0, "batches to a false alarm")
    if against is Against.REFERENCE_RATIO:
        return Unit(1.0, "×")
    if against is Against.TRAILING:
        return Unit(1.0, "σ")
    kind = METRICS[metric].unit if metric in METRICS else "number"
    if kind == "percent" and against is Against.ABSOLUTE:
        return Unit(100.0, "%")
    return Unit(100.0, "pt") if kind in ("percent", "points") else Unit(1.0, "")


def shown(limit: float | None, unit: Unit) -> float | None:
    """A stored limit as the editor writes it."""
    return None if limit is None else round(limit * unit.scale, DIGITS)


def stored(written: float | None, unit: Unit) -> float | None:
    """The way back.

    >>> stored(shown(0.05, Unit(100.0, "pt")), Unit(100.0, "pt"))
    0.05
    """
    return None if written is None else round(written / unit.scale, DIGITS)


def bounds(rule: Rule, value: float | None, unit: Unit) -> dict[str, float]:
    """The least and the most that a limit can be, unless ``value`` is beyond them already."""
    if rule.against is not Against.ABSOLUTE or rule.metric not in METRICS:
        return {}
    least, most = (end * unit.scale for end in METRICS[rule.metric].range)
    if value is not None and not least <= value <= most:
        return {}
    ends = {"min_value": least, "max_value": most}
    return {name: end for name, end in ends.items() if math.isfinite(end)}


def sides(rule: Rule) -> tuple[str, ...]:
    """The limits worth asking for: none on the side that is good, unless one is set there."""
    better = METRICS[rule.metric].better if rule.metric in METRICS else Better.NEITHER
    low = better is not Better.LOWER or rule.low is not None or rule.critical_low is not None
    high = better is not Better.HIGHER or rule.high is not None or rule.critical_high is not None
    return (*(LOWER if low else ()), *(UPPER if high else ()))


def without_limits(rule: Rule, against: Against) -> Rule:
    """The rule held against something else: what its limits were means nothing there."""
    if against is rule.against:
        return rule
    return replace(
        rule, against=against, low=None, high=None, critical_low=None, critical_high=None
    )
