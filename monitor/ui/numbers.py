"""Numbers in a table, each with all that makes it believable."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.charts.records import records
from monitor.charts.words import count
from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_correction, format_interval, format_p, format_value
from monitor.ui import base_rates, parts

HEADING: Final = "Every number behind this"
CLASS: Final = "class "  # how the feature of a group's number about one class begins
EVERYBODY: Final = "everybody"
SAID: Final = (
    "metric", "feature", "attribute", "group", "value", "low", "high", "n", "denominator", "p",
    "method", "family", "window", "verdict", "reason",
)  # fmt: skip


def behind(rows: pd.DataFrame, alt: str, *, key: str, base: bool = False) -> None:
    """The table in an expander; ``base`` puts base rates beside groups. Nothing without rows."""
    if rows.empty:
        return
    said = pd.DataFrame([_row(row) for row in records(rows, *SAID)])
    told = base_rates.column(rows["group"], rows) if base else {}
    place = said.columns.tolist().index("n")
    for name, cells in told.items():
        said.insert(place, name, cells)
    with st.expander(HEADING):
        parts.table(
            _without_empty(said),
            alt,
            key=key,
            column_config={"Base rate": st.column_config.TextColumn(help=base_rates.HELP)},
        )


def _without_empty(said: pd.DataFrame) -> pd.DataFrame:
    """A column that says nothing in any row only makes the others narrow."""
    return said[[name for name in said if not {"", "–"}.issuperset(said[name].tolist())]]


def _row(row: Any) -> dict[str, object]:
    name, feature = str(row["metric"]), str(row["feature"])
    out_of, p = parts.number(row["denominator"]), parts.number(row["p"])
    everybody = "" if feature and not row["attribute"] else EVERYBODY
    return {
        "Metric": METRICS[name].title if name in METRICS else name,
        "Column": "" if feature.startswith(CLASS) else feature,
        "Class": feature.removeprefix(CLASS) if feature.startswith(CLASS) else "",
        "Group": row["group"] or ("all groups" if row["attribute"] else everybody),
        "Value": format_value(name, parts.number(row["value"])),
        "95 % interval": format_interval(name, parts.number(row["low"]), parts.number(row["high"])),
        "n": int(row["n"]),
        "Out of": "–" if out_of is None else count(out_of),
        "p": format_p(p),
        "Corrected": format_correction(row["method"] or "", int(row["family"])) or "–",
        "Of": row["window"] or "this batch",
        "Verdict": parts.sign(row["verdict"]),
        "How": row["method"] or "–",
        "Why": row["reason"] or "",
    }
