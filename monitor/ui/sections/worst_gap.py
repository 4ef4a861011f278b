"""The worst group of a comparison in one sentence, and how surely it is known."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_correction, format_p, format_value
from monitor.terms import Verdict
from monitor.ui import base_rates, parts
from monitor.ui.comparisons import rate_of, reference_of, rows_of
from monitor.ui.markdown import escape
from monitor.ui.sections.outcome import Outcome
from monitor.ui.speech import say


def show(rows: pd.DataFrame, mine: pd.DataFrame, meant: Outcome) -> None:
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


def worst_of(rows: pd.DataFrame) -> Any:
    """The judged row with the worst verdict; None where nothing was judged."""
    ranks = [Verdict(v).rank if parts.known(v) else -1 for v in rows["verdict"]]
    return rows.iloc[ranks.index(max(ranks))] if max(ranks, default=-1) >= 0 else None
