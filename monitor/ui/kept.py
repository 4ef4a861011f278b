"""What is alike for every visitor is worked out and drawn once: later reruns have it as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import streamlit as st

from monitor.ui import data

T = TypeVar("T")
MOST: Final = 200  # pieces in memory, of some tens of kilobytes each


def drawn(seen: tuple[object, ...], draw: Callable[[], None]) -> None:
    """Draws, or sends again what was drawn of the same ``seen`` at this revision of the store.

    ``seen`` names the piece and all that it depends on beside the store: never the clock, nor who
    looks.  No widget may be in it.
    """
    _once(data.key(), repr(seen), draw)


def known(seen: tuple[object, ...], make: Callable[[], T]) -> T:
    """What was made of the same ``seen`` at this revision; not to be changed."""
    found: T = _once(data.key(), repr(seen), make)
    return found


@data.of_one_revision
@st.cache_resource(show_spinner=False, max_entries=MOST)
def _once(at: tuple[str, int], seen: str, _make: Callable[[], Any]) -> Any:
    return _make()
