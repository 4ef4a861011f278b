"""What stands on the first page before there is anything to watch."""

from __future__ import annotations

import streamlit as st

from monitor.ui import actions, links
from monitor.ui.markdown import escape

COMMANDS = """fairwatch model add credit.toml
fairwatch batch add credit march.csv --wait
fairwatch show credit"""


def show() -> None:
    """Three ways to begin: look at the demo, register a model, use the command line."""
    st.title("Nothing is being watched yet")
    st.markdown(
        "Fairwatch compares every batch a model scores with its reference: how right it is, "
        "how each group fares, what drifted, which data broke."
    )
    demo, register, terminal = st.columns(3)
    with demo.container(border=True, height="stretch"):
        st.header("See it at work")
        st.markdown("Three made-up models with half a year of weekly batches, and their troubles.")
        if st.button("Load the demo", type="primary", key="load_demo"):
            with st.status("Registering three models and their batches …"):
                for step in actions.load_demo():
                    st.write(escape(step))
            st.rerun()
    with register.container(border=True, height="stretch"):
        st.header("Watch your own model")
        st.markdown("Upload the rows it was validated on; columns and roles are suggested.")
        links.link("Register a model", "settings", icon=":material/add:", part="models")
    with terminal.container(border=True, height="stretch"):
        st.header("From the command line")
        st.code(COMMANDS, language=None)
