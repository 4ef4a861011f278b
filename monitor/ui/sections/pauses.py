"""Quiet hours and planned downtime: those there are, and a form for another."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from monitor.alerts import rule_words
from monitor.alerts.pauses import Pause, PauseKind, Repeats, pause_objections
from monitor.ui import actions, data, parts, times
from monitor.ui.markdown import escape
from monitor.ui.pause_words import KINDS, REPEATS, when, whom

ICONS: Final = {
    PauseKind.QUIET: ":material/notifications_off:",
    PauseKind.WARNINGS: ":material/notifications_paused:",
    PauseKind.DOWNTIME: ":material/build:",
}
EVERY: Final = "Every one"
EVENING, MORNING = time(22), time(7)


def show(models: list[str]) -> None:
    pauses = data.pauses()
    if pauses.empty:
        parts.nothing_yet(
            "Nothing is paused",
            "Quiet hours hold messages back until they end; in a planned downtime no incident "
            "opens. Either may repeat, on the clock of its time zone.",
        )
    for row in pauses.to_dict("records"):
        _pause(row)
    st.header("Add a pause")
    _form(models)


def _pause(row: Any) -> None:
    kind = PauseKind(row["kind"])
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"{ICONS[kind]} **{escape(row['name'])}**", width="content")
        kept = f"{KINDS[kind].partition(':')[0]} for {whom(row)}, {when(row)}; by {row['who']}"
        st.caption(escape(kept), width="stretch")
        if st.button("Remove", key=f"remove_pause_{row['id']}", type="tertiary"):
            actions.remove_pause(int(row["id"]))
            st.rerun()


def _form(models: list[str]) -> None:
    """Outside of ``st.form``, for the rules to choose from are those of the model chosen."""
    name = st.text_input("Name", placeholder="Nights", key="pause_name")
    kind = PauseKind(
        st.segmented_control(
            "What it stops",
            list(KINDS),
            default=PauseKind.WARNINGS,
            required=True,
            format_func=lambda kind: KINDS[kind].partition(":")[0],
            key="pause_kind",
        )
    )
    st.caption(f"{KINDS[kind].partition(': ')[2].capitalize()}.")
    model, rule = _of_whom(models)
    starts_at, ends_at, zone = _first_time()
    left, right = st.columns(2)
    repeats = left.selectbox(
        "Repeats", list(REPEATS), format_func=lambda it: REPEATS[it].capitalize(),
        key="pause_repeats",
    )  # fmt: skip
    until = None
    if repeats is not Repeats.NEVER:
        last = right.date_input("Last day of repetition", value=None, key="pause_until")
        until = datetime.combine(last, time.max, ZoneInfo(zone)) if last else None
    pause = Pause(
        name.strip(), kind, starts_at, ends_at, Repeats(repeats or ""), until, zone, model, rule,
    )  # fmt: skip
    if st.button("Add pause", type="primary", key="add_pause"):
        wrong = pause_objections(pause)
        for sentence in wrong:
            st.error(escape(sentence))
        if not wrong:
            actions.add_pause(pause)
            st.rerun()


def _of_whom(models: list[str]) -> tuple[int | None, int | None]:
    """Ids of model and rule; None where it is of every one."""
    left, right = st.columns(2)
    model = left.selectbox("Model", [EVERY, *models], key="pause_model")
    if model not in models:
        return None, None
    names = {0: EVERY, **{rule.id: rule_words.name(rule) for rule in data.rules(model)}}
    rule = right.selectbox(
        "Rule", list(names), format_func=names.__getitem__, key=f"pause_rule_{model}"
    )
    return data.model_id(model), rule or None


def _first_time() -> tuple[datetime, datetime, str]:
    """Start and end, and the zone on whose clock they were read."""
    zones = _zones()
    here = times.zone().key
    tonight = times.now().astimezone(times.zone()).date()
    places = st.columns(5)
    first = places[0].date_input("From", value=tonight, key="pause_first_day")
    start = places[1].time_input("at", value=EVENING, key="pause_start")
    last = places[2].date_input("To", value=tonight + timedelta(days=1), key="pause_last_day")
    end = places[3].time_input("at ", value=MORNING, key="pause_end")
    zone = places[4].selectbox("Time zone", zones, index=zones.index(here), key="pause_zone")
    clock = ZoneInfo(zone)
    begins, ends = (
        datetime.combine(day, hour, clock).astimezone(UTC)
        for day, hour in ((first, start), (last, end))
    )
    return begins, ends, zone


@cache
def _zones() -> list[str]:
    """Those the machine knows, looked up in some six hundred files."""
    return sorted(available_timezones())
