"""One incident with everything that is known about it, and what can be done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts import trend
from monitor.measures.catalogue import METRICS
from monitor.terms import Severity
from monitor.ui import data, links, parts, times
from monitor.ui.incident_words import COLOURS, ICONS, what
from monitor.ui.markdown import escape
from monitor.ui.sections import incident_actions, incident_decision, incident_group

BEFORE_AND_AFTER: Final = timedelta(days=120)


def show(number: int, *, wanted: str) -> None:
    found = data.incidents(id=number)
    if found.empty:
        st.title(f"No incident {number}")
        links.link("All alerts", "alerts", icon=":material/arrow_back:")
    else:
        _detail(found.iloc[0], wanted=wanted)


def _detail(row: Any, *, wanted: str) -> None:
    """Sentence, what to do, what broke with it, the chart around it, what was done and told."""
    links.link("All alerts", "alerts", icon=":material/arrow_back:")
    st.title(escape(what(row)))
    _badges(row)
    st.markdown(parts.words(row["sentence"]))
    incident_actions.show(row, wanted=wanted)
    incident_decision.show(row)
    incident_group.show(row)
    _around(row)
    with st.container(horizontal=True, vertical_alignment="center"):
        links.link(
            "Open this view of the model", "model", icon=":material/monitoring:", **view_of(row)
        )
        links.link(
            "Open its rule", "alerts", icon=":material/rule:",
            part="rules", model=row["model"], rule=row["rule_id"],
        )  # fmt: skip
    left, right = st.columns(2)
    with left:
        _timeline(int(row["id"]))
    with right:
        _deliveries(int(row["id"]))


def _badges(row: Any) -> None:
    state = str(row["state"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(state.capitalize(), icon=ICONS.get(state), color=COLOURS.get(state, "gray"))
        critical = row["severity"] == Severity.CRITICAL
        st.badge(str(row["severity"]).capitalize(), color="red" if critical else "gray")
        if row["reopened"]:
            st.badge(f"Reopened {times_over(int(row['reopened']))}", color="gray")
        st.markdown(_whose(row), width="stretch")


def _whose(row: Any) -> str:
    woken = row["snoozed_until_at"]
    told = [
        escape(row["model"]),
        f"since {times.day(row['since_at'])}",
        escape(row["owner"]) if row["owner"] else "nobody has it yet",
        "" if pd.isna(woken) else f"silent until {times.moment(woken)}",
        "" if pd.isna(row["resolved_at"]) else f"resolved {times.moment(row['resolved_at'])}",
    ]
    return " · ".join(part for part in told if part)


def times_over(n: int) -> str:
    """
    >>> times_over(1), times_over(3)
    ('once', '3 times')
    """
    return "once" if n == 1 else f"{n} times"


def view_of(row: Any) -> dict[str, object]:
    """The guilty view of the model."""
    section = "fairness" if row["attribute"] not in ("", "class", None) else _section(row["metric"])
    return {
        "model": row["model"],
        "section": section,
        "attribute": row["attribute"],
        "metric": row["metric"],
        "feature": row["feature"],
        "batch": row["batch"],
    }


def _section(metric: str) -> str:
    family = METRICS[metric].family if metric in METRICS else "performance"
    return "performance" if family == "estimated" else family


def _around(row: Any) -> None:
    since = row["since_at"].to_pydatetime()
    series = data.measurements(
        row["model"],
        metric=row["metric"],
        feature=row["feature"],
        attribute=row["attribute"],
        group=row["group"],
        between=(since - BEFORE_AND_AFTER, since + BEFORE_AND_AFTER),
    )
    if series["value"].notna().any():
        parts.chart(trend.figure(series), trend.describe(series), key="breach")
    else:
        st.caption("There is no course to draw for this.")


def _timeline(incident: int) -> None:
    st.header("What happened")
    events = folded(data.incident_events(incident))
    for _, event in events.iterrows():
        often = f", {event['times']} times" if event["times"] > 1 else ""
        st.markdown(
            f"**{escape(event['kind']).capitalize()}{often}** · {times.moment(event['at'])}  \n"
            f"{parts.words(event['sentence'])}"
        )


def folded(events: pd.DataFrame) -> pd.DataFrame:
    """Runs of the same kind as their last event, with how many there were in ``times``."""
    run = events["kind"].ne(events["kind"].shift()).cumsum()
    return events.groupby(run, sort=False).tail(1).assign(times=run.value_counts(sort=False).values)


def _deliveries(incident: int) -> None:
    st.header("Who was told")
    told = data.deliveries(incident)
    if told.empty:
        st.caption("No message was due: no channel was there when this happened.")
        links.link("Add a channel", "alerts", icon=":material/add:", part="channels")
        return
    shown = pd.DataFrame(
        {
            "Channel": told["channel"],
            "About": told["event"],
            "Status": told["status"],
            "Tries": told["attempt"],
            "Sent": [times.moment(at) for at in told["sent_at"]],
            "Error": told["error"].fillna(""),
        }
    )
    parts.table(shown, "Messages about this incident, newest first.", key="deliveries")
