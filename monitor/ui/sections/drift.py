"""What moved away from the reference, how much it matters, when, and how the column looks now."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.charts import heatmap
from monitor.measures.catalogue import METRICS
from monitor.ui import data, parts
from monitor.ui.sections import drift_column, drift_model, evidently_report
from monitor.ui.sections.subject import Subject
from monitor.ui.view import choose


def show(subject: Subject, latest: pd.DataFrame) -> None:
    """``latest`` are the measurements of the newest scored batch."""
    psi = data.measurements(subject.model, metric="psi", between=subject.between)
    psi = psi[psi["value"].notna()]
    if psi.empty:
        parts.nothing_yet(
            "Nothing to compare with",
            "Drift needs a reference (`[reference] file` in the spec) and one scored batch.",
        )
        return
    batch = subject.pick_batch(default=subject.latest)
    now = latest if batch == subject.latest else data.measurements(subject.model, batch=batch)
    drift_model.show(now)
    st.header("How far each column has moved", help=METRICS["psi"].words)
    parts.chart(
        heatmap.figure(psi),
        heatmap.describe(psi),
        key="heat",
        on_select=_clicked,
        selection_mode="points",
    )
    st.caption(
        f"{METRICS['psi'].title} against the reference: {METRICS['psi'].formula}; red diamonds "
        "are beyond the limit. Click a square to see that column in that batch."
    )
    order = heatmap.order(psi)
    feature = choose(subject.view.feature, order)
    parts.picker("Column", order, field="feature", chosen=feature, drawn=st.selectbox)
    drift_column.show(subject, psi[psi["feature"] == feature], now, feature=feature, batch=batch)
    evidently_report.show(subject, batch=batch)


def _clicked() -> None:
    points = st.session_state["heat"]["selection"]["points"]
    if points and points[0].get("customdata"):
        feature, batch = points[0]["customdata"][:2]
        st.query_params["feature"], st.query_params["batch"] = feature, batch
