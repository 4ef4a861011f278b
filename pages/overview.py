"""Which model needs me now, and why?"""

import streamlit as st

from monitor.ui import data, kept
from monitor.ui.sections import first_steps, live, overview

models = data.models()
if models.empty:
    first_steps.show()
    st.stop()

kept.drawn(("headline",), lambda: overview.headline(models))
live.show()
kept.drawn(("cards",), lambda: overview.cards(models))
overview.table(models)
kept.drawn(("latest incidents",), lambda: overview.latest_incidents(data.incidents()))
