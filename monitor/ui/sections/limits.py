"""Which limits a model is held to."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.alerts.words import title
from monitor.terms import Severity
from monitor.ui import actions, data, parts

EDITABLE = ("low", "high", "severity", "enabled")


def show(models: list[str], model: str) -> None:
    if not models:
        parts.nothing_yet("No model yet", "Rules are made when a model is registered.")
        return
    parts.picker("Model", models, field="model", chosen=model, drawn=st.selectbox)
    rules = data.rules(model)
    st.caption(
        "Against the reference, limits are added to the reference value (or multiply it); the next "
        "batch is judged by what is saved here. An empty cell means no limit on that side."
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
    impossible = changes["low"] > changes["high"]
    if impossible.any():
        st.error("“At least” is above “At most”, and no value can be both: correct it.")
    done = changes.empty or bool(impossible.any())
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
        "low": config.NumberColumn("At least", format="%.3f"),
        "high": config.NumberColumn("At most", format="%.3f"),
        "severity": config.SelectboxColumn("Severity", options=list(Severity), required=True),
        "enabled": config.CheckboxColumn("Watched"),
    }
