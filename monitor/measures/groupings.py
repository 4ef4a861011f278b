"""Which group of which attribute each row belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from monitor.measures.rows import Ints, Rows, Texts

EVERYBODY = ""  # the attribute, and the single group, of all rows together


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Texts as places in ``names``, -1 where there is none."""

    names: tuple[str, ...]
    codes: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """One attribute's groups and each row's place among them."""

    attribute: str
    groups: tuple[str, ...]
    codes: Ints


def coded(values: Texts) -> Coded:
    """Label texts as codes."""
    codes, names = pd.factorize(values)
    return Coded(tuple(names), codes.astype(np.int64, copy=False))


def named(values: Texts | None, n: int) -> Coded:
    """Label texts as codes whose name 0 is "", the text of a missing label."""
    if values is None:
        return Coded(("",), np.zeros(n, dtype=np.int64))
    found = coded(values)
    return Coded(("", *found.names), found.codes + 1)


def groupings(rows: Rows, attributes: Iterable[str]) -> list[Grouping]:
    """Everybody first, then each attribute; KeyError where the rows lack one."""
    found = [Grouping(EVERYBODY, (EVERYBODY,), np.zeros(rows.n, dtype=np.int64))]
    for attribute in attributes:
        groups = coded(rows.groups[attribute])
        found.append(Grouping(attribute, groups.names, groups.codes))
    return found


def kept(grouping: Grouping, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Grouping:
    """The grouping of the rows where ``mask`` is true."""
    return Grouping(grouping.attribute, grouping.groups, grouping.codes[mask])
