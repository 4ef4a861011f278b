"""One metric over time: its interval, its limit, its breaches, its versions and its volume."""

from __future__ import annotations

from typing import Any

import pandas as pd

from monitor.charts import foreseen, theme
from monitor.charts.figure import Figure
from monitor.charts.records import records
from monitor.charts.thin import thin
from monitor.charts.words import OF_INTERVAL, interval, period
from monitor.measures.catalogue import metric
from monitor.measures.wording import format_value
from monitor.terms import Verdict

BREACHED = (Verdict.FAILING, Verdict.AT_RISK)


def figure(
    frame: pd.DataFrame,
    *,
    coverage: pd.DataFrame | None = None,
    estimated: pd.DataFrame | None = None,
    evidence: pd.DataFrame | None = None,
) -> Figure:
    """``frame`` is one series of measurements, oldest first; ``coverage`` its label coverage,
    ``estimated`` what was expected of it without labels, and ``evidence`` that of change, whose
    alarms are marked."""
    rows = thin(frame)
    name = str(rows["metric"].iloc[0])
    chart = theme.blank(height=300, hovermode="x unified")
    if estimated is not None and not estimated.empty:
        foreseen.overlay(chart, thin(estimated), name)
    _band(chart, rows, name)
    _line(chart, rows, name)
    _points(chart, rows, name)
    _lines_across(chart, rows, name)
    _versions(chart, rows)
    if evidence is not None:
        _alarms(chart, evidence)
    _volume(chart, rows, coverage)
    time = {**theme.time_axis(rows), "tickformatstops": theme.STOPS}
    beside = {"anchor": "y", "matches": "x2", "showticklabels": False}
    values = {"anchor": "x", "domain": [0.24, 1.0], **theme.value_axis(name)}
    volume = {"anchor": "x2", "domain": [0.0, 0.19], "rangemode": "tozero"}
    plain = {"showticklabels": False, "showgrid": False}
    axes = {"xaxis": time | beside, "xaxis2": time | {"anchor": "y2"}, "yaxis": values}
    chart.layout.update(axes, yaxis2=volume | plain)
    return chart


def describe(frame: pd.DataFrame) -> str:
    """The takeaway, for those who do not see the figure."""
    known = frame[frame["value"].notna()]
    name = str(frame["metric"].iloc[0])
    if known.empty:
        return f"{metric(name).title}: no value yet in {len(frame)} batches."
    last = known.iloc[-1]
    said = f"{metric(name).title} is {interval(last)} in {period(last)}"
    broken = frame[frame["verdict"].isin(BREACHED)]
    limit = _limit_words(last, name)
    if not limit:
        return f"{said}; no limit is set."
    if broken.empty:
        return f"{said}; none of {len(frame)} batches is beyond {limit}."
    first = period(broken.iloc[0])
    return f"{said}; {len(broken)} of {len(frame)} batches beyond {limit}, first in {first}."


def _limit_words(row: Any, name: str) -> str:
    pairs = [("at least", row["limit_low"]), ("at most", row["limit_high"])]
    said = [f"{word} {format_value(name, limit)}" for word, limit in pairs if pd.notna(limit)]
    return f"the limit ({' and '.join(said)})" if said else ""


def _band(chart: Figure, rows: pd.DataFrame, name: str) -> None:
    known = rows[rows["low"].notna() & rows["high"].notna()]
    x = theme.days(known["starts_at"])
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    chart.add_scatter(x=x, y=theme.numbers(known["low"], name), **edge)
    chart.add_scatter(
        x=x,
        y=theme.numbers(known["high"], name),
        **edge | {"fill": "tonexty", "fillcolor": theme.BAND, "showlegend": True},
        name="95 % interval",
    )


