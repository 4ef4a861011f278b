"""Where lost points and gaps come from: columns, slices, and what nothing explains."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from monitor.charts import contributions
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_interval, format_rows, format_value
from monitor.terms import JobKind, JobStatus
from monitor.ui import data, kept, numbers, parts, pulse
from monitor.ui.markdown import escape
from monitor.ui.sections.subject import Subject
from monitor.ui.speech import say
from monitor.ui.view import choose

EVERYBODY: Final = "(everybody)"
GAPS: Final = {
    "demographic_parity_contribution": "demographic_parity_difference",
    "equal_opportunity_contribution": "equal_opportunity_difference",
    "accuracy_contribution": "accuracy_difference",
    "mean_absolute_error_contribution": "mean_absolute_error_difference",
}
CAUSES: Final = tuple(name for name, one in METRICS.items() if one.family == "causes")
OVERLAP: Final = (
    "Columns that go together explain the same points: the parts overlap and do not add up. "
    "Filled dots are established after correction for all columns; hollow ones may be chance."
)


def show(subject: Subject) -> None:
    batch = choose(subject.view.batch, subject.scored.names, subject.labelled)
    found = data.measurements(subject.model, metrics=CAUSES, batch=batch)
    about = ["", *dict.fromkeys(found[found["attribute"] != ""]["attribute"])]
    attribute = choose(subject.view.attribute, about)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        parts.picker(
            "About",
            [one or EVERYBODY for one in about],
            field="attribute",
            chosen=attribute or EVERYBODY,
            words=lambda one: "Everybody" if one == EVERYBODY else one,
        )
        subject.pick_batch(default=subject.labelled)
    _waiting(subject.model, batch, empty=found.empty)
    if found.empty:
        return
    if attribute:
        _gap(subject, batch, found[found["attribute"] == attribute], attribute)
    else:
        kept.drawn(
            ("points lost", subject.model, batch), lambda: _lost(found[found["attribute"] == ""])
        )


def _waiting(model: str, batch: str, *, empty: bool) -> None:
    """What is still to come, or why nothing did."""
    mine = pulse.jobs(model, kind=JobKind.EXPLAIN, batch=batch)
    if mine["status"].isin([JobStatus.QUEUED, JobStatus.RUNNING]).any():
        st.info(
            "Causes of this batch are being looked for, in a sample of its rows; the newest "
            "batches come first, and scoring goes before."
        )
    elif empty and (mine["status"] == JobStatus.FAILED).any():
        st.warning(f"Looking for causes failed: {escape(mine['error'].iloc[0])}")
    elif empty:
        parts.nothing_yet(
            "No causes were looked for",
            "They need a reference whose rows were kept: register the model again with a reference "
            "file, or upload a batch.",
        )


def _lost(found: pd.DataFrame) -> None:
    stem = "error" if found["metric"].str.startswith("error").any() else "loss"
    _change(found, stem)
    _columns(found[found["metric"] == f"{stem}_contribution"])
    _slices(
        found,
        {
            f"slice_{stem}_change": "Slices that became worse than the rest",
            f"slice_{stem}_difference": "Slices where predictions are weakest",
        },
        labelled=bool(found[found["metric"] == f"{stem}_change"]["value"].notna().any()),
    )


def _change(found: pd.DataFrame, stem: str) -> None:
    """How much was lost, and how much of it no column explains."""
    row = found[found["metric"] == f"{stem}_change"].iloc[0]
    if pd.isna(row["value"]):
        st.markdown(
            f"**{escape(row['reason'])}** How much was lost is not known yet; below is what the "
            "columns' drift would have cost on the reference."
        )
        return
    value, before = float(row["value"]), float(row["reference"])
    if stem == "error":
        head = f"Mean absolute error {_pair('mean_absolute_error', before, before + value)}"
    else:
        head = f"Accuracy {_pair('accuracy', 1 - before, 1 - before - value)}"
    lost = "more" if stem == "error" else "lost"
    said = f"{_known(row, lost)}; {_surety(row, 'that is more than chance')}."
    st.markdown(f"**{escape(head)}**: {escape(said)}")
    left = found[found["metric"] == f"{stem}_unexplained"]
    if not left.empty:
        over = left.iloc[0]
        sure = _surety(over, "rows like those of the reference are answered worse than there")
        said = f"Explained by no column: {_known(over)}; {sure}. {over['reason']}"
        st.markdown(escape(said))


def _pair(metric: str, before: float, now: float) -> str:
    return f"{format_value(metric, now)}, on the reference {format_value(metric, before)}"


def _known(row: pd.Series, lost: str = "") -> str:
    """Value, interval and rows."""
    name, low, high = str(row["metric"]), float(row["low"]), float(row["high"])
    value = f"{format_value(name, float(row['value']))} {lost}".strip()
    rows = format_rows(int(row["n"]))
    return f"{value} (95 % interval {format_interval(name, low, high)}, {rows})"


def _surety(row: pd.Series, established: str) -> str:
    if row["low"] > 0:
        return established
    return "it became better" if row["high"] < 0 else "that may be chance"


def _columns(rows: pd.DataFrame) -> None:
    if rows.empty:
        return
    metric = METRICS[str(rows["metric"].iloc[0])]
    st.header("Which columns explain it", help=f"{metric.words} Formula: {metric.formula}.")
    largest = rows.loc[rows["value"].abs().sort_values(ascending=False, kind="stable").index]
    parts.chart(contributions.figure(largest), contributions.describe(largest), key="columns")
    looked_at = int(rows["family"].iloc[0])
    told = f"The {len(rows)} largest of {looked_at} columns. " if looked_at > len(rows) else ""
    st.caption(f"{metric.words} {told}{OVERLAP}")
    numbers.behind(largest, "What each column explains.", key="column_numbers")


def _gap(subject: Subject, batch: str, found: pd.DataFrame, attribute: str) -> None:
    told = [name for name in GAPS if name in set(found["metric"])]
    metric = _pick_gap(subject, told)
    mine = found[found["metric"] == metric]
    groups = list(dict.fromkeys(mine["group"].astype(str)))
    group = choose(subject.view.group, groups)
    if len(groups) > 1:
        parts.picker("Group", groups, field="group", chosen=group)
    kept.drawn(
        ("gap explained", subject.model, batch, attribute, metric, group),
        lambda: _explained(subject, batch, found, metric, group),
    )


def _explained(subject: Subject, batch: str, found: pd.DataFrame, metric: str, group: str) -> None:
    """``found`` are the causes of one attribute's gaps."""
    attribute = str(found["attribute"].iloc[0])
    numbers = data.measurements(subject.model, batch=batch, feature="", attribute=attribute)
    own = numbers[(numbers["metric"] == GAPS[metric]) & (numbers["group"] == group)]
    for row in own.to_dict("records"):
        before = format_value(GAPS[metric], parts.number(row["reference"]))
        st.markdown(f"{say(row, numbers)} On the reference it was {escape(before)}.")
    if metric == "demographic_parity_contribution":
        st.caption("The model is that of the reference, so what changed comes from its inputs.")
    _columns(found[(found["metric"] == metric) & (found["group"] == group)])
    title = {f"slice_{GAPS[metric]}": "Slices where the gap is widest"}
    _slices(found[found["group"] == group], title, labelled=True)


