"""The frame around every page: icon, navigation, the worker's silence, and the one error card."""

from __future__ import annotations

import base64
from datetime import timedelta
from functools import cache
from pathlib import Path

import streamlit as st

from monitor.access import access_of
from monitor.ui import current, errors, links, pulse, times
from monitor.ui.actions import who
from monitor.ui.markdown import escape

STATIC = Path(__file__).parent / "static"
SILENT_AFTER = timedelta(minutes=3)


def main() -> None:
    """Runs the page of the address; whatever it raises becomes one plain card."""
    st.set_page_config(page_title="Fairwatch", page_icon=_icon(), layout="wide")
    st.html(STATIC / "fairwatch.css")
    login = access_of(current.settings()).login
    if login is not None and not login.admits(st.user.to_dict()):
        _sign_in()
        return
    st.logo(str(STATIC / "logo.png"), size="large")  # which is not shown to strangers
    page = st.navigation([links.page(name) for name in links.TITLES], position="top")
    links.arrived(page)
    if login is not None:
        st.button(f"Sign out {escape(who())}", key="sign_out", type="tertiary", on_click=st.logout)
    try:
        current.began()
        _silence()
        page.run()
    except Exception as error:
        errors.show(error)


@cache
def _icon() -> str:
    """In the address itself: strangers see it too, who are given no file."""
    icon = base64.b64encode((STATIC / "icon.png").read_bytes()).decode()
    return f"data:image/png;base64,{icon}"


def _sign_in() -> None:
    """What a stranger sees, and whoever is signed in under an address that is not on the list."""
    st.title("Fairwatch")
    if st.user.get("is_logged_in"):
        st.error(f"{escape(who())} is not on the list of those who may come in.")
        st.button("Sign in with another account", on_click=st.logout)
    else:
        st.button("Sign in", type="primary", on_click=st.login)


def _silence() -> None:
    """Says so when nobody evaluates: what a page shows is then older than it looks."""
    seen = pulse.last_sign()
    if seen is not None and times.now() - seen > SILENT_AFTER:
        st.warning(
            f"**No evaluation for {times.age(seen).removesuffix(' ago')}.** The worker is silent: "
            "what arrives is kept and waits. Start one with `fairwatch work`.",
            icon=":material/heart_broken:",
        )


if __name__ == "__main__":
    main()
