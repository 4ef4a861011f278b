"""Whether what was due has not come: a batch, its labels, the end of the work on it."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, takewhile
from typing import Final

from monitor.measures.measurement import Measurement
from monitor.terms import Cadence

MOST_SAID = 200  # characters of an error in a sentence; the page has all of it
_STEPS = {
    Cadence.HOUR: timedelta(hours=1),
    Cadence.DAY: timedelta(days=1),
    Cadence.WEEK: timedelta(weeks=1),
}

GRACE: Final = {
    Cadence.HOUR: timedelta(minutes=30),
    Cadence.DAY: timedelta(hours=12),
    Cadence.WEEK: timedelta(days=2),
    Cadence.MONTH: timedelta(days=5),
}


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that was given up: what it was to do, on which batch, and why it could not."""

    kind: str
    batch: str
    error: str


def _never(_: datetime) -> bool:
    return False


def overdue(
    cadence: Cadence,
    last_ends_at: datetime | None,
    now: datetime,
    grace: timedelta,
    *,
    down: Callable[[datetime], bool] = _never,
) -> Measurement:
    """How many whole periods have ended, and their grace run out, since the newest batch's end.

    A count, so it needs no interval; before the first batch nothing is due, and nothing is for
    periods that begin while the model is ``down``.
    """
    if last_ends_at is None:
        return Measurement("batch_overdue", None, 0, reason="No batch has arrived yet.")
    starts = takewhile(lambda k: _start(cadence, last_ends_at, k + 1) <= now - grace, count())
    missing = sum(not down(_start(cadence, last_ends_at, k)) for k in starts)
    return Measurement("batch_overdue", float(missing), 0, method="counted")


def labels_overdue(due: Sequence[tuple[str, int]], *, joining: bool) -> Measurement:
    """How many batches in a row have no label, of those whose wait is over, newest first, given as
    (name, labels).

    While a file of labels is still to be joined nobody knows.
    """
    if joining:
        said = "A file of labels is still to be joined."
        return Measurement("labels_overdue", None, 0, reason=said)
    late = [name for name, _ in takewhile(lambda one: not one[1], due)]
    said = "" if not late else late[0] if len(late) == 1 else f"{late[-1]} to {late[0]}"
    return Measurement("labels_overdue", float(len(late)), 0, method="counted", reason=said)


def failed_jobs(failed: Sequence[Failed]) -> Measurement:
    """How many, with the newest, which is the first, in the reason."""
    newest = failed[0] if failed else None
    said = (
        f"{newest.kind} of {newest.batch}: {newest.error[:MOST_SAID].rstrip('.')}" if newest else ""
    )
    return Measurement("failed_jobs", float(len(failed)), 0, method="counted", reason=said)


def _start(cadence: Cadence, first: datetime, periods: int) -> datetime:
    """When the period after so many begins, counted from the one that begins ``first``."""
    step = _STEPS.get(cadence)
    return _months_later(first, periods) if step is None else first + periods * step


def _months_later(instant: datetime, months: int) -> datetime:
    """The same day so many months on, or that month's last day where it has no such day."""
    years, month = divmod(instant.month - 1 + months, 12)
    year = instant.year + years
    day = min(instant.day, calendar.monthrange(year, month + 1)[1])
    return instant.replace(year=year, month=month + 1, day=day)
