"""How well scores tell: observed against promised, and true against false positives."""

from __future__ import annotations

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.words import count, largest, percent


def calibration(frame: pd.DataFrame) -> Figure:
    """``frame`` has columns score, observed, low, high, n; the dotted line is a perfect promise."""
    chart = _square()
    rows = frame[frame["observed"].notna()]
    chart.add_scatter(
        x=rows["score"].round(4).tolist(),
        y=rows["observed"].round(4).tolist(),
        mode="lines+markers",
        line={"color": theme.CATEGORICAL[0], "width": 2},
        marker={"size": 7},
        error_y={
            "array": (rows["high"] - rows["observed"]).fillna(0).round(4).tolist(),
            "arrayminus": (rows["observed"] - rows["low"]).fillna(0).round(4).tolist(),
            "color": theme.MUTED,
            "thickness": 1.5,
            "width": 0,
        },
        text=[f"n = {count(n)}" for n in rows["n"]],
        hovertemplate="promised %{x:.0%}, observed %{y:.1%} (%{text})<extra></extra>",
        showlegend=False,
    )
    return chart


def describe_calibration(frame: pd.DataFrame) -> str:
    """Where the promise is furthest from what happened."""
    rows = frame[frame["observed"].notna()]
    if rows.empty:
        return "Calibration: no labels yet."
    worst = largest(rows, (rows["observed"] - rows["score"]).abs())
    return (
        f"Calibration: where the model promised {percent(worst['score'], digits=0)}, "
        f"{percent(worst['observed'], digits=0)} "
        f"happened (n = {count(worst['n'])}); that is its largest error."
    )


def roc(frame: pd.DataFrame) -> Figure:
    """``frame`` has columns false_positive_rate, true_positive_rate; dotted: guessing."""
    chart = _square()
    chart.add_scatter(
        x=frame["false_positive_rate"].round(4).tolist(),
        y=frame["true_positive_rate"].round(4).tolist(),
        mode="lines",
        line={"color": theme.CATEGORICAL[0], "width": 2},
        hovertemplate="%{y:.1%} of the positives at %{x:.1%} false alarms<extra></extra>",
        showlegend=False,
    )
    return chart


def describe_roc(frame: pd.DataFrame) -> str:
    """What is caught at one false alarm in ten."""
    if frame.empty:
        return "ROC curve: no labels yet."
    within = frame[frame["false_positive_rate"] <= 0.1]["true_positive_rate"]
    caught = float(within.max()) if len(within) else 0.0
    return (
        f"ROC curve: {percent(caught, digits=0)} of the positives are found at 10 % false alarms."
    )


def _square() -> Figure:
    chart = theme.blank(height=300, top=12, hovermode="closest")
    chart.add_shape(
        type="line", x0=0, y0=0, x1=1, y1=1, line={"dash": "dot", "color": theme.MUTED, "width": 1}
    )
    chart.update_xaxes(range=[-0.02, 1.02], tickformat=".0%", nticks=5)
    chart.update_yaxes(range=[-0.02, 1.02], tickformat=".0%", nticks=5)
    return chart
