"""Scored rows as the measures see them: typed columns, groups as text, labels as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """One chunk of ``n`` scored rows.

    ``columns`` holds every monitored feature: float64 with NaN for missing where it is numeric, an
    Arrow string or dictionary array with nulls where it is categorical or boolean.  ``groups`` maps
    an attribute (sensitive feature or segment column) to group texts.  ``predicted`` and ``actual``
    are label texts with None for unknown, or float64 with NaN for regression.  Texts are object
    arrays; rows that are only counted may have them ``Coded``.  ``scores`` has one column per class
    of the layout, and only that of the positive class for a binary task.
    """

    columns: Mapping[str, Any]
    groups: Mapping[str, Any]
    predicted: Any
    actual: Any
    scores: Floats | None
    weight: Floats | None
    n: int
