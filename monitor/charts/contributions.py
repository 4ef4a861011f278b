"""What each column explains: dots with intervals about none, largest on top."""

from __future__ import annotations

from typing import Any

import pandas as pd

from monitor.charts import dots, theme
from monitor.charts.figure import Figure
from monitor.charts.words import interval, short
from monitor.measures.verdict import SIGNIFICANT
from monitor.measures.wording import format_value


def figure(frame: pd.DataFrame) -> Figure:
    """``frame`` has a row a column, largest contribution first."""
    rows = frame.iloc[::-1]  # plotly draws from the bottom up
    chart = theme.blank(
        height=50 + 30 * len(rows),
        top=12,
        hovermode="closest",
        yaxis=dots.axis([theme.plain(short(str(name))) for name in rows["feature"]]),
        xaxis=theme.value_axis(str(rows["metric"].iloc[0])),
        **theme.upright({"": 0.0}),
    )
    told = [f"{theme.plain(row['feature'])}: {interval(row)}" for row in rows.to_dict("records")]
    placed = rows.assign(at=range(len(rows)), told=told)
    sure = pd.Series([established(row) for row in rows.to_dict("records")], rows.index)
    dots.draw(chart, placed[sure], dots.FULL)
    dots.draw(chart, placed[~sure], dots.HOLLOW)
    return chart


def describe(frame: pd.DataFrame) -> str:
    """The largest contribution, or that none is established."""
    sure = frame[[established(row) for row in frame.to_dict("records")]]
    if sure.empty:
        return f"No column of the {len(frame)} largest stands out from chance."
    told = ", ".join(
        f"{row['feature']} {format_value(str(row['metric']), float(row['value']))}"
        for row in sure.to_dict("records")
    )
    return f"Established contributions, largest first: {told}."


def established(row: Any) -> bool:
    """Whether chance is ruled out, over all columns that were looked at."""
    return bool(pd.notna(row["p"]) and row["p"] <= SIGNIFICANT)
