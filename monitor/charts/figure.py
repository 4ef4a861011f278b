"""A figure as a browser draws it: traces and a layout, in plotly's words, of plain values.

Plotly's own figures check every value they are given, which takes ten times as long as making it;
ours are checked by plotly in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SIDES: Final = {"left": 0, "right": 1}


@dataclass(frozen=True, slots=True)
class Figure:
    """Traces in the order they are drawn, and the layout; both grow until the figure is done."""

    layout: dict[str, Any]
    data: list[dict[str, Any]] = field(default_factory=list)

    def add_scatter(self, **trace: Any) -> None:
        self._add("scatter", trace)

    def add_bar(self, **trace: Any) -> None:
        self._add("bar", trace)

    def add_heatmap(self, **trace: Any) -> None:
        self._add("heatmap", trace)

    def _add(self, kind: str, trace: Mapping[str, Any]) -> None:
        self.data.append({"type": kind, **{k: v for k, v in trace.items() if v is not None}})

    def add_shape(self, **shape: Any) -> None:
        self.layout.setdefault("shapes", []).append(shape)

    def add_annotation(self, **annotation: Any) -> None:
        self.layout.setdefault("annotations", []).append(annotation)

    def add_hline(
        self, *, y: float | None, line: Mapping[str, Any], words: str = "", side: str = "left"
    ) -> None:
        """From one side of the plot to the other, with its words above one end."""
        across = {"xref": "x domain", "yref": "y"}
        self.add_shape(type="line", x0=0, x1=1, y0=y, y1=y, line=dict(line), **across)
        if words:
            self.add_annotation(
                x=SIDES[side], xanchor=side, y=y, yanchor="bottom", text=words, showarrow=False,
                font={"size": 11}, **across,
            )  # fmt: skip

    def update_xaxes(self, shared: Mapping[str, Any] | None = None, **more: Any) -> None:
        """What is said of every axis from left to right."""
        self._say("xaxis", {**(shared or {}), **more})

    def update_yaxes(self, shared: Mapping[str, Any] | None = None, **more: Any) -> None:
        """What is said of every upright axis."""
        self._say("yaxis", {**(shared or {}), **more})

    def _say(self, kind: str, said: Mapping[str, Any]) -> None:
        for name in [one for one in self.layout if one.startswith(kind)] or [kind]:
            self.layout[name] = {**self.layout.get(name, {}), **said}
