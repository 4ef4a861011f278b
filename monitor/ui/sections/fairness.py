"""Who is treated how: group beside group, gap over time, and what could not be judged."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from monitor.alerts.sides import sides_of
from monitor.charts import gaps, groups, trend
from monitor.charts.words import count, largest
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_interval, format_value
from monitor.ui import data, parts
from monitor.ui.markdown import escape
from monitor.ui.sections import estimated
from monitor.ui.sections.model import worst_of
from monitor.ui.sections.subject import Subject
from monitor.ui.speech import measurement, say
from monitor.ui.view import choose

# Which rate of one group stands behind a number that compares two.
BEHIND: Final = {
    "demographic_parity_difference": "selection_rate",
    "demographic_parity_ratio": "selection_rate",
    "equal_opportunity_difference": "true_positive_rate",
    "equal_opportunity_ratio": "true_positive_rate",
    "equalized_odds_difference": "false_positive_rate",
    "equalized_odds_ratio": "false_positive_rate",
    "average_odds_difference": "false_positive_rate",
    "false_positive_rate_difference": "false_positive_rate",
    "false_negative_rate_difference": "false_negative_rate",
    "predictive_parity_difference": "precision",
    "accuracy_difference": "accuracy",
    "mean_absolute_error_difference": "mean_absolute_error",
    "mean_absolute_error_ratio": "mean_absolute_error",
    "mean_residual_difference": "mean_residual",
    "mean_prediction_difference": "mean_prediction",
}
PANELS: Final = (
    "selection_rate", "true_positive_rate", "false_positive_rate", "accuracy",
    "mean_absolute_error", "mean_residual", "mean_prediction",
)  # fmt: skip


def show(subject: Subject) -> None:
    batch = choose(
        subject.view.batch, subject.batches["name"].astype(str).tolist(), subject.labelled
    )
    frame = data.measurements(subject.model, batch=batch, feature="")
    compared = frame[frame["metric"].isin(BEHIND) & (frame["attribute"] != "")]
    if compared.empty:
        parts.nothing_yet(
            "No groups are compared",
            "Name a sensitive feature in the model's spec (`[sensitive.sex]`), or register a new "
            "version on the Settings page: it need not be an input of the model.",
        )
        return
    attribute, metric = _pick(subject, compared)
    mine = frame[frame["attribute"] == attribute]
    _verdict(mine[mine["metric"] == metric], mine)
    _panels(frame, mine, reference_of(mine))
    estimated.by_group(frame, attribute=attribute, reference=reference_of(mine))
    _over_time(subject, attribute, metric, rate_behind(metric, mine))
    _table(mine)


def reference_of(mine: pd.DataFrame) -> str:
    """The group that no row compares with another."""
    compared = mine[mine["metric"].isin(BEHIND) & (mine["group"] != "")]["group"]
    rates = mine[mine["metric"].isin(PANELS) & (mine["group"] != "")]["group"]
    left = [
        str(g) for g in dict.fromkeys(rates) if g not in set(compared) and not g.startswith("(")
    ]
    return left[0] if len(left) == 1 else ""


def _pick(subject: Subject, compared: pd.DataFrame) -> tuple[str, str]:
    attributes = list(dict.fromkeys(compared["attribute"]))
    attribute = choose(subject.view.attribute, attributes)
    names = [n for n in BEHIND if n in set(compared[compared["attribute"] == attribute]["metric"])]
    asked = subject.view.metric
    by_rate = [name for name in names if BEHIND[name] == asked]
    metric = choose(asked if asked in names else "".join(by_rate[:1]), names)
    first, second, third = st.columns(3)
    with first:
        parts.picker("Sensitive feature", attributes, field="attribute", chosen=attribute)
    with second:
        parts.picker(
            "Compared by", names, field="metric", chosen=metric,
            words=lambda name: METRICS[name].title, drawn=st.selectbox,
        )  # fmt: skip
    with third:
        subject.pick_batch(default=subject.labelled)
    return attribute, metric


def _verdict(rows: pd.DataFrame, mine: pd.DataFrame) -> None:
    """The worst group of the chosen comparison, in one sentence."""
    compared = rows[rows["group"] != ""]
    from_parity = (compared["value"] - (METRICS[rows["metric"].iloc[0]].neutral or 0.0)).abs()
    widest_first = from_parity.sort_values(ascending=False, kind="stable").index
    worst = worst_of(compared.loc[widest_first])
    if worst is None:
        return
    badge, sentence = st.columns([1, 8], vertical_alignment="center")
    with badge:
        parts.badge(worst["verdict"])
    sentence.markdown(say(worst, mine))
    st.caption(METRICS[worst["metric"]].words)


def rate_behind(metric: str, mine: pd.DataFrame) -> str:
    """The rate a comparison was made from: equal opportunity may rest on either true rate."""
    others = [measurement(row) for _, row in mine.iterrows()]
    gaps_of = [m for m in others if m.metric == metric and m.group]
    for gap in gaps_of:
        for side in sides_of(gap, others):
            if side.metric:
                return side.metric
    return BEHIND[metric]


def _panels(frame: pd.DataFrame, mine: pd.DataFrame, reference: str) -> None:
    everybody = frame[frame["attribute"] == ""].set_index("metric")["value"]
    names = [n for n in PANELS if n in set(mine[mine["group"] != ""]["metric"])][:4]
    for start in range(0, len(names), 2):
        for place, name in zip(st.columns(2), names[start : start + 2], strict=False):
            rows = mine[(mine["metric"] == name) & (mine["group"] != "")]
            with place:
                st.markdown(f"**{METRICS[name].title}**", help=METRICS[name].words)
                parts.chart(
                    groups.figure(
                        rows, reference=reference, overall=parts.number(everybody.get(name))
                    ),
                    groups.describe(rows, reference=reference),
                    key=f"groups_{name}",
                )


def _over_time(subject: Subject, attribute: str, metric: str, rate: str) -> None:
    frame = data.measurements(
        subject.model,
        metrics=(metric, rate),
        feature="",
        attribute=attribute,
        between=subject.between,
    )
    gap = frame[(frame["metric"] == metric) & (frame["group"] != "")]
    by_group = frame[(frame["metric"] == rate) & (frame["group"] != "")]
    left, right = st.columns(2)
    with left:
        _gap_over_time(gap)
    with right:
        st.markdown(f"**{METRICS[rate].title} of each group over time**")
        if by_group["value"].notna().any():
            order = [str(g) for g in dict.fromkeys(by_group["group"])]
            parts.chart(gaps.figure(by_group, order=order), gaps.describe(by_group), key="by_group")


def _gap_over_time(gap: pd.DataFrame) -> None:
    known = gap[gap["value"].notna()]
    if known.empty:
        st.caption("No comparison in this window yet.")
        return
    names = list(dict.fromkeys(known["group"].astype(str)))
    last = known[known["starts_at"] == known["starts_at"].max()]
    distance = (last["value"] - (METRICS[last["metric"].iloc[0]].neutral or 0.0)).abs()
    widest = str(largest(last, distance)["group"])
    title = METRICS[str(known["metric"].iloc[0])].title
    group = choose(st.session_state.get("gap_group", ""), names, widest)
    st.markdown(f"**{title} over time: {escape(group)}**")
    series = gap[gap["group"] == group]
    parts.chart(trend.figure(series), trend.describe(series), key="gap_trend")
    if len(names) > 1:
        st.session_state["gap_group"] = group
        st.pills(
            "Group",
            names,
            key="gap_group",
            required=True,
            format_func=escape,
            label_visibility="collapsed",
        )


def _table(mine: pd.DataFrame) -> None:
    said_rows = []
    for _, row in mine[mine["group"] != ""].iterrows():
        name = str(row["metric"])
        low, high = parts.number(row["low"]), parts.number(row["high"])
        out_of = parts.number(row["denominator"])
        said_rows.append(
            {
                "Metric": METRICS[name].title if name in METRICS else name,
                "Group": row["group"],
                "Value": format_value(name, parts.number(row["value"])),
                "95 % interval": format_interval(name, low, high),
                "n": int(row["n"]),
                "Out of": "–" if out_of is None else count(out_of),
                "Verdict": parts.sign(row["verdict"]),
                "Why": row["reason"] or "",
            }
        )
    with st.expander("Every number behind this"):
        parts.table(pd.DataFrame(said_rows), "Every group's numbers.", key="group_table")
