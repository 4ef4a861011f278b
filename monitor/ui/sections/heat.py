"""One metric of many columns over time, of which only the columns that are drawn are read."""

from __future__ import annotations

from typing import Any

import pandas as pd

from monitor.charts import heatmap
from monitor.ui import data
from monitor.ui.sections.subject import Subject


def newest(subject: Subject, metric: str) -> pd.DataFrame:
    """The last batches of the window, all columns: what is worst, and how many are."""
    known = _read(subject, metric, newest=heatmap.RECENT)
    return known if len(known) else _read(subject, metric)


def columns(subject: Subject, metric: str, order: list[str]) -> pd.DataFrame:
    """The whole window of these columns."""
    return _read(subject, metric, features=tuple(order))


def _read(subject: Subject, metric: str, **which: Any) -> pd.DataFrame:
    """As much as the figure needs, which is of many columns."""
    found = data.measurements(
        subject.model, metric=metric, between=subject.between, columns=heatmap.NEEDED, **which
    )
    return _known(found)


def column(subject: Subject, metric: str, feature: str) -> pd.DataFrame:
    """The whole window of one column."""
    found = data.measurements(
        subject.model, metric=metric, feature=feature, between=subject.between
    )
    return _known(found)


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["value"].notna()]


def thinned(frame: pd.DataFrame) -> str:
    """What a square stands for where there are more batches than squares; else nothing."""
    if frame["starts_at"].nunique() <= heatmap.MOST_COLUMNS:
        return ""
    return "There are more batches than squares: each is the worst of its stretch. "
