"""How far and which way a regression misses: the reference and one batch, one under the other."""

from __future__ import annotations

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.measures.wording import format_value

NAMES = tuple(f"residual_quantile_{level:02d}" for level in (5, 25, 50, 75, 95))


def figure(frame: pd.DataFrame) -> Figure:
    """``frame`` has the five residual quantiles, with their values on the reference."""
    rows = frame.set_index("metric").loc[list(NAMES)]
    chart = theme.blank(height=170, top=12, hovermode="closest")
    for column, words, colour in (
        ("value", "this batch", theme.CATEGORICAL[0]),
        ("reference", "reference", theme.MUTED),
    ):
        if rows[column].notna().all():
            _box(chart, [float(v) for v in rows[column]], words, colour)
    upright = {"x0": 0, "x1": 0, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
    chart.add_shape(type="line", line={"dash": "dot", "color": theme.MUTED, "width": 1}, **upright)
    chart.update_yaxes(type="category", showgrid=False)
    chart.update_xaxes(nticks=6, zeroline=False)
    return chart


def describe(frame: pd.DataFrame) -> str:
    """The middle and the middle nine tenths."""
    values = frame.set_index("metric")["value"]
    low, middle, high = (format_value(NAMES[i], float(values[NAMES[i]])) for i in (0, 2, 4))
    return (
        f"Truth minus prediction is {middle} in the middle; nine of ten rows are "
        f"between {low} and {high}."
    )


def _box(chart: Figure, quantiles: list[float], words: str, colour: str) -> None:
    """A thin line over nine tenths, a thick one over the middle half, a dot at the median."""
    low, lower, middle, upper, high = quantiles
    shared = {"y": [words, words], "hoverinfo": "skip", "showlegend": False, "mode": "lines"}
    chart.add_scatter(x=[low, high], line={"color": colour, "width": 1.5}, **shared)
    chart.add_scatter(x=[lower, upper], line={"color": colour, "width": 7}, **shared)
    shown = " · ".join(format_value(NAMES[2], value) for value in quantiles)
    chart.add_scatter(
        x=[middle],
        y=[words],
        mode="markers",
        marker={"color": colour, "size": 13},
        showlegend=False,
        hovertemplate=f"5, 25, 50, 75 and 95 %: {shown}<extra></extra>",
    )
