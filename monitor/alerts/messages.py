"""A change of an incident as a message: what, how sure, since when, why perhaps, what now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.alerts.incidents import Change, Event
from monitor.alerts.links import deep_link
from monitor.alerts.message import Message
from monitor.alerts.render import Letter, blocks, html, text
from monitor.alerts.sparkline import sparkline
from monitor.alerts.words import about, day, limits, next_step, one_line, sentence, title
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_interval, format_value
from monitor.terms import Verdict

__all__ = ["Message", "compose", "sentence", "trial_message"]

_LONGEST_SUBJECT = 200


def compose(
    change: Change,
    *,
    model: str,
    version: int | str,
    owner: str,
    base_url: str,
    history: Sequence[tuple[datetime, float | None]] = (),
    suspects: str = "",
) -> Message:
    """The message for every channel.

    ``history`` is the metric's course, oldest first, for the picture; ``suspects`` are the causes
    in words (see ``alerts.suspects``).
    """
    m = change.measurement
    link = deep_link(base_url, model=model, measurement=m, batch=change.batch.name)
    picture = sparkline([value for _, value in history], low=m.limit_low, high=m.limit_high)
    name = one_line(model)
    letter = Letter(
        badge=_badge(change),
        verdict=Verdict.HEALTHY if change.event is Event.RESOLVED else m.verdict,
        heading=f"{name}: {about(m, change.sides)}",
        sentence=change.sentence,
        facts=_facts(change, model=name, version=version, owner=owner, suspects=suspects),
        next_step=_next_step(change),
        link=link,
        pictured=bool(picture),
    )
    subject = f"{letter.badge} – {letter.heading}"
    if m.value is not None:
        subject = f"{subject} {format_value(m.metric, m.value)}"
    return Message(_short(subject), text(letter), html(letter), blocks(letter), link, picture)


def trial_message(channel: str, *, base_url: str) -> Message:
    """What *Send test* sends."""
    letter = Letter(
        badge="Test",
        verdict=None,
        heading=f"channel {one_line(channel)} works",
        sentence="This is a test message. Alerts about your models will look like it.",
        facts=(),
        next_step="Nothing to do.",
        link=f"{base_url.rstrip('/')}/settings",
        pictured=False,
    )
    subject = _short(f"{letter.badge} – {letter.heading}")
    return Message(subject, text(letter), html(letter), blocks(letter), letter.link)


def _badge(change: Change) -> str:
    if change.event is Event.RESOLVED:
        return "Resolved"
    word = str(change.measurement.verdict or change.event).capitalize()
    return f"Revised to {word.lower()}" if change.event is Event.REVISED else word


def _next_step(change: Change) -> str:
    if change.event is Event.RESOLVED:
        return "Nothing is left to do; the incident is closed."
    return next_step(change.measurement)


def _facts(
    change: Change,
    *,
    model: str,
    version: int | str,
    owner: str,
    suspects: str,
) -> tuple[tuple[str, str], ...]:
    """Label and value; what is not known is left out."""
    m = change.measurement
    facts = (
        ("Model", f"{model}, version {version}" if version != "" else model),
        ("Metric", title(m.metric)),
        ("Value", _value(change)),
        ("Limit", limits(m)),
        ("On the reference", _reference(m)),
        ("95 % interval", _interval(m)),
        ("Rows", _rows(change)),
        ("Period", _period(change)),
        ("Since", day(change.since_at)),
        ("Severity", str(change.severity).capitalize()),
        ("Owner", one_line(owner)),
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


def _rows(change: Change) -> str:
    if change.sides:
        return ", ".join(f"{one_line(side.group)} {side.n:,}" for side in change.sides)
    return f"{change.measurement.n:,}" if change.measurement.n else ""


def _period(change: Change) -> str:
    batch = change.batch
    span = f"{day(batch.starts_at)} to {day(batch.ends_at)}"
    return f"{one_line(batch.name)}, {span}" if batch.name else span


def _short(line: str) -> str:
    """One line that fits a subject, whatever the names in it hold."""
    line = one_line(line)
    return line if len(line) <= _LONGEST_SUBJECT else f"{line[: _LONGEST_SUBJECT - 1]}…"