def _line(chart: Figure, rows: pd.DataFrame, name: str) -> None:
    chart.add_scatter(
        x=theme.days(rows["starts_at"]),
        y=theme.numbers(rows["value"], name),
        mode="lines",
        line={"color": theme.CATEGORICAL[0], "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )


def _points(chart: Figure, rows: pd.DataFrame, name: str) -> None:
    """One trace a verdict, so that breached points differ in shape as well as in colour."""
    verdicts = rows["verdict"].fillna(Verdict.HEALTHY)
    for verdict in reversed(Verdict):
        some = rows[(verdicts == verdict) & rows["value"].notna()]
        if some.empty:
            continue
        beyond = verdict in BREACHED
        chart.add_scatter(
            x=theme.days(some["starts_at"]),
            y=theme.numbers(some["value"], name),
            mode="markers",
            marker={
                "symbol": [_symbol(verdict, window) for window in some["window"]],
                "color": theme.STATUS[verdict],
                "size": 10 if beyond else 6,
            },
            error_y=_whiskers(some, name) if rows["starts_at"].nunique() == 1 else None,
            name=str(verdict).capitalize(),
            showlegend=verdict != Verdict.HEALTHY,
            text=[_hover(row) for row in records(some, *OF_INTERVAL, "reason", "window")],
            hovertemplate="%{text}<extra></extra>",
        )


def _symbol(verdict: str, window: object) -> str:
    """Hollow where a batch was too small, and was judged together with others."""
    symbol = theme.SYMBOL[verdict]
    return (
        f"{symbol}-open"
        if str(window).startswith("last") and not symbol.endswith("-open")
        else symbol
    )


def _whiskers(rows: pd.DataFrame, name: str) -> dict[str, Any]:
    """A band needs two periods; the interval of a single one is drawn on its point."""
    value, low, high = (
        pd.Series(theme.numbers(rows[column], name), dtype=float)
        for column in ("value", "low", "high")
    )
    return {
        "array": (high - value).fillna(0).tolist(),
        "arrayminus": (value - low).fillna(0).tolist(),
        "color": theme.MUTED,
        "thickness": 1.5,
        "width": 0,
    }


def _hover(row: Any) -> str:
    reason = f"<br>{theme.plain(row['reason'])}" if row["reason"] else ""
    window = f"<br>{theme.plain(row['window'])}" if row["window"] else ""
    return f"{interval(row)}{window}{reason}"


def _lines_across(chart: Figure, rows: pd.DataFrame, name: str) -> None:
    """Limits with their label on the line; the reference in the legend, for points may cover it."""
    last = rows.iloc[-1]
    for value in (last["limit_low"], last["limit_high"]):
        if pd.notna(value):
            chart.add_hline(
                y=theme.numbers(pd.Series([value]), name)[0],
                line={"dash": "dash", "color": theme.LIMIT, "width": 1.5},
                words=f"limit {format_value(name, float(value))}",
            )
    if pd.notna(last["reference"]):
        _reference(chart, float(last["reference"]), name)


def _reference(chart: Figure, value: float, name: str) -> None:
    line = {"dash": "dot", "color": theme.MUTED, "width": 1.5}
    height = theme.numbers(pd.Series([value]), name)[0]
    chart.add_hline(y=height, line=line)
    words = f"reference {format_value(name, value)}"
    chart.add_scatter(x=[None], y=[None], mode="lines", line=line, name=words)


def _versions(chart: Figure, rows: pd.DataFrame) -> None:
    changed = rows["version"].ne(rows["version"].shift()) & (rows.index != rows.index[0])
    for row in records(rows[changed], "starts_at", "version"):
        _upright(chart, row["starts_at"], f"version {row['version']}", theme.MUTED)


def alarms(evidence: pd.DataFrame) -> list[pd.Timestamp]:
    """When evidence of change went beyond its limit, each time it did."""
    rows = evidence[evidence["metric"] == "change_evidence"]
    beyond = rows["verdict"] == Verdict.FAILING
    return list(rows[beyond & ~beyond.shift(fill_value=False)]["starts_at"])


def _alarms(chart: Figure, evidence: pd.DataFrame) -> None:
    for instant in alarms(evidence):
        _upright(chart, instant, "alarm", theme.LIMIT)


def _upright(chart: Figure, instant: pd.Timestamp, words: str, colour: str) -> None:
    x = theme.days(pd.Series([instant]))[0]
    chart.add_shape(
        type="line",
        x0=x,
        x1=x,
        y0=0,
        y1=1,
        yref="paper",
        line={"color": colour, "width": 1},
        label={"text": words, "textposition": "end", "textangle": 0},
    )


def _volume(chart: Figure, rows: pd.DataFrame, coverage: pd.DataFrame | None) -> None:
    """Rows behind each value in front of all rows of the batch, where those are known."""
    behind = [(rows, rows["n"], theme.FAINT, "rows judged")]
    if coverage is not None and not coverage.empty:
        behind.insert(0, (coverage, coverage["n"], theme.BAND, "rows"))
    single = rows["starts_at"].nunique() == 1
    for frame, n, colour, words in behind:
        chart.add_bar(
            x=theme.days(frame["starts_at"]),
            y=n.tolist(),
            width=theme.width(frame) / pd.Timedelta(milliseconds=1) if single else None,
            marker={"color": colour, "line": {"width": 0}},
            showlegend=False,
            hovertemplate=f"%{{y:,}} {words}<extra></extra>",
            xaxis="x2",
            yaxis="y2",
        )
