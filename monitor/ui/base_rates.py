"""How often each group truly has the outcome: it stands beside every rate that is compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from monitor.measures.catalogue import METRICS
from monitor.measures.wording import format_rows, format_value
from monitor.ui import parts
from monitor.ui.comparisons import rows_of

NAME: Final = "base_rate"
HELP: Final = METRICS[NAME].words


def column(groups: Iterable[str], among: pd.DataFrame) -> dict[str, list[str]]:
    """A table's column of base rates; none where the task has none, or no label has come.

    ``among`` are the measurements of one attribute, and of one class where there are several.
    """
    known = rows_of(among, NAME)
    if not any(pd.notna(row["value"]) for row in known.values()):
        return {}
    return {"Base rate": [_cell(known.get(str(group))) for group in groups]}


def sentence(groups: Iterable[str], among: pd.DataFrame) -> str:
    """The base rates of these groups with their rows; "" where none is known."""
    known = rows_of(among, NAME)
    told = [
        f"{group}: {format_value(NAME, float(row['value']))} ({_rows(row)})"
        for group in groups
        if (row := known.get(str(group))) is not None and pd.notna(row["value"])
    ]
    return f"Base rates. {'; '.join(told)}." if told else ""


def _rows(row: Any) -> str:
    window = f", {row['window']}" if row["window"] else ""
    return f"{format_rows(int(row['n'])).replace(' row', ' labelled row')}{window}"


def _cell(row: Any) -> str:
    return "–" if row is None else format_value(NAME, parts.number(row["value"]))
