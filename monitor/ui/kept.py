"""What is alike for every visitor is drawn once: later reruns have it as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from monitor.ui import current

MOST: Final = 200  # pieces in memory, of some tens of kilobytes each


def drawn(seen: tuple[object, ...], draw: Callable[[], None]) -> None:
    """Draws, or sends again what was drawn of the same ``seen`` at this revision of the store.

    ``seen`` names the piece and all that it depends on beside the store: never the clock, nor who
    looks.  No widget may be in it.
    """
    _once(repr((current.key(), seen)), draw)


@current.of_one_revision
@st.cache_resource(show_spinner=False, max_entries=MOST)
def _once(seen: str, _draw: Callable[[], None]) -> None:
    _draw()
