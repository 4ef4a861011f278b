"""The line above everything: how severe, which model, which metric, its value and its limit."""

from __future__ import annotations

from monitor.alerts.incidents import Change, Event
from monitor.alerts.letter import Badge, Tone
from monitor.alerts.words import headline, limits, one_line
from monitor.measures.wording import format_value
from monitor.terms import Severity, Verdict

_LONGEST = 200
_LONGEST_NAME = 60  # what matters comes after it
_LONGEST_TAIL = 80
_LEADS = {
    Event.REVISED: "revised, still",
    Event.REOPENED: "again",
    Event.WORSENED: "now",
    Event.WOKEN: "still",
    Event.REMINDED: "still",
    Event.ESCALATED: "not acknowledged:",
}


def subject(change: Change, *, model: str, more: int = 0) -> str:
    """Severity, model, metric, value and limit, whatever names are in the way; one line.

    ``more`` is of how many other changes the message tells.
    """
    tail = f"{numbers(change)} (and {more} more)" if more else numbers(change)
    tail = cut(tail, _LONGEST_TAIL)
    head = f"{badge(change).word} – {cut(model, _LONGEST_NAME)}: "
    named = cut(headline(change.measurement, change.sides), _LONGEST - len(head) - len(tail) - 1)
    return f"{head}{named} {tail}".rstrip()


def numbers(change: Change) -> str:
    """Value and limit, as far as there are any."""
    m = change.measurement
    value = format_value(m.metric, m.value) if m.value is not None else ""
    limit = f"limit {limits(m)}" if limits(m) else ""
    return ", ".join(filter(None, (value, limit)))


def badge(change: Change) -> Badge:
    """What happened and how severe it is.

    Only what is over, or not beyond its limit any more, loses the word of its severity.
    """
    event, verdict = change.event, change.measurement.verdict
    if event == Event.RESOLVED:
        return Badge(Tone.OVER, "Resolved")
    if event == Event.REVISED and verdict not in (None, Verdict.FAILING):
        return Badge(Tone.OVER, f"Revised to {verdict}")
    if event == Event.ACKNOWLEDGED:
        return Badge(Tone.PLAIN, "Acknowledged")
    tone = Tone.CRITICAL if change.severity is Severity.CRITICAL else Tone.WARNING
    lead = _LEADS.get(event, "")
    return Badge(tone, f"{lead} {change.severity}".strip().capitalize())


def cut(line: str, longest: int) -> str:
    """One line that is no longer, whatever the names in it hold."""
    line = one_line(line)
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
