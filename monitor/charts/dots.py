"""Dots with intervals, one a row: what is established is full, what is not is hollow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.words import short


@dataclass(frozen=True, slots=True)
class Mark:
    """How a dot looks."""

    symbol: str
    colour: str


NAME: Final = 44  # letters of a name at most
FULL: Final = Mark("circle", theme.CATEGORICAL[0])
HOLLOW: Final = Mark("circle-open", theme.MUTED)


def axis(labels: list[str]) -> dict[str, Any]:
    """An upright axis with a place for each label, the first at the bottom."""
    return {
        "tickvals": list(range(len(labels))),
        "ticktext": labels,
        "range": [-0.6, len(labels) - 0.4],
        "showgrid": False,
        "zeroline": False,
    }


def label(name: object, under: str) -> str:
    """A name from data, cut where it leaves no room, with its rows in smaller type under it."""
    cut = theme.plain(short(str(name), most=NAME))
    return f"{cut}<br><span style='font-size:11px'>{under}</span>"


def draw(chart: Figure, rows: pd.DataFrame, mark: Mark, *, said: str = "") -> None:
    """Rows of one metric with ``value``, ``low``, ``high``, ``at`` (the place) and ``told`` (on
    hovering); one without a value is left out.  ``said`` is the word in the legend.
    """
    known = rows[rows["value"].notna()]
    if known.empty:
        return
    name = str(known["metric"].iloc[0])
    value, low, high = (
        pd.Series(theme.numbers(known[column], name), dtype=float)
        for column in ("value", "low", "high")
    )
    chart.add_scatter(
        x=value.tolist(),
        y=known["at"].tolist(),
        mode="markers",
        name=theme.plain(said),
        marker={"size": 11, "color": mark.colour, "symbol": mark.symbol},
        error_x={
            "array": (high - value).fillna(0).clip(lower=0).tolist(),
            "arrayminus": (value - low).fillna(0).clip(lower=0).tolist(),
            "color": mark.colour,
            "thickness": 1.5,
            "width": 0,
        },
        text=known["told"].tolist(),
        hovertemplate="%{text}<extra></extra>",
        showlegend=bool(said),
    )
