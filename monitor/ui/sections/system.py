"""Is the machinery well: worker, queue, database, versions."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import pandas as pd
import streamlit as st

from monitor.terms import JobStatus
from monitor.ui import current, parts, pulse, times
from monitor.ui.markdown import escape


def show() -> None:
    _workers(pulse.workers())
    _queue(pulse.queue())
    _facts()


def _workers(workers: pd.DataFrame) -> None:
    st.header("Workers")
    if workers.empty:
        parts.nothing_yet("No worker is alive", "Start one: `fairwatch work`.")
        return
    shown = pd.DataFrame(
        {
            "Worker": workers["name"],
            "Started": [times.moment(at) for at in workers["started_at"]],
            "Last sign of life": [times.age(at) for at in workers["seen_at"]],
        }
    )
    parts.table(shown, "Workers, the liveliest first.", key="workers")


def _queue(counts: Mapping[str, int]) -> None:
    st.header("Queue")
    for place, status in zip(st.columns(4), JobStatus, strict=True):
        place.metric(str(status).capitalize(), int(counts.get(status, 0)), border=True)
    if counts.get(JobStatus.FAILED):
        failed = pulse.jobs(status=(JobStatus.FAILED,))
        parts.table(
            failed[["model", "batch", "kind", "attempt", "error"]].head(50),
            "Jobs that failed.",
            key="failed_jobs",
        )


def _facts() -> None:
    st.header("This installation")
    store = current.store()
    settings = store.settings
    facts = {
        "Database": store.engine.url.render_as_string(hide_password=True),
        "Files": str(settings.files.resolve()),
        "Links in messages start with": settings.base_url,
        "Fairwatch": _installed("fairwatch"),
        "Streamlit": _installed("streamlit"),
        "Python": platform.python_version(),
    }
    st.markdown("\n\n".join(f"{name}: **{escape(value)}**" for name, value in facts.items()))


@cache
def _installed(package: str) -> str:
    """Its version, which is looked up in a folder of many."""
    return version(package)
