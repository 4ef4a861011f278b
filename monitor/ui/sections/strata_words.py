"""What is left of a difference within strata, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from monitor.charts.conditional import GIVEN, RAW
from monitor.measures.wording import format_interval, format_rows, format_value
from monitor.terms import Verdict
from monitor.ui import parts


def widest(given: Mapping[str, Any]) -> Any:
    """The group furthest from none within strata: one that is judged, if any is."""

    def rank(row: Any) -> tuple[bool, float]:
        value = parts.number(row["value"])
        return (row["verdict"] != Verdict.NOT_ENOUGH_DATA, -1.0 if value is None else abs(value))

    return max(given.values(), key=rank, default=None)


def sentence(given: Any, raw: Any, *, stratum: str, base: str) -> str:
    """The difference among people of the same stratum, beside the raw one."""
    group, value = str(given["group"]), parts.number(given["value"])
    if value is None:
        return f"{group}: no value among people of the same {stratum}. {given['reason']}"
    interval = format_interval(GIVEN, parts.number(given["low"]), parts.number(given["high"]))
    said = (
        f"Among people of the same {stratum}, {group} gets the favourable prediction "
        f"{_way(value)} than {base} (95 % interval {interval}, {format_rows(int(given['n']))})"
    )
    before = None if raw is None else parts.number(raw["value"])
    if before is None:
        return f"{said}."
    rows = format_rows(int(raw["n"]))
    also = f"{said}; over everybody it is {_way(before)} ({rows})."
    return f"{also} {left(given, raw)}"


def _way(value: float) -> str:
    often = "less often" if value < 0 else "more often"
    return f"{format_value(RAW, abs(value))} {often}"


def left(given: Any, raw: Any) -> str:
    """What is left of the raw difference within strata; "" where that cannot be said."""
    if given is None or raw is None or pd.isna(given["value"]) or pd.isna(raw["value"]):
        return ""
    value, low, high = (float(given[name]) for name in ("value", "low", "high"))
    if given["verdict"] == Verdict.NOT_ENOUGH_DATA:
        return f"Not judged: {given['reason'].rstrip('.')}."
    if low <= 0 <= high:
        return "Within strata no difference is established."
    if value * float(raw["value"]) < 0:
        return "Within strata the difference turns around."
    return "The difference remains within strata."
