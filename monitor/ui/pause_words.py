"""A pause in words: what it stops, of whom, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd

from monitor.alerts.pauses import PauseKind, Repeats
from monitor.alerts.words import title

KINDS: Final = {
    PauseKind.QUIET: "Quiet: every message waits until it ends",
    PauseKind.WARNINGS: "Quiet for warnings: what is critical is told at once",
    PauseKind.DOWNTIME: "Downtime: batches that begin in it open nothing, nothing is overdue",
}
REPEATS: Final = {
    Repeats.NEVER: "once",
    Repeats.DAILY: "every day",
    Repeats.WEEKDAYS: "Monday to Friday",
    Repeats.WEEKLY: "every week",
    Repeats.MONTHLY: "every month",
}


def when(row: Any) -> str:
    """Its first time on the clock of its zone, and how it repeats."""
    zone = ZoneInfo(str(row["zone"]))
    start, end = (row[name].to_pydatetime().astimezone(zone) for name in ("starts_at", "ends_at"))
    first = f"{_moment(start)} to {_end(start, end)} ({row['zone']})"
    repeats = Repeats(row["repeats"])
    if repeats is Repeats.NEVER:
        return first
    until = row["until"]
    last = "" if pd.isna(until) else f", until {until.astimezone(zone):%-d %b %Y}"
    return f"{REPEATS[repeats]} as on {first}{last}"


def whom(row: Any) -> str:
    """The model, and its rule where it is of one."""
    if row["model"] is None:
        return "every model"
    return f"{row['model']}: {title(row['metric'])}" if row["metric"] else str(row["model"])


def _moment(instant: datetime) -> str:
    return f"{instant:%a %-d %b %Y %H:%M}"


def _end(start: datetime, end: datetime) -> str:
    return f"{end:%H:%M}" if start.date() == end.date() else _moment(end)
