"""Drift of every column over time, the most drifted of late on top."""

from __future__ import annotations

from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.words import largest, short
from monitor.measures.catalogue import metric
from monitor.terms import Verdict

FULL = 0.4  # a PSI at which the darkest colour is reached; twice the critical limit
RECENT = 4
NEEDED = ("value", "n", "verdict", "window")  # beside the names of batch and series
MOST_ROWS = 40
MOST_COLUMNS = 90  # of squares that can still be told apart and clicked
SAID = ("value", "n", "window")

Floats = np.ndarray[Any, np.dtype[np.float64]]
Places = np.ndarray[Any, np.dtype[np.int64]]


def order(frame: pd.DataFrame) -> list[str]:
    """Columns by the mean of their last batches, most drifted first."""
    of, names = pd.factorize(frame["feature"], sort=True)
    by_name = np.argsort(of, kind="stable")  # and in each oldest first, as the frame is
    ends = np.cumsum(np.bincount(of, minlength=len(names)))
    last = by_name[ends[of[by_name]] - np.arange(len(of)) <= RECENT]
    means = _means(of[last], frame["value"].to_numpy(dtype=float)[last], len(names))
    return [str(names[place]) for place in np.argsort(-means, kind="stable")[:MOST_ROWS]]


def _means(places: Places, values: Floats, size: int) -> Floats:
    """Of the known values at each of so many places, NaN where there is none."""
    known = ~np.isnan(values)
    sums = np.bincount(places[known], values[known], minlength=size)
    counts = np.bincount(places[known], minlength=size)
    means: Floats = np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)
    return means


def figure(frame: pd.DataFrame, *, full: float = FULL) -> Figure:
    """``frame`` is one metric of many features over time; ``full`` has the darkest colour.

    What too few rows say has no colour: a handful of them is always far from the reference.
    """
    name = str(frame["metric"].iloc[0])
    judged = frame.assign(value=frame["value"].mask(frame["verdict"] == Verdict.NOT_ENOUGH_DATA))
    rows = order(judged)[::-1]
    drawn = judged["feature"].isin(rows).to_numpy()
    starts, at = np.unique(theme.seconds(frame["starts_at"])[drawn], return_inverse=True)
    days = theme.written(starts)
    grid = _grid(judged[drawn], rows, at)
    columns: dict[str, Any] = {"x": days}
    if len(days) == 1:
        wide = theme.width(frame) / pd.Timedelta(milliseconds=1)
        columns = {"x0": days[0], "dx": wide, "xtype": "scaled"}
    chart = theme.blank(height=64 + 26 * len(rows), top=12, hovermode="closest")
    names = {row: theme.plain(row) for row in rows}
    chart.add_heatmap(
        **columns,
        y=list(names.values()),
        z=[theme.numbers(row, name) for row in grid],
        zmin=0,
        zmax=full,
        colorscale=[[i / 9, colour] for i, colour in enumerate(theme.SEQUENTIAL)],
        colorbar={"thickness": 8, "len": 1, "tickformat": ".1f", "nticks": 3, "outlinewidth": 0},
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )
    _squares(chart, frame[drawn], names, [days[place] for place in at])
    cut = [theme.plain(short(row)) for row in rows]
    chart.update_yaxes(type="category", showgrid=False, tickvals=list(names.values()), ticktext=cut)
    chart.update_yaxes(range=[-0.5, len(rows) - 0.5])  # no room beyond the outermost squares
    chart.update_xaxes(theme.time_axis(frame), tickformatstops=theme.STOPS, showgrid=False)
    return chart


def _grid(judged: pd.DataFrame, rows: list[str], at: Places) -> Floats:
    """Values by row and period, NaN where there is none; of several in one their mean."""
    places = {row: place for place, row in enumerate(rows)}
    of = np.array([places[feature] for feature in judged["feature"]], dtype=np.int64)
    shape = (len(rows), int(at.max()) + 1)
    values = judged["value"].to_numpy(dtype=float)
    return _means(of * shape[1] + at, values, shape[0] * shape[1]).reshape(shape)


def describe(frame: pd.DataFrame) -> str:
    """How many columns are beyond the limit in the last batch, and which is worst."""
    last = frame[frame["starts_at"] == frame["starts_at"].max()]
    broken = last[last["verdict"].isin([Verdict.FAILING, Verdict.AT_RISK])]
    title = metric(str(frame["metric"].iloc[0])).title
    if broken.empty:
        return f"{title}: none of {len(last)} columns is beyond the limit in the last batch."
    worst = largest(broken, broken["value"])
    return (
        f"{title}: {len(broken)} of {len(last)} columns are beyond the limit in the last batch, "
        f"most of all {worst['feature']} with {worst['value']:.2f}."
    )


def _squares(chart: Figure, frame: pd.DataFrame, names: dict[str, str], days: list[str]) -> None:
    """Heat maps send no click, so squares lie over them; breached cells carry a mark."""
    title = metric(str(frame["metric"].iloc[0])).title
    broken = frame["verdict"].to_numpy() == Verdict.FAILING
    for which, marker in (
        (~broken, {"symbol": "square", "size": 16, "opacity": 0}),
        (broken, {"symbol": "diamond", "size": 8, "color": theme.STATUS[Verdict.FAILING]}),
    ):
        some = frame[which]
        features = some["feature"].tolist()
        chart.add_scatter(
            x=list(compress(days, which)),
            y=[names[feature] for feature in features],
            mode="markers",
            marker=marker,
            customdata=list(map(list, zip(features, some["batch"], strict=True))),
            text=list(map(_said, *(some[name].tolist() for name in SAID))),
            hovertemplate=f"{title} of %{{y}}: %{{text}}<extra></extra>",
            showlegend=False,
        )


def _said(value: float, n: int, window: str) -> str:
    return f"{value:.3f} (n = {n:,}{f', {window}' if window else ''})"
