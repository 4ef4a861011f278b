"""Who is treated how: group by group, crossed, like with like, and over all groups at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from monitor.charts import gaps, trend
from monitor.charts.evidence import WHOLE
from monitor.charts.words import largest
from monitor.measures.catalogue import METRICS
from monitor.terms import Task
from monitor.ui import current, data, kept, parts
from monitor.ui.comparisons import Compared, compared
from monitor.ui.markdown import escape
from monitor.ui.sections import classes, group_by_group, indices, intersections, strata
from monitor.ui.sections.subject import Subject
from monitor.ui.view import choose

PARTS: Final = {
    "groups": "Group by group",
    "intersections": "Intersections",
    "strata": "Like with like",
    "indices": "All groups at once",
    "classes": "Class by class",
}


def show(subject: Subject) -> None:
    """Only the part that is open is read and drawn."""
    batch = choose(subject.view.batch, subject.scored.names, subject.labelled)
    frame = data.measurements(subject.model, batch=batch, feature="")
    found = current.known(("compared", subject.model, batch), lambda: compared(frame))
    if not found.alone:
        parts.nothing_yet(
            "No groups are compared",
            "Name a sensitive feature in the model's spec (`[sensitive.sex]`), or register a new "
            "version on the Settings page: it need not be an input of the model.",
        )
        return
    part = _pick_part(subject, found)
    if part == "intersections":
        intersections.show(subject, frame, found)
    elif part == "strata":
        strata.show(subject, frame, found)
    elif part == "indices":
        indices.show(subject, frame, found)
    elif part == "classes":
        classes.show(subject, batch, found)
    else:
        looked = group_by_group.show(subject, frame, found)
        if looked is not None:
            _over_time(subject, looked.attribute, looked.metric, looked.rate)
            kept.drawn(
                ("every group", subject.model, batch, looked.attribute),
                lambda: group_by_group.table(frame, looked.attribute),
            )


def _pick_part(subject: Subject, found: Compared) -> str:
    """A link to an intersection or a stratum opens the part that shows it."""
    names = [p for p in PARTS if p != "classes" or subject.row["task"] == Task.MULTICLASS]
    asked = subject.view.attribute
    crossed, within = found.crossed, found.within
    default = {p.attribute: "intersections" for p in crossed} | {
        p.attribute: "strata" for p in within
    }
    part = choose(subject.view.part, names, default.get(asked))
    parts.picker("Look at", names, field="part", chosen=part, words=PARTS.__getitem__)
    return part


def _over_time(subject: Subject, attribute: str, metric: str, rate: str) -> None:
    seen = (subject.model, attribute, metric, rate, subject.between)
    course = current.known(("course", *seen), lambda: _course(subject, attribute, metric, rate))
    left, right = st.columns(2)
    with left:
        _gap_over_time(subject, course, seen)
    with right:
        st.markdown(f"**{METRICS[rate].title} of each group over time**")
        kept.drawn(("each group over time", *seen), lambda: _each_group(course.rates))


@dataclass(frozen=True, slots=True)
class Course:
    """Gaps and the rate behind them over time; ``names`` are the groups with a gap, ``widest`` the
    one whose last is farthest from parity, "" where none is known."""

    gaps: pd.DataFrame
    rates: pd.DataFrame
    names: tuple[str, ...]
    widest: str


def _course(subject: Subject, attribute: str, metric: str, rate: str) -> Course:
    frame = data.measurements(
        subject.model,
        metrics=(metric, rate),
        feature="",
        attribute=attribute,
        between=subject.between,
    )
    of_groups = frame[frame["group"] != ""]
    gap, rates = (of_groups[of_groups["metric"] == name] for name in (metric, rate))
    known = gap[gap["value"].notna()]
    if known.empty:
        return Course(gap, rates, (), "")
    last = known[known["starts_at"] == known["starts_at"].max()]
    distance = (last["value"] - (METRICS[metric].neutral or 0.0)).abs()
    names = tuple(dict.fromkeys(known["group"].astype(str)))
    return Course(gap, rates, names, str(largest(last, distance)["group"]))


def _each_group(rates: pd.DataFrame) -> None:
    if rates["value"].notna().any():
        order = [str(g) for g in dict.fromkeys(rates["group"])]
        parts.chart(gaps.figure(rates, order=order), gaps.describe(rates), key="by_group")


def _gap_over_time(subject: Subject, course: Course, seen: tuple[object, ...]) -> None:
    if not course.names:
        st.caption("No comparison in this window yet.")
        return
    title = METRICS[str(course.gaps["metric"].iloc[0])].title
    group = choose(st.session_state.get("gap_group", ""), course.names, course.widest)
    st.markdown(f"**{title} over time: {escape(group)}**")
    kept.drawn(
        ("a gap over time", *seen, group),
        lambda: _trend(subject, course.gaps[course.gaps["group"] == group]),
    )
    if len(course.names) > 1:
        st.session_state["gap_group"] = group
        st.pills(
            "Group",
            course.names,
            key="gap_group",
            required=True,
            format_func=escape,
            label_visibility="collapsed",
        )


def _trend(subject: Subject, series: pd.DataFrame) -> None:
    evidence = data.measurements(subject.model, metrics=(WHOLE,), between=subject.between)
    parts.chart(trend.figure(series, evidence=evidence), trend.describe(series), key="gap_trend")
