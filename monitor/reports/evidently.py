"""Evidently's own page about a batch beside its reference: one file of HTML that needs nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from monitor.errors import ReportError
from monitor.measures.layout import Layout
from monitor.measures.rows import Rows
from monitor.reports.asking import ask
from monitor.reports.frames import frame_of, numeric

MOST_COLUMNS = 50
MOST_LEVELS = 200  # of a column of names; the rarer ones share one
REST = "(all others)"


@dataclass(frozen=True, slots=True)
class Made:
    """The page, Evidently's version, its rows, and the columns that had to be left out."""

    path: Path
    version: str
    rows: int
    left_out: tuple[str, ...]


def make(
    batch: Rows,
    reference: Rows,
    layout: Layout,
    *,
    folder: Path,
    beat: Callable[[], object] = lambda: None,
) -> Made:
    """Evidently's drift and summary presets on samples of both; ReportError says why not."""
    current, before = (frame_of(rows, layout) for rows in (batch, reference))
    names = _shown(current, before, layout)
    if not names:
        raise ReportError("There is no column with values in both the batch and the reference.")
    texts = [name for name in names if not numeric(layout, name)]
    for name in texts:
        common = before[name].value_counts().index[: MOST_LEVELS - 1]
        for frame in (current, before):
            frame[name] = frame[name].where(frame[name].isin(common) | frame[name].isna(), REST)
    numbers = [name for name in names if name not in texts]
    question = {"kind": "report", "numbers": numbers, "names": texts}
    told = ask(folder, question, current=current[names], reference=before[names], beat=beat)
    left_out = tuple(name for name in layout.features if name not in names)
    return Made(folder / "report.html", told["version"], len(current), left_out)


def _shown(current: pd.DataFrame, before: pd.DataFrame, layout: Layout) -> list[str]:
    """The most important columns first; Evidently cannot take one without values."""
    weights = layout.norms.weights
    ranked = sorted(layout.features, key=lambda name: -weights.get(name, 0.0))
    filled = [name for name in ranked if _filled(current[name]) and _filled(before[name])]
    kept = set(filled[:MOST_COLUMNS])
    return [name for name in layout.features if name in kept]


def _filled(values: pd.Series) -> bool:
    finite = values.replace([np.inf, -np.inf], np.nan) if values.dtype.kind == "f" else values
    return bool(finite.notna().any())
