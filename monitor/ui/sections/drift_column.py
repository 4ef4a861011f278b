"""One column: how far it moved over time, how it looks now, and every number about it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.charts import distribution, trend
from monitor.charts.records import records
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_interval, format_value
from monitor.ui import data, parts
from monitor.ui.markdown import escape
from monitor.ui.sections import heat
from monitor.ui.sections.subject import Subject

NUMBERS = (
    *("psi", "chisquare", "jensenshannon", "hellinger", "TVD", "ks", "wasserstein"),
    *("missing_rate", "missing_rate_change", "unseen_rate", "importance", "overdispersion"),
)


def show(subject: Subject, *, feature: str, batch: str) -> None:
    series = heat.column(subject, "psi", feature)
    left, right = st.columns(2)
    with left:
        st.markdown(f"**{escape(feature)}: how far it moved, over time**")
        parts.chart(trend.figure(series), trend.describe(series), key="column_trend")
        if (series["window"] != "").any():
            st.caption("Hollow: too few rows alone, so judged together with the batches before.")
    with right:
        st.markdown(f"**{escape(feature)}: reference and this batch**")
        _shares(subject, feature=feature, batch=batch)
    _numbers(data.measurements(subject.model, batch=batch, feature=feature), feature)


def _shares(subject: Subject, *, feature: str, batch: str) -> None:
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


def _numbers(rows: pd.DataFrame, feature: str) -> None:
    """A table, for eleven numbers side by side could not be read."""
    theirs = [name for name in rows["metric"] if name.startswith("evidently_")]
    wanted = dict.fromkeys((*NUMBERS, *theirs))
    every = records(rows)
    found = [row for name in wanted for row in every if row["metric"] == name]
    if not found:
        return
    for said in _remarks(rows, feature):
        st.caption(said)
    table = pd.DataFrame([_cells(row) for row in found])
    alt = f"The numbers of {feature} in this batch, with interval, rows and how they were made."
    parts.table(table, alt, key="column_numbers")


def _cells(row: Any) -> dict[str, object]:
    name, value, p = str(row["metric"]), parts.number(row["value"]), parts.number(row["p"])
    low, high = parts.number(row["low"]), parts.number(row["high"])
    return {
        "Number": METRICS[name].title,
        "Value": format_value(name, value),
        "95 % interval": format_interval(name, low, high),
        "Rows": f"{int(row['n']):,}",
        "p": "–" if p is None else f"{p:.2g}",
        "Verdict": parts.sign(row["verdict"]),
        "Made by": row["method"] if value is not None else row["reason"],
    }


def _remarks(rows: pd.DataFrame, feature: str) -> list[str]:
    """What the p-values allow for, and which batches were added up."""
    said = []
    for row in rows[rows["metric"] == "overdispersion"].to_dict("records"):
        times = format_value("overdispersion", parts.number(row["value"]))
        said.append(
            f"Counts of {escape(feature)} vary φ = {times} times as much as chance from time to "
            f"time ({escape(row['method'])}): p-values allow for it."
        )
    windows = {str(w) for w in rows[rows["metric"] == "psi"]["window"] if w}
    said += [f"Judged over the {escape(w)}: this one alone has too few rows." for w in windows]
    return said
