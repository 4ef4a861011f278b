"""Who watches what, and how are we told?"""

import streamlit as st

from monitor.ui import data, parts
from monitor.ui.sections import channels, limits, register, system
from monitor.ui.view import View, choose

PARTS = {"models": "Models", "limits": "Limits", "channels": "Channels", "system": "System"}

st.title("Settings")
part = choose(st.query_params.get("part", ""), PARTS)
parts.picker("Part", list(PARTS), field="part", chosen=part, words=PARTS.__getitem__)
models = data.models()
view = View.of(st.query_params, models["model"])
if part == "models":
    register.show(models)
elif part == "limits":
    limits.show(models["model"].tolist(), view.model)
elif part == "channels":
    channels.show()
else:
    system.show()
