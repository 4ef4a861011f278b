"""Groups side by side: dots with intervals, never bars, in an order that never changes."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from monitor.charts import dots, theme
from monitor.charts.figure import Figure
from monitor.charts.records import records, unknown
from monitor.charts.words import OF_INTERVAL, apart, count, interval, largest, short
from monitor.measures.catalogue import metric
from monitor.measures.verdict import enough
from monitor.measures.wording import format_value
from monitor.terms import UNKNOWN_GROUP, Verdict

OF_JUDGED: Final = ("verdict", "group", "denominator", "value", "n")
SAID: Final = tuple({**dict.fromkeys(OF_INTERVAL), **dict.fromkeys(OF_JUDGED), "reason": None})


def figure(frame: pd.DataFrame, *, reference: str = "", overall: float | None = None) -> Figure:
    """One metric, one batch: ``frame`` has a row a group, in the stored order; of a difference or a
    ratio, where there is none is drawn.
    """
    rows = frame.iloc[::-1]  # plotly draws from the bottom up
    every = records(rows, *SAID)
    name = str(rows["metric"].iloc[0])
    chart = theme.blank(
        height=70 + 44 * len(rows),
        top=28,
        hovermode="closest",
        yaxis=dots.axis([_label(row, reference) for row in every]),
        xaxis=theme.value_axis(name),
        **theme.upright(_lines(name, overall)),
    )
    told = [_hover(row) for row in every]
    placed = rows.assign(at=range(len(rows)), told=told)
    judged = pd.Series([is_judged(row) for row in every], rows.index)
    dots.draw(chart, placed[judged], dots.FULL)
    dots.draw(chart, placed[~judged], dots.HOLLOW)
    return chart


def _lines(name: str, overall: float | None) -> dict[str, float | None]:
    """Where everybody is, and of a difference or a ratio where there is none."""
    parity = metric(name).neutral if name.endswith(("_difference", "_ratio")) else None
    values = theme.numbers(pd.Series([overall, parity], dtype=float), name)
    return {f"everybody {format_value(name, overall)}": values[0], "no difference": values[1]}


def describe(frame: pd.DataFrame, *, reference: str = "") -> str:
    """Lowest and highest judged group with their rows; what could not be judged is named."""
    title = metric(str(frame["metric"].iloc[0])).title
    judged = frame[[is_judged(row) for row in records(frame, *OF_JUDGED)]]
    small = [str(g) for g in frame["group"] if g not in set(judged["group"])]
    left_out = f" Not judged: {', '.join(small)}." if small else ""
    if len(judged) < 2:
        return f"{title}: not enough data to compare groups.{left_out}"
    low, high = largest(judged, -judged["value"]), largest(judged, judged["value"])
    compared = f" Others are compared with {reference}." if reference else ""
    gap = apart(str(low["metric"]), float(high["value"] - low["value"]))
    return f"{title} {_short(low)} and {_short(high)}: a difference of {gap}.{compared}{left_out}"


def is_judged(row: Any) -> bool:
    """Whether there are rows enough behind a group's value to judge it."""
    if row["verdict"] == Verdict.NOT_ENOUGH_DATA or row["group"] == UNKNOWN_GROUP:
        return False
    denominator = None if unknown(row["denominator"]) else int(row["denominator"])
    return not unknown(row["value"]) and not enough(rows=int(row["n"]), denominator=denominator)


def _short(row: Any) -> str:
    value = format_value(str(row["metric"]), float(row["value"]))
    return f"{value} ({row['group']}, {count(row['n'])})"


def _label(row: Any, reference: str) -> str:
    name = str(row["group"])
    rows = f"n = {count(row['n'])}"
    if row["group"] == reference:
        name = f"{short(name, most=32)} (reference)"
    elif not is_judged(row):
        rows = f"{rows}, not judged"
    return dots.label(name, rows)


def _hover(row: Any) -> str:
    out_of = f"<br>out of {count(row['denominator'])}" if not unknown(row["denominator"]) else ""
    reason = f"<br>{theme.plain(row['reason'])}" if row["reason"] else ""
    return f"{theme.plain(row['group'])}: {interval(row)}{out_of}{reason}"
