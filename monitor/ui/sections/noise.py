"""Which rules cry wolf, why, and what would be better."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.alerts import rule_words
from monitor.alerts.backtest import Backtest, frame
from monitor.alerts.noise import Diagnosis, Finding
from monitor.alerts.rule import Rule
from monitor.charts import backtest as charts
from monitor.ui import actions, data, links, parts
from monitor.ui.markdown import escape
from monitor.ui.view import View


def show(view: View, models: list[str]) -> None:
    if not models:
        parts.nothing_yet("No model yet", "What rules do is counted once there are some.")
        links.link("Register a model", "settings", icon=":material/add:", part="models")
        return
    parts.picker("Model", models, field="model", chosen=view.model, drawn=st.selectbox)
    found = data.diagnoses(view.model)
    noisy = [one for one in found if one.record.is_noisy]
    if not noisy:
        st.success("No rule of this model is noisy.", icon=":material/check_circle:")
    for one in noisy:
        _noisy(view.model, one)
    st.header("How each rule has behaved")
    _records(found)


def _noisy(model: str, found: Diagnosis) -> None:
    st.header(escape(rule_words.name(found.rule)))
    st.markdown(escape(found.record.sentence))
    if not found.findings:
        st.caption("No change of the rule would have made it quieter on the batches so far.")
        links.link(
            "Open the rule", "alerts", icon=":material/rule:",
            part="rules", model=model, rule=found.rule.id,
        )  # fmt: skip
    for place, finding in enumerate(found.findings):
        _finding(model, found.rule, finding, key=f"{found.rule.id}_{place}")


def _finding(model: str, rule: Rule, finding: Finding, *, key: str) -> None:
    with st.container(border=True):
        cause = escape(str(finding.cause).capitalize())
        st.markdown(f":orange-badge[{cause}] {escape(finding.sentence)}")
        st.markdown(f"**Instead** {escape(_difference(rule, finding.suggested))}")
        st.markdown(escape(finding.outcome))
        with st.expander("What either would have done"):
            left, right = st.columns(2)
            with left:
                _drawn("As it is", finding.before, key=f"before_{key}")
            with right:
                _drawn("As suggested", finding.after, key=f"after_{key}")
        if st.button("Apply this change", key=f"apply_{key}"):
            note = f"Noise, {finding.cause}: {finding.sentence}"
            actions.save_rule(model, finding.suggested, note=note)
            st.rerun()


def _difference(before: Rule, after: Rule) -> str:
    """What the suggested rule says otherwise, beside what the rule says now."""
    asked = (rule_words.limits, rule_words.conditions)
    pairs = [(words(after), words(before)) for words in asked]
    return "; ".join(
        f"{now or 'no further condition'} (now: {was or 'no further condition'})"
        for now, was in pairs
        if now != was
    )


def _drawn(words: str, found: Backtest, *, key: str) -> None:
    st.markdown(f"**{words}** {escape(found.sentence)}")
    drawn = frame(found)
    if drawn["value"].notna().any():
        parts.chart(charts.figure(drawn), charts.describe(drawn), key=key)


def _records(found: list[Diagnosis]) -> None:
    """Rules that fired most first; those that never did are there too."""
    rows = [_row(one) for one in sorted(found, key=lambda one: -one.record.fired)]
    parts.table(
        pd.DataFrame(rows), f"{len(rows)} rules, those that fired most first.",
        key="records", height="content",
    )  # fmt: skip


def _row(found: Diagnosis) -> dict[str, object]:
    own = found.record
    return {
        "Rule": rule_words.name(found.rule),
        "Fired": own.fired,
        "Over by itself after one batch": own.alone,
        "Revised away": own.revised,
        "Unhelpful": own.unhelpful,
        "Helpful": own.helpful,
        "Noisy": own.is_noisy,
    }
