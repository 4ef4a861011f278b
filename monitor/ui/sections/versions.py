"""Versions of one model, newest first, with what was hashed and installed."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_rows, format_value
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
    _costs(subject)
    _promote(subject.model, versions)
    for row in versions.to_dict("records"):
        with st.expander(f"Everything recorded about version {row['number']}"):
            st.json(row["facts"])


def _costs(subject: Subject) -> None:
    """What scoring the newest batch took; nothing before there is one."""
    if not subject.scored.names:
        return
    names = tuple(name for name, one in METRICS.items() if one.family == "service")
    found = data.measurements(subject.model, batch=subject.latest, metrics=names)
    if found.empty:
        return
    st.header("What the last batch took")
    for place, (_, row) in zip(st.columns(len(found)), found.iterrows(), strict=True):
        metric, value = METRICS[str(row["metric"])], parts.number(row["value"])
        shown = format_value(metric.name, value)
        place.metric(metric.title, shown, help=f"{metric.words} {row['reason'] or ''}".rstrip())
    st.caption(f"Read once, while {format_rows(int(found['n'].iloc[0]))} were scored.")


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
