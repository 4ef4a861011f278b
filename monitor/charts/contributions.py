"""What each column explains: dots with intervals about none, largest on top."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from monitor.charts import theme
from monitor.charts.words import interval, short
from monitor.measures.verdict import SIGNIFICANT
from monitor.measures.wording import format_value


def figure(frame: pd.DataFrame) -> go.Figure:
    """``frame`` has a row a column, largest contribution first."""
    rows = frame.iloc[::-1]  # plotly draws from the bottom up
    chart = theme.blank(height=50 + 30 * len(rows), top=12, hovermode="closest")
    for sure in (True, False):
        _dots(chart, rows[[established(row) == sure for _, row in rows.iterrows()]], sure=sure)
    chart.add_vline(x=0, line={"dash": "dot", "color": theme.MUTED, "width": 1.5})
    names = rows["feature"].astype(str).tolist()
    chart.update_yaxes(
        type="category",
        categoryorder="array",
        categoryarray=names,
        tickvals=names,
        ticktext=[theme.plain(short(name)) for name in names],
        range=[-0.6, len(rows) - 0.4],
        showgrid=False,
    )
    chart.update_xaxes(theme.value_axis(str(rows["metric"].iloc[0])))
    return chart


def describe(frame: pd.DataFrame) -> str:
    """The largest contribution, or that none is established."""
    sure = frame[[established(row) for _, row in frame.iterrows()]]
    if sure.empty:
        return f"No column of the {len(frame)} largest stands out from chance."
    told = ", ".join(
        f"{row['feature']} {format_value(str(row['metric']), float(row['value']))}"
        for _, row in sure.iterrows()
    )
    return f"Established contributions, largest first: {told}."


def established(row: Any) -> bool:
    """Whether chance is ruled out, over all columns that were looked at."""
    return bool(pd.notna(row["p"]) and row["p"] <= SIGNIFICANT)


def _dots(chart: go.Figure, rows: pd.DataFrame, *, sure: bool) -> None:
    if rows.empty:
        return
    name, colour = str(rows["metric"].iloc[0]), theme.CATEGORICAL[0] if sure else theme.MUTED
    value, low, high = (
        pd.Series(theme.numbers(rows[column], name), dtype=float)
        for column in ("value", "low", "high")
    )
    chart.add_scatter(
        x=value.tolist(),
        y=rows["feature"].astype(str).tolist(),
        mode="markers",
        marker={"size": 10, "color": colour, "symbol": "circle" if sure else "circle-open"},
        error_x={
            "array": (high - value).fillna(0).tolist(),
            "arrayminus": (value - low).fillna(0).tolist(),
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        },
        text=[f"{theme.plain(row['feature'])}: {interval(row)}" for _, row in rows.iterrows()],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )
