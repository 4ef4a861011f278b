"""Work in progress: polled only while there is some."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.terms import JobKind, JobStatus
from monitor.ui import current, pulse, times
from monitor.ui.markdown import escape

ACTIVE: Final = (JobStatus.QUEUED, JobStatus.RUNNING)
REDRAW_SECONDS: Final = 5.0
TOGETHER: Final = pd.Timedelta(minutes=10)
VERBS: Final = {
    JobKind.SCORE: "Scoring",
    JobKind.LABELS: "Joining labels of",
    JobKind.EXPLAIN: "Looking for causes in",
    JobKind.REPORT: "Making Evidently's report of",
    JobKind.SEQUENCE: "Following the evidence from",
    JobKind.EXPIRE: "Deleting the rows of",
}


def show(model: str | None = None) -> bool:
    """Draws what runs and waits, of one model or of all; False where nothing does."""
    if not pulse.is_working(model):
        return False
    _poll(model, current.revision(), times.now().timestamp())
    return True


@st.fragment(run_every=1.0)
def _poll(model: str | None, revision: int, drawn_at: float) -> None:
    """Redraws the whole page when all is done, and now and then when something new came in."""
    jobs = pulse.jobs(model)
    active = jobs[jobs["status"].isin(ACTIVE)]
    old = times.now().timestamp() - drawn_at > REDRAW_SECONDS
    if active.empty or (old and current.revision() != revision):
        st.rerun()
    with st.container(border=True):
        _draw(jobs, active)


def _draw(jobs: pd.DataFrame, active: pd.DataFrame) -> None:
    """One bar for all that came at about the same time, one for each job that runs."""
    together = jobs[jobs["created_at"] >= active["created_at"].min() - TOGETHER]
    over = len(together) - len(active)
    if len(together) > 1:
        words = f"**{over} of {len(together)} jobs done**"
        st.progress(min(over / len(together), 1.0), text=words)
    running = active[active["status"] == JobStatus.RUNNING]
    for _, job in running.head(3).iterrows():
        done = min(max(float(job["progress"]), 0.0), 1.0)
        st.progress(done, text=f"{_verb(job)}: {done:.0%}")
    if running.empty:
        st.caption("Waiting for the worker.")


def _verb(job: Any) -> str:
    return f"{VERBS[JobKind(job['kind'])]} {escape(job['model'])}, {escape(job['batch'])}"
