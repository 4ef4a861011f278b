"""Who watches what?"""

import streamlit as st

from monitor.ui import data, links, parts
from monitor.ui.sections import register, system
from monitor.ui.view import choose

PARTS = {"models": "Models", "system": "System"}
MOVED = {"limits": "rules", "channels": "channels"}  # where old addresses lead

asked = st.query_params.get("part", "")
if asked in MOVED:
    links.go("alerts", part=MOVED[asked])

st.title("Settings")
part = choose(asked, PARTS)
parts.picker("Part", list(PARTS), field="part", chosen=part, words=PARTS.__getitem__)
with st.container(horizontal=True):
    links.link("Rules and limits", "alerts", icon=":material/rule:", part="rules")
    links.link("Channels", "alerts", icon=":material/send:", part="channels")
if part == "models":
    register.show(data.models())
else:
    system.show()
