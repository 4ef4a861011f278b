"""What happened to incidents as a message: what, how sure, since when, why perhaps, what now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.alerts.headline import badge, cut, numbers, subject
from monitor.alerts.incidents import Change, Event
from monitor.alerts.letter import Badge, Letter, Line, Link, Part, Tone
from monitor.alerts.links import deep_link, incident_link
from monitor.alerts.message import Message
from monitor.alerts.particulars import Sender, particulars, rows_of
from monitor.alerts.payload import alerts_payload, trial_payload
from monitor.alerts.render import blocks, html, text
from monitor.alerts.sparkline import sparkline
from monitor.alerts.words import headline, next_step, one_line, sentence
from monitor.measures.measurement import Measurement
from monitor.terms import Severity

__all__ = ["Message", "Sender", "Story", "compose", "sentence", "trial_message"]

IN_FULL = 3  # of several incidents; the others have a line each
LINES = 20  # more are only counted
_LONGEST_SUBJECT = 200
_SHORT = ("Suspected causes",)  # the other facts of one of several stand in its sentence


@dataclass(frozen=True, slots=True)
class Story:
    """One change with what is known beside it.

    ``history`` is the metric's course, oldest first, for the picture; ``suspects`` are the causes
    in words (see ``alerts.suspects``).
    """

    change: Change
    incident: int
    history: Sequence[tuple[datetime, float | None]] = ()
    suspects: str = ""

    @property
    def measurement(self) -> Measurement:
        return self.change.measurement

    @property
    def severity(self) -> Severity:
        return self.change.severity


def compose(stories: Sequence[Story], sender: Sender, *, opening: str = "") -> Message:
    """One message for every channel, the likely cause first.

    ``opening`` says how the stories hang together; the subject tells the first of those that are
    most severe.
    """
    first = stories[0]
    m = first.change.measurement
    picture = sparkline([value for _, value in first.history], low=m.limit_low, high=m.limit_high)
    letter = _letter(stories, sender, opening=opening, pictured=bool(picture))
    link = letter.parts[0].links[0].address
    line = subject(_worst(stories).change, model=sender.model, more=len(stories) - 1)
    payload = alerts_payload(stories, sender, subject=line, opening=opening)
    return Message(line, text(letter), html(letter), blocks(letter), link, picture, payload)


def trial_message(channel: str, *, base_url: str) -> Message:
    """What *Send test* sends."""
    mark = Badge(Tone.PLAIN, "Test")
    heading = f"channel {one_line(channel)} works"
    said = "This is a test message. Alerts about your models will look like it."
    link = Link("Open the alerts", f"{base_url.rstrip('/')}/alerts")
    part = Part(mark, heading, said, next_step="Nothing to do.", links=(link,))
    letter = Letter(mark, heading, (part,))
    line = cut(f"{mark.word} – {heading}", _LONGEST_SUBJECT)
    return Message(
        line,
        text(letter),
        html(letter),
        blocks(letter),
        link.address,
        payload=trial_payload(line),
    )


def _letter(stories: Sequence[Story], sender: Sender, *, opening: str, pictured: bool) -> Letter:
    alone, shown = len(stories) == 1, _in_full(stories)
    rest = stories[shown:]
    return Letter(
        badge=badge(_worst(stories).change),
        heading=f"{one_line(sender.model)}: {_heading(stories)}",
        parts=tuple(_part(story, sender, whole=alone) for story in stories[:shown]),
        opening=opening,
        rest=tuple(_line(story, sender) for story in rest[:LINES]),
        more=max(0, len(rest) - LINES),
        pictured=pictured,
    )


def _going_on(stories: Sequence[Story]) -> list[Story]:
    return [story for story in stories if badge(story.change).tone is not Tone.OVER]


def _in_full(stories: Sequence[Story]) -> int:
    """How many are told in full: of what is over one at most, which is then the first."""
    return min(IN_FULL, max(1, len(_going_on(stories))))


def _worst(stories: Sequence[Story]) -> Story:
    return min(
        _going_on(stories) or stories, key=lambda story: story.severity is not Severity.CRITICAL
    )


def _heading(stories: Sequence[Story]) -> str:
    change = stories[0].change
    if len(stories) == 1:
        return headline(change.measurement, change.sides)
    what = "alerts" if _going_on(stories) else "incidents resolved"
    batch = one_line(change.batch.name)
    return f"{len(stories)} {what}{f' on batch {batch}' if batch else ''}"


def _part(story: Story, sender: Sender, *, whole: bool) -> Part:
    change = story.change
    facts = particulars(change, sender, suspects=story.suspects)
    return Part(
        badge=badge(change),
        heading=headline(change.measurement, change.sides),
        sentence=change.sentence,
        facts=facts if whole else tuple(fact for fact in facts if fact[0] in _SHORT),
        next_step=_next_step(change) if whole else "",
        links=_links(story, sender),
    )


def _line(story: Story, sender: Sender) -> Line:
    change = story.change
    rows = f"({rows_of(change)} rows)" if rows_of(change) else ""
    named = headline(change.measurement, change.sides)
    words = " ".join(filter(None, (named, numbers(change), rows)))
    return Line(badge(change), words, _links(story, sender)[0])


def _links(story: Story, sender: Sender) -> tuple[Link, ...]:
    """To the incident, with what can be done about it ready, and to the numbers."""
    change, base = story.change, sender.base_url
    view = deep_link(
        base, model=sender.model, measurement=change.measurement, batch=change.batch.name
    )
    numbers_link = Link("Look at the numbers", view)
    if change.event in _SEEN:
        return Link("Open the incident", incident_link(base, story.incident)), numbers_link
    ready = incident_link(base, story.incident, do="acknowledge")
    return Link("Acknowledge", ready), numbers_link


def _next_step(change: Change) -> str:
    return _SEEN.get(change.event) or next_step(change.measurement)


_SEEN = {  # what nobody needs to acknowledge, and what is left to do
    Event.RESOLVED: "Nothing is left to do; the incident is closed.",
    Event.ACKNOWLEDGED: "Nothing is left to do for you: somebody is on it.",
}
