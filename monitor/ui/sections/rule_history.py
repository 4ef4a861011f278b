"""What a rule said before, who changed it and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from monitor.alerts import rule_words
from monitor.alerts.rule import Rule
from monitor.ui import data, parts, times


def show(rule: Rule) -> None:
    st.header("Versions of this rule")
    kept = data.rule_versions(rule.id)
    parts.table(
        pd.DataFrame([_row(row) for row in kept]),
        f"{len(kept)} versions of this rule, newest first.",
        key="rule_versions",
    )


def _row(row: Mapping[str, Any]) -> dict[str, object]:
    rule = Rule.from_row({**row["definition"], "version": row["version"], "id": row["rule_id"]})
    return {
        "Version": rule.version,
        "Since": times.moment(row["at"]),
        "By": row["who"],
        "Why": row["note"],
        "Allowed": rule_words.limits(rule),
        "Broken only if": rule_words.conditions(rule),
        "Severity": str(rule.severity).capitalize(),
        "Tells": rule_words.telling(rule),
        "Watched": rule.enabled,
    }
