"""What a model is watched for: its rules in words, each with a way to change it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.alerts import rule_words
from monitor.alerts.rule import Rule
from monitor.alerts.words import title
from monitor.ui import data, links, parts
from monitor.ui.sections import rule_editor, rule_new
from monitor.ui.view import View


def show(view: View, models: list[str]) -> None:
    if not models:
        parts.nothing_yet("No model yet", "Rules are made when a model is registered.")
        links.link("Register a model", "settings", icon=":material/add:", part="models")
        return
    parts.picker("Model", models, field="model", chosen=view.model, drawn=st.selectbox)
    rules = data.rules(view.model)
    st.caption(
        "Made when the model was registered; change what does not suit you. Every version is kept, "
        "and the next batch is judged by what is saved. "
        f"“{title(rule_words.BUDGET)}” holds what many batches say together to a budget "
        "of false alarms: a larger N means fewer of them, and later alarms."
    )
    links.link(
        "Add a rule", "alerts", icon=":material/add:",
        part="rules", model=view.model, rule=rule_new.NEW,
    )  # fmt: skip
    parts.table(
        pd.DataFrame([_row(rule) for rule in rules]),
        f"{len(rules)} rules of this model.",
        key="rules",
        column_config=_columns(),
        height="content",
    )
    click = st.session_state.get("open_rule")
    if click is not None:
        links.go("alerts", part="rules", model=view.model, rule=rules[click["row"]].id)


def open_one(view: View) -> bool:
    """Draws the editor of the rule in the address, or of a new one; False where there is none."""
    if view.rule == rule_new.NEW and view.model:
        rule_new.show(view)
        return True
    found = [rule for rule in data.rules(view.model) if str(rule.id) == view.rule]
    if found:
        rule_editor.show(view.model, found[0])
    return bool(found)


def _row(rule: Rule) -> dict[str, object]:
    return {
        "open": "Edit",
        "Rule": rule_words.name(rule),
        "Allowed": rule_words.limits(rule),
        "Broken only if": rule_words.conditions(rule),
        "Severity": str(rule.severity).capitalize(),
        "Tells": rule_words.telling(rule),
        "Watched": rule.enabled,
        "Version": rule.version,
    }


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "Rule": config.TextColumn(width=300),
        "open": config.ButtonColumn("Change", width=70, type="tertiary", key="open_rule"),
    }
