"""What drift says about the model as a whole: its columns by importance, its answers apart."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.charts import importance
from monitor.charts.records import records
from monitor.charts.words import interval
from monitor.measures.catalogue import METRICS
from monitor.measures.layout import PSEUDO_COLUMNS
from monitor.measures.wording import format_value
from monitor.ui import numbers, parts
from monitor.ui.markdown import escape

SAYS = {
    "prediction": "What the model answers",
    "score": "The scores it gives",
    "target": "The labels that came",
}
LIMIT = 0.2
WHOLE = ("drifted_columns", "drifted_importance", "domain_classifier_auc", "evidently_drift_share")


def show(now: pd.DataFrame) -> None:
    """``now`` are PSI, importance and what is made of them for the whole model, of one batch."""
    st.header("What drift says about the model", help=METRICS["drifted_columns"].formula + ".")
    psi, weights = now[now["metric"] == "psi"], now[now["metric"] == "importance"]
    whole = now[now["metric"].isin(WHOLE)]
    _verdict(whole)
    # A feature that took the name of a pseudo-column has an importance.
    apart = psi["feature"].isin({*PSEUDO_COLUMNS} - {*weights["feature"]})
    left, right = st.columns([3, 2], gap="large")
    with left:
        _scatter(importance.joined(psi[~apart], weights), weights, whole)
    with right:
        _apart(psi[apart], whole)
    numbers.behind(whole, "Drift of the model in numbers.", key="whole")


def _verdict(whole: pd.DataFrame) -> None:
    """The sentence of the whole model, and how much of the importance has drifted."""
    for row in _named(whole, "drifted_columns"):
        known = parts.number(row["value"]) is not None
        quiet = "No column has drifted." if known else ""
        said = escape(row["reason"] or quiet)
        pooled = f" Judged over the {escape(row['window'])}." if row["window"] else ""
        st.markdown(f"{parts.badge_text(row['verdict'])} {said}{pooled}")
    for row in _named(whole, "evidently_drift_share")[:1]:
        st.markdown(f"{parts.badge_text(row['verdict'])} {_evidently(row)}")


def _named(rows: pd.DataFrame, metric: str) -> list[dict[str, Any]]:
    return [row for row in records(rows) if row["metric"] == metric]


def _evidently(row: Any) -> str:
    share = parts.number(row["value"])
    if share is None:
        return escape(row["reason"])
    name = str(row["metric"])
    return (
        f"By Evidently's default rules, {format_value(name, share)} of the columns drifted, "
        f"and it calls the data drifted from {format_value(name, row['limit_high'])} on "
        f"({escape(row['method'])}; n = {int(row['n']):,})."
    )


def _scatter(weighed: pd.DataFrame, weights: pd.DataFrame, whole: pd.DataFrame) -> None:
    st.markdown("**Drift and importance**")
    if weighed.empty:
        held = whole[whole["metric"] == "drifted_importance"]["reason"]
        st.caption(escape(next(iter(held), "")) or "Importance has not been measured.")
        return
    parts.chart(
        importance.figure(weighed, limit=LIMIT), importance.describe(weighed), key="importance"
    )
    by = escape(str(weights["method"].iloc[0]))
    st.caption(
        f"Importance: {by}. The model fails when the columns that have surely drifted hold a "
        "tenth of it or more."
    )


def _apart(answers: pd.DataFrame, whole: pd.DataFrame) -> None:
    """Prediction, score and labels, and all columns together."""
    st.markdown("**Judged apart**")
    for row in records(answers):
        _line(SAYS[row["feature"]], row, f"PSI {interval(row)}")
    for row in _named(whole, "domain_classifier_auc"):
        told = f"told apart from the reference with AUC {interval(row)}"
        _line("All columns together", row, told)
        st.caption(f"{escape(METRICS[row['metric']].words)} {escape(row['method'])}.")


def _line(title: str, row: Any, said: str) -> None:
    known = parts.number(row["value"]) is not None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"{title}: {escape(said) if known else escape(row['reason'])}")
        parts.badge(row["verdict"])
