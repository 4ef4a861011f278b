"""What many batches say together: whether something has become worse, and gaps since deployment."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.charts import evidence, trend
from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.sequence import CUSUM, EVIDENCE, SINCE
from monitor.measures.wording import format_value
from monitor.ui import current, data, kept, numbers, parts
from monitor.ui.markdown import escape
from monitor.ui.sections.subject import Subject
from monitor.ui.speech import say
from monitor.ui.view import choose

NAMES = tuple(one.name for one in EVIDENCE)
OF_GAPS = (
    *(name for name in METRICS if name.endswith((SINCE, CUSUM))),
    "fairness_change_evidence",
)
MOST = 12  # streams in the table
KINDS = {
    "performance_change_evidence": "performance",
    "fairness_change_evidence": "gap",
    "drift_change_evidence": "drift",
}


def line(latest: pd.DataFrame) -> tuple[object, str]:
    """Verdict and sentence of the newest batch, with all before it."""
    rows = latest[latest["metric"] == evidence.WHOLE]
    if rows.empty:
        return None, "Nothing is followed over time yet: it takes a reference and one batch."
    return rows.iloc[0]["verdict"], say(rows.iloc[0], latest)


def show(subject: Subject) -> None:
    whole = data.measurements(subject.model, metrics=(evidence.WHOLE,), between=subject.between)
    if whole["value"].notna().sum() == 0:
        parts.nothing_yet(
            "Nothing is followed over time yet",
            "It takes a reference (`[reference] file` in the spec) and one scored batch; the rule "
            "*Evidence of change* on the Alerts page says how many false alarms may come.",
        )
        return
    st.header(
        "Has anything become worse?",
        help=f"{METRICS[evidence.WHOLE].words} Based on: {METRICS[evidence.WHOLE].source}.",
    )
    st.caption(_budget(whole))
    kept.drawn(("evidence", subject.model, subject.between), lambda: _chart(subject, whole))
    _sources(subject)
    _gaps(subject)


def _chart(subject: Subject, whole: pd.DataFrame) -> None:
    sources = data.strongest(subject.model, tuple(KINDS), between=subject.between)
    frame = pd.concat([whole, sources], ignore_index=True)
    parts.chart(evidence.figure(frame), evidence.describe(frame), key="evidence")


def _budget(whole: pd.DataFrame) -> str:
    limit = parts.number(whole["limit_high"].iloc[-1])
    if limit is None:
        return METRICS[evidence.WHOLE].words
    allowed = format_value(evidence.WHOLE, limit)
    return (
        f"All streams share one budget: while nothing changes, {allowed} is reached at most once "
        f"in {allowed} batches. Set another limit on the Alerts page; acknowledging an alarm "
        "begins anew."
    )


def _sources(subject: Subject) -> None:
    """What the evidence comes from, strongest first."""
    st.header("Where it comes from")
    batch = subject.pick_batch(default=subject.latest)
    kept.drawn(
        ("sources of evidence", subject.model, subject.between, batch),
        lambda: _strongest_of(subject, batch),
    )


def _strongest_of(subject: Subject, batch: str) -> None:
    rows = data.measurements(
        subject.model, metrics=tuple(KINDS), batch=batch, between=subject.between
    )
    rows = rows[rows["value"].notna()]
    if rows.empty:
        st.caption("This batch added nothing: it is outside the window, or its labels are missing.")
        return
    strongest = rows.sort_values("value", ascending=False, kind="stable").head(MOST)
    shown = pd.DataFrame(
        {
            "Of": [KINDS[name] for name in strongest["metric"]],
            "What": [_about(row) for row in strongest.to_dict("records")],
            "Evidence": [_written(float(v)) for v in strongest["value"]],
            "n": strongest["n"],
            "How": strongest["method"],
            "Of which batches": strongest["window"],
        }
    )
    parts.table(shown, "Evidence of each stream, strongest first.", key="evidence_sources")


def _written(value: float) -> str:
    return format_value(evidence.WHOLE, value) if value >= evidence.LEAST else "< 0.01"


def _about(row: Any) -> str:
    if row["group"]:
        return f"{row['group']} ({row['attribute']})"
    return str(row["feature"] or "the whole model")


def _gaps(subject: Subject) -> None:
    """The difference since deployment, and how it has moved step by step."""
    frame = data.measurements(
        subject.model, metrics=OF_GAPS, feature="", between=subject.between, newest=1
    )
    names = [name for name in METRICS if name.endswith(SINCE) and name in set(frame["metric"])]
    if not names:
        return
    st.header("Differences between groups since deployment")
    gap = choose(subject.view.metric, names)
    mine = frame[frame["metric"].isin((gap, f"{gap.removesuffix(SINCE)}{CUSUM}"))]
    attributes = list(dict.fromkeys(mine["attribute"].astype(str)))
    seen = (subject.model, subject.between)
    strongest = current.known(("most evidence of a gap", *seen), lambda: _strongest(frame))
    attribute = choose(subject.view.attribute, attributes, strongest[0])
    mine = mine[mine["attribute"] == attribute]
    groups = list(dict.fromkeys(mine["group"].astype(str)))
    group = choose(subject.view.group, groups, strongest[1])
    first, second, third = st.columns(3)
    with first:
        parts.picker("Sensitive feature", attributes, field="attribute", chosen=attribute)
    with second:
        parts.picker(
            "Compared by", names, field="metric", chosen=gap,
            words=lambda name: METRICS[name.removesuffix(SINCE)].title, drawn=st.selectbox,
        )  # fmt: skip
    with third:
        parts.picker("Group", groups, field="group", chosen=group, drawn=st.selectbox)
    kept.drawn(
        ("gaps since", *seen, attribute, gap, group),
        lambda: _drawn(subject, gap, attribute=attribute, group=group),
    )
    kept.drawn(("every gap since", *seen, attribute), lambda: _every_gap(frame, attribute))


def _every_gap(frame: pd.DataFrame, attribute: str) -> None:
    last = frame[frame["metric"].str.endswith((SINCE, CUSUM)) & (frame["attribute"] == attribute)]
    numbers.behind(last, "Every difference since deployment.", key="since_numbers")


def _strongest(frame: pd.DataFrame) -> tuple[str, str]:
    """Sensitive feature and group of which there is most evidence in the newest batch."""
    rows = frame[(frame["metric"] == "fairness_change_evidence") & frame["value"].notna()]
    newest = rows[rows["starts_at"] == rows["starts_at"].max()]
    if newest.empty:
        return "", ""
    row = newest.loc[newest["value"].idxmax()]
    return str(row["attribute"]), str(row["group"])


def _drawn(subject: Subject, gap: str, *, attribute: str, group: str) -> None:
    mine = data.measurements(
        subject.model,
        metrics=(gap, f"{gap.removesuffix(SINCE)}{CUSUM}"),
        feature="",
        attribute=attribute,
        group=group,
        between=subject.between,
    )
    since = mine[mine["metric"] == gap]
    st.markdown(escape(say_last(since)))
    places = st.columns(2)
    for place, name in zip(places, (gap, f"{gap.removesuffix(SINCE)}{CUSUM}"), strict=True):
        rows = mine[mine["metric"] == name]
        with place:
            st.markdown(f"**{METRICS[name].title}**", help=METRICS[name].words)
            if rows["value"].notna().any():
                parts.chart(trend.figure(rows), trend.describe(rows), key=name)
            else:
                st.caption("The reference has too few rows of these groups to compare with.")


def say_last(since: pd.DataFrame) -> str:
    """Both groups' rates over all batches, with their rows."""
    return str(since["reason"].iloc[-1] or "") if len(since) else ""
