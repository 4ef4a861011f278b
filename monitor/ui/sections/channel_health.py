"""Whether messages get through: each channel's badge, its last error, and what waits for it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.terms import counted
from monitor.ui import links, pulse, times
from monitor.ui.markdown import escape


def warn() -> None:
    """A red line above whatever part of Alerts is open, for every channel that is down."""
    if not pulse.is_a_channel_down():
        return
    health = pulse.channels_health()
    down = health[is_down(health)]
    for row in down.to_dict("records"):
        st.error(f"**{escape(row['name'])} is down.** {escape(_trouble(row))}")
    if len(down):
        links.link("Look at the channels", "alerts", icon=":material/build:", part="channels")


def is_down(health: pd.DataFrame) -> pd.Series:
    """Those that are switched on and whose last message did not go through."""
    return health["enabled"].astype(bool) & health["failing_since_at"].notna()


def badge(row: Any) -> None:
    if not row["enabled"]:
        st.badge("Off", icon=":material/pause_circle:", color="gray")
    elif pd.notna(row["failing_since_at"]):
        st.badge("Down", icon=":material/error:", color="red")
    elif pd.notna(row["last_sent_at"]):
        st.badge("Works", icon=":material/check_circle:", color="green")
    else:
        st.badge("Not tried yet", icon=":material/hourglass_empty:", color="gray")


def say(row: Any) -> None:
    """What is wrong in red; else when the last message went and what was answered."""
    if row["enabled"] and pd.notna(row["failing_since_at"]):
        st.error(escape(_trouble(row)))
        return
    told = [_sent(row), _waiting(row), _given_up(row)]
    if any(told):
        st.caption(escape(" ".join(part for part in told if part)))


def _trouble(row: Any) -> str:
    again = row["waits_until_at"]
    told = [
        f"Since {times.moment(row['failing_since_at'])}: {row['error'] or 'no answer'}",
        _waiting(row),
        "" if pd.isna(again) else f"It is tried again at {times.moment(again)}.",
    ]
    return " ".join(part for part in told if part)


def _waiting(row: Any) -> str:
    waiting = int(row["waiting"])
    return f"{counted(waiting, 'message')} {'wait' if waiting > 1 else 'waits'}." if waiting else ""


def _given_up(row: Any) -> str:
    lost = int(row["given_up"])
    return f"{counted(lost, 'message')} never went through." if lost else ""


def _sent(row: Any) -> str:
    if pd.isna(row["last_sent_at"]):
        return ""
    answer = f", answered: {row['last_answer']}" if row["last_answer"] else ""
    return f"Last message {times.age(row['last_sent_at'])}{answer}."
