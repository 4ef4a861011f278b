"""What fired, who has it, is it over?"""

import streamlit as st

from monitor.terms import IncidentState
from monitor.ui import data, links, parts
from monitor.ui.sections import inbox
from monitor.ui.view import View, choose

view = View.of(st.query_params, data.models()["model"])
incidents = data.incidents()
if view.model and st.query_params.get("model") == view.model:
    incidents = incidents[incidents["model"] == view.model]

if view.incident is not None:
    found = incidents[incidents["id"] == view.incident]
    if found.empty:
        st.title(f"No incident {view.incident}")
        links.link("All alerts", "alerts", icon=":material/arrow_back:")
    else:
        inbox.detail(found.iloc[0])
    st.stop()

st.title("Alerts")
if incidents.empty:
    parts.nothing_yet(
        "Nothing has fired",
        "An incident opens when a rule is broken and the evidence holds. Say on the Settings page "
        "where messages should go, so that somebody hears of the first one.",
    )
    links.link("Add a channel", "settings", icon=":material/add:", part="channels")
    st.stop()

inbox.counters(incidents)
shown = choose(st.query_params.get("shown", ""), inbox.SHOWN)
parts.picker("Show", inbox.SHOWN, field="shown", chosen=shown, words=str.capitalize)
if shown != "all":
    incidents = incidents[incidents["state"] != IncidentState.RESOLVED]
if incidents.empty:
    st.caption("Nothing is open.")
else:
    inbox.inbox(incidents.reset_index(drop=True))
