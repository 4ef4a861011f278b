"""One column in the reference and in a batch: share of rows by bin or category."""

from __future__ import annotations

from math import isinf

import pandas as pd

from monitor.charts import theme
from monitor.charts.figure import Figure
from monitor.charts.words import largest, percent

WORDS = 16
MOST = 20
NUMERIC_LABELS = 5  # the rest of the bins is read between them


def shorten(frame: pd.DataFrame, *, most: int = MOST) -> pd.DataFrame:
    """At most ``most`` bars: neighbouring bins are joined, rare categories gathered.

    ``frame`` has columns label, low, high, reference, current; so has the result.
    """
    used = frame[(frame["reference"].fillna(0) > 0) | (frame["current"].fillna(0) > 0)]
    if used["low"].notna().any():
        return _joined(used, most=most)
    return _gathered(used, most=most)


def _joined(bins: pd.DataFrame, *, most: int) -> pd.DataFrame:
    """Bins of about equal share in the reference, whatever the edges were kept for."""
    share = bins["reference"].fillna(0)
    middle = share.cumsum() - share / 2
    place = (middle * most).clip(0, most - 1).astype(int)
    if len(bins) <= most:
        place = pd.Series(range(len(bins)), index=bins.index)
    kept = {"low": "first", "high": "last", "reference": "sum", "current": "sum"}
    joined = bins.groupby(place.to_numpy()).agg(kept).reset_index(drop=True)
    labels = [_span(low, high) for low, high in zip(joined["low"], joined["high"], strict=True)]
    return joined.assign(label=labels)


def _gathered(categories: pd.DataFrame, *, most: int) -> pd.DataFrame:
    if len(categories) <= most:
        return categories.reset_index(drop=True)
    size = categories[["reference", "current"]].max(axis=1)
    top = size.nlargest(most - 1).index
    rest = categories.drop(index=top)
    other = {"label": f"{len(rest)} more", "reference": rest["reference"].sum()}
    gathered = pd.DataFrame([{**other, "current": rest["current"].sum()}])
    return pd.concat([categories.loc[sorted(top)], gathered], ignore_index=True)


def _span(low: float, high: float) -> str:
    if isinf(low) or isinf(high):
        return f"under {_edge(high)}" if isinf(low) else f"over {_edge(low)}"
    return f"{_edge(low)} to {_edge(high)}"


def _edge(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def figure(frame: pd.DataFrame) -> Figure:
    """``frame`` has columns label, low, reference, current: shares of rows."""
    chart = theme.blank(height=280, top=32, hovermode="x unified", bargap=0.15)
    ticks = list(range(len(frame)))
    for column, colour, width in (
        ("reference", theme.FAINT, 0.85),
        ("current", theme.CATEGORICAL[0], 0.45),
    ):
        chart.add_bar(
            x=ticks,
            y=[round(float(v), 5) for v in frame[column].fillna(0)],
            name=f"{column.capitalize()}",
            width=width,
            marker={"color": colour, "line": {"width": 0}},
            text=[theme.plain(label) for label in frame["label"]],
            textposition="none",
            hovertemplate="%{y:.1%} of %{text}",
        )
    step = 1 if frame["low"].isna().all() else max(1, round(len(frame) / NUMERIC_LABELS))
    labels = [_tick(label) for label in frame["label"]]
    chart.update_xaxes(tickvals=ticks[::step], ticktext=labels[::step])
    chart.update_yaxes(tickformat=".0%", nticks=5)
    return chart


def describe(frame: pd.DataFrame, *, feature: str) -> str:
    """The bin whose share moved most."""
    moved = (frame["current"] - frame["reference"]).abs()
    if moved.dropna().empty:
        return f"{feature}: no rows to compare."
    most = largest(frame, moved)
    return (
        f"{feature}: the share of {most['label']} went from {percent(most['reference'])} "
        f"in the reference to {percent(most['current'])}."
    )


def _tick(label: object) -> str:
    text = str(label)
    return theme.plain(text if len(text) <= WORDS else f"{text[: WORDS - 1]}…")
