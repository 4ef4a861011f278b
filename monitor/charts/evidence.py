"""Evidence of change over time beside the budget that it must not reach by chance."""

from __future__ import annotations

from collections.abc import Sequence
from math import log10
from typing import Final

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.thin import thin
from monitor.charts.words import period
from monitor.measures.catalogue import metric
from monitor.measures.wording import format_value
from monitor.terms import Verdict

WHOLE: Final = "change_evidence"
LINES: Final = {
    "performance_change_evidence": "performance",
    "fairness_change_evidence": "strongest group",
    "drift_change_evidence": "strongest column",
}
TICKS: Final = (0.01, 1, 100, 10_000)
SAID: Final = ("value", "feature", "group")
LEAST: Final = 0.01  # what is less is drawn here: no evidence is no evidence


def figure(frame: pd.DataFrame) -> Figure:
    """``frame`` holds the model's evidence and its parts, oldest first; the axis is logarithmic."""
    chart = theme.blank(height=300, hovermode="x unified")
    for place, (name, words) in enumerate(LINES.items(), start=1):
        _line(chart, _strongest(frame[frame["metric"] == name]), words, place, width=1.5)
    whole = thin(frame[frame["metric"] == WHOLE])
    _line(chart, whole, "all together", 0, width=2.5)
    _alarms(chart, whole)
    limit = whole["limit_high"].iloc[-1] if len(whole) else None
    if pd.notna(limit):
        chart.add_hline(
            y=float(limit),
            line={"dash": "dash", "color": theme.LIMIT, "width": 1.5},
        )
        chart.add_annotation(  # on a logarithmic axis lines take values, and words exponents
            x=0,
            xref="paper",
            y=log10(limit),
            yanchor="bottom",
            text=f"limit {format_value(WHOLE, float(limit))}",
            showarrow=False,
            font={"size": 11},
        )
    chart.update_yaxes(type="log", tickvals=TICKS, ticktext=[f"{t:,}" for t in TICKS])
    chart.update_xaxes(theme.time_axis(whole), tickformatstops=theme.STOPS)
    return chart


def describe(frame: pd.DataFrame) -> str:
    """The takeaway: where it stands, and since when it is beyond its limit."""
    whole = frame[(frame["metric"] == WHOLE) & frame["value"].notna()]
    if whole.empty:
        return f"{metric(WHOLE).title}: nothing could be compared yet."
    last = whole.iloc[-1]
    said = f"{metric(WHOLE).title} is {format_value(WHOLE, float(last['value']))}"
    if pd.isna(last["limit_high"]):
        return f"{said} in {period(last)}."
    said += f" in {period(last)}, beside a limit of {format_value(WHOLE, last['limit_high'])}"
    beyond = whole[whole["verdict"] == Verdict.FAILING]
    if beyond.empty:
        return f"{said}; no batch was beyond it."
    return f"{said}; first beyond it in {period(beyond.iloc[0])}."


def _strongest(frame: pd.DataFrame) -> pd.DataFrame:
    """Of several groups or columns the largest value of each batch."""
    known = frame[frame["value"].notna()]
    return thin(known.loc[known.groupby("batch", sort=False)["value"].idxmax()])


def _line(chart: Figure, rows: pd.DataFrame, words: str, place: int, *, width: float) -> None:
    if rows.empty:
        return
    chart.add_scatter(
        x=theme.days(rows["starts_at"]),
        y=_drawn(rows),
        mode="lines+markers" if rows["starts_at"].nunique() == 1 else "lines",
        name=words,
        line={"color": theme.CATEGORICAL[place], "width": width},
        text=[_said(*cells) for cells in zip(*(rows[one] for one in SAID), strict=True)],
        hovertemplate="%{text}",
    )


def _alarms(chart: Figure, whole: pd.DataFrame) -> None:
    beyond = whole[whole["verdict"] == Verdict.FAILING]
    if beyond.empty:
        return
    chart.add_scatter(
        x=theme.days(beyond["starts_at"]),
        y=_drawn(beyond),
        mode="markers",
        name="beyond the limit",
        marker={
            "symbol": theme.SYMBOL[Verdict.FAILING],
            "color": theme.STATUS[Verdict.FAILING],
            "size": 10,
        },
        hoverinfo="skip",
    )


def _drawn(rows: pd.DataFrame) -> Sequence[float | None]:
    return [None if pd.isna(v) else float(f"{max(v, LEAST):.4g}") for v in rows["value"]]


def _said(value: float, *about: str) -> str:
    named = theme.plain(next(filter(None, about), ""))
    return f"{format_value(WHOLE, value)}{f' ({named})' if named else ''}"
