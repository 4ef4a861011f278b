"""What moved away from the reference, when, and how the column looks now."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.charts import distribution, heatmap, trend
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_value
from monitor.ui import data, parts
from monitor.ui.markdown import escape
from monitor.ui.sections.subject import Subject
from monitor.ui.view import choose

NUMBERS = ("psi", "jensenshannon", "ks", "wasserstein", "chisquare", "missing_rate", "unseen_rate")


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
    left, right = st.columns(2)
    with left:
        parts.picker("Column", order, field="feature", chosen=feature, drawn=st.selectbox)
    with right:
        batch = subject.pick_batch(default=subject.latest)
    _column(subject, psi, feature, batch)
    if batch != subject.latest:
        latest = data.measurements(subject.model, batch=batch)
    _numbers(latest[latest["feature"] == feature])


def _clicked() -> None:
    points = st.session_state["heat"]["selection"]["points"]
    if points and points[0].get("customdata"):
        feature, batch = points[0]["customdata"][:2]
        st.query_params["feature"], st.query_params["batch"] = feature, batch


def _column(subject: Subject, psi: pd.DataFrame, feature: str, batch: str) -> None:
    left, right = st.columns(2)
    series = psi[psi["feature"] == feature]
    with left:
        st.markdown(f"**{escape(feature)}: how far it moved, over time**")
        parts.chart(trend.figure(series), trend.describe(series), key="column_trend")
    with right:
        st.markdown(f"**{escape(feature)}: reference and this batch**")
        shares = data.distribution(subject.model, batch=batch, feature=feature)
        if shares.empty:
            st.caption("This column has no profile in this batch.")
            return
        shares = distribution.shorten(shares)
        parts.chart(
            distribution.figure(shares),
            distribution.describe(shares, feature=feature),
            key="distribution",
        )


def _numbers(rows: pd.DataFrame) -> None:
    found = [row for name in NUMBERS for _, row in rows[rows["metric"] == name].iterrows()]
    for place, row in zip(st.columns(max(len(found), 1)), found, strict=False):
        name = str(row["metric"])
        p = parts.number(row["p"])
        place.metric(
            METRICS[name].title,
            format_value(name, parts.number(row["value"])),
            f"p = {p:.2g}" if p is not None else None,
            delta_color="off",
            delta_arrow="off",
            help=METRICS[name].words,
        )
