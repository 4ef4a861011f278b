"""What broke together with an incident, the likely cause first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from monitor.alerts.grouping import in_order
from monitor.measures.measurement import Measurement
from monitor.terms import Severity
from monitor.ui import data, links, parts
from monitor.ui.incident_words import brief, state_text


@dataclass(frozen=True, slots=True)
class Breach:
    """An incident as one of several that a batch opened."""

    row: Any
    measurement: Measurement
    severity: Severity


def show(row: Any) -> None:
    """Nothing where it came alone."""
    together = in_order(_group(row))
    if len(together) < 2:
        return
    st.header("What broke with it, likely cause first")
    for breach in together:
        _line(breach.row, current=int(row["id"]))


def _group(row: Any) -> list[Breach]:
    if pd.isna(row["opened_batch_id"]):
        return []
    mine = data.incidents(model=row["model"])
    same = mine[mine["opened_batch_id"] == row["opened_batch_id"]]
    return [breach_of(one) for _, one in same.iterrows()]


def breach_of(row: Any) -> Breach:
    """The incident as a broken limit, by its row."""
    measured = Measurement(
        str(row["metric"]),
        parts.number(row["value"]),
        int(row["n"]),
        feature=row["feature"],
        attribute=row["attribute"],
        group=row["group"],
        limit_high=parts.number(row["limit"]),
    )
    return Breach(row, measured, Severity(row["severity"]))


def _line(row: Any, *, current: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(state_text(row), width="content")
        st.markdown(brief(row), width="stretch")
        if int(row["id"]) == current:
            st.caption("this one", width="content")
        else:
            links.link("Look", "alerts", incident=int(row["id"]))