def _pick_gap(subject: Subject, told: list[str]) -> str:
    """The gap that an alert speaks of, where it is among those that are explained."""
    asked = subject.view.metric.removesuffix("_ratio").removesuffix("_difference")
    metric = choose(f"{asked}_contribution", told)
    words = {name: METRICS[GAPS[name]].title for name in told}
    if len(told) > 1:
        stems = {name.removesuffix("_contribution"): name for name in told}
        parts.picker(
            "Compared by",
            list(stems),
            field="metric",
            chosen=metric.removesuffix("_contribution"),
            words=lambda stem: words[stems[stem]],
        )
    return metric


def _slices(found: pd.DataFrame, titles: dict[str, str], *, labelled: bool) -> None:
    known = [metric for metric in titles if metric in METRICS]
    if not known or not labelled:
        return
    st.header("Worst slices", help=METRICS[known[0]].words)
    if not found["metric"].isin(known).any():
        st.markdown("No slice of one or two columns stands out.")
    for metric in known:
        rows = found[found["metric"] == metric]
        if not rows.empty:
            st.markdown(f"**{titles[metric]}**")
            parts.table(slice_table(rows), f"{titles[metric]}.", key=metric)
    st.caption(
        "Slices of one and two columns are found in one half of the rows and confirmed in the "
        "other; the numbers are those of the second half, so that chance alone seldom passes: in "
        "at most one batch of twenty. Intervals are corrected for all that were tested."
    )


def slice_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Slice, what it is like inside and elsewhere, and how surely."""
    said = []
    for row in rows.to_dict("records"):
        name = str(row["metric"])
        low, high = parts.number(row["low"]), parts.number(row["high"])
        cells = {
            "Slice": row["feature"],
            "Inside and elsewhere": row["reason"],
            "Difference": format_value(name, parts.number(row["value"])),
            "Interval": format_interval(name, low, high),
            "n": int(row["n"]),
        }
        if rows["reference"].notna().any():
            cells["On the reference"] = format_value(name, parts.number(row["reference"]))
        said.append(cells)
    return pd.DataFrame(said)
