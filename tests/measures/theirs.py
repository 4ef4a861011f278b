"""What Evidently answers about two columns, and what we do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from monitor.measures import drift
from monitor.measures.layout import build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally
from monitor.terms import Task


def evidently(name: str, reference: Any, current: Any, kind: str = "cat") -> float:
    """The score of Evidently's own test of that name; ``kind`` is "cat" or "num"."""
    from evidently.legacy.calculations.stattests import get_stattest
    from evidently.legacy.core import ColumnType

    before, now = pd.Series(reference), pd.Series(current)
    column_type = {"num": ColumnType.Numerical, "cat": ColumnType.Categorical}[kind]
    test = get_stattest(before, now, column_type, name)
    return float(test(before, now, column_type, None).drift_score)


def ours(reference: Any, current: Any) -> dict[str, Measurement]:
    """Every drift measurement of one column, by name: texts are categories, all else numbers."""
    before, now = _rows(reference), _rows(current)
    layout = build_layout(before, task=Task.BINARY, classes=("0", "1"), positive="1")
    counted = tally(now, layout)
    found = drift.measure(counted.profiles, counted.outcomes, tally(before, layout), layout)
    return {m.metric: m for m in found if m.feature == "x"}


def value(found: dict[str, Measurement], metric: str) -> float:
    number = found[metric].value
    assert number is not None, found[metric].reason
    return number


def _rows(values: Any) -> Rows:
    values = np.asarray(values)
    column = values.astype(float) if values.dtype.kind in "fiu" else pa.array(list(values))
    return Rows({"x": column}, {}, None, None, None, None, len(values))
