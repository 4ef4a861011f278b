"""A new rule: what it is about is chosen among what is measured, in the address."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.alerts import rule_words
from monitor.alerts.rule import EVERY, Rule
from monitor.alerts.watchable import of_columns
from monitor.alerts.words import title
from monitor.measures.catalogue import METRICS
from monitor.terms import Severity
from monitor.ui import data, links, parts
from monitor.ui.sections import rule_editor
from monitor.ui.view import View, choose

NEW = "new"  # as the rule in the address


def show(view: View) -> None:
    links.link("All rules", "alerts", icon=":material/arrow_back:", part="rules", model=view.model)
    st.title("A new rule")
    measured = data.measurements(view.model, batch="latest")
    measured = measured[measured["metric"].isin(METRICS)]
    if measured.empty:
        parts.nothing_yet("Nothing is measured yet", "Upload a batch: its numbers can be watched.")
        return
    rule = _about(view, measured)
    key = (rule.metric, rule.feature, rule.attribute, rule.group)
    there = [r for r in data.rules(view.model) if _key(r) == key]
    if there:
        st.info(f"There is such a rule already: {rule_words.name(there[0])}.")
        links.link(
            "Open it", "alerts", icon=":material/rule:",
            part="rules", model=view.model, rule=there[0].id,
        )  # fmt: skip
        return
    st.caption(METRICS[rule.metric].words)
    rule_editor.edit(view.model, rule)


def _key(rule: Rule) -> tuple[str, str, str, str]:
    return rule.metric, rule.feature, rule.attribute, rule.group


def _about(view: View, measured: pd.DataFrame) -> Rule:
    """Each choice narrows the next; one that leaves none is not asked."""
    metrics = sorted(set(measured["metric"]), key=title)
    metric = choose(view.metric, metrics)
    parts.picker("Metric", metrics, field="metric", chosen=metric, words=title, drawn=st.selectbox)
    rows = measured[measured["metric"] == metric]
    every = [EVERY] if of_columns(METRICS[metric]) else []
    feature = _pick("Column", "feature", view.feature, [*every, *_values(rows, "feature")])
    rows = rows[rows["feature"] == feature] if feature != EVERY else rows
    attribute = _pick("Of the groups of", "attribute", view.attribute, _values(rows, "attribute"))
    rows = rows[rows["attribute"] == attribute]
    groups = ["", *_values(rows, "group")] if attribute else [""]
    group = _pick("Group", "group", view.group, list(dict.fromkeys(groups)))
    return Rule(
        metric, severity=Severity.WARNING, feature=feature, attribute=attribute, group=group, id=0
    )


def _values(rows: pd.DataFrame, name: str) -> list[str]:
    return list(dict.fromkeys(rows[name].astype(str)))


def _pick(label: str, field: str, asked: str, options: list[str]) -> str:
    chosen = choose(asked, options)
    if len(options) > 1:
        parts.picker(label, options, field=field, chosen=chosen, words=_word, drawn=st.selectbox)
    return chosen


def _word(value: str) -> str:
    return {"": "everybody, or each", EVERY: "every column"}.get(value, value)
