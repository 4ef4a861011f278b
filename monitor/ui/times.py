"""Instants and ages as people say them: periods in UTC, clock times where the reader is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def now() -> datetime:
    return datetime.now(UTC)


def age(instant: datetime | None, *, at: datetime | None = None) -> str:
    """How long ago, in one unit.

    >>> age(datetime(2026, 1, 1, tzinfo=UTC), at=datetime(2026, 1, 1, 3, tzinfo=UTC))
    '3 h ago'
    """
    if instant is None or pd.isna(instant):
        return "never"
    seconds = ((at or now()) - instant).total_seconds()
    for size, unit in UNITS:
        if seconds >= size:
            return f"{int(seconds // size):,} {unit} ago"
    return "just now"


def day(instant: datetime | None) -> str:
    """The day in UTC, in which periods are cut."""
    return "–" if instant is None or pd.isna(instant) else f"{instant:%-d %b %Y}"


def last_day(ends_at: datetime | None) -> str:
    """The last day of a period whose end is the first instant after it."""
    if ends_at is None or pd.isna(ends_at):
        return "–"
    return day(datetime.fromtimestamp(ends_at.timestamp() - 1, UTC))


def moment(instant: datetime | None) -> str:
    """Day and time in the zone of the reader's browser."""
    if instant is None or pd.isna(instant):
        return "–"
    return f"{instant.astimezone(zone()):%-d %b %Y %H:%M}"


def zone() -> ZoneInfo:
    """The browser's time zone; UTC where it does not say."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def took(seconds: float | None) -> str:
    """How long something took, "–" where nobody knows.

    >>> took(0.0381), took(1.52), took(None)
    ('38 ms', '1.5 s', '–')
    """
    if seconds is None:
        return "–"
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"
