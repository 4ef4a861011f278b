"""The estimated course of a metric, behind what came true of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.records import records
from monitor.charts.words import OF_INTERVAL, interval, period
from monitor.measures.wording import format_value
from monitor.terms import Verdict

BAND: Final = "rgba(61,159,169,.16)"
COLOUR: Final = theme.CATEGORICAL[2]


def overlay(chart: Figure, rows: pd.DataFrame, name: str) -> None:
    """A dotted line with its band; it breaks off where the estimate is not reliable."""
    reliable = rows["verdict"] != Verdict.NOT_ENOUGH_DATA
    for stretch in _stretches(rows, reliable & rows["low"].notna() & rows["high"].notna()):
        _band(chart, stretch, name)
    x, value = theme.days(rows["starts_at"]), theme.numbers(rows["value"].where(reliable), name)
    chart.add_scatter(
        x=x,
        y=value,
        mode="lines+markers",
        line={"dash": "dot", "color": COLOUR, "width": 2},
        marker={"symbol": "diamond-open", "color": COLOUR, "size": 5},
        name="estimated without labels",
        text=[f"estimated {interval(row)}" for row in records(rows, *OF_INTERVAL)],
        hovertemplate="%{text}<extra></extra>",
    )


def _stretches(rows: pd.DataFrame, known: pd.Series[bool]) -> Iterator[pd.DataFrame]:
    """Neighbouring rows that are known, each stretch by itself."""
    for _, stretch in rows[known].groupby((~known).cumsum()[known]):
        yield stretch


def _band(chart: Figure, rows: pd.DataFrame, name: str) -> None:
    """A shape of its own: a fill between two lines runs on across a gap in them."""
    x = theme.days(rows["starts_at"])
    high, low = (theme.numbers(rows[bound], name) for bound in ("high", "low"))
    chart.add_scatter(
        x=[*x, *reversed(x)],
        y=[*high, *reversed(low)],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=BAND,
        hoverinfo="skip",
        showlegend=False,
    )


def describe(rows: pd.DataFrame) -> str:
    """The newest estimate, for those who do not see the figure."""
    reliable = rows[(rows["verdict"] != Verdict.NOT_ENOUGH_DATA) & rows["value"].notna()]
    if reliable.empty:
        return "No estimate without labels is reliable."
    last = reliable.iloc[-1]
    name = str(last["metric"])
    low, high = (format_value(name, float(last[bound])) for bound in ("low", "high"))
    value = format_value(name, float(last["value"]))
    return f"Estimated without labels: {value} ({low} to {high}) in {period(last)}."
