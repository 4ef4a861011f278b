"""Evidently's own page about a batch: asked for, waited for, looked at, kept."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.terms import JobStatus
from monitor.ui import actions, current, data, deleted_rows
from monitor.ui.markdown import escape
from monitor.ui.sections import live
from monitor.ui.sections.subject import Subject

HEIGHT: Final = 900
ACTIVE: Final = (JobStatus.QUEUED, JobStatus.RUNNING)


def show(subject: Subject, *, batch: str) -> None:
    """What there is of the page, and the next step."""
    st.header(
        "Evidently report",
        help="Made by the worker from samples of at most 10,000 rows of the batch and of the "
        "reference, in a process of its own, and kept.",
    )
    asked = ("rows gone", subject.model, batch)
    gone = current.known(asked, lambda: _gone(subject.model, batch))
    if gone:
        st.caption(f"{escape(gone)}; no report can be made of them.")
        return
    made = data.report(subject.model, batch=batch).iloc[0]
    if made["sha256"]:
        _made(made)
    elif made["status"] in ACTIVE:
        st.caption("The report is being made: half a minute, as a rule.")
        live.show(subject.model)
    else:
        _ask(subject, made, batch)


def _gone(model: str, batch: str) -> str:
    batches = data.answered(model)
    row = batches[batches["batch"] == batch].iloc[0]
    if pd.isna(row["rows_deleted_at"]):
        return ""
    return deleted_rows.said_of(row["rows_deleted_at"], data.notes((int(row["id"]),))[row["id"]])


def _ask(subject: Subject, made: Any, batch: str) -> None:
    failed = made["status"] == JobStatus.FAILED
    if failed:
        st.error(escape(made["error"]), icon=":material/error:")
    else:
        st.markdown("Evidently's drift and summary pages on this batch, column by column.")
    st.button(
        "Try again" if failed else "Evidently report",
        key="make_report",
        icon=":material/lab_research:",
        on_click=actions.make_report,
        args=(subject.model,),
        kwargs={"batch": batch},
    )


def _made(made: Any) -> None:
    """A frame in a box of its own: the server forbids it everything but to draw itself."""
    address = f"/report/{made['sha256']}"
    rows = f"{int(made['rows']):,} rows of the batch"
    st.caption(f"Evidently {escape(made['evidently'])} on {rows} beside the reference.")
    if made["left_out"]:
        names = ", ".join(escape(name) for name in made["left_out"])
        st.caption(f"Left out, for lack of room or of values: {names}.")
    with st.container(horizontal=True):
        shown = st.toggle("Show it here", key="show_report", value=False)
        st.link_button("Download", f"{address}?download=1", icon=":material/download:")
        st.link_button("Open alone", address, icon=":material/open_in_new:")
    if shown:
        st.iframe(address, height=HEIGHT, alt="Evidently's report about this batch.")
