"""The top of a model's page: who it is, how it stands, and what is open."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.charts.words import count
from monitor.ui import links, parts, times
from monitor.ui.markdown import escape
from monitor.ui.view import SECTIONS, WINDOWS, View

TITLES = {
    "performance": "Performance",
    "fairness": "Fairness",
    "drift": "Drift",
    "quality": "Data quality",
    "evidence": "Over time",
    "causes": "Causes",
    "versions": "Versions",
}
WINDOW_WORDS = {"7d": "7 d", "30d": "30 d", "90d": "90 d", "1y": "1 year", "all": "All"}


def unknown(name: str, models: list[str]) -> None:
    """A full page: never another model in place of the one that was asked for."""
    st.title(f"No model called {escape(name)}")
    st.markdown("It may have been renamed or never registered here. These are watched:")
    for model in models:
        links.link(model, "model", icon=":material/monitoring:", model=model)
    links.link("Register a model", "settings", icon=":material/add:", part="models")


def choices(view: View, models: list[str]) -> None:
    """Model and window, side by side above everything else."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        parts.picker("Model", models, field="model", chosen=view.model, drawn=st.selectbox)
        windows = list(WINDOWS)
        if view.window.between is not None:
            windows.append(view.window.slug)
        parts.picker(
            "Window", windows, field="window", chosen=view.window.slug, words=_window_words
        )


def _window_words(slug: str) -> str:
    return WINDOW_WORDS.get(slug, slug.replace("/", " to "))


def header(row: Any) -> None:
    """Name, verdict, and the facts that put every number below into place."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title(escape(row["model"]), width="content")
        parts.badge(row["verdict"])
        if pd.notna(row["since"]):
            st.caption(f"since {times.day(row['since'])}")
    coverage = parts.number(row["label_coverage"])
    facts = [
        escape(f"{row['task']} model"),
        f"version {row['version']}",
        f"owner {escape(row['owner'])}" if row["owner"] else "no owner named",
        f"one batch a {escape(row['cadence'])}",
    ]
    if row["rows"]:
        labels = f"labels for {coverage:.0%} of" if coverage else "no labels yet for"
        facts += [
            f"data to {times.last_day(row['last_ends_at'])}",
            f"scored {times.age(row['last_scored_at'])}",
            f"{labels} {count(row['rows'])} rows",
        ]
    st.caption(" · ".join(facts))
    if row["open_incidents"]:
        st.markdown(parts.words(row["why"]))


def section_picker(view: View) -> None:
    parts.picker(
        "Section",
        SECTIONS,
        field="section",
        chosen=view.section,
        words=TITLES.__getitem__,
        label_visibility="collapsed",
    )
