"""Which data arrived broken: missing, unseen, out of range, infinite, twice."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.charts import heatmap, trend
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_value
from monitor.terms import Verdict
from monitor.ui import data, numbers, parts
from monitor.ui.sections.subject import Subject
from monitor.ui.view import choose

RATES = ("missing_rate", "unseen_rate", "out_of_range_rate", "infinite_rate")
WHOLE = ("row_count", "label_coverage", "duplicate_ids")


def show(subject: Subject, latest: pd.DataFrame) -> None:
    metric = choose(subject.view.metric, RATES)
    frame = data.measurements(subject.model, metrics=(*RATES, *WHOLE), between=subject.between)
    rates = frame[(frame["metric"] == metric) & frame["value"].notna()]
    _whole(latest)
    parts.picker(
        "What to look for", RATES, field="metric", chosen=metric, words=lambda n: METRICS[n].title
    )
    st.caption(METRICS[metric].words)
    if rates.empty:
        st.caption("No column of this model can have that.")
    else:
        _over_time(subject, rates)
    _table(latest)


def _whole(latest: pd.DataFrame) -> None:
    found = [row for name in WHOLE for _, row in latest[latest["metric"] == name].iterrows()]
    for place, row in zip(st.columns(4), found, strict=False):
        name = str(row["metric"])
        value = format_value(name, parts.number(row["value"]))
        place.metric(f"{METRICS[name].title}, last batch", value, help=METRICS[name].words)


def _over_time(subject: Subject, rates: pd.DataFrame) -> None:
    order = heatmap.order(rates)
    feature = choose(subject.view.feature, order)
    left, right = st.columns(2)
    with left:
        parts.chart(heatmap.figure(rates, full=0.2), heatmap.describe(rates), key="quality_heat")
    with right:
        parts.picker("Column", order, field="feature", chosen=feature, drawn=st.selectbox)
        series = rates[rates["feature"] == feature]
        parts.chart(trend.figure(series), trend.describe(series), key="quality_trend")


def _table(latest: pd.DataFrame) -> None:
    """One row a column: the newest batch, worst first."""
    rows = latest[latest["metric"].isin(RATES) & (latest["feature"] != "")]
    if rows.empty:
        return
    st.header("Column by column, last batch")
    said = []
    for feature, mine in rows.groupby("feature", sort=False):
        known = [Verdict(v) for v in mine["verdict"] if parts.known(v)]
        worst = max(known, key=lambda v: v.rank, default=Verdict.NOT_ENOUGH_DATA)
        values = mine.set_index("metric")["value"]
        cells = {METRICS[n].title: parts.number(values.get(n)) for n in RATES}
        said.append(
            {"rank": -worst.rank, "Verdict": parts.sign(str(worst)), "Column": feature, **cells}
        )
    shown = pd.DataFrame(said).sort_values("rank", kind="stable").drop(columns="rank")
    percent = {METRICS[n].title: st.column_config.NumberColumn(format="percent") for n in RATES}
    parts.table(shown, "Data quality by column.", key="quality", column_config=percent)
    alt = "Every rate of every column, with its interval and rows."
    numbers.behind(rows, alt, key="quality_numbers")
