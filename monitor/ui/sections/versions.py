"""Versions of one model, newest first, with what was hashed and installed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.ui import data, parts, times
from monitor.ui.sections.subject import Subject


def show(subject: Subject) -> None:
    versions = data.versions(subject.model)
    shown = pd.DataFrame(
        {
            "Version": versions["number"],
            "Stage": versions["stage"],
            "Registered": [times.moment(at) for at in versions["created_at"]],
            "Runner": versions["runner"],
            "Model file (sha256)": [str(s)[:16] if s else "–" for s in versions["sha256"]],
        }
    )
    parts.table(shown, f"{len(shown)} versions, newest first.", key="versions")
    for _, row in versions.iterrows():
        with st.expander(f"Everything recorded about version {row['number']}"):
            st.json(row["facts"])
