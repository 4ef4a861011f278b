"""The inbox: what fired and is not over, what needs somebody first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.alerts.grouping import Rung, in_order, rung
from monitor.measures.wording import format_value
from monitor.terms import IncidentState, Severity
from monitor.ui import current, data, links, parts, times
from monitor.ui.incident_words import what
from monitor.ui.sections.incident_group import breach_of
from monitor.ui.view import View, choose

SHOWN: Final = ("needs somebody", "all")


def show(view: View, *, shown: str) -> None:
    """Of the model in the address, where one is named; else of all."""
    incidents = data.incidents(model=view.asked or None)
    if incidents.empty:
        _nothing()
        return
    counters(incidents)
    chosen = choose(shown, SHOWN)
    parts.picker("Show", SHOWN, field="shown", chosen=chosen, words=str.capitalize)
    if chosen != "all":
        incidents = incidents[incidents["state"] != IncidentState.RESOLVED]
    if incidents.empty:
        st.caption("Nothing is open.")
    else:
        inbox(incidents.reset_index(drop=True))


def _nothing() -> None:
    parts.nothing_yet(
        "Nothing has fired",
        "An incident opens when a rule is broken and the evidence holds. Say under Channels where "
        "messages should go, so that somebody hears of the first one.",
    )
    links.link("Add a channel", "alerts", icon=":material/add:", part="channels")


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
    ids = tuple(incidents["id"].tolist())
    shown = current.known(("inbox", ids), lambda: _table(incidents))
    parts.table(
        shown,
        f"{len(shown)} incidents, open ones first.",
        key="incidents",
        column_config=_columns(),
    )
    click = st.session_state.get("open_incident")
    if click is not None:
        links.go("alerts", incident=int(incidents["id"].iloc[click["row"]]))


def _table(incidents: pd.DataFrame) -> pd.DataFrame:
    causes = likely_causes(incidents)
    shown = pd.DataFrame([_row(row, causes) for row in incidents.to_dict("records")])
    return shown if causes else shown.drop(columns="Likely cause")


def likely_causes(incidents: pd.DataFrame) -> dict[int, str]:
    """Of each that broke in one batch with others, what of them is the likely cause, in words."""
    found: dict[int, str] = {}
    for _, rows in incidents.groupby(["model", "opened_batch_id"], dropna=True):
        first, *others = in_order([breach_of(row) for row in rows.to_dict("records")])
        if rung(first.measurement) >= Rung.OUTCOME:
            continue  # what became worse is no cause
        explains = [one for one in others if rung(one.measurement) > rung(first.measurement)]
        found |= {int(one.row["id"]): what(first.row) for one in explains}
    return found


def urgent_first(incidents: pd.DataFrame) -> pd.DataFrame:
    """The order is otherwise kept: newest first."""
    over = incidents["state"] == IncidentState.RESOLVED
    lesser = incidents["severity"] != Severity.CRITICAL
    return incidents.iloc[(2 * over + lesser).argsort(kind="stable")]


def _row(row: Any, causes: dict[int, str]) -> dict[str, object]:
    name = str(row["metric"])
    return {
        "open": "Look",
        "State": str(row["state"]).capitalize(),
        "Severity": str(row["severity"]).capitalize(),
        "Model": row["model"],
        "What": what(row),
        "Likely cause": causes.get(int(row["id"]), "–"),
        "Value": format_value(name, parts.number(row["value"])),
        "Limit": format_value(name, parts.number(row["limit"])),
        "Since": times.day(row["since_at"]),
        "Told": row["notified"] or "nobody yet",
        "Owner": row["owner"] or "–",
    }


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "What": config.TextColumn(width=300),
        "open": config.ButtonColumn("Incident", width=70, type="tertiary", key="open_incident"),
    }
