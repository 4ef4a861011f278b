"""What moved away from the reference, how much it matters, when, and how the column looks now."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.charts import heatmap
from monitor.charts.figure import Figure
from monitor.measures.catalogue import METRICS
from monitor.ui import current, data, kept, parts
from monitor.ui.sections import drift_column, drift_model, evidently_report, heat
from monitor.ui.sections.subject import Subject
from monitor.ui.view import choose

OF_MODEL = ("psi", "importance", *drift_model.WHOLE)


def show(subject: Subject) -> None:
    recent, order = heat.newest(subject, "psi")
    if recent.empty:
        parts.nothing_yet(
            "Nothing to compare with",
            "Drift needs a reference (`[reference] file` in the spec) and one scored batch.",
        )
        return
    batch = subject.pick_batch(default=subject.latest)
    kept.drawn(
        ("drift of the model", subject.model, batch),
        lambda: drift_model.show(data.measurements(subject.model, batch=batch, metrics=OF_MODEL)),
    )
    st.header("How far each column has moved", help=METRICS["psi"].words)
    picture, said, thinned = current.known(
        ("drift of each column", subject.model, subject.between),
        lambda: _painted(subject, order, recent),
    )
    parts.chart(picture, said, key="heat", on_select=_clicked, selection_mode="points")
    st.caption(
        f"{METRICS['psi'].title} against the reference: {METRICS['psi'].formula}; red diamonds "
        f"are beyond the limit. {thinned}Click a square to see that column in that batch."
    )
    feature = choose(subject.view.feature, order)
    parts.picker("Column", order, field="feature", chosen=feature, drawn=st.selectbox)
    kept.drawn(
        ("drift of a column", subject.model, subject.between, feature, batch),
        lambda: drift_column.show(subject, feature=feature, batch=batch),
    )
    evidently_report.show(subject, batch=batch)


def _painted(subject: Subject, order: list[str], recent: pd.DataFrame) -> tuple[Figure, str, str]:
    """The figure, what it says, and how it was thinned."""
    psi = heat.columns(subject, "psi", order)
    return heatmap.figure(psi), heatmap.describe(recent), heat.thinned(subject)


def _clicked() -> None:
    points = st.session_state["heat"]["selection"]["points"]
    if points and points[0].get("customdata"):
        feature, batch = points[0]["customdata"][:2]
        st.query_params["feature"], st.query_params["batch"] = feature, batch
