"""Which data arrived broken: missing, unseen, out of range, infinite, twice."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.charts import heatmap, trend
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_value
from monitor.terms import Verdict
from monitor.ui import data, kept, numbers, parts
from monitor.ui.sections import heat
from monitor.ui.sections.subject import Subject
from monitor.ui.view import choose

RATES = ("missing_rate", "unseen_rate", "out_of_range_rate", "infinite_rate")
WHOLE = ("row_count", "label_coverage", "duplicate_ids")
LEAST = Verdict.NOT_ENOUGH_DATA.rank
MOST_COLUMNS = 50  # whose every number is told


def show(subject: Subject) -> None:
    metric = choose(subject.view.metric, RATES)
    kept.drawn(("quality", subject.model), lambda: _whole(_latest(subject, WHOLE)))
    parts.picker(
        "What to look for", RATES, field="metric", chosen=metric, words=lambda n: METRICS[n].title
    )
    st.caption(METRICS[metric].words)
    recent, order = heat.newest(subject, metric)
    if recent.empty:
        st.caption("No column of this model can have that.")
    else:
        _over_time(subject, metric, recent, order)
    kept.drawn(("quality by column", subject.model), lambda: _table(_latest(subject, RATES)))


def _latest(subject: Subject, metrics: tuple[str, ...]) -> pd.DataFrame:
    return data.measurements(subject.model, batch=subject.latest, metrics=metrics)


def _whole(latest: pd.DataFrame) -> None:
    found = [row for name in WHOLE for row in latest[latest["metric"] == name].to_dict("records")]
    for place, row in zip(st.columns(4), found, strict=False):
        name = str(row["metric"])
        value = format_value(name, parts.number(row["value"]))
        place.metric(f"{METRICS[name].title}, last batch", value, help=METRICS[name].words)


def _over_time(subject: Subject, metric: str, recent: pd.DataFrame, order: list[str]) -> None:
    feature = choose(subject.view.feature, order)
    left, right = st.columns(2)
    with left:
        kept.drawn(
            ("quality over time", subject.model, subject.between, metric),
            lambda: _heat(heat.columns(subject, metric, order), recent, heat.thinned(subject)),
        )
    with right:
        parts.picker("Column", order, field="feature", chosen=feature, drawn=st.selectbox)
        kept.drawn(
            ("quality of a column", subject.model, subject.between, metric, feature),
            lambda: _trend(heat.column(subject, metric, feature)),
        )


def _heat(rates: pd.DataFrame, recent: pd.DataFrame, said: str) -> None:
    parts.chart(heatmap.figure(rates, full=0.2), heatmap.describe(recent), key="quality_heat")
    if said:
        st.caption(said)


def _trend(series: pd.DataFrame) -> None:
    parts.chart(trend.figure(series), trend.describe(series), key="quality_trend")


def _table(latest: pd.DataFrame) -> None:
    """One row a column: the newest batch, worst first."""
    rows = latest[latest["metric"].isin(RATES) & (latest["feature"] != "")]
    if rows.empty:
        return
    st.header("Column by column, last batch")
    ranks = rows["verdict"].map(lambda v: Verdict(v).rank if parts.known(v) else LEAST)
    worst = (
        ranks.groupby(rows["feature"], sort=False).max().sort_values(ascending=False, kind="stable")
    )
    values = rows.pivot(index="feature", columns="metric", values="value").reindex(worst.index)
    words = {verdict.rank: parts.sign(verdict.value) for verdict in Verdict}
    shown = pd.DataFrame({"Verdict": worst.map(words), "Column": worst.index})
    for name in RATES:
        shown[METRICS[name].title] = values.get(name)
    percent = {METRICS[n].title: st.column_config.NumberColumn(format="percent") for n in RATES}
    parts.table(shown, "Data quality by column.", key="quality", column_config=percent)
    first = rows[rows["feature"].isin(worst.index[:MOST_COLUMNS])]
    said = f" of the first {MOST_COLUMNS} columns" if len(worst) > MOST_COLUMNS else ""
    numbers.behind(first, f"Every rate{said}, with its interval and rows.", key="quality_numbers")
