"""What fired, who has it, is it over, and what is watched?"""

import streamlit as st

from monitor.ui import data, parts
from monitor.ui.sections import channel_health, channels, inbox, incident, noise, pauses, rules
from monitor.ui.view import View, choose

PARTS = {
    "inbox": "Inbox",
    "rules": "Rules",
    "pauses": "Pauses",
    "channels": "Channels",
    "noise": "Noise",
}

names = data.models()["model"].tolist()
view = View.of(st.query_params, names)
part = choose(view.part, PARTS)
if view.incident is not None:
    incident.show(view.incident, wanted=view.do)
    st.stop()
if part == "rules" and view.rule and rules.open_one(view):
    st.stop()

st.title("Alerts")
parts.picker("Part", list(PARTS), field="part", chosen=part, words=PARTS.__getitem__)
if part != "channels":
    channel_health.warn()
if part == "inbox":
    inbox.show(view, shown=st.query_params.get("shown", ""))
elif part == "rules":
    rules.show(view, names)
elif part == "pauses":
    pauses.show(names)
elif part == "noise":
    noise.show(view, names)
else:
    channels.show()
