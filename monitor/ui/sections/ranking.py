"""A table of ranked gaps: rate, base rate, gap, and how sure it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts import groups, ranked
from monitor.charts.words import count
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_correction, format_interval, format_p, format_value
from monitor.ui import base_rates, parts
from monitor.ui.markdown import escape

NOT_JUDGED: Final = "n = {n}, not judged"


def chart(ranks: pd.DataFrame, *, reference: str, key: str) -> None:
    """The first of them as dots with intervals."""
    shown = ranks.head(ranked.MOST)
    parts.chart(groups.figure(shown), ranked.describe(ranks, reference=reference), key=key)
    if len(ranks) > len(shown):
        st.caption(f"The first {len(shown)} of {len(ranks)}; the table has all.")


def multiplicity(ranks: pd.DataFrame) -> str:
    """Which comparisons were corrected together, and which were pooled over batches."""
    rules = [
        format_correction(method or "", int(family))
        for method, family in zip(ranks["method"], ranks["family"], strict=True)
    ]
    said = [
        f"p-values are corrected by {rule}." for rule in list(dict.fromkeys(filter(None, rules)))
    ]
    pooled = ranks[ranks["window"] != ""]
    told = [
        f"{', '.join(rows['group'].astype(str))}: too few rows in this batch alone, so judged on "
        f"the {window}."
        for window, rows in pooled.groupby("window", sort=False)
    ]
    return escape(" ".join([*said, *told]))


def table(
    ranks: pd.DataFrame,
    rate: str,
    *,
    base: Mapping[str, Sequence[str]],
    size: tuple[str, Callable[[Any], str]],
    alt: str,
    key: str,
) -> None:
    """``base`` is the column of base rates; ``size`` names the ranking number, and writes it."""
    name = str(ranks["metric"].iloc[0])
    cells = {
        "Group": ranks["group"],
        "n": [_rows(row) for row in ranks.to_dict("records")],
        **base,
        **_rates(ranks, rate),
        METRICS[name].title: [
            _with_interval(name, row["value"], row["low"], row["high"])
            for row in ranks.to_dict("records")
        ],
        size[0]: [size[1](row) for row in ranks.to_dict("records")],
        "p": [format_p(parts.number(p)) for p in ranks["p"]],
        "Of": [window or "this batch" for window in ranks["window"]],
        "Why not judged": ranks["reason"].where(~ranks["judged"], ""),
    }
    help_of = {
        "Base rate": base_rates.HELP,
        METRICS[rate].title: METRICS[rate].words,
        METRICS[name].title: METRICS[name].words,
    }
    parts.table(
        pd.DataFrame(cells),
        alt,
        key=key,
        column_config={
            title: st.column_config.TextColumn(help=words) for title, words in help_of.items()
        },
    )


def _rates(ranks: pd.DataFrame, rate: str) -> dict[str, list[str]]:
    """The column of the rate behind the gap; none where there are two."""
    if ranks["metric"].isin(ranked.OF_TWO).any():
        return {}
    return {
        METRICS[rate].title: [
            _with_interval(rate, row["rate"], row["rate_low"], row["rate_high"])
            for row in ranks.to_dict("records")
        ]
    }


def size(row: Any) -> str:
    """Rows times gap, signed; a dash where there is no gap to show."""
    return "–" if pd.isna(row["size"]) else f"{row['size']:+,.0f}".replace("-", "−")


def _rows(row: Any) -> str:
    n = count(row["n"])
    return n if row["judged"] else NOT_JUDGED.format(n=n)


def _with_interval(name: str, value: object, low: object, high: object) -> str:
    known = parts.number(value)
    if known is None:
        return "–"
    bounds = format_interval(name, parts.number(low), parts.number(high))
    return f"{format_value(name, known)} ({bounds})" if bounds != "–" else format_value(name, known)
