"""Versions of one model, newest first, with what was hashed and installed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.terms import Stage
from monitor.ui import actions, data, parts, times
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
    _promote(subject.model, versions)
    for _, row in versions.iterrows():
        with st.expander(f"Everything recorded about version {row['number']}"):
            st.json(row["facts"])


def _promote(model: str, versions: pd.DataFrame) -> None:
    """A challenger, or an earlier version again, in the champion's place."""
    others = versions.loc[versions["stage"] != Stage.CHAMPION, "number"].tolist()
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox("Version", others, key="promoted", width=120)
        reason = st.text_input("Reason", key="reason", placeholder="Why it should answer now")
        if st.button("Make it champion", key="promote"):
            actions.promote(model, int(number), reason=reason)
            st.rerun()
