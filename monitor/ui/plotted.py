"""Figures handed to Streamlit as plotly's own, which it sends as they are."""

from __future__ import annotations

from functools import cache
from typing import Any

import plotly.io
from plotly.basedatatypes import BaseFigure

from monitor.charts.figure import Figure


class _Plotted(BaseFigure):  # type: ignore[misc]
    """One of which nothing is asked but what it consists of; plotly's checks are for the tests."""

    def __init__(self, whole: dict[str, Any]) -> None:
        self._whole = whole

    def to_dict(self) -> dict[str, Any]:
        return self._whole


def plotted(figure: Figure) -> _Plotted:
    """With the template in which the browser puts the theme's fonts, grid and colours."""
    return _Plotted({"data": figure.data, "layout": {**figure.layout, "template": _template()}})


@cache
def _template() -> dict[str, Any]:
    """Streamlit's own; not to be changed."""
    found: dict[str, Any] = plotly.io.templates[plotly.io.templates.default].to_plotly_json()
    return found
