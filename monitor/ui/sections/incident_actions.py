"""What a person does about an incident: the address opens the action, a button does it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import streamlit as st

from monitor.alerts.states import Action, allowed
from monitor.terms import IncidentState
from monitor.ui import actions, parts, times
from monitor.ui.view import choose

WORDS: Final = {
    Action.ACKNOWLEDGE: ("Acknowledge", "Acknowledge this incident"),
    Action.ASSIGN: ("Assign", "Give it to them"),
    Action.SNOOZE: ("Snooze", "Snooze this incident"),
    Action.NOTE: ("Write a note", "Keep this note"),
    Action.RESOLVE: ("Resolve", "Resolve this incident"),
    Action.REOPEN: ("Reopen", "Reopen this incident"),
}
HELP: Final = {
    Action.ACKNOWLEDGE: "You are on it: no more reminders.",
    Action.ASSIGN: "It stays as it is; the name says who has it.",
    Action.SNOOZE: "Silent until then, unless it becomes critical; it may recover meanwhile.",
    Action.NOTE: "A line in what happened.",
    Action.RESOLVE: "It is over; a batch that breaks the rule again soon reopens it.",
    Action.REOPEN: "It is not over after all.",
}
MORNING: Final = time(9)


def show(row: Any, *, wanted: str) -> None:
    """``wanted`` is the action in the address; nothing is done before the button is pressed."""
    number, state = int(row["id"]), IncidentState(row["state"])
    options = [str(action) for action in allowed(state) if action in WORDS]
    chosen = Action(choose(wanted, options))
    with st.container(border=True):
        parts.picker(
            "What do you do?", options, field="do", chosen=str(chosen),
            words=lambda action: WORDS[Action(action)][0],
        )  # fmt: skip
        st.caption(HELP[chosen])
        owner = _owner() if chosen is Action.ASSIGN else ""
        until = _until() if chosen is Action.SNOOZE else None
        note = st.text_input("Note", key="note", placeholder="What you found, or what you will do")
        if st.button(WORDS[chosen][1], key="act", type="primary"):
            actions.act(number, chosen, note=note, owner=owner, until=until)
            st.query_params.pop("do", None)
            st.rerun()
    _worth(row)


def _owner() -> str:
    return st.text_input("Who", value=actions.who(), key="assign_to")


def _until() -> datetime:
    here = times.zone()
    tomorrow = times.now().astimezone(here).date() + timedelta(days=1)
    first, second = st.columns(2)
    day = first.date_input("Until", value=tomorrow, key="snooze_day")
    hour = second.time_input("at", value=MORNING, key="snooze_hour")
    chosen = day if isinstance(day, date) else tomorrow
    return datetime.combine(chosen, hour or MORNING, here).astimezone(UTC)


def _worth(row: Any) -> None:
    """What people say of it is counted for its rule under Noise."""
    said = parts.number(row["helpful"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Was it worth being told?", width="content")
        for value, action, words in ((1, Action.HELPFUL, "Yes"), (0, Action.UNHELPFUL, "No")):
            icon = ":material/check:" if said == value else None
            if st.button(words, key=str(action), icon=icon, disabled=said == value):
                actions.act(int(row["id"]), action)
                st.rerun()
