"""What is known of a change, as labels and values."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.alerts.incidents import Change
from monitor.alerts.words import day, limits, one_line, title
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_interval, format_value


@dataclass(frozen=True, slots=True)
class Sender:
    """Which model speaks, who answers for it, and where its pages are."""

    model: str
    version: int | str
    owner: str
    base_url: str


def particulars(change: Change, sender: Sender, *, suspects: str) -> tuple[tuple[str, str], ...]:
    """Label and value; what is not known is left out."""
    m, model = change.measurement, one_line(sender.model)
    facts = (
        ("Model", f"{model}, version {sender.version}" if sender.version != "" else model),
        ("Metric", title(m.metric)),
        ("Value", _value(change)),
        ("Limit", limits(m)),
        ("On the reference", _reference(m)),
        ("95 % interval", _interval(m)),
        ("Rows", rows_of(change)),
        ("Period", _period(change)),
        ("Since", day(change.since_at)),
        ("Severity", str(change.severity).capitalize()),
        ("Owner", one_line(sender.owner)),
        ("Suspected causes", suspects),
    )
    return tuple((label, value) for label, value in facts if value)


def _value(change: Change) -> str:
    m, was = change.measurement, change.previous
    value = format_value(m.metric, m.value)
    if was is None or was.value is None or was.key != m.key:
        return value
    before = format_value(m.metric, was.value)
    return value if before == value else f"{value} (was {before})"


def _reference(m: Measurement) -> str:
    return "" if m.reference is None else format_value(m.metric, m.reference)


def _interval(m: Measurement) -> str:
    known = m.low is not None and m.high is not None
    return format_interval(m.metric, m.low, m.high) if known else ""


def rows_of(change: Change) -> str:
    if change.sides:
        return ", ".join(f"{one_line(side.group)} {side.n:,}" for side in change.sides)
    return f"{change.measurement.n:,}" if change.measurement.n else ""


def _period(change: Change) -> str:
    batch = change.batch
    span = f"{day(batch.starts_at)} to {day(batch.ends_at)}"
    return f"{one_line(batch.name)}, {span}" if batch.name else span
