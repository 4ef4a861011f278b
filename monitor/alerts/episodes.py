"""How incidents went that people were told of: each time one began, how long it stayed, and how it
ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from monitor.alerts.incidents import Event

BEGINS: Final = (Event.OPENED, Event.REOPENED)


class End(StrEnum):
    """How it ended; by itself means that a later batch was within the limit."""

    OPEN = "still open"
    ITSELF = "by itself"
    REVISED = "revised"  # the batch it stood on said otherwise, once labels or rows had come late
    PERSON = "by a person"


@dataclass(frozen=True, slots=True)
class Episode:
    """One time that a rule fired: in which batch, on how many rows, for how many batches.

    ``helpful`` is what people said of the incident, None where nobody did.
    """

    rule_id: int
    subject: str
    batch_id: int | None
    n: int
    batches: int
    end: End
    helpful: bool | None


def episodes(courses: Iterable[Mapping[str, Any]]) -> list[Episode]:
    """Of incidents as ``store.history.courses`` gives them."""
    return [one for course in courses for one in _of(course)]


def _of(course: Mapping[str, Any]) -> Iterator[Episode]:
    events: Sequence[Mapping[str, Any]] = course["events"]
    begins = [place for place, event in enumerate(events) if event["kind"] in BEGINS]
    for place, after in zip(begins, [*begins[1:], len(events)], strict=True):
        begun, rest = events[place], events[place + 1 : after]
        over = next((event for event in rest if event["kind"] == Event.RESOLVED), None)
        later = {event["batch_id"] for event in rest if event is not over and not event["who"]}
        yield Episode(
            rule_id=course["rule_id"],
            subject=course["subject"],
            batch_id=begun["batch_id"],
            n=begun["n"] or 0,
            batches=len({begun["batch_id"], *later} - {over and over["batch_id"]} or {0}),
            end=_end(begun, over),
            helpful=None if course["helpful"] is None else bool(course["helpful"]),
        )


def _end(begun: Mapping[str, Any], over: Mapping[str, Any] | None) -> End:
    if over is None:
        return End.OPEN
    if over["who"]:
        return End.PERSON
    same = begun["batch_id"] is not None and over["batch_id"] == begun["batch_id"]
    return End.REVISED if same else End.ITSELF
