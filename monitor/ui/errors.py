"""What a person sees when something went wrong: one plain card, never a traceback."""

from __future__ import annotations

import logging

import streamlit as st

from monitor.errors import Busy, FairwatchError
from monitor.ui.markdown import escape

log = logging.getLogger("fairwatch.ui")


def show(error: BaseException) -> bool:
    """Draws the card and says that nothing else need be drawn."""
    if isinstance(error, FairwatchError):
        icon = ":material/hourglass_top:" if isinstance(error, Busy) else ":material/error:"
        st.error(escape(error.sentence), icon=icon)
        return True
    log.error("page failed", exc_info=error)
    st.error(
        "**This page could not be drawn.** Nothing was lost: reload it, and if it happens again, "
        f"look for “page failed” in the server's log ({type(error).__name__}).",
        icon=":material/error:",
    )
    return True
