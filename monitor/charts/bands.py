"""Numbers that are never none, each before the grey band of what chance alone would make of it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from monitor.charts import theme
from monitor.charts.words import interval
from monitor.measures.catalogue import metric
from monitor.measures.wording import format_value
from monitor.terms import Verdict

THICK = 0.34  # half a band's height


def figure(frame: pd.DataFrame) -> go.Figure:
    """``frame`` has a row a number, all of one unit, first on top; ``label`` names it, and the band
    goes from its neutral value to ``baseline``.
    """
    rows = frame.iloc[::-1].reset_index(drop=True)  # plotly draws from the bottom up
    name = str(rows["metric"].iloc[0])
    chart = theme.blank(
        height=64 + 40 * len(rows),
        top=12,
        hovermode="closest",
        shapes=_bands(rows),
        yaxis={
            "tickvals": list(range(len(rows))),
            "ticktext": [_label(row) for _, row in rows.iterrows()],
            "range": [-0.6, len(rows) - 0.4],
            "showgrid": False,
            "zeroline": False,
        },
        xaxis=theme.value_axis(name),
    )
    for judged in (True, False):
        some = rows[(rows["verdict"] != Verdict.NOT_ENOUGH_DATA) == judged]
        _dots(chart, some[some["value"].notna()], name, judged=judged)
    return chart


def _bands(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """From the neutral value to what chance stays within; nothing where that is not known."""
    look = {"type": "rect", "fillcolor": theme.BAND, "line": {"width": 0}, "layer": "below"}
    names = rows["metric"].astype(str)
    neutral = [metric(name).neutral or 0.0 for name in names]
    return [
        {**look, "x0": start, "x1": end, "y0": place - THICK, "y1": place + THICK}
        for place, (name, none, band) in enumerate(
            zip(names, neutral, rows["baseline"], strict=True)
        )
        if pd.notna(band)
        for start, end in [theme.numbers(pd.Series([none, float(band)]), name)]
    ]


def _dots(chart: go.Figure, rows: pd.DataFrame, name: str, *, judged: bool) -> None:
    if rows.empty:
        return
    value, low, high = (
        pd.Series(theme.numbers(rows[column], name), dtype=float)
        for column in ("value", "low", "high")
    )
    colour = theme.CATEGORICAL[0] if judged else theme.MUTED
    chart.add_scatter(
        x=value.tolist(),
        y=rows.index.tolist(),
        mode="markers",
        marker={"size": 11, "color": colour, "symbol": "circle" if judged else "circle-open"},
        error_x={
            "array": (high - value).fillna(0).clip(lower=0).tolist(),
            "arrayminus": (value - low).fillna(0).clip(lower=0).tolist(),
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        },
        text=[_hover(row) for _, row in rows.iterrows()],
        hovertemplate="%{text}<extra></extra>",
        showlegend=False,
    )


def _label(row: Any) -> str:
    small = row["verdict"] == Verdict.NOT_ENOUGH_DATA
    rows = f"n = {int(row['n']):,}{', not judged' if small else ''}"
    return f"{theme.plain(row['label'])}<br><span style='font-size:11px'>{rows}</span>"


def _hover(row: Any) -> str:
    name = str(row["metric"])
    said = f"{theme.plain(row['label'])}: {interval(row)}"
    if pd.isna(row["baseline"]):
        return said
    return f"{said}<br>groups alike: {format_value(name, float(row['baseline']))} in 95 of 100"


def describe(frame: pd.DataFrame) -> str:
    """Each number, and whether it is beyond what chance makes of groups that are alike."""
    told = [_told(row) for _, row in frame.iterrows()]
    return f"{'; '.join(told)}."


def _told(row: Any) -> str:
    name, label = str(row["metric"]), row["label"]
    if pd.isna(row["value"]):
        return f"{label}: no value"
    said = f"{label}: {format_value(name, float(row['value']))} (n = {int(row['n']):,})"
    if pd.isna(row["baseline"]):
        return said
    band = format_value(name, float(row["baseline"]))
    beyond = abs(row["value"] - (metric(name).neutral or 0.0)) > abs(
        row["baseline"] - (metric(name).neutral or 0.0)
    )
    return f"{said}, {'beyond' if beyond else 'within'} the {band} of chance"
