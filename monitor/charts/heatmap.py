"""Drift of every column over time, the most drifted of late on top."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.records import records
from monitor.charts.words import largest, short
from monitor.measures.catalogue import metric
from monitor.terms import Verdict

FULL = 0.4  # a PSI at which the darkest colour is reached; twice the critical limit
RECENT = 4
NEEDED = ("value", "n", "verdict", "window")  # beside the names of batch and series
MOST_ROWS = 40
MOST_COLUMNS = 90  # of squares that can still be told apart and clicked


def order(frame: pd.DataFrame) -> list[str]:
    """Columns by the mean of their last batches, most drifted first."""
    last = frame.groupby("feature").tail(RECENT)
    recent = last.groupby("feature", sort=True)["value"].mean()
    return [str(f) for f in recent.sort_values(ascending=False, kind="stable").index][:MOST_ROWS]


def coarse(frame: pd.DataFrame, *, most: int = MOST_COLUMNS) -> pd.DataFrame:
    """Of many periods the batch with the largest value of each stretch, drawn where that begins."""
    periods = frame["starts_at"].drop_duplicates().sort_values(ignore_index=True)
    if len(periods) <= most:
        return frame
    stretch = pd.Series(np.arange(len(periods)) * most // len(periods), index=periods)
    rows = frame.assign(stretch=frame["starts_at"].map(stretch))
    worst = rows.groupby(["feature", "stretch"], sort=False)["value"].idxmax()
    begins = periods.groupby(stretch.to_numpy()).min()
    kept = rows.loc[worst.sort_values()]
    return kept.assign(starts_at=kept["stretch"].map(begins)).drop(columns="stretch")


def figure(frame: pd.DataFrame, *, full: float = FULL) -> Figure:
    """``frame`` is one metric of many features over time; ``full`` has the darkest colour.

    What too few rows say has no colour: a handful of them is always far from the reference.
    """
    name = str(frame["metric"].iloc[0])
    frame = coarse(frame)
    judged = frame.assign(value=frame["value"].mask(frame["verdict"] == Verdict.NOT_ENOUGH_DATA))
    rows = order(judged)[::-1]
    grid = judged.pivot_table(
        dropna=False, index="feature", columns="starts_at", values="value"
    ).reindex(rows)
    columns: dict[str, Any] = {"x": theme.days(pd.Series(grid.columns))}
    if len(grid.columns) == 1:
        wide = theme.width(frame) / pd.Timedelta(milliseconds=1)
        columns = {"x0": columns["x"][0], "dx": wide, "xtype": "scaled"}
    chart = theme.blank(height=64 + 26 * len(rows), top=12, hovermode="closest")
    chart.add_heatmap(
        **columns,
        y=[theme.plain(r) for r in rows],
        z=[theme.numbers(row, name) for _, row in grid.iterrows()],
        zmin=0,
        zmax=full,
        colorscale=[[i / 9, colour] for i, colour in enumerate(theme.SEQUENTIAL)],
        colorbar={"thickness": 8, "len": 1, "tickformat": ".1f", "nticks": 3, "outlinewidth": 0},
        xgap=1,
        ygap=1,
        hoverinfo="skip",
    )
    _squares(chart, frame[frame["feature"].isin(rows)], name)
    names = [theme.plain(r) for r in rows]
    cut = [theme.plain(short(r)) for r in rows]
    chart.update_yaxes(type="category", showgrid=False, tickvals=names, ticktext=cut)
    chart.update_yaxes(range=[-0.5, len(rows) - 0.5])  # no room beyond the outermost squares
    chart.update_xaxes(theme.time_axis(frame), tickformatstops=theme.STOPS, showgrid=False)
    return chart


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


def _squares(chart: Figure, frame: pd.DataFrame, name: str) -> None:
    """Heat maps send no click, so squares lie over them; breached cells carry a mark."""
    broken = frame["verdict"].isin([Verdict.FAILING])
    names = {feature: theme.plain(feature) for feature in frame["feature"].unique()}
    for rows, marker in (
        (frame[~broken], {"symbol": "square", "size": 16, "opacity": 0}),
        (frame[broken], {"symbol": "diamond", "size": 8, "color": theme.STATUS[Verdict.FAILING]}),
    ):
        chart.add_scatter(
            x=theme.days(rows["starts_at"]),
            y=[names[feature] for feature in rows["feature"]],
            mode="markers",
            marker=marker,
            customdata=[[f, b] for f, b in zip(rows["feature"], rows["batch"], strict=True)],
            text=[_said(**cells) for cells in records(rows, *SAID)],
            hovertemplate=f"{metric(name).title} of %{{y}}: %{{text}}<extra></extra>",
            showlegend=False,
        )


SAID = ("value", "n", "window")


def _said(value: float, n: int, window: str) -> str:
    return f"{value:.3f} (n = {n:,}{f', {window}' if window else ''})"
