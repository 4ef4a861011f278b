"""Which model needs me now, and why?"""

import streamlit as st

from monitor.ui import data
from monitor.ui.sections import first_steps, live, overview

models = data.models()
if models.empty:
    first_steps.show()
    st.stop()

overview.headline(models)
live.show()
overview.cards(models)
overview.table(models)
overview.latest_incidents(data.incidents())
