"""What a rule would have done with every batch there has been, before anybody saves it."""

from __future__ import annotations

import streamlit as st

from monitor.alerts.backtest import Backtest, backtest, frame
from monitor.alerts.rule import Rule
from monitor.charts import backtest as charts
from monitor.ui import data, parts
from monitor.ui.markdown import escape


def show(model: str, before: Rule, edited: Rule) -> None:
    """The edited rule beside the stored one, where they differ."""
    st.header("What it would have done")
    found = _tried(model, edited)
    st.markdown(escape(found.sentence))
    if edited.to_row() != before.to_row():
        st.caption(f"As it is stored: {escape(_tried(model, before).sentence)}")
    drawn = frame(found)
    if drawn["value"].notna().any():
        parts.chart(charts.figure(drawn), charts.describe(drawn), key="trial")


def _tried(model: str, rule: Rule) -> Backtest:
    return backtest(rule, data.history(model, rule.metric), beside=data.rules(model))
