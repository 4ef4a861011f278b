"""Periods: half-open stretches of UTC time that batches cover, aligned to a model's cadence."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from monitor.errors import BatchError
from monitor.jobs.instants import instants
from monitor.jobs.refusing import quote
from monitor.terms import Cadence

LENGTHS = {
    Cadence.HOUR: timedelta(hours=1),
    Cadence.DAY: timedelta(days=1),
    Cadence.WEEK: timedelta(days=7),
}
MONDAY = 4  # 1970-01-05, counted in days from the epoch
PERIOD_TODO = "write START/END, such as 2026-11-01/2026-11-08 (the end is not part of it)"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From ``starts_at`` on and before ``ends_at``; both aware, kept in UTC.

    >>> str(Period(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)))
    '2026-11-01/2026-11-08'
    """

    starts_at: datetime
    ends_at: datetime

    def __post_init__(self) -> None:
        for name in ("starts_at", "ends_at"):
            object.__setattr__(self, name, _utc(getattr(self, name)))
        if self.ends_at < self.starts_at:
            raise ValueError(f"a period cannot end ({self.ends_at}) before it starts")

    def __contains__(self, instant: datetime) -> bool:
        return self.starts_at <= instant < self.ends_at

    def __str__(self) -> str:
        return f"{_written(self.starts_at)}/{_written(self.ends_at)}"


def period_of(instant: datetime, cadence: Cadence) -> Period:
    """The period of the cadence that holds an aware instant; weeks start on Monday, all in UTC.

    >>> str(period_of(datetime(2026, 11, 4, 15, tzinfo=UTC), Cadence.WEEK))
    '2026-11-02/2026-11-09'
    """
    hour = _utc(instant).replace(minute=0, second=0, microsecond=0)
    if cadence is Cadence.HOUR:
        start = hour
    elif cadence is Cadence.DAY:
        start = hour.replace(hour=0)
    elif cadence is Cadence.WEEK:
        start = hour.replace(hour=0) - timedelta(days=hour.weekday())
    else:
        start = hour.replace(hour=0, day=1)
    return Period(start, later(start, cadence))


def later(instant: datetime, cadence: Cadence) -> datetime:
    """One cadence later; a month after 31 January is the last day of February."""
    if cadence is not Cadence.MONTH:
        return instant + LENGTHS[cadence]
    year, month = divmod(instant.year * 12 + instant.month, 12)
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)


def next_due(last_end: datetime, cadence: Cadence) -> datetime:
    """When the batch after one that ended at ``last_end`` is complete: the end of its period."""
    return period_of(last_end, cadence).ends_at


def label(period: Period, cadence: Cadence) -> str:
    """A short name: 2026-11 for a month, 2026-11-02 for a day or week, 2026-11-02 13:00."""
    form = {Cadence.MONTH: "%Y-%m", Cadence.HOUR: "%Y-%m-%d %H:%M"}.get(cadence, "%Y-%m-%d")
    return period.starts_at.strftime(form)


def split(frame: pd.DataFrame, *, timestamp: str, cadence: Cadence) -> pd.Series[pd.Timestamp]:
    """The start of each row's period, with the frame's index; BatchError for unreadable times.

    Times may be instants, dates, ISO 8601 text or numbers since 1970 (seconds, milli-, micro- or
    nanoseconds, told apart by size), or dates as 20261101; without a zone they are in UTC.
    """
    if timestamp not in frame.columns:
        present = ", ".join(quote(column) for column in list(frame.columns)[:20])
        raise BatchError(f"There is no timestamp column {quote(timestamp)}: there is {present}.")
    found = instants(frame[timestamp])
    unreadable = Unreadable(timestamp).and_in(frame[timestamp], found)
    if unreadable.count:
        raise unreadable.error()
    return pd.Series(starts(found, cadence), index=frame.index).dt.tz_localize("UTC")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Timestamps that could not be read, over pieces; ``row`` is the first one's, from 1."""

    timestamp: str
    count: int = 0
    rows: int = 0
    row: int = 0
    example: Any = None

    def and_in(self, values: pd.Series[Any], found: np.ndarray) -> Unreadable:
        """Also counts those of another piece, whose index numbers its rows from 0."""
        bad = np.flatnonzero(np.isnat(found))
        count, rows = self.count + len(bad), self.rows + len(values)
        if self.count or not len(bad):
            return replace(self, count=count, rows=rows)
        place = int(bad[0])
        number = values.index[place]
        row = int(number) + 1 if isinstance(number, (int, np.integer)) else place + 1
        return replace(self, count=count, rows=rows, row=row, example=values.iloc[place])

    def error(self) -> BatchError:
        shown = "is empty" if pd.isna(self.example) is True else f"is {quote(self.example)}"
        return BatchError(
            f"{self.count:,} of {self.rows:,} timestamps in column {quote(self.timestamp)} cannot "
            f"be read (the first, in row {self.row:,}, {shown}): write them as 2026-11-01 or "
            f"2026-11-01T13:00:00Z."
        )


def starts(found: np.ndarray, cadence: Cadence) -> np.ndarray:
    """Period starts of UTC instants, both datetime64[us]."""
    if cadence is Cadence.WEEK:
        days = found.astype("datetime64[D]").astype("int64") - MONDAY
        return (days // 7 * 7 + MONDAY).astype("datetime64[D]").astype("datetime64[us]")
    unit = {Cadence.HOUR: "h", Cadence.DAY: "D", Cadence.MONTH: "M"}[cadence]
    return found.astype(f"datetime64[{unit}]").astype("datetime64[us]")


def parse_period(text: str, cadence: Cadence | None = None) -> Period:
    """``START/END`` in dates or ISO instants; with a cadence END may be left out.

    >>> str(parse_period("2026-11-01", Cadence.DAY))
    '2026-11-01/2026-11-02'
    """
    start_text, _, end_text = text.strip().partition("/")
    start = _parsed(start_text)
    if end_text.strip():
        end = _parsed(end_text)
    elif cadence is not None:
        end = later(start, cadence)
    else:
        raise BatchError(f"The period {quote(text)} has no end: {PERIOD_TODO}.")
    if end <= start:
        raise BatchError(f"The period {quote(text)} ends before it starts: {PERIOD_TODO}.")
    return Period(start, end)


def _parsed(text: str) -> datetime:
    try:
        return _utc(datetime.fromisoformat(text.strip()), naive=UTC)
    except (ValueError, OverflowError) as error:
        found = f"{quote(text)} is no date or instant"
        raise BatchError(f"{found}: {PERIOD_TODO}.") from error


def _utc(instant: datetime, naive: object = None) -> datetime:
    if isinstance(instant, pd.Timestamp):
        instant = instant.to_pydatetime()
    if instant.tzinfo is None:
        if naive is None:
            raise ValueError("instants must be aware")
        return instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)


def _written(instant: datetime) -> str:
    if instant == instant.replace(hour=0, minute=0, second=0, microsecond=0):
        return instant.strftime("%Y-%m-%d")
    return instant.isoformat().replace("+00:00", "Z")
