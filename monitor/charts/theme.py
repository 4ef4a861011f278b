"""Colours and the plain frame every figure starts from.

Trace colours are placeholders: Streamlit replaces them in the browser by the theme's own, so that
one figure is right in light and in dark.  A test breaks when Streamlit changes them.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from monitor.charts.figure import Figure
from monitor.charts.records import unknown
from monitor.measures.catalogue import metric
from monitor.terms import Verdict

CATEGORICAL: Final = tuple(f"#0000{i:02d}" for i in range(1, 11))
SEQUENTIAL: Final = tuple(f"#0000{i:02d}" for i in range(11, 21))
BAND: Final = "rgba(128,128,128,.18)"  # trace opacity does not reach fills
MUTED: Final = "#868C98"  # 3.4 : 1 on white, 5.5 : 1 on the dark ground
FAINT: Final = "rgba(128,128,128,.4)"

STATUS: Final[dict[str, str]] = {
    Verdict.HEALTHY: CATEGORICAL[0],
    Verdict.AT_RISK: "#D97706",
    Verdict.FAILING: "#E5484D",
    Verdict.NOT_ENOUGH_DATA: MUTED,
}
SYMBOL: Final[dict[str, str]] = {
    Verdict.HEALTHY: "circle",
    Verdict.AT_RISK: "square",
    Verdict.FAILING: "diamond",
    Verdict.NOT_ENOUGH_DATA: "circle-open",
}
LIMIT: Final = STATUS[Verdict.FAILING]
CONFIG: Final[dict[str, Any]] = {"displayModeBar": False, "responsive": True}


def blank(*, height: int = 280, top: int = 24, **layout: Any) -> Figure:
    """An empty figure: no title, no axis titles, room for direct labels at the top."""
    return Figure(base(height=height, top=top) | layout)


def upright(lines: Mapping[str, float | None]) -> dict[str, Any]:
    """Dotted lines from bottom to top, each with its word above, as a part of the layout."""
    known = {said: x for said, x in lines.items() if x is not None}
    dotted = {"dash": "dot", "color": MUTED, "width": 1.5}
    across = {"yref": "y domain", "xref": "x"}
    return {
        "shapes": [
            {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "line": dotted, **across}
            for x in known.values()
        ],
        "annotations": [
            {"x": x, "y": 1, "text": said, "showarrow": False, "yanchor": "bottom", **across}
            | {"font": {"size": 11}}
            for said, x in known.items()
            if said
        ],
    }


STOPS = [
    {"dtickrange": [None, 86_400_000], "value": "%H:%M\n%-d %b"},
    {"dtickrange": [86_400_000, "M1"], "value": "%-d %b\n%Y"},
    {"dtickrange": ["M1", None], "value": "%b\n%Y"},
]


def base(*, height: int = 280, top: int = 24) -> dict[str, Any]:
    """The layout every figure shares."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": top, "b": 8},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
        },
        "dragmode": False,
        "hoverlabel": {"namelength": -1},
        "barmode": "overlay",
    }


def plain(text: object) -> str:
    """Text from data, shown as it is: plotly would read tags in it as formatting.

    >>> plain("<b>A</b>")
    '&lt;b&gt;A&lt;/b&gt;'
    """
    return html.escape(str(text), quote=False)


def days(instants: pd.Series[Any]) -> list[str]:
    """Periods are cut in UTC, and shown in UTC, as ISO text: dates alone where all are midnights.

    >>> days(pd.Series([pd.Timestamp("2026-01-05")]))
    ['2026-01-05']
    """
    return written(seconds(instants))


def written(stamps: np.ndarray[Any, np.dtype[np.datetime64]]) -> list[str]:
    """The same of instants as numpy has them."""
    dates = stamps.astype("datetime64[D]")
    return list(np.datetime_as_string(dates if (dates == stamps).all() else stamps).tolist())


def seconds(instants: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    """The instants as numpy has them, without a zone."""
    return _utc(instants).to_numpy("datetime64[s]")


def _utc(instants: pd.Series[Any]) -> pd.Series[Any]:
    """Without pandas' cache, which looks at many of them to see whether it would pay."""
    return pd.to_datetime(instants, utc=True, cache=False)


def time_axis(frame: pd.DataFrame) -> dict[str, Any]:
    """Where there is but one period, the axis shows it alone: plotly would zoom to milliseconds."""
    starts_at = _utc(frame["starts_at"])
    if starts_at.nunique() != 1:
        return {"nticks": 8}
    start = starts_at.iloc[0]
    margin = 0.75 * width(frame)
    ends = pd.Series([start - margin, start + margin])
    words = f"{start.day} {start:%b %Y}" + (f" {start:%H:%M}" if start.hour else "")
    return {"range": days(ends), "tickvals": days(starts_at.iloc[:1]), "ticktext": [words]}


def width(frame: pd.DataFrame) -> pd.Timedelta:
    """How long the first period is, at least a minute."""
    spans = _utc(frame["ends_at"]) - _utc(frame["starts_at"])
    return max(pd.Timedelta(spans.iloc[0]), pd.Timedelta(minutes=1))


def numbers(values: pd.Series[Any] | np.ndarray[Any, Any], name: str) -> list[float | None]:
    """Values in the unit of the axis, five digits, None where undefined."""
    factor = 100 if metric(name).unit == "points" else 1
    return [None if unknown(v) else float(f"{v * factor:.5g}") for v in values.tolist()]


def value_axis(name: str) -> dict[str, Any]:
    """How the axis writes a metric: percent, points, or a bare number."""
    formats = {
        "percent": {"tickformat": ".0%"},
        "points": {"tickformat": "~g", "ticksuffix": " pt"},
        "ratio": {"tickformat": ".2f"},
    }
    return {"nticks": 5, "zeroline": False, **formats.get(metric(name).unit, {})}
