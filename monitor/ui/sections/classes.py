"""Several classes: each against the rest in every group, and all of them together."""

from __future__ import annotations

from typing import Final

import pandas as pd
import streamlit as st

from monitor.charts import ranked
from monitor.measures.catalogue import METRICS
from monitor.ui import base_rates, data, kept, numbers, parts
from monitor.ui.comparisons import BEHIND, Compared, reference_of
from monitor.ui.markdown import escape
from monitor.ui.sections import indices, picks, ranking, tradeoffs
from monitor.ui.sections.subject import Subject

SHARE: Final = "predicted_share_difference"


def show(subject: Subject, batch: str, found: Compared) -> None:
    first, second, third = st.columns(3)
    with first:
        attribute = picks.attribute(subject, found.alone)
    mine = data.measurements(subject.model, batch=batch, attribute=attribute)
    whole, rows = mine[mine["feature"] == ""], mine[mine["feature"].str.startswith(numbers.CLASS)]
    there = set(rows[(rows["group"] != "") & rows["value"].notna()]["metric"])
    names = [name for name in BEHIND if name in there]
    with third:
        subject.pick_batch(default=subject.labelled)
    if not names:
        parts.nothing_yet(
            "No class is compared",
            "It takes two groups with rows and a reference group in this batch: choose another "
            "batch, or name the reference in the spec.",
        )
        return
    with second:
        metric = picks.metric(subject, names, default=SHARE)
    kept.drawn(
        ("fair by class", subject.model, batch, attribute, metric),
        lambda: _compared(rows, whole, metric, attribute),
    )


def _compared(rows: pd.DataFrame, whole: pd.DataFrame, metric: str, attribute: str) -> None:
    _ranked(rows, metric, reference_of(whole))
    _excluded(rows, reference_of(whole))
    indices.distances(whole)
    alt = f"Every number of every class and group of {attribute}."
    numbers.behind(rows[rows["group"] != ""], alt, key="class_numbers")


def _ranked(rows: pd.DataFrame, metric: str, reference: str) -> None:
    ranks = of_classes(rows, metric)
    st.caption(escape(METRICS[metric].words))
    ranking.chart(ranks, reference=reference, key="classes")
    base = {
        "Base rate": [
            _base_rate(rows, str(row["feature"]), str(row["of"]))
            for row in ranks.to_dict("records")
        ]
    }
    ranking.table(
        ranks,
        BEHIND[metric],
        base=base if any(cell != "–" for cell in base["Base rate"]) else {},
        size=("Rows × gap", ranking.size),
        alt="Every class in every group, the largest size times gap first.",
        key="class_table",
    )
    st.caption(ranking.multiplicity(ranks))


def of_classes(rows: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Ranked over classes and groups together; a row's ``group`` names both, ``of`` the group."""
    about = rows.assign(
        of=rows["group"],
        group=rows["feature"].str.removeprefix(numbers.CLASS) + ": " + rows["group"],
    )
    about = about[about["of"] != ""]
    return ranked.rank(about[about["metric"] == metric], about[about["metric"] == BEHIND[metric]])


def _base_rate(rows: pd.DataFrame, feature: str, group: str) -> str:
    mine = rows[(rows["feature"] == feature) & (rows["group"] == group)]
    return base_rates.column([group], mine).get("Base rate", ["–"])[0]


def _excluded(rows: pd.DataFrame, reference: str) -> None:
    """The same trade-off holds for each class against the rest; the widest is told."""
    found = {
        str(feature).removeprefix(numbers.CLASS): excluded
        for feature, mine in rows.groupby("feature", sort=False)
        if (excluded := tradeoffs.find(mine, reference=reference)) is not None
    }
    if found:
        label = max(found, key=lambda name: found[name].distance)
        others = ", ".join(name for name in found if name != label)
        more = f"So it is with other classes: {others}." if others else ""
        tradeoffs.show(found[label], positive=f"are truly {label}", more=more)
