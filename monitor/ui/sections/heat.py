"""One metric of many columns over time, of which only the columns that are drawn are read."""

from __future__ import annotations

import pandas as pd

from monitor.charts import heatmap
from monitor.ui import current, data
from monitor.ui.sections.subject import Subject


def newest(subject: Subject, metric: str) -> tuple[pd.DataFrame, list[str]]:
    """The last batches of the window, all columns, and which of those are worst, in their order;
    not to be changed."""
    asked = ("newest", subject.model, subject.between, metric)
    return current.known(asked, lambda: _newest(subject, metric))


def _newest(subject: Subject, metric: str) -> tuple[pd.DataFrame, list[str]]:
    some = _read(subject, metric, newest=heatmap.RECENT)
    found = some if len(some) else _read(subject, metric)
    return found, heatmap.order(found)


def columns(subject: Subject, metric: str, order: list[str]) -> pd.DataFrame:
    """The whole window of these columns, the worst of each stretch where it is a long one."""
    found = data.worst(
        subject.model,
        metric,
        features=tuple(order),
        most=heatmap.MOST_COLUMNS,
        between=subject.between,
        columns=heatmap.NEEDED,
    )
    return _known(found)


def _read(subject: Subject, metric: str, *, newest: int | None = None) -> pd.DataFrame:
    """All columns, and of each as much as is told."""
    found = data.measurements(
        subject.model,
        metric=metric,
        between=subject.between,
        columns=heatmap.NEEDED,
        newest=newest,
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


def thinned(subject: Subject) -> str:
    """What a square stands for where there are more batches than squares; else nothing."""
    if data.periods(subject.model, between=subject.between) <= heatmap.MOST_COLUMNS:
        return ""
    return "There are more batches than squares: each is the worst of its stretch. "
