"""What is said while labels have not arrived, and how it is told apart from what they say."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import streamlit as st

from monitor.alerts.words import title
from monitor.charts import groups
from monitor.charts.records import records
from monitor.charts.words import count, period
from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.estimated import ESTIMATED, REALISED
from monitor.measures.wording import format_interval, format_value
from monitor.ui import base_rates, parts
from monitor.ui.comparisons import rows_of
from monitor.ui.markdown import escape

HEADLINES: Final = ("roc_auc", "accuracy", "mean_absolute_error")  # the first that is estimated
UNRELIABLE: Final = "Not reliable"
PANELS: Final = (
    "base_rate", "true_positive_rate", "false_positive_rate", "accuracy", "precision",
    "mean_absolute_error",
)  # fmt: skip


def sentence(latest: pd.DataFrame, metric: object) -> str:
    """What to expect of the newest batch; "" where its labels have come, or nothing is estimated.

    ``metric`` is the model's headline, whose estimate is told where there is one.
    """
    if latest[latest["metric"] == "label_coverage"]["value"].any():
        return ""
    rows = _whole(latest)
    names = [f"{ESTIMATED}{name}" for name in (str(metric), *HEADLINES)]
    found = next((rows[rows["metric"] == n] for n in names if n in set(rows["metric"])), None)
    if found is None:
        return ""
    row = found.iloc[0]
    return f"Labels for {period(row)} have not arrived. {_expected(row)}"


def _expected(row: Any) -> str:
    """One estimate in words, with its interval and rows, or why there is none."""
    if pd.isna(row["value"]):
        return parts.words(row["reason"])
    name = str(row["metric"])
    interval = format_interval(name, parts.number(row["low"]), parts.number(row["high"]))
    said = (
        f"{title(name)}: {format_value(name, float(row['value']))} "
        f"(95 % interval {interval}, {count(row['n'])} rows)."
    )
    return escape(f"{said} {row['reason'] or ''}".rstrip())


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    mine = frame["metric"].str.startswith(ESTIMATED)
    return frame[mine & (frame["attribute"] == "") & (frame["feature"] == "")]


def names(frame: pd.DataFrame) -> list[str]:
    """Metrics of the whole model that have an estimate."""
    known = _whole(frame)
    return [name.removeprefix(ESTIMATED) for name in known[known["value"].notna()]["metric"]]


def why_not(frame: pd.DataFrame) -> str:
    """Why nothing is estimated, or why it is not to be relied on; "" where it is."""
    reasons = [text for text in _whole(frame)["reason"] if text]
    return str(reasons[0]) if reasons else ""


def beside(table: pd.DataFrame, metrics: list[str], frame: pd.DataFrame) -> pd.DataFrame:
    """The table of metrics with what was expected of each, and what labels say beyond it."""
    rows = {str(row["metric"]): row for row in records(frame[frame["attribute"] == ""])}
    expected = [_said(rows.get(f"{ESTIMATED}{name}")) for name in metrics]
    beyond = [_said(rows.get(f"{REALISED}{name}")) for name in metrics]
    more = {"Estimated without labels": expected, "Realised − estimated": beyond}
    shown = {name: cells for name, cells in more.items() if any(cell != "–" for cell in cells)}
    return table.assign(**shown)


def _said(row: Any) -> str:
    """Value and interval; "not reliable" where the batch is too unlike the reference."""
    if row is None or pd.isna(row["value"]):
        return "–"
    if row["reason"].startswith(UNRELIABLE):
        return "not reliable"
    name = str(row["metric"])
    interval = format_interval(name, parts.number(row["low"]), parts.number(row["high"]))
    return f"{format_value(name, float(row['value']))} ({interval})"


def by_group(frame: pd.DataFrame, *, attribute: str, reference: str) -> None:
    """The groups of a batch without labels: expected rates side by side, and their differences.

    ``frame`` holds the batch's measurements; nothing is drawn where labels have come.
    """
    if frame[frame["metric"] == "label_coverage"]["value"].any():
        return
    mine = frame[(frame["attribute"] == attribute) & (frame["group"] != "")]
    shown = [name for name in PANELS if _known(mine, name)]
    if not shown:
        return
    st.header("Estimated, no labels yet")
    st.caption(
        f"What labels are likely to say, from each group's {_from(shown)} on the reference. "
        "It foresees a shift of inputs, not a change in what inputs mean. "
        f"{escape(why_not(frame))}"
    )
    everybody = frame[frame["attribute"] == ""].set_index("metric")["value"]
    for start in range(0, len(shown), 2):
        for place, name in zip(st.columns(2), shown[start : start + 2], strict=False):
            with place:
                _panel(mine, f"{ESTIMATED}{name}", reference, everybody)
    _gaps(mine)


def _from(shown: list[str]) -> str:
    """What the estimates rest on: rows and their errors, or scores and their labels."""
    if "mean_absolute_error" in shown:
        return "rows and how far off predictions were for such rows"
    return "scores and what such scores meant"


def _known(mine: pd.DataFrame, name: str) -> bool:
    return bool(mine[mine["metric"] == f"{ESTIMATED}{name}"]["value"].notna().any())


def _panel(mine: pd.DataFrame, name: str, reference: str, everybody: Any) -> None:
    rows = mine[mine["metric"] == name]
    st.markdown(f"**{title(name)}**", help=METRICS[name].words)
    overall = parts.number(everybody.get(name))
    parts.chart(
        groups.figure(rows, reference=reference, overall=overall),
        groups.describe(rows, reference=reference),
        key=f"groups_{name}",
    )


def _gaps(mine: pd.DataFrame) -> None:
    rows = mine[
        mine["metric"].str.startswith(ESTIMATED)
        & mine["metric"].str.endswith(("_difference", "_ratio"))
    ]
    if rows.empty:
        return
    shown = pd.DataFrame(
        {
            "Comparison": [title(name) for name in rows["metric"]],
            "Group": rows["group"],
            "Value": [
                format_value(name, parts.number(value))
                for name, value in zip(rows["metric"], rows["value"], strict=True)
            ],
            "95 % interval": [
                format_interval(name, parts.number(low), parts.number(high))
                for name, low, high in zip(rows["metric"], rows["low"], rows["high"], strict=True)
            ],
            **base_rates.column(rows["group"], mine, name=base_rates.EXPECTED),
            "n": rows["n"],
            "Of": [w or "this batch" for w in rows["window"]],
            "Verdict": [parts.sign(verdict) for verdict in rows["verdict"]],
            "Why": rows["reason"].fillna(""),
        }
    )
    parts.table(
        shown,
        "Estimated differences between groups.",
        key="estimated_gaps",
        column_config={
            METRICS[base_rates.EXPECTED].title: st.column_config.TextColumn(
                help=METRICS[base_rates.EXPECTED].words
            )
        },
    )
    known = rows_of(mine, base_rates.EXPECTED)
    if known:
        st.caption(escape(base_rates.sentence(known, mine, name=base_rates.EXPECTED)))
