"""Adding up what is kept under keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from monitor.measures.rows import Floats


class Additive(Protocol):
    def __add__(self, other: Any, /) -> Self: ...


K = TypeVar("K")
V = TypeVar("V", bound=Additive)


def merged(left: Mapping[K, V], right: Mapping[K, V]) -> dict[K, V]:
    """Every key of either, values of shared keys added; neither operand changes.

    >>> merged({"a": 1}, {"a": 2, "b": 3})
    {'a': 3, 'b': 3}
    """
    total = dict(left)
    for key, more in right.items():
        total[key] = total[key] + more if key in total else more
    return total


def sum_by(codes: npt.NDArray[Any], size: int, values: Floats) -> Floats:
    """Σ values for each code below ``size``."""
    return np.asarray(np.bincount(codes, weights=values, minlength=size), dtype=np.float64)


def sums_by(codes: npt.NDArray[Any], size: int, *columns: Floats) -> Floats:
    """One row per code below ``size``, one column per array, each the sum over the code's rows.

    An array that is given more than once is added up once."""
    found = {id(column): sum_by(codes, size, column) for column in columns}
    return np.stack([found[id(column)] for column in columns], axis=1)


def times(values: Floats, factor: Floats | None) -> Floats:
    """Each value as often as its factor says; None stands for ones, and gives the very array."""
    return values if factor is None else values * factor
