"""Groups of two sensitive features at once, ranked by size times gap."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts import ranked
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_rows, format_value
from monitor.ui import base_rates, kept, numbers, parts
from monitor.ui.comparisons import BEHIND, Compared, rate_behind, reference_of, related, rows_of
from monitor.ui.markdown import escape
from monitor.ui.sections import picks, ranking
from monitor.ui.sections.subject import Subject

SHORTFALL: Final = "selection_shortfall"
PARITY: Final = "demographic_parity_difference"


def show(subject: Subject, frame: pd.DataFrame, found: Compared) -> None:
    if not found.crossed:
        parts.nothing_yet(
            "No two features are crossed",
            f"Intersections show whom a gap on {escape(found.alone[0])} alone may hide. Name a "
            "second sensitive feature in the spec (`[sensitive.age]`) and register a new version "
            "on the Settings page; pairs of more than 100 groups are left out.",
        )
        return
    attribute, metric = _pick(subject, frame, found)
    mine = frame[frame["attribute"] == attribute]
    seen = (subject.model, str(frame["batch"].iloc[0]), attribute, metric)
    kept.drawn(("intersections", *seen), lambda: _ranked(mine, attribute, metric))


def _ranked(mine: pd.DataFrame, attribute: str, metric: str) -> None:
    reference, rate = reference_of(mine), rate_behind(metric, mine)
    ranks = ranked.rank(mine[mine["metric"] == metric], mine[mine["metric"] == rate])
    if ranks.empty:
        parts.nothing_yet(
            "No intersection is compared",
            "Each needs a reference group of both features (`[sensitive.sex] reference`), and "
            "rows of it in this batch.",
        )
        return
    rows = {group: int(row["n"]) for group, row in rows_of(mine, rate).items()}
    short = _shortfalls(mine) if metric == PARITY else {}
    st.markdown(
        escape(sentence(ranks, reference=reference, rows=rows.get(reference, 0), short=short))
    )
    st.caption(escape(METRICS[SHORTFALL if short else metric].words))
    ranking.chart(ranks, reference=reference, key="intersections")
    ranking.table(
        ranks,
        rate,
        base=base_rates.column(ranks["group"], mine),
        size=("Rows × gap", lambda row: size(row, short)),
        alt=f"Every intersection of {attribute}, the largest size times gap first.",
        key="intersection_table",
    )
    st.caption(f"{base_rates.sentence([reference], mine)} {ranking.multiplicity(ranks)}")
    alt = f"Every number of every group of {attribute}."
    numbers.behind(mine, alt, key="intersection_numbers", base=True)


def _pick(subject: Subject, frame: pd.DataFrame, found: Compared) -> tuple[str, str]:
    pairs = found.named(found.crossed)
    first, second, third = st.columns(3)
    with first:
        default = related(subject.view.attribute, found.crossed)
        attribute = picks.attribute(subject, list(pairs), label="Crossed", default=default)
    gaps = frame[(frame["attribute"] == attribute) & (frame["group"] != "")]
    there = set(gaps[gaps["value"].notna()]["metric"])
    names = [name for name in BEHIND if name in there and name.endswith("_difference")]
    with second:
        metric = picks.metric(subject, names or [PARITY])
    with third:
        subject.pick_batch(default=subject.labelled)
    return attribute, metric


def _shortfalls(mine: pd.DataFrame) -> dict[str, float | None]:
    rows = mine[mine["metric"] == SHORTFALL]
    return {
        str(group): parts.number(value)
        for group, value in zip(rows["group"], rows["value"], strict=True)
    }


def size(row: Any, short: dict[str, float | None]) -> str:
    """The number that ranks a group, in people where the gap is one of favourable predictions."""
    if str(row["group"]) in short:
        value = short[str(row["group"])]
        if value is None:
            return "–"
        return f"{abs(value):,.0f} {'short' if value > 0 else 'more'}"
    return ranking.size(row)


def sentence(
    ranks: pd.DataFrame, *, reference: str, rows: int, short: dict[str, float | None]
) -> str:
    """Who is first, by how much, over how many rows, and how sure that is."""
    judged = ranks[ranks["judged"]]
    if judged.empty:
        return "No intersection has rows enough to be judged: choose a larger batch."
    top = judged.iloc[0]
    name, group = str(top["metric"]), str(top["group"])
    said = (
        f"{group} ({format_rows(int(top['n']))}) stands first: {METRICS[name].title.lower()} "
        f"{format_value(name, float(top['value']))} from {reference} ({format_rows(rows)})"
    )
    sure = pd.notna(top["p"]) and top["p"] <= 0.05
    chance = "" if sure else " That may be chance."
    missed = short.get(group)
    if not missed:
        return f"{said}.{chance}"
    way = "fewer" if missed > 0 else "more"
    return (
        f"{said}, or {abs(missed):,.0f} {way} favourable predictions than at the rate of "
        f"{reference}.{chance}"
    )
