"""One column in the reference and in a batch: share of rows by bin or category."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from monitor.charts import theme
from monitor.charts.words import largest, percent

WORDS = 16


def figure(frame: pd.DataFrame) -> go.Figure:
    """``frame`` has columns label, reference, current: shares of rows."""
    chart = theme.blank(height=280, top=32, hovermode="x unified", bargap=0.15)
    ticks = list(range(len(frame)))
    for column, colour, width in (
        ("reference", theme.FAINT, 0.85),
        ("current", theme.CATEGORICAL[0], 0.45),
    ):
        chart.add_bar(
            x=ticks,
            y=[round(float(v), 5) for v in frame[column].fillna(0)],
            name=f"{column.capitalize()}",
            width=width,
            marker={"color": colour, "line": {"width": 0}},
            text=[theme.plain(label) for label in frame["label"]],
            textposition="none",
            hovertemplate="%{y:.1%} of %{text}",
        )
    chart.update_xaxes(tickvals=ticks, ticktext=[_tick(label) for label in frame["label"]])
    chart.update_yaxes(tickformat=".0%", nticks=5)
    return chart


def describe(frame: pd.DataFrame, *, feature: str) -> str:
    """The bin whose share moved most."""
    moved = (frame["current"] - frame["reference"]).abs()
    if moved.dropna().empty:
        return f"{feature}: no rows to compare."
    most = largest(frame, moved)
    return (
        f"{feature}: the share of {most['label']} went from {percent(most['reference'])} "
        f"in the reference to {percent(most['current'])}."
    )


def _tick(label: object) -> str:
    text = str(label)
    return theme.plain(text if len(text) <= WORDS else f"{text[: WORDS - 1]}…")
