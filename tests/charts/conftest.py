"""Frames as ``reads.measurements`` gives them, made in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from monitor.charts.figure import Figure

Series = Callable[..., pd.DataFrame]
PLAIN: dict[str, Any] = {
    "model": "credit", "version": 1, "metric": "accuracy", "feature": "", "attribute": "",
    "group": "", "value": 0.9, "low": 0.88, "high": 0.92, "n": 500, "verdict": "healthy",
    "reason": "", "method": "Wilson", "denominator": float("nan"), "p": float("nan"), "family": 1,
    "reference": 0.91, "baseline": 0.6, "limit_low": 0.8, "limit_high": float("nan"),
    "window": "",
}  # fmt: skip


@pytest.fixture
def series() -> Series:
    return make


def make(*changes: dict[str, Any], **common: Any) -> pd.DataFrame:
    """One row a dictionary, a week each, oldest first; everything unsaid is plain."""
    rows = []
    for week, change in enumerate(changes):
        start = pd.Timestamp("2026-06-01", tz="UTC") + pd.Timedelta(weeks=week)
        when = {"starts_at": start, "ends_at": start + pd.Timedelta(weeks=1)}
        rows.append({**PLAIN, "batch": f"week-{week}", **when, **common, **change})
    frame = pd.DataFrame(rows)
    number = ["value", "low", "high", "limit_low", "limit_high", "denominator", "reference"]
    return frame.astype(dict.fromkeys(number, "float64"))


def checked(figure: Figure) -> go.Figure:
    """The same as plotly's own, which refuses what it does not know."""
    return go.Figure(data=figure.data, layout=figure.layout)
