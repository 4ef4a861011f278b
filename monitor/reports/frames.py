"""Sampled rows as the data frames Evidently takes: floats, and texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from monitor.measures.edges import NumericEdges
from monitor.measures.layout import Layout
from monitor.measures.rows import Rows

MOST_ROWS = 10_000
SEED = 1999


def numeric(layout: Layout, name: str) -> bool:
    """Whether a feature is a column of numbers; the others are texts."""
    return isinstance(layout.edges[name], NumericEdges)


def frame_of(rows: Rows, layout: Layout, *, most: int = MOST_ROWS) -> pd.DataFrame:
    """The features of at most so many rows, chosen by chance and the same every time."""
    kept = np.arange(rows.n)
    if rows.n > most:
        kept = np.sort(np.random.default_rng(SEED).choice(rows.n, most, replace=False))
    return pd.DataFrame({name: _column(rows.columns[name], kept) for name in layout.features})


def _column(values: Any, kept: np.ndarray) -> Any:
    if isinstance(values, np.ndarray):
        return values[kept]
    taken = values.take(pa.array(kept))
    return taken.cast(pa.string()).to_pandas()
