"""Each group's gap as it is, and among people of the same stratum, one dot above the other."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from monitor.charts import theme
from monitor.charts.words import count, interval
from monitor.measures.wording import format_value
from monitor.terms import Verdict

RAW: Final = "demographic_parity_difference"
GIVEN: Final = "conditional_demographic_parity_difference"
LIFT: Final = 0.16  # of a group's band, so that the two dots stand apart


def figure(frame: pd.DataFrame, *, stratum: str) -> go.Figure:
    """``frame`` has rows of both differences, by group; ``rows`` are the group's own."""
    names = list(dict.fromkeys(frame["group"].astype(str)))[::-1]  # plotly draws bottom up
    chart = theme.blank(
        height=100 + 56 * len(names),
        top=48,
        hovermode="closest",
        yaxis={
            "tickvals": list(range(len(names))),
            "ticktext": [_label(frame[frame["group"] == name].iloc[-1]) for name in names],
            "range": [-0.6, len(names) - 0.4],
            "showgrid": False,
            "zeroline": False,
        },
        xaxis=theme.value_axis(RAW),
        **theme.upright({"": 0.0}),
    )
    raw, given = (frame[frame["metric"] == name] for name in (RAW, GIVEN))
    marks = {"symbol": "circle-open", "colour": theme.MUTED}
    _dots(chart, raw, names, said="everybody", raised=LIFT, **marks)
    marks = {"symbol": "circle", "colour": theme.CATEGORICAL[0]}
    _dots(chart, given, names, said=f"same {stratum}", raised=-LIFT, **marks)
    return chart


def _dots(
    chart: go.Figure,
    rows: pd.DataFrame,
    names: list[str],
    *,
    said: str,
    symbol: str,
    colour: str,
    raised: float,
) -> None:
    known = rows[rows["value"].notna()]
    value, low, high = (
        pd.Series(theme.numbers(known[column], RAW), dtype=float)
        for column in ("value", "low", "high")
    )
    chart.add_scatter(
        x=value.tolist(),
        y=[names.index(str(group)) + raised for group in known["group"]],
        mode="markers",
        name=theme.plain(said),
        marker={
            "size": 11,
            "color": colour,
            "symbol": symbol,
        },
        error_x={
            "array": (high - value).fillna(0).tolist(),
            "arrayminus": (value - low).fillna(0).tolist(),
            "color": colour,
            "thickness": 1.5,
            "width": 0,
        },
        text=[f"{theme.plain(row['group'])}: {interval(row)}" for _, row in known.iterrows()],
        hovertemplate="%{text}<extra></extra>",
    )


def _label(row: Any) -> str:
    small = ", not judged" if row["verdict"] == Verdict.NOT_ENOUGH_DATA else ""
    rows = f"n = {count(row['rows'])}{small}"
    return f"{theme.plain(row['group'])}<br><span style='font-size:11px'>{rows}</span>"


def describe(frame: pd.DataFrame, *, stratum: str) -> str:
    """Both differences of each group."""
    said = []
    for group, rows in frame.groupby("group", sort=False):
        values = rows.dropna(subset="value").set_index("metric")["value"]
        told = [
            f"{format_value(name, float(values[name]))} {words}"
            for name, words in ((RAW, "over everybody"), (GIVEN, f"within the same {stratum}"))
            if name in values
        ]
        said.append(f"{group} {' and '.join(told) or 'no value'}")
    return f"Selection rate difference: {'; '.join(said)}."
