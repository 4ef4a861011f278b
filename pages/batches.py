"""Did my data arrive, and was it scored?"""

import streamlit as st

from monitor.ui import data, parts
from monitor.ui.sections import arrivals, first_steps, model, received
from monitor.ui.view import View

names = data.models()["model"].tolist()
if not names:
    first_steps.show()
    st.stop()
view = View.of(st.query_params, names)
if view.unknown:
    model.unknown(view.unknown, names)
    st.stop()

st.title("Batches")
arrivals.registered()
left, right = st.columns([2, 1], gap="large")
with left:
    parts.picker("Model", names, field="model", chosen=view.model, drawn=st.selectbox)
    arrivals.upload(view.model)
with right:
    arrivals.other_ways(view.model)

batches = data.batches(view.model)
arrivals.progress(view.model, batches)
if batches.empty:
    parts.nothing_yet(
        "No batch yet",
        "Upload a file above: it is checked column by column before anything is scored.",
    )
else:
    received.show(view.model, batches)
