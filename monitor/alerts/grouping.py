"""The broken limits of one batch as one story: the likely cause first, what follows from it after.

A column whose values broke explains its drift, drifted columns explain drifted predictions, these
explain what became worse, and evidence over many batches is made of all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Protocol, TypeVar

from monitor.alerts.words import broken_limit, family, headline
from monitor.measures.layout import PSEUDO_COLUMNS
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_value
from monitor.terms import Severity, counted

NAMED = 3  # of what follows; the others are counted


class Rung(IntEnum):
    """How near to a cause a broken limit is, the cause first."""

    SERVICE = 0  # a batch that did not come, or could not be worked on
    QUALITY = 1
    INPUT = 2  # drift of features
    OUTPUT = 3  # drift of predictions, scores or labels, and what is expected of them
    OUTCOME = 4  # performance, and differences between groups
    EVIDENCE = 5


class Breach(Protocol):
    """A broken limit, as changes and incidents are."""

    @property
    def measurement(self) -> Measurement: ...

    @property
    def severity(self) -> Severity: ...


B = TypeVar("B", bound=Breach)


def rung(m: Measurement) -> Rung:
    """Where the number stands between cause and consequence."""
    kind = family(m)
    if kind == "drift" and m.feature in PSEUDO_COLUMNS:
        return Rung.OUTPUT
    return _RUNGS.get(kind, Rung.OUTCOME)


_RUNGS = {
    "service": Rung.SERVICE,
    "quality": Rung.QUALITY,
    "drift": Rung.INPUT,
    "estimated": Rung.OUTPUT,
    "sequence": Rung.EVIDENCE,
}


def in_order(breaches: Iterable[B]) -> list[B]:
    """The likely cause first; of one rung the critical, then what is furthest beyond its limit."""
    return sorted(breaches, key=_place)


def _place(breach: Breach) -> tuple[object, ...]:
    m = breach.measurement
    lesser = breach.severity is not Severity.CRITICAL
    return rung(m), lesser, -beyond(m), m.key


def beyond(m: Measurement) -> float:
    """How far the value is beyond the limit, in limits; 0 where there is no value or limit.

    >>> beyond(Measurement("missing_rate", 0.15, 900, limit_high=0.05))
    2.0
    """
    limit = broken_limit(m)
    if m.value is None or limit is None:
        return 0.0
    return round(abs(m.value - limit) / (abs(limit) or 1.0), 9)


def explained(breaches: Sequence[Breach]) -> str:
    """What broke together and what probably lies behind it, in a sentence or two; "" for one
    alone.

    A cause is named only where something else of the batch may follow from it.
    """
    if len(breaches) < 2:
        return ""
    first, *others = in_order(breaches)
    together = f"{counted(len(breaches), 'limit')} broke in one batch."
    follow = [other for other in others if rung(other.measurement) > rung(first.measurement)]
    if not follow or rung(first.measurement) >= Rung.OUTCOME:
        return f"{together} No one of them stands out as the cause: {listed([first, *others])}."
    causes = [one for one in (first, *others) if one not in follow]
    return f"{together} Likely cause: {listed(causes)}. It may explain {listed(follow)}."


def listed(breaches: Sequence[Breach]) -> str:
    """The first of them beside their limits, and how many more there are."""
    named = "; ".join(_told(breach.measurement) for breach in breaches[:NAMED])
    more = len(breaches) - NAMED
    return f"{named} and {more} more" if more > 0 else named


def _told(m: Measurement) -> str:
    """The number beside its limit."""
    limit = broken_limit(m)
    value = f"{headline(m)} {format_value(m.metric, m.value)}"
    return value if limit is None else f"{value} (limit {format_value(m.metric, limit)})"
