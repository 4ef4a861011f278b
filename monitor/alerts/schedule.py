"""Whether a batch that was due has not come."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from itertools import count, takewhile

from monitor.measures.measurement import Measurement
from monitor.terms import Cadence

_STEPS = {
    Cadence.HOUR: timedelta(hours=1),
    Cadence.DAY: timedelta(days=1),
    Cadence.WEEK: timedelta(weeks=1),
}


def overdue(
    cadence: Cadence, last_ends_at: datetime | None, now: datetime, grace: timedelta
) -> Measurement:
    """How many whole periods have ended, and their grace run out, since the newest batch's end.

    A count, so it needs no interval; before the first batch nothing is due.
    """
    if last_ends_at is None:
        return Measurement("batch_overdue", None, 0, reason="No batch has arrived yet.")
    missing = _missing(cadence, last_ends_at, now - grace)
    return Measurement("batch_overdue", float(missing), 0, method="counted")


def _missing(cadence: Cadence, last_ends_at: datetime, until: datetime) -> int:
    step = _STEPS.get(cadence)
    if step is not None:
        return max(0, (until - last_ends_at) // step)
    ends = (_months_later(last_ends_at, months) for months in count(1))
    return sum(1 for _ in takewhile(lambda end: end <= until, ends))


def _months_later(instant: datetime, months: int) -> datetime:
    """The same day so many months on, or that month's last day where it has no such day."""
    years, month = divmod(instant.month - 1 + months, 12)
    year = instant.year + years
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)
