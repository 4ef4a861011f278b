"""Which criteria of equal treatment cannot all hold, given how often each group has the outcome."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from monitor.measures.interval import Interval, difference


@dataclass(frozen=True, slots=True)
class Rates:
    """What labels say of one group: ``about`` is the interval of its base rate, ``rows`` have
    labels, and a rate of error is NaN where it is not known.
    """

    group: str
    base_rate: float
    about: Interval
    rows: int
    precision: float = nan
    false_positive_rate: float = nan
    false_negative_rate: float = nan


def implied_false_positive_rate(
    base_rate: float, *, precision: float, false_negative_rate: float
) -> float:
    """p/(1 − p) · (1 − PPV)/PPV · (1 − FNR): what follows from the three (Chouldechova 2017).

    Above 1 where no such predictions exist; NaN where everybody is positive, or precision is 0.

    >>> round(implied_false_positive_rate(0.5, precision=0.6, false_negative_rate=0.4), 3)
    0.4
    """
    if base_rate >= 1 or precision <= 0:
        return nan
    odds = base_rate / (1 - base_rate)
    return odds * (1 - precision) / precision * (1 - false_negative_rate)


def base_rates_apart(own: Rates, base: Rates) -> Interval:
    """The 95 % interval of the difference in base rates, ``own`` minus ``base``."""
    return difference(own.base_rate, own.about, base.base_rate, base.about)


def cannot_all_hold(own: Rates, base: Rates) -> bool:
    """Whether equal precision, equal false positive and equal false negative rates exclude each
    other: base rates surely differ, and some negatives are called positive.

    A model without false alarms has equal precision and false positive rates whatever the base
    rates (Kleinberg et al. 2016 call the like perfect prediction).
    """
    alarms = own.false_positive_rate > 0 or base.false_positive_rate > 0
    return alarms and 0.0 not in base_rates_apart(own, base)
