"""Phrases that figures and their alt texts share."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
import pandas as pd

from monitor.charts.records import unknown
from monitor.measures.catalogue import metric
from monitor.measures.wording import format_value

OF_INTERVAL: Final = ("metric", "value", "low", "high", "n")  # what ``interval`` reads of a row
MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
DAY: Final = timedelta(hours=23)  # or longer, where clocks are put forward


def count(n: float) -> str:
    """Thousands apart, as people read them.

    >>> count(12034)
    '12,034'
    """
    return f"{int(n):,}"


def percent(share: float, *, digits: int = 1) -> str:
    """A share as a metric's value is written."""
    return f"{100 * share:.{digits}f} %"


def short(name: str, *, most: int = 28) -> str:
    """A column's name, cut where it is longer than a chart has room for.

    >>> short("days_since_last_payment_of_any_kind")
    'days_since_last_payment_of_…'
    """
    return name if len(name) <= most else f"{name[: most - 1]}…"


def apart(name: str, difference: float) -> str:
    """How far two values of a metric are apart: percentages in points.

    >>> apart("accuracy", 0.1)
    '10.0 pt'
    """
    points = metric(name).unit == "percent"
    return f"{100 * difference:.1f} pt" if points else format_value(name, difference)


def largest(frame: pd.DataFrame, by: pd.Series[Any]) -> Any:
    """The row where ``by`` is largest; at least one value must be known."""
    return frame.iloc[int(np.nanargmax(by.to_numpy(dtype="float64")))]


def interval(row: Any) -> str:
    """Value, interval and rows of one measurement: never a value without its n."""
    name = str(row["metric"])
    if unknown(row["value"]):
        return f"no value (n = {count(row['n'])})"
    value = format_value(name, float(row["value"]))
    if unknown(row["low"]) or unknown(row["high"]):
        return f"{value} (n = {count(row['n'])})"
    low, high = format_value(name, float(row["low"])), format_value(name, float(row["high"]))
    return f"{value} ({low} to {high}, n = {count(row['n'])})"


def period(row: Any) -> str:
    """When a batch is from: a day, or its first and last."""
    return _period(row["starts_at"], row["ends_at"])


@lru_cache(maxsize=10_000)  # a list of batches says a thousand, and the same ones again
def _period(starts_at: pd.Timestamp, ends_at: pd.Timestamp) -> str:
    start, end = starts_at.to_pydatetime(), ends_at.to_pydatetime()
    last = end - timedelta(seconds=1)
    if last.date() <= start.date():
        return _day(start) if end - start >= DAY else f"{_day(start)} {start:%H:%M}"
    return f"{start.day} {MONTHS[start.month - 1]} to {_day(last)}"


def _day(at: datetime) -> str:
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"
