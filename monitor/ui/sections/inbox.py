"""Incidents: the inbox, and one of them with everything that is known about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.alerts.suspects import is_evidence, suspected
from monitor.alerts.words import title
from monitor.charts import trend
from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_value
from monitor.terms import IncidentState, Severity
from monitor.ui import actions, data, links, parts, times
from monitor.ui.markdown import escape
from monitor.ui.speech import measurement

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
SHOWN: Final = ("needs somebody", "all")
BEFORE_AND_AFTER: Final = timedelta(days=120)


def counters(incidents: pd.DataFrame) -> None:
    state, severity = incidents["state"], incidents["severity"]
    recent = incidents["resolved_at"] > pd.Timestamp(times.now() - timedelta(days=30))
    numbers = {
        "Open, critical": ((state == IncidentState.OPEN) & (severity == Severity.CRITICAL)).sum(),
        "Open, warning": ((state == IncidentState.OPEN) & (severity == Severity.WARNING)).sum(),
        "Acknowledged": (state == IncidentState.ACKNOWLEDGED).sum(),
        "Resolved in 30 days": ((state == IncidentState.RESOLVED) & recent).sum(),
    }
    for place, (words, number) in zip(st.columns(4), numbers.items(), strict=True):
        place.metric(words, int(number), border=True)


def inbox(incidents: pd.DataFrame) -> None:
    """Open ones first, of these the critical; a click on Open shows the incident."""
    incidents = urgent_first(incidents)
    shown = pd.DataFrame([_row(row) for _, row in incidents.iterrows()])
    parts.table(
        shown,
        f"{len(shown)} incidents, open ones first.",
        key="incidents",
        column_config=_columns(),
    )
    click = st.session_state.get("open_incident")
    if click is not None:
        links.go("alerts", incident=int(incidents["id"].iloc[click["row"]]))


def urgent_first(incidents: pd.DataFrame) -> pd.DataFrame:
    """The order is otherwise kept: newest first."""
    over = incidents["state"] == IncidentState.RESOLVED
    lesser = incidents["severity"] != Severity.CRITICAL
    return incidents.iloc[(2 * over + lesser).argsort(kind="stable")]


def _row(row: Any) -> dict[str, object]:
    name = str(row["metric"])
    return {
        "State": str(row["state"]).capitalize(),
        "Severity": str(row["severity"]).capitalize(),
        "Model": row["model"],
        "What": _what(row),
        "Value": format_value(name, parts.number(row["value"])),
        "Limit": format_value(name, parts.number(row["limit"])),
        "Since": times.day(row["since_at"]),
        "Told": row["notified"] or "nobody yet",
        "Owner": row["owner"] or "–",
        "open": "Open",
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
    return f"{escape(_what(row))} {escape(value)}, limit {escape(limit)}"


def _what(row: Any) -> str:
    subject = ", ".join(str(row[k]) for k in ("feature", "attribute", "group") if row[k])
    return f"{title(str(row['metric']))}{f': {subject}' if subject else ''}"


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "What": config.TextColumn(width=300),
        "open": config.ButtonColumn("Look", width=70, type="tertiary", key="open_incident"),
    }


def detail(row: Any) -> None:
    """Sentence, chart around the breach, what was done, where it was told, what can be done."""
    links.link("All alerts", "alerts", icon=":material/arrow_back:")
    st.title(escape(_what(row)))
    with st.container(horizontal=True, vertical_alignment="center"):
        state = str(row["state"])
        st.badge(state.capitalize(), icon=ICONS.get(state), color=COLOURS.get(state, "gray"))
        st.badge(str(row["severity"]).capitalize(), color="gray")
        st.markdown(
            f"{escape(row['model'])} · since {times.day(row['since_at'])} · "
            f"{escape(row['owner']) if row['owner'] else 'nobody has it yet'}",
            width="stretch",
        )
    st.markdown(parts.words(row["sentence"]))
    _suspects(row)
    _around(row)
    links.link("Open this view of the model", "model", icon=":material/monitoring:", **view_of(row))
    if row["state"] != IncidentState.RESOLVED:
        _decide(int(row["id"]))
    left, right = st.columns(2)
    with left:
        _timeline(int(row["id"]))
    with right:
        _deliveries(int(row["id"]))


def _suspects(row: Any) -> None:
    """The same words as in the message, of what is known by now."""
    if row["batch"] is None or row["state"] == IncidentState.RESOLVED:
        return
    batch = data.measurements(row["model"], batch=row["batch"])
    evidence = batch[[is_evidence(str(name)) for name in batch["metric"]]]
    about = Measurement(
        str(row["metric"]),
        parts.number(row["value"]),
        int(row["n"]),
        feature=row["feature"],
        attribute=row["attribute"],
        group=row["group"],
    )
    weights = data.importance(row["model"]).set_index("feature")["weight"]
    told = suspected(about, [measurement(one) for _, one in evidence.iterrows()], dict(weights))
    if told:
        st.markdown(f"**Suspected causes**: {escape(told)}")
        section = {"section": "causes", "batch": row["batch"]}
        links.link(
            "Look at the causes", "model", icon=":material/search:", **view_of(row) | section
        )


def view_of(row: Any) -> dict[str, object]:
    """The guilty view of the model."""
    section = "fairness" if row["attribute"] not in ("", "class", None) else _section(row["metric"])
    return {
        "model": row["model"],
        "section": section,
        "attribute": row["attribute"],
        "metric": row["metric"],
        "feature": row["feature"],
        "batch": row["batch"],
    }


def _section(metric: str) -> str:
    family = METRICS[metric].family if metric in METRICS else "performance"
    return "performance" if family == "estimated" else family


def _around(row: Any) -> None:
    since = row["since_at"].to_pydatetime()
    series = data.measurements(
        row["model"],
        metric=row["metric"],
        feature=row["feature"],
        attribute=row["attribute"],
        group=row["group"],
        between=(since - BEFORE_AND_AFTER, since + BEFORE_AND_AFTER),
    )
    if series["value"].notna().any():
        parts.chart(trend.figure(series), trend.describe(series), key="breach")
    else:
        st.caption("There is no course to draw for this.")


def _decide(incident: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        note = st.text_input("Note", key="note", placeholder="What you found, or what you will do")
        if st.button("Acknowledge", key="acknowledge"):
            actions.acknowledge(incident, note=note)
            st.rerun()
        if st.button("Resolve", key="resolve", type="primary"):
            actions.resolve(incident, note=note)
            st.rerun()


def _timeline(incident: int) -> None:
    st.header("What happened")
    events = folded(data.incident_events(incident))
    for _, event in events.iterrows():
        often = f", {event['times']} times" if event["times"] > 1 else ""
        st.markdown(
            f"**{escape(event['kind']).capitalize()}{often}** · {times.moment(event['at'])}  \n"
            f"{parts.words(event['sentence'])}"
        )


def folded(events: pd.DataFrame) -> pd.DataFrame:
    """Runs of the same kind as their last event, with how many there were in ``times``."""
    run = events["kind"].ne(events["kind"].shift()).cumsum()
    return events.groupby(run, sort=False).tail(1).assign(times=run.value_counts(sort=False).values)


def _deliveries(incident: int) -> None:
    st.header("Who was told")
    told = data.deliveries(incident)
    if told.empty:
        st.caption("No message was due: no channel was there when this happened.")
        links.link("Add a channel", "settings", icon=":material/add:", part="channels")
        return
    shown = pd.DataFrame(
        {
            "Channel": told["channel"],
            "About": told["event"],
            "Status": told["status"],
            "Tries": told["attempt"],
            "Sent": [times.moment(at) for at in told["sent_at"]],
            "Error": told["error"].fillna(""),
        }
    )
    parts.table(shown, "Messages about this incident, newest first.", key="deliveries")
