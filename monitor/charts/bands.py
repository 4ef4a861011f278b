"""Numbers that are never none, each before the grey band of what chance alone would make of it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from monitor.charts import dots, theme
from monitor.charts.figure import Figure
from monitor.charts.words import interval
from monitor.measures.catalogue import metric
from monitor.measures.wording import format_value
from monitor.terms import Verdict

THICK = 0.34  # half a band's height


def figure(frame: pd.DataFrame) -> Figure:
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
        yaxis=dots.axis([_label(row) for row in rows.to_dict("records")]),
        xaxis=theme.value_axis(name),
    )
    placed = rows.assign(at=rows.index, told=[_hover(row) for row in rows.to_dict("records")])
    judged = rows["verdict"] != Verdict.NOT_ENOUGH_DATA
    dots.draw(chart, placed[judged], dots.FULL)
    dots.draw(chart, placed[~judged], dots.HOLLOW)
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


def _label(row: Any) -> str:
    small = row["verdict"] == Verdict.NOT_ENOUGH_DATA
    rows = f"n = {int(row['n']):,}{', not judged' if small else ''}"
    return dots.label(row["label"], rows)


def _hover(row: Any) -> str:
    name = str(row["metric"])
    said = f"{theme.plain(row['label'])}: {interval(row)}"
    if pd.isna(row["baseline"]):
        return said
    return f"{said}<br>groups alike: {format_value(name, float(row['baseline']))} in 95 of 100"


def describe(frame: pd.DataFrame) -> str:
    """Each number, and whether it is beyond what chance makes of groups that are alike."""
    told = [_told(row) for row in frame.to_dict("records")]
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
