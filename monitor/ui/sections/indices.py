"""All groups at once: single numbers for inequality, beside what chance would make of them."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts import bands, groups, ranked
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import (
    format_correction,
    format_interval,
    format_p,
    format_rows,
    format_value,
)
from monitor.ui import base_rates, kept, parts
from monitor.ui.comparisons import BEHIND, Compared, reference_of, rows_of
from monitor.ui.markdown import escape
from monitor.ui.sections import picks
from monitor.ui.sections.subject import Subject

EPSILON: Final = "differential_fairness"
PEOPLE: Final = ("generalized_entropy_index", "theil_index")
DISTANCES: Final = ("prediction_total_variation", "prediction_ks")
TREATMENT: Final = "treatment_ratio"
BAND: Final = (
    "Grey is what 95 of 100 draws stay within in which all groups are alike: a number inside it "
    "says nothing. Hollow dots have too few rows to be judged."
)


def show(subject: Subject, frame: pd.DataFrame, found: Compared) -> None:
    attribute = _pick(subject, found)
    seen = (subject.model, str(frame["batch"].iloc[0]), attribute)
    kept.drawn(("indices", *seen), lambda: _all(frame, attribute, found))


def _all(frame: pd.DataFrame, attribute: str, found: Compared) -> None:
    mine = frame[frame["attribute"] == attribute]
    st.caption(BAND)
    left, right = st.columns(2)
    with left:
        _epsilon(frame, found)
        _people(frame)
    with right:
        distances(mine)
        _treatment(mine)
    _ranges(mine)
    st.caption(escape(base_rates.sentence(rows_of(mine, base_rates.NAME), mine)))
    _table(frame, mine, attribute)


def _pick(subject: Subject, found: Compared) -> str:
    first, second = st.columns([2, 1])
    with first:
        crossed = [pair.attribute for pair in found.crossed]
        attribute = picks.attribute(subject, [*found.alone, *crossed])
    with second:
        subject.pick_batch(default=subject.labelled)
    return attribute


def _epsilon(frame: pd.DataFrame, found: Compared) -> None:
    rows = frame[frame["metric"] == EPSILON]
    if not rows["value"].notna().any():
        return
    _band_chart(rows.assign(label=rows["attribute"]), EPSILON)


def _band_chart(rows: pd.DataFrame, name: str, title: str = "") -> None:
    st.markdown(f"**{title or METRICS[name].title}**", help=f"{METRICS[name].words} {BAND}")
    parts.chart(bands.figure(rows), bands.describe(rows), key=f"band_{name}")


def _people(frame: pd.DataFrame) -> None:
    """Inequality from person to person: about everybody, so it has no groups to be alike."""
    for name in PEOPLE:
        rows = frame[(frame["metric"] == name) & (frame["attribute"] == "")]
        for row in rows.to_dict("records"):
            st.markdown(f"**{METRICS[name].title}**: {escape(people(row))}")
            st.caption(escape(METRICS[name].words))


def people(row: Any) -> str:
    """The index with its interval, rows and neutral value, or why there is none."""
    name, value = str(row["metric"]), parts.number(row["value"])
    if value is None:
        return f"no value. {row['reason'] or ''}".rstrip()
    interval = format_interval(name, parts.number(row["low"]), parts.number(row["high"]))
    said = f"95 % interval {interval}, " if interval != "–" else ""
    return f"{format_value(name, value)} ({said}{format_rows(int(row['n']))}); 0 is equal."


def distances(mine: pd.DataFrame) -> None:
    """How far each group's predictions are from the reference group's; nothing for two classes."""
    for name in DISTANCES:
        rows = mine[(mine["metric"] == name) & (mine["group"] != "")]
        if rows["value"].notna().any():
            _band_chart(
                rows.assign(label=rows["group"]), name,
                f"{METRICS[name].title}, from {escape(reference_of(mine))}",
            )  # fmt: skip


def _treatment(mine: pd.DataFrame) -> None:
    own = mine[mine["metric"] == BEHIND[TREATMENT]]
    rows = ranked.rank(mine[mine["metric"] == TREATMENT], own)
    if rows["value"].notna().any():
        reference = reference_of(mine)
        st.markdown(
            f"**{METRICS[TREATMENT].title}**, against {escape(reference)}",
            help=METRICS[TREATMENT].words,
        )
        alt = ranked.describe(rows, reference=reference)
        parts.chart(groups.figure(rows), alt, key="treatment")


def _ranges(mine: pd.DataFrame) -> None:
    """Largest minus smallest over all groups, which is above 0 by construction."""
    rows = mine[(mine["group"] == "") & mine["metric"].isin(BEHIND) & mine["value"].notna()]
    rows = rows.assign(label=[METRICS[name].title for name in rows["metric"]])
    units = {
        "points": "Widest differences",
        "number": "In the unit of the target, widest differences",
        "ratio": "Ratios",
    }
    kinds = [METRICS[str(name)].unit for name in rows["metric"]]
    places = st.columns(2)
    for place, (unit, title) in zip((0, 0, 1), units.items(), strict=True):
        some = rows[[kind == unit for kind in kinds]]
        if some.empty:
            continue
        with places[place]:
            st.markdown(
                f"**{title} between any two groups**",
                help="Over all groups: largest minus smallest, or smallest over largest.",
            )
            parts.chart(bands.figure(some), bands.describe(some), key=f"ranges_{unit}")


def _table(frame: pd.DataFrame, mine: pd.DataFrame, attribute: str) -> None:
    """Every index of the feature and of everybody, in numbers."""
    names = [*DISTANCES, TREATMENT, EPSILON]
    everybody = frame[frame["metric"].isin(PEOPLE) & (frame["attribute"] == "")]
    over_all = mine[(mine["group"] == "") & mine["metric"].isin(BEHIND)]
    of_groups = mine[
        mine["metric"].isin(names) & ((mine["group"] != "") | (mine["metric"] == EPSILON))
    ]
    rows = pd.concat([over_all, of_groups, everybody])
    with st.expander("Every number behind this"):
        cells = pd.DataFrame([_row(row, attribute) for row in rows.to_dict("records")])
        parts.table(cells, f"Every index over the groups of {attribute}.", key="index_table")


def _row(row: Any, attribute: str) -> dict[str, object]:
    name = str(row["metric"])
    low, high = parts.number(row["low"]), parts.number(row["high"])
    band, p = parts.number(row["baseline"]), parts.number(row["p"])
    over = attribute if row["attribute"] else "everybody"
    return {
        "Index": METRICS[name].title,
        "Of": row["group"] or f"all groups of {attribute}" if over != "everybody" else over,
        "Value": format_value(name, parts.number(row["value"])),
        "95 % interval": format_interval(name, low, high),
        "None is": format_value(name, METRICS[name].neutral),
        "Alike, 95 of 100": format_value(name, band),
        "n": int(row["n"]),
        "p": format_p(p),
        "Corrected": format_correction(row["method"] or "", int(row["family"])) or "–",
        "Verdict": parts.sign(row["verdict"]),
        "Why": row["reason"] or "",
        "In words": METRICS[name].words,
    }
