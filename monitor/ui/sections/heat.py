"""One metric of many columns over time, of which only the columns that are drawn are read."""

from __future__ import annotations

import pandas as pd

from monitor.charts import heatmap
from monitor.ui import data
from monitor.ui.sections.subject import Subject


def newest(subject: Subject, metric: str) -> pd.DataFrame:
    """The last batches of the window, all columns: what is worst, and how many are."""
    known = _known(
        data.measurements(
            subject.model, metric=metric, between=subject.between, newest=heatmap.RECENT
        )
    )
    if len(known):
        return known
    return _known(data.measurements(subject.model, metric=metric, between=subject.between))


def columns(subject: Subject, metric: str, order: list[str]) -> pd.DataFrame:
    """The whole window of these columns."""
    found = data.measurements(
        subject.model, metric=metric, features=tuple(order), between=subject.between
    )
    return _known(found)


def column(subject: Subject, metric: str, feature: str) -> pd.DataFrame:
    """The whole window of one column."""
    return columns(subject, metric, [feature])


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["value"].notna()]


def thinned(frame: pd.DataFrame) -> str:
    """What a square stands for where there are more batches than squares; else nothing."""
    if frame["starts_at"].nunique() <= heatmap.MOST_COLUMNS:
        return ""
    return "There are more batches than squares: each is the worst of its stretch. "
