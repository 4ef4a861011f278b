"""What a rule would have done with every batch there has been, before anybody saves it."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from monitor.alerts.backtest import Backtest, backtest, frame
from monitor.alerts.rule import Rule
from monitor.alerts.rule_words import BUDGET
from monitor.charts import backtest as charts
from monitor.errors import FairwatchError
from monitor.ui import current, data, errors, kept, parts
from monitor.ui.markdown import escape

TRIED: Final = "damage_tried"  # the rules that were tried in this session


def show(model: str, before: Rule, edited: Rule) -> None:
    """The edited rule beside the stored one, where they differ."""
    st.header("What it would have done")
    found = _tried(model, edited)
    st.markdown(escape(found.sentence))
    if edited.to_row() != before.to_row():
        st.caption(f"As it is stored: {escape(_tried(model, before).sentence)}")
    if edited.metric == BUDGET and edited.high != before.high:
        st.caption("Under another budget the evidence itself grows otherwise: try it below.")
    kept.drawn(("trial", model, repr(edited)), lambda: _chart(frame(found)))
    _damage(model, edited)


def _chart(drawn: pd.DataFrame) -> None:
    if drawn["value"].notna().any():
        parts.chart(charts.figure(drawn), charts.describe(drawn), key="trial")


def _tried(model: str, rule: Rule) -> Backtest:
    """Not to be changed."""
    return current.known(
        ("tried", model, repr(rule)),
        lambda: backtest(rule, data.history(model, rule.metric), beside=data.rules(model)),
    )


def _damage(model: str, rule: Rule) -> None:
    """Once asked for, it follows what is edited."""
    st.header("Would it notice damage?")
    st.caption(
        "The longest stretch of calm batches is tried again with accuracy 3 points lower, a column "
        "0.2 standard deviations larger, or a group's rate 10 points lower."
    )
    if st.button("Try it", key="try_damage", icon=":material/science:"):
        st.session_state[TRIED] = rule.metric
    if st.session_state.get(TRIED) == rule.metric:
        _told(model, rule)


def _told(model: str, rule: Rule) -> None:
    try:
        with st.spinner("Damaging the stored counts and measuring them again …"):
            told = data.rehearsed(model, rule)
    except FairwatchError as error:
        errors.show(error)
        return
    if rule.metric == BUDGET:
        st.markdown(escape(told.sentence))
    for sentence, caught in told.caught:
        badge = ":green-badge[Caught]" if caught else ":orange-badge[Not caught]"
        st.markdown(f"{badge} {escape(sentence)}")
    if not told.caught:
        st.caption("None of these can be told from this number, or there was no calm batch.")
