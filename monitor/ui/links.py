"""The five pages, and links that open exactly one view of them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page

from monitor.ui.markdown import escape

FOLDER: Final = Path(__file__).resolve().parents[2] / "pages"
TITLES: Final = {
    "overview": ("Overview", ":material/dashboard:"),
    "model": ("Model", ":material/monitoring:"),
    "alerts": ("Alerts", ":material/notifications:"),
    "batches": ("Batches", ":material/upload_file:"),
    "settings": ("Settings", ":material/settings:"),
}

HERE: Final = "page_shown"


def arrived(page: Page) -> None:
    """Remembers which page is drawn."""
    st.session_state[HERE] = page.url_path or "overview"


def page(name: str) -> Page:
    """The page as ``st.navigation`` knows it; overview stands at ``/``."""
    title, icon = TITLES[name]
    first = name == "overview"
    path = FOLDER / f"{name}.py"
    return st.Page(path, title=title, icon=icon, url_path="" if first else name, default=first)


@cache
def _target(name: str) -> Page:
    """Where a link leads; only the navigation needs pages of its own, for it runs one."""
    return page(name)


def link(label: str, name: str, *, icon: str | None = None, **view: object) -> None:
    """A link inside the app, without a new tab and without reloading.

    One to another view of the page it stands on is drawn as a button: the browser would not change
    the address for a link, and the next click would fall back to the view before.
    """
    if name == st.session_state.get(HERE):
        key = f"go_{label}_{address(name, **view)}"
        if st.button(escape(label), key=key, icon=icon, type="tertiary"):
            go(name, **view)
        return
    st.page_link(_target(name), label=escape(label), icon=icon or "", query_params=_said(view))


def go(name: str, **view: object) -> None:
    """Opens another view at once."""
    st.switch_page(_target(name), query_params=_said(view))


def address(name: str, **view: object) -> str:
    """The same view as text, for copying.

    >>> address("model", model="a b", section="drift")
    '/model?model=a+b&section=drift'
    """
    path = "/" if name == "overview" else f"/{name}"
    said = urlencode(_said(view))
    return f"{path}?{said}" if said else path


def _said(view: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in view.items() if value not in ("", None)}
