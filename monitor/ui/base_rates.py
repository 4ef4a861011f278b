"""How often each group truly has the outcome, or is expected to: beside every rate compared."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.estimated import ESTIMATED
from monitor.measures.wording import format_rows, format_value
from monitor.ui import parts
from monitor.ui.comparisons import rows_of

NAME: Final = "base_rate"
EXPECTED: Final = f"{ESTIMATED}{NAME}"  # the same while there are no labels
HELP: Final = METRICS[NAME].words


def column(groups: Iterable[str], among: pd.DataFrame, *, name: str = NAME) -> dict[str, list[str]]:
    """A table's column of base rates; none where the task has none, or no label has come.

    ``among`` are the measurements of one attribute, and of one class where there are several;
    ``name`` is that of the base rates, told or estimated.
    """
    known = rows_of(among, name)
    if not any(pd.notna(row["value"]) for row in known.values()):
        return {}
    return {METRICS[name].title: [_cell(known.get(str(group))) for group in groups]}


def sentence(groups: Iterable[str], among: pd.DataFrame, *, name: str = NAME) -> str:
    """The base rates of these groups with their rows; "" where none is known."""
    known = rows_of(among, name)
    told = [
        f"{group}: {format_value(name, float(row['value']))} ({_rows(row)})"
        for group in groups
        if (row := known.get(str(group))) is not None and pd.notna(row["value"])
    ]
    return f"{METRICS[name].title}s. {'; '.join(told)}." if told else ""


def _rows(row: Any) -> str:
    """What it was counted from: an estimate has no labels, but a score of each row."""
    window = f", {row['window']}" if row["window"] else ""
    rows = format_rows(int(row["n"]))
    counted = (
        rows.replace(" row", " labelled row") if row["metric"] == NAME else f"{rows} with a score"
    )
    return f"{counted}{window}"


def _cell(row: Any) -> str:
    return "–" if row is None else format_value(NAME, parts.number(row["value"]))
