"""The frame around every page: icon, navigation, the worker's silence, and the one error card."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import streamlit as st

from monitor.ui import data, errors, links, times

STATIC = Path(__file__).parent / "static"
SILENT_AFTER = timedelta(minutes=3)


def main() -> None:
    """Runs the page of the address; whatever it raises becomes one plain card."""
    icon = str(STATIC / "icon.png")
    st.set_page_config(page_title="Fairwatch", page_icon=icon, layout="wide")
    st.html(STATIC / "fairwatch.css")
    st.logo(str(STATIC / "logo.png"), size="large")
    page = st.navigation([links.page(name) for name in links.TITLES], position="top")
    links.arrived(page)
    try:
        _silence()
        page.run()
    except Exception as error:
        errors.show(error)


def _silence() -> None:
    """Says so when nobody evaluates: what a page shows is then older than it looks."""
    workers = data.workers()
    if workers.empty:
        return
    seen = workers["seen_at"].iloc[0]
    if times.now() - seen > SILENT_AFTER:
        st.warning(
            f"**No evaluation for {times.age(seen).removesuffix(' ago')}.** The worker is silent: "
            "what arrives is kept and waits. Start one with `fairwatch work`.",
            icon=":material/heart_broken:",
        )


if __name__ == "__main__":
    main()
