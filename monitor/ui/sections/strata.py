"""What is left of a difference in selection rate once like is compared with like."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts import conditional
from monitor.charts.conditional import GIVEN, RAW
from monitor.charts.words import count
from monitor.measures.catalogue import METRICS
from monitor.measures.pairs import Pair
from monitor.measures.wording import (
    format_correction,
    format_interval,
    format_p,
    format_value,
)
from monitor.ui import base_rates, kept, parts
from monitor.ui.comparisons import Compared, reference_of, related, rows_of
from monitor.ui.markdown import escape
from monitor.ui.sections import picks
from monitor.ui.sections.strata_words import left, sentence, widest
from monitor.ui.sections.subject import Subject

DISPARITY: Final = "conditional_demographic_disparity"
MEANING: Final = (
    "A stratum is a group of rows with the same {stratum}. What is left within strata is not due "
    "to {stratum}; what disappears is only explained if {stratum} is a reason you can defend, and "
    "does not stand in for {feature}: assess that before you rely on it."
)


def show(subject: Subject, frame: pd.DataFrame, found: Compared) -> None:
    if not found.within:
        parts.nothing_yet(
            "No stratum is named",
            "To compare people of the same kind, name a column in the spec "
            '(`[columns] segments = ["department"]`) and register a new version on the Settings '
            "page; columns that make more than 100 groups are left out.",
        )
        return
    pair = _pick(subject, found)
    seen = (subject.model, str(frame["batch"].iloc[0]), pair)
    kept.drawn(("strata", *seen), lambda: _within(frame, pair))


def _within(frame: pd.DataFrame, pair: Pair) -> None:
    own, alone = (frame[frame["attribute"] == name] for name in (pair.attribute, pair.first))
    given, raw = rows_of(own, GIVEN), rows_of(alone, RAW)
    if not given and not rows_of(own, "selection_rate"):
        parts.nothing_yet("Nothing in this batch", "No outcome is favourable, or no row has both.")
        return
    reference = reference_of(alone)
    st.caption(escape(MEANING.format(stratum=pair.second, feature=pair.first)))
    top = widest(given)
    if top is not None:
        before = raw.get(str(top["group"]))
        st.markdown(escape(sentence(top, before, stratum=pair.second, base=reference)))
    _chart(own, alone, pair)
    _table(own, alone)
    _rates(frame, own, pair)


def _pick(subject: Subject, found: Compared) -> Pair:
    pairs = found.named(found.within)
    first, second = st.columns([2, 1])
    with first:
        attribute = picks.attribute(
            subject,
            list(pairs),
            label="Sensitive feature, within a stratum",
            default=related(subject.view.attribute, found.within),
            words=lambda name: f"{pairs[name].first} within {pairs[name].second}",
        )
    with second:
        subject.pick_batch(default=subject.labelled)
    return pairs[attribute]


def _chart(own: pd.DataFrame, alone: pd.DataFrame, pair: Pair) -> None:
    both = [alone[alone["metric"] == RAW], own[own["metric"] == GIVEN]]
    frame = pd.concat([rows[rows["group"] != ""] for rows in both])
    sizes = {group: row["n"] for group, row in rows_of(alone, "selection_rate").items()}
    frame = frame.assign(rows=[sizes.get(group, 0) for group in frame["group"]])
    if frame["value"].notna().any():
        st.markdown(f"**{METRICS[RAW].title}**", help=METRICS[GIVEN].words)
        parts.chart(
            conditional.figure(frame, stratum=pair.second),
            conditional.describe(frame, stratum=pair.second),
            key="conditional",
        )


def _table(own: pd.DataFrame, alone: pd.DataFrame) -> None:
    """Both conditional numbers of every group, the raw difference and the base rate beside them."""
    given, apart, raw = rows_of(own, GIVEN), rows_of(own, DISPARITY), rows_of(alone, RAW)
    names = list(dict.fromkeys([*apart, *given]))
    if not names:
        return
    cells: dict[str, list[Any]] = {
        "Group": names,
        "n": [_count(apart.get(g, given.get(g)), "denominator") for g in names],
        **base_rates.column(names, alone),
        METRICS[RAW].title: [_said(raw.get(g)) for g in names],
        METRICS[GIVEN].title: [_said(given.get(g)) for g in names],
        "p": [format_p(_p(given.get(g))) for g in names],
        METRICS[DISPARITY].title: [_said(apart.get(g)) for g in names],
        "What is left": [left(given.get(g), raw.get(g)) for g in names],
    }
    help_of = {METRICS[name].title: METRICS[name].words for name in (RAW, GIVEN, DISPARITY)}
    parts.table(
        pd.DataFrame(cells),
        "Every group's difference, as it is and given the stratum.",
        key="given_table",
        column_config={
            title: st.column_config.TextColumn(help=words)
            for title, words in (help_of | {"Base rate": base_rates.HELP}).items()
        },
    )
    st.caption(escape(_multiplicity(given)))


def _multiplicity(given: dict[str, Any]) -> str:
    """How the difference is made, and how its p was corrected."""
    for row in given.values():
        rule = format_correction(row["method"] or "", int(row["family"]))
        if rule:
            made = str(row["method"]).partition(";")[0].replace("-", "–")
            return (
                f"The difference given the stratum is by {made}; p-values are corrected by {rule}."
            )
    return ""


def _p(row: Any) -> float | None:
    return None if row is None else parts.number(row["p"])


def _count(row: Any, column: str) -> str:
    known = None if row is None else parts.number(row[column])
    return "–" if known is None else count(known)


def _said(row: Any) -> str:
    """Value and interval."""
    value = None if row is None else parts.number(row["value"])
    if value is None:
        return "–"
    name = str(row["metric"])
    bounds = format_interval(name, parts.number(row["low"]), parts.number(row["high"]))
    return format_value(name, value) + (f" ({bounds})" if bounds != "–" else "")


def _rates(frame: pd.DataFrame, own: pd.DataFrame, pair: Pair) -> None:
    """The selection rate of each group in each stratum, with its rows."""
    with st.expander(f"Selection rate in each {escape(pair.second)}"):
        parts.table(
            by_stratum(frame, own, pair),
            f"Selection rate of each group of {pair.first} in each {pair.second}.",
            key="strata_table",
        )
        st.caption("Strata that have only one of the two groups compare nobody.")


def by_stratum(frame: pd.DataFrame, own: pd.DataFrame, pair: Pair) -> pd.DataFrame:
    """A row a stratum, a column a group; where a rate is hidden, its rows are said all the same."""
    groups, strata = (
        [g for g in rows_of(frame[frame["attribute"] == name], "group_share") if g != "(unknown)"]
        for name in (pair.first, pair.second)
    )
    rates = rows_of(own, "selection_rate")
    return pd.DataFrame(
        {
            f"{pair.second} (stratum)": strata,
            **{g: [_cell(rates.get(pair.group(g, s))) for s in strata] for g in groups},
        }
    )


def _cell(row: Any) -> str:
    if row is None:
        return "no rows"
    value, n = parts.number(row["value"]), count(row["n"])
    if value is None:
        return f"n = {n}, not shown"
    return f"{format_value('selection_rate', value)} (n = {n})"
