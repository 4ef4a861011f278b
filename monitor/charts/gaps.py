"""Groups over time: one line a group, each with its own mark, colours kept by stored order."""

from __future__ import annotations

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.groups import OF_JUDGED, is_judged
from monitor.charts.records import records
from monitor.charts.words import OF_INTERVAL, interval
from monitor.measures.catalogue import metric
from monitor.measures.wording import format_value

MARKS = ("circle", "square", "triangle-up", "diamond", "cross", "x", "star")
MOST_GROUPS = 7


def figure(frame: pd.DataFrame, *, order: list[str]) -> Figure:
    """``frame`` is one metric of several groups over time; ``order`` is the stored order."""
    name = str(frame["metric"].iloc[0])
    chart = theme.blank(height=280, top=32, hovermode="x unified")
    for place, group in enumerate(order[:MOST_GROUPS]):
        rows = frame[frame["group"] == group]
        judged = [is_judged(row) for row in records(rows, *OF_JUDGED)]
        mark = MARKS[place % len(MARKS)]
        chart.add_scatter(
            x=theme.days(rows["starts_at"]),
            y=theme.numbers(rows["value"], name),
            mode="lines+markers",
            name=theme.plain(group),
            line={"color": theme.CATEGORICAL[place], "width": 2},
            marker={"size": 6, "symbol": [mark if j else f"{mark}-open" for j in judged]},
            text=[interval(row) for row in records(rows, *OF_INTERVAL)],
            hovertemplate="%{text}",
        )
    chart.update_yaxes(theme.value_axis(name))
    chart.update_xaxes(theme.time_axis(frame), tickformatstops=theme.STOPS)
    return chart


def describe(frame: pd.DataFrame) -> str:
    """The first and the last value of each group."""
    name = str(frame["metric"].iloc[0])
    said = []
    for group, rows in frame[frame["value"].notna()].groupby("group", sort=False):
        first, last = (format_value(name, float(v)) for v in rows["value"].iloc[[0, -1]])
        said.append(f"{group} from {first} to {last}")
    return f"{metric(name).title} over time: {'; '.join(said) or 'no value yet'}."
