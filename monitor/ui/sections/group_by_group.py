"""One sensitive feature: its worst comparison, its groups side by side, and every number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts import groups
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_correction, format_p, format_value
from monitor.terms import Verdict
from monitor.ui import base_rates, numbers, parts
from monitor.ui.comparisons import BEHIND, Compared, rate_behind, rate_of, reference_of, rows_of
from monitor.ui.markdown import escape
from monitor.ui.sections import estimated, indices, outcome, picks, tradeoffs
from monitor.ui.sections.model import worst_of
from monitor.ui.sections.outcome import Outcome
from monitor.ui.sections.subject import Subject
from monitor.ui.speech import say

PANELS: Final = (
    "base_rate", "selection_rate", "true_positive_rate", "false_positive_rate", "precision",
    "accuracy", "mean_prediction", "mean_absolute_error", "root_mean_squared_error",
    "mean_residual",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looked:
    """What is being compared; ``rate`` is the one behind ``metric``."""

    attribute: str
    metric: str
    rate: str


def show(subject: Subject, frame: pd.DataFrame, found: Compared) -> Looked | None:
    """Everything about one batch; None where there are no two groups to follow over time."""
    attribute, metric = _pick(subject, frame, found)
    mine = frame[frame["attribute"] == attribute]
    names = _names(mine)
    if len(names) < 2:
        _alone(attribute, names)
        return None
    reference, rate = reference_of(mine), rate_behind(metric, mine)
    meant = outcome.of(subject.model, frame["version"].iloc[0])
    _verdict(mine[mine["metric"] == metric], mine, meant)
    _without_labels(frame)
    _panels(frame, mine, reference)
    excluded = tradeoffs.find(mine, reference=reference)
    if excluded is not None:
        tradeoffs.show(excluded, positive=f"are truly {meant.positive or 'positive'}")
    estimated.by_group(frame, attribute=attribute, reference=reference)
    return Looked(attribute, metric, rate)


def _pick(subject: Subject, frame: pd.DataFrame, found: Compared) -> tuple[str, str]:
    first, second, third = st.columns(3)
    with first:
        attribute = picks.attribute(subject, found.alone)
    there = set(frame[frame["attribute"] == attribute]["metric"])
    with second:
        metric = picks.metric(subject, [name for name in BEHIND if name in there])
    with third:
        subject.pick_batch(default=subject.labelled)
    return attribute, metric


def _names(mine: pd.DataFrame) -> list[str]:
    """The groups that have rows; people of no known group are none."""
    counted = mine[(mine["group"] != "") & (mine["n"] > 0)]["group"]
    return [str(g) for g in dict.fromkeys(counted) if not str(g).startswith("(")]


def _alone(attribute: str, names: list[str]) -> None:
    who = f"All rows with a value are {escape(names[0])}" if names else "No row has a value"
    parts.nothing_yet(
        f"Nothing to compare {escape(attribute)} by",
        f"{who} in this batch, and a difference takes two groups. Choose another batch, or check "
        f"with whoever delivers the column {escape(attribute)}.",
    )


def _verdict(rows: pd.DataFrame, mine: pd.DataFrame, meant: Outcome) -> None:
    """The worst group of the chosen comparison, in one sentence, and how surely it is known."""
    worst = _worst(rows)
    if worst is None:
        st.caption(escape(meant.told))
        return
    if parts.known(worst["verdict"]):
        badge, place = st.columns([1, 8], vertical_alignment="center")
        with badge:
            parts.badge(worst["verdict"])
        place.markdown(say(worst, mine))
    else:
        st.markdown(say(worst, mine))
    sides = [str(worst["group"]), reference_of(mine)]
    about = [
        METRICS[worst["metric"]].words,
        in_words(rate_of(worst, mine), sides, mine, meant),
        base_rates.sentence(sides, mine),
        _evidence(worst),
        meant.told,
    ]
    st.caption(escape(" ".join(text for text in about if text)))


def in_words(rate: str, sides: list[str], mine: pd.DataFrame, meant: Outcome) -> str:
    """What the rate behind a comparison counts, of both groups; "" where that has no name."""
    named, rows = meant.rate(rate), rows_of(mine, rate)
    known = [g for g in sides if g in rows and pd.notna(rows[g]["value"])]
    if named is None or len(known) < len(sides):
        return ""
    among, counted = named
    told = " and ".join(f"{format_value(rate, float(rows[g]['value']))} of {g}" for g in known)
    return f"{among}, {told} {counted}."


def _worst(rows: pd.DataFrame) -> Any:
    """The row of the worst verdict, and of those the widest; None where nothing is compared.

    One that nobody set a limit for comes before one that has too little evidence.
    """
    compared = rows[rows["group"] != ""]
    from_parity = (compared["value"] - (METRICS[rows["metric"].iloc[0]].neutral or 0.0)).abs()
    widest_first = compared.loc[from_parity.sort_values(ascending=False, kind="stable").index]
    enough = widest_first["verdict"] != Verdict.NOT_ENOUGH_DATA
    evident = widest_first[enough & widest_first["value"].notna()]
    if evident.empty:
        return worst_of(widest_first)
    worst = worst_of(evident)
    return evident.iloc[0] if worst is None else worst


def _evidence(row: Any) -> str:
    """How its p-value was corrected; "" where it has none."""
    rule = format_correction(row["method"] or "", int(row["family"]))
    if pd.isna(row["p"]) or not rule:
        return ""
    return f"p = {format_p(float(row['p']))}, corrected by {rule}.".replace("= <", "<")


def _without_labels(frame: pd.DataFrame) -> None:
    if not frame[frame["metric"] == "label_coverage"]["value"].any():
        st.info(
            "No labels for this batch yet, so only what was predicted is compared: base rates and "
            "errors follow when labels are uploaded on the Batches page.",
            icon=":material/hourglass_empty:",
        )


def _panels(frame: pd.DataFrame, mine: pd.DataFrame, reference: str) -> None:
    """Two in a row; the distance between all predictions, where there is one, is the last."""
    everybody = frame[frame["attribute"] == ""].set_index("metric")["value"]
    known = mine[(mine["group"] != "") & mine["value"].notna()]
    names = [name for name in (*PANELS, *indices.DISTANCES) if name in set(known["metric"])]
    for start in range(0, len(names), 2):
        for place, name in zip(st.columns(2), names[start : start + 2], strict=False):
            with place:
                if name in indices.DISTANCES:
                    indices.distances(mine)
                else:
                    _panel(mine, name, reference, parts.number(everybody.get(name)))


def _panel(mine: pd.DataFrame, name: str, reference: str, overall: float | None) -> None:
    rows = mine[(mine["metric"] == name) & (mine["group"] != "")]
    st.markdown(f"**{METRICS[name].title}**", help=METRICS[name].words)
    parts.chart(
        groups.figure(rows, reference=reference, overall=overall),
        groups.describe(rows, reference=reference),
        key=f"groups_{name}",
    )


def table(frame: pd.DataFrame, attribute: str) -> None:
    """The groups' numbers, then the same of everybody; ``frame`` is all of one batch."""
    mine = frame[(frame["attribute"] == attribute) & (frame["group"] != "")]
    rates = set(mine["metric"])
    fair = {name for name, one in METRICS.items() if one.family == "fairness"}
    whole = frame[(frame["attribute"] == "") & frame["metric"].isin(rates | fair)]
    rows = pd.concat([mine, whole[~whole["metric"].isin(indices.PEOPLE)]])
    numbers.behind(rows, "Every group's numbers.", key="group_table", base=True)
