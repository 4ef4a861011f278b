"""Phrases that figures and their alt texts share."""

from __future__ import annotations

from typing import Any

import pandas as pd

from monitor.measures.wording import format_value


def count(n: float) -> str:
    """Thousands apart, as people read them.

    >>> count(12034)
    '12 034'
    """
    return f"{int(n):,}".replace(",", " ")


def interval(row: Any) -> str:
    """Value, interval and rows of one measurement: never a value without its n."""
    name = str(row["metric"])
    if pd.isna(row["value"]):
        return f"no value (n = {count(row['n'])})"
    value = format_value(name, float(row["value"]))
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return f"{value} (n = {count(row['n'])})"
    low, high = format_value(name, float(row["low"])), format_value(name, float(row["high"]))
    return f"{value} ({low} to {high}, n = {count(row['n'])})"


def period(row: Any) -> str:
    """When a batch is from: a day, or its first and last."""
    start, end = pd.Timestamp(row["starts_at"]), pd.Timestamp(row["ends_at"])
    last = end - pd.Timedelta(seconds=1)
    if last.date() <= start.date():
        return (
            f"{start:%-d %b %Y}"
            if end - start >= pd.Timedelta(hours=23)
            else f"{start:%-d %b %Y %H:%M}"
        )
    return f"{start:%-d %b} to {last:%-d %b %Y}"
