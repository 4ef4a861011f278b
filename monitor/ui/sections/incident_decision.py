"""What could be done about an incident, each remedy with its numbers and the way there."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from monitor.alerts.remedies import Option, Remedy
from monitor.terms import IncidentState
from monitor.ui import data, links
from monitor.ui.markdown import escape

Cells = dict[str, str]
# Where it is done: words of the link, page, which cells of the incident its address has, and what
# else it says.
WAYS: Final[dict[Remedy, tuple[str, str, Cells, dict[str, str]]]] = {
    Remedy.PIPELINE: (
        "Look at the data", "model", {"model": "model", "batch": "batch"}, {"section": "quality"},
    ),
    Remedy.WAIT: ("Snooze it", "alerts", {"incident": "id"}, {"do": "snooze"}),
    Remedy.ROLL_BACK: ("See the versions", "model", {"model": "model"}, {"section": "versions"}),
    Remedy.RETRAIN: (
        "Look at the causes", "model", {"model": "model", "batch": "batch"}, {"section": "causes"},
    ),
    Remedy.THRESHOLD: (
        "Look at the groups", "model", {"model": "model", "batch": "batch"},
        {"section": "fairness"},
    ),
    Remedy.LIMIT: (
        "Try other limits", "alerts", {"model": "model", "rule": "rule_id"}, {"part": "rules"},
    ),
}  # fmt: skip


def show(row: Any) -> None:
    """Nothing is done here: each remedy leads to where a person does it."""
    if row["state"] == IncidentState.RESOLVED:
        return
    found = data.decision(int(row["id"]))
    st.header("What probably lies behind it, and what now")
    st.markdown(escape(found.cause))
    with st.container(border=True):
        for option in sorted(found.options, key=lambda one: not one.recommended):
            if option.available:
                _option(option, row)
        _unavailable([one for one in found.options if not one.available])


def _option(option: Option, row: Any) -> None:
    badge = ":green-badge[:material/thumb_up: Recommended] " if option.recommended else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{badge}**{escape(option.title)}** {escape(option.reason)}", width="stretch")
        if option.remedy in WAYS:
            label, name, of_incident, more = WAYS[option.remedy]
            links.link(label, name, **{key: row[of] for key, of in of_incident.items()} | more)


def _unavailable(options: list[Option]) -> None:
    told = [f"**{escape(one.title)}**: {escape(one.reason)}" for one in options]
    if told:
        st.caption("Not now: " + "  \n".join(told))
