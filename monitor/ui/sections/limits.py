"""Which limits a model is held to."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.alerts.words import title
from monitor.terms import Severity
from monitor.ui import actions, data, parts

EDITABLE = ("low", "high", "severity", "enabled")
BUDGET = "change_evidence"
LEAST = 10  # batches to a false alarm: below, alarms of nothing would come all the time


def show(models: list[str], model: str) -> None:
    if not models:
        parts.nothing_yet("No model yet", "Rules are made when a model is registered.")
        return
    parts.picker("Model", models, field="model", chosen=model, drawn=st.selectbox)
    rules = data.rules(model)
    st.caption(
        "Against the reference, limits are added to the reference value (or multiply it); the next "
        "batch is judged by what is saved here. An empty cell means no limit on that side. "
        f"“At most” N for {title(BUDGET)} allows one false alarm in N batches at most: a larger N "
        "means fewer of them, and later alarms; empty, nothing is followed over time."
    )
    edited = st.data_editor(
        _table(rules),
        key=f"rules_{model}",
        hide_index=True,
        column_config=_columns(),
        disabled=["Metric", "About", "against"],
        alt=f"{len(rules)} rules of this model.",
    )
    changes = changed(rules, edited)
    wrong = objection(rules, changes)
    if wrong:
        st.error(wrong)
    done = changes.empty or bool(wrong)
    if st.button("Save limits", type="primary", disabled=done, key="save_limits"):
        for _, row in changes.iterrows():
            actions.save_rule(
                int(row["id"]),
                low=parts.number(row["low"]),
                high=parts.number(row["high"]),
                severity=str(row["severity"]),
                enabled=bool(row["enabled"]),
            )
        st.toast(f"{len(changes)} rules saved.")
        st.rerun()


def _table(rules: pd.DataFrame) -> pd.DataFrame:
    about = rules["attribute"].where(rules["attribute"] != "", rules["feature"])
    shown = pd.DataFrame(
        {
            "Metric": [title(name) for name in rules["metric"]],
            "About": about.replace({"*": "every column", "": "the whole model"}),
            "against": rules["against"],
        }
    )
    return shown.assign(**{name: rules[name] for name in EDITABLE}).astype(
        {"low": "float64", "high": "float64", "enabled": "bool"}
    )


def objection(rules: pd.DataFrame, changes: pd.DataFrame) -> str:
    """Why these changes cannot be saved, in one sentence; "" where they can."""
    if (changes["low"] > changes["high"]).any():
        return "“At least” is above “At most”, and no value can be both: correct it."
    budgets = changes[changes["id"].isin(rules[rules["metric"] == BUDGET]["id"])]
    if (budgets["high"] < LEAST).any():
        return (
            f"{title(BUDGET)} takes “At most” {LEAST} or more: one false alarm in so many batches."
        )
    return ""


def changed(rules: pd.DataFrame, edited: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``edited``, with the rules' ids, where anything differs."""
    before = rules[list(EDITABLE)].astype({"low": "float64", "high": "float64", "enabled": "bool"})
    after = edited[list(EDITABLE)].reset_index(drop=True)
    before = before.reset_index(drop=True)
    differs = ((before != after) & ~(before.isna() & after.isna())).any(axis=1)
    return after.assign(id=rules["id"].to_numpy())[differs]


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "against": config.TextColumn("Against"),
        "low": config.NumberColumn("At least", format="%.6g"),
        "high": config.NumberColumn("At most", format="%.6g"),
        "severity": config.SelectboxColumn("Severity", options=list(Severity), required=True),
        "enabled": config.CheckboxColumn("Watched"),
    }
