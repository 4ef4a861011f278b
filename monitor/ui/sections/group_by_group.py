"""One sensitive feature: its worst comparison, its groups side by side, and every number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from monitor.charts import groups
from monitor.measures.catalogue import METRICS
from monitor.ui import current, kept, numbers, parts
from monitor.ui.comparisons import BEHIND, Compared, rate_behind, reference_of
from monitor.ui.markdown import escape
from monitor.ui.sections import estimated, indices, outcome, picks, tradeoffs, worst_gap
from monitor.ui.sections.subject import Subject

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
    batch = str(frame["batch"].iloc[0])
    attribute, metric = _pick(subject, frame, found, batch)
    seen = (subject.model, batch, attribute, metric)

    def mine() -> pd.DataFrame:
        return frame[frame["attribute"] == attribute]

    names = current.known(("groups there are", *seen[:3]), lambda: _names(mine()))
    if len(names) < 2:
        _alone(attribute, names)
        return None
    kept.drawn(("groups", *seen), lambda: _compared(subject, frame, mine(), metric))
    rate = current.known(("rate behind", *seen), lambda: rate_behind(metric, mine()))
    return Looked(attribute, metric, rate)


def _compared(subject: Subject, frame: pd.DataFrame, mine: pd.DataFrame, metric: str) -> None:
    reference = reference_of(mine)
    meant = outcome.of(subject.model, frame["version"].iloc[0])
    worst_gap.show(mine[mine["metric"] == metric], mine, meant)
    _without_labels(frame)
    _panels(frame, mine, reference)
    excluded = tradeoffs.find(mine, reference=reference)
    if excluded is not None:
        tradeoffs.show(excluded, positive=f"are truly {meant.positive or 'positive'}")
    estimated.by_group(frame, attribute=str(mine["attribute"].iloc[0]), reference=reference)


def _pick(subject: Subject, frame: pd.DataFrame, found: Compared, batch: str) -> tuple[str, str]:
    first, second, third = st.columns(3)
    with first:
        attribute = picks.attribute(subject, found.alone)
    there = current.known(
        ("metrics of", subject.model, batch, attribute),
        lambda: set(frame[frame["attribute"] == attribute]["metric"]),
    )
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
