"""What changed, who is hurt, what caused it, what now?"""

import streamlit as st

from monitor.ui import data, kept, parts
from monitor.ui.sections import (
    causes,
    drift,
    evidence,
    fairness,
    first_steps,
    lines,
    model,
    performance,
    quality,
    subject,
    versions,
)
from monitor.ui.view import View

models = data.models()
names = models["model"].tolist()
view = View.of(st.query_params, names)
if not names:
    first_steps.show()
    st.stop()
if view.unknown:
    model.unknown(view.unknown, names)
    st.stop()

model.choices(view, names)
about = subject.of(view, models)
model.header(about.row)
if not about.scored.names and view.section != "versions":
    parts.nothing_yet(
        "No batch has been scored yet",
        "Upload one on the Batches page, or run `fairwatch batch add`.",
    )
    model.section_picker(view)
    st.stop()

kept.drawn(("lines", view.model), lambda: lines.show(about))
model.section_picker(view)
if view.section == "performance":
    performance.show(about)
elif view.section == "fairness":
    fairness.show(about)
elif view.section == "drift":
    drift.show(about)
elif view.section == "quality":
    quality.show(about)
elif view.section == "evidence":
    evidence.show(about)
elif view.section == "causes":
    causes.show(about)
else:
    versions.show(about)
