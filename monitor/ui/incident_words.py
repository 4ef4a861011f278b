"""An incident in half a line: its state, what it is about, its value beside the limit."""

from __future__ import annotations

from typing import Any, Final

from monitor.alerts.words import title
from monitor.measures.catalogue.sequence import MOSTLY
from monitor.measures.wording import format_value
from monitor.terms import IncidentState
from monitor.ui import parts, times
from monitor.ui.markdown import escape

COLOURS: Final[dict[str, Any]] = {
    IncidentState.OPEN: "red",
    IncidentState.ACKNOWLEDGED: "orange",
    IncidentState.SNOOZED: "violet",
    IncidentState.RESOLVED: "green",
}
ICONS: Final[dict[str, str]] = {
    IncidentState.OPEN: ":material/error:",
    IncidentState.ACKNOWLEDGED: ":material/visibility:",
    IncidentState.SNOOZED: ":material/snooze:",
    IncidentState.RESOLVED: ":material/check_circle:",
}


def state_text(row: Any) -> str:
    """State as a badge inside a line of markdown, and since when."""
    state = str(row["state"])
    colour = COLOURS.get(state, "gray")
    return (
        f":{colour}-badge[{ICONS.get(state, '')} {state.capitalize()}] {times.day(row['since_at'])}"
    )


def brief(row: Any) -> str:
    """What, value and limit: half a line of markdown."""
    name = str(row["metric"])
    value, limit = (format_value(name, parts.number(row[k])) for k in ("value", "limit"))
    return f"{escape(what(row))} {escape(value)}, limit {escape(limit)}"


def what(row: Any) -> str:
    """Metric and subject; evidence of change says of what."""
    sources = str(row["reason"] or "").rstrip(".")
    if row["metric"] == "change_evidence" and sources.startswith(MOSTLY):
        return f"{title(row['metric'])} in {sources.removeprefix(MOSTLY)}"
    subject = ", ".join(str(row[k]) for k in ("feature", "attribute", "group") if row[k])
    return f"{title(str(row['metric']))}{f': {subject}' if subject else ''}"
