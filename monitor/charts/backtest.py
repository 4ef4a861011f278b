"""A rule's number batch by batch, its limits, and each incident that it would have opened."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.thin import thin
from monitor.charts.words import count, interval, period
from monitor.measures.catalogue import metric
from monitor.terms import Verdict

MOST: Final = 12  # lines drawn; of more columns or groups, those that come nearest to firing
LIMITS: Final = ("limit_low", "limit_high")
KEY: Final = ("feature", "attribute", "group")


def figure(frame: pd.DataFrame) -> Figure:
    """``frame`` is that of ``alerts.backtest.frame``: one number, maybe of several columns or
    groups, each a line; those that fired are drawn in colour."""
    name = str(frame["metric"].iloc[0])
    chart = theme.blank(height=300, hovermode="closest")
    lines = _lines(frame)
    _limits(chart, lines, name)
    for place, rows in enumerate(lines):
        _line(chart, rows, name, place, alone=len(lines) == 1)
    _firings(chart, frame[frame["fired"]], name)
    chart.update_yaxes(theme.value_axis(name))
    if name == "change_evidence":
        chart.update_yaxes(type="log")
    chart.update_xaxes(theme.time_axis(frame), tickformatstops=theme.STOPS)
    return chart


def describe(frame: pd.DataFrame) -> str:
    """The takeaway: how often the rule would have fired, and on what."""
    if frame.empty:
        return "No batch has such a number yet."
    title, batches = metric(str(frame["metric"].iloc[0])).title, frame["batch"].nunique()
    fired = frame[frame["fired"]]
    if fired.empty:
        return f"{title}: the rule would not have fired in any of {count(batches)} batches."
    said = [f"{period(row)}{_about(row)}, at {interval(row)}" for row in fired.to_dict("records")]
    times = {1: "once", 2: "twice"}.get(len(said), f"{count(len(said))} times")
    return f"{title}: the rule would have fired {times} in {count(batches)} batches: {said[0]}" + (
        f"; last in {said[-1]}." if len(said) > 1 else "."
    )


def _lines(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Those that fired first, then by how often they were beyond the limit."""
    beyond = frame["verdict"].isin([Verdict.FAILING, Verdict.AT_RISK])
    ranked = frame.assign(beyond=beyond)
    found = [rows for _, rows in ranked.groupby(list(KEY), sort=False)]
    found.sort(key=lambda rows: (-int(rows["fired"].sum()), -int(rows["beyond"].sum())))
    return [thin(rows) for rows in found[:MOST]]


def _line(chart: Figure, rows: pd.DataFrame, name: str, place: int, *, alone: bool) -> None:
    loud = alone or (bool(rows["fired"].any()) and place < len(theme.CATEGORICAL))
    single = rows["starts_at"].nunique() == 1
    chart.add_scatter(
        x=theme.days(rows["starts_at"]),
        y=theme.numbers(rows["value"], name),
        mode="lines+markers" if single else "lines",
        line={
            "color": theme.CATEGORICAL[place] if loud else theme.FAINT,
            "width": 2 if loud else 1.5,
        },
        name=theme.plain(_subject(rows.iloc[0])),
        showlegend=loud and not alone,
        text=[_hover(row) for row in rows.to_dict("records")],
        hovertemplate="%{text}<extra></extra>",
    )


def _limits(chart: Figure, lines: list[pd.DataFrame], name: str) -> None:
    """Steps, for limits that count from other batches move with them; those alike once."""
    drawn: list[tuple[list[str], list[float | None]]] = []
    for rows, column in product(lines, LIMITS):
        known = rows[rows[column].notna()]
        course = theme.days(known["starts_at"]), theme.numbers(known[column], name)
        if len(known) and course not in drawn:
            drawn.append(course)
    for first, (x, y) in enumerate(drawn):
        chart.add_scatter(
            x=x,
            y=y,
            mode="lines" if len(x) > 1 else "markers",
            line={"dash": "dash", "color": theme.LIMIT, "width": 1.5, "shape": "hvh"},
            marker={"symbol": "line-ew-open", "color": theme.LIMIT, "size": 12},
            name="limit",
            legendgroup="limit",
            showlegend=not first,
            hoverinfo="skip",
        )


def _firings(chart: Figure, fired: pd.DataFrame, name: str) -> None:
    if fired.empty:
        return
    chart.add_scatter(
        x=theme.days(fired["starts_at"]),
        y=theme.numbers(fired["value"], name),
        mode="markers",
        marker={
            "symbol": theme.SYMBOL[Verdict.FAILING],
            "color": theme.STATUS[Verdict.FAILING],
            "size": 11,
        },
        name="would have fired",
        text=[f"Would have fired<br>{_hover(row)}" for row in fired.to_dict("records")],
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(row: Any) -> str:
    lines = (_subject(row), f"{period(row)}: {interval(row)}", row["reason"])
    return "<br>".join(theme.plain(line) for line in lines if line)


def _subject(row: Any) -> str:
    return str(row["group"] or row["feature"] or row["attribute"])


def _about(row: Any) -> str:
    subject = _subject(row)
    return f" ({subject})" if subject else ""
