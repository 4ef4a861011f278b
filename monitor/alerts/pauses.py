"""Times in which nobody is told, or nothing is judged: when one covers an instant, and until when.

A pause that repeats does so on the clock of its zone: "22:00 to 07:00" stays that when clocks
change.  A time that the clock skips is taken as much later as the clock jumps, one that it shows
twice is the first of the two.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from monitor.terms import Severity


class PauseKind(StrEnum):
    """What a pause stops."""

    QUIET = "quiet"  # every message waits until it ends
    WARNINGS = "warnings"  # messages about warnings wait; critical ones go at once
    DOWNTIME = "downtime"  # batches whose period begins in it open nothing; nothing is overdue


class Repeats(StrEnum):
    NEVER = ""
    DAILY = "daily"
    WEEKDAYS = "weekdays"  # Monday to Friday
    WEEKLY = "weekly"
    MONTHLY = "monthly"  # in a month without that day, on its last


SHORTEST = {  # how soon the next one begins
    Repeats.DAILY: timedelta(days=1),
    Repeats.WEEKDAYS: timedelta(days=1),
    Repeats.WEEKLY: timedelta(weeks=1),
    Repeats.MONTHLY: timedelta(days=28),
}
HORIZON = timedelta(days=366)  # how far pauses that follow each other are followed


@dataclass(frozen=True, slots=True)
class Pause:
    """One row of the table ``pauses``.

    ``starts_at`` to ``ends_at`` is its first time, the end not included; no repetition begins after
    ``until`` (None: for ever).  It is of every model where ``model_id`` is None, and of every rule
    where ``rule_id`` is.
    """

    name: str
    kind: PauseKind
    starts_at: datetime
    ends_at: datetime
    repeats: Repeats = Repeats.NEVER
    until: datetime | None = None
    zone: str = "UTC"
    model_id: int | None = None
    rule_id: int | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Pause:
        return cls(
            row["name"],
            PauseKind(row["kind"]),
            row["starts_at"],
            row["ends_at"],
            Repeats(row["repeats"]),
            row["until"],
            row["zone"],
            row["model_id"],
            row["rule_id"],
        )

    def to_row(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "kind": str(self.kind),
            "starts_at": self.starts_at,
            "ends_at": self.ends_at,
            "repeats": str(self.repeats),
            "until": self.until,
            "zone": self.zone,
            "model_id": self.model_id,
            "rule_id": self.rule_id,
        }

    def is_about(self, model_id: int, rule_id: int) -> bool:
        return self.model_id in (None, model_id) and self.rule_id in (None, rule_id)


def covering(pauses: Iterable[Pause], instant: datetime) -> datetime | None:
    """When the pauses that cover the instant are over; None where none does.

    Where one ends in another they are one long pause, which is followed for a year.
    """
    known = tuple(pauses)
    end = _end(known, instant)
    while end is not None and end < instant + HORIZON:
        later = _end(known, end)
        if later is None:
            break
        end = later
    return end


def quiet_until(
    pauses: Iterable[Pause], instant: datetime, *, model_id: int, rule_id: int, severity: Severity
) -> datetime | None:
    """Until when a message about the rule waits; None where it goes at once."""
    kinds = {PauseKind.QUIET, PauseKind.WARNINGS}
    if severity is Severity.CRITICAL:
        kinds = {PauseKind.QUIET}
    mine = (one for one in pauses if one.kind in kinds and one.is_about(model_id, rule_id))
    return covering(mine, instant)


def is_down(pauses: Iterable[Pause], instant: datetime, *, model_id: int, rule_id: int) -> bool:
    """Whether a batch whose period begins then opens nothing for the rule."""
    mine = (one for one in pauses if one.kind is PauseKind.DOWNTIME)
    return any(_end((one,), instant) for one in mine if one.is_about(model_id, rule_id))


def pause_objections(pause: Pause) -> list[str]:
    """One sentence for each thing that is wrong with it; none where it may be saved."""
    return list(_objections(pause))


def _objections(pause: Pause) -> Iterator[str]:
    lasts, step = pause.ends_at - pause.starts_at, SHORTEST.get(pause.repeats)
    if not pause.name.strip():
        yield "A pause needs a name, which says why it is quiet."
    if lasts <= timedelta():
        yield "The pause ends before it begins."
    if step is not None and lasts >= step:
        yield f"It lasts {lasts}, so the next time begins before it ends: shorten it."
    if pause.until is not None and pause.until < pause.starts_at:
        yield "It is over before it begins the first time."
    if pause.zone not in available_timezones():
        near = get_close_matches(pause.zone, available_timezones(), n=3)
        meant = f"; is {' or '.join(near)} meant?" if near else ", wanted one like Europe/Berlin."
        yield f"There is no time zone called {pause.zone!r}{meant}"


def _end(pauses: Iterable[Pause], instant: datetime) -> datetime | None:
    """The latest end of those times that cover the instant."""
    ends = (end for one in pauses for start, end in _times(one, instant) if start <= instant < end)
    return max(ends, default=None)


def _times(pause: Pause, instant: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Every time of the pause that could cover the instant."""
    if pause.repeats is Repeats.NEVER:
        yield pause.starts_at, pause.ends_at
        return
    zone = ZoneInfo(pause.zone)
    first, last = (
        at.astimezone(zone).replace(tzinfo=None) for at in (pause.starts_at, pause.ends_at)
    )
    today = instant.astimezone(zone).date()
    for days in range((last - first).days + 2, -1, -1):
        day = today - timedelta(days=days)
        if day >= first.date() and _falls_on(pause.repeats, day, first.date()):
            begins = datetime.combine(day, first.time())
            start, end = (_on_the_clock(at, zone) for at in (begins, begins + (last - first)))
            if pause.until is None or start <= pause.until:
                yield start, end


def _falls_on(repeats: Repeats, day: date, first: date) -> bool:
    if repeats is Repeats.WEEKDAYS:
        return day.weekday() < 5
    if repeats is Repeats.WEEKLY:
        return (day - first).days % 7 == 0
    if repeats is Repeats.MONTHLY:
        return day.day == min(first.day, calendar.monthrange(day.year, day.month)[1])
    return True


def _on_the_clock(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)
