"""Which group of which attribute each row belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from monitor.measures.pairs import Pair
from monitor.measures.rows import Ints, Rows, Texts

EVERYBODY = ""  # the attribute, and the single group, of all rows together


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Texts as places in ``names``, each of which occurs, by first appearance; -1 for none."""

    names: tuple[str, ...]
    codes: Ints

    def texts(self) -> Texts:
        """The texts themselves, None where there is none."""
        by_code = np.empty(len(self.names) + 1, dtype=object)
        by_code[:-1] = self.names
        return by_code[self.codes]


@dataclass(frozen=True, slots=True, eq=False)
class Grouping:
    """One attribute's groups and each row's place among them."""

    attribute: str
    groups: tuple[str, ...]
    codes: Ints


def coded(values: Texts | Coded) -> Coded:
    """Label texts as codes."""
    if isinstance(values, Coded):
        return values
    codes, names = pd.factorize(values)
    return Coded(tuple(names), codes.astype(np.int64, copy=False))


def named(values: Texts | Coded | None, n: int) -> Coded:
    """Label texts as codes whose name 0 is "", the text of a missing label."""
    if values is None:
        return Coded(("",), np.zeros(n, dtype=np.int64))
    found = coded(values)
    return Coded(("", *found.names), found.codes + 1)


def groupings(rows: Rows, attributes: Iterable[str], pairs: Iterable[Pair] = ()) -> list[Grouping]:
    """Everybody first, then each attribute, then each pair; KeyError where the rows lack one."""
    alone: dict[str, Grouping] = {}
    for attribute in attributes:
        groups = coded(rows.groups[attribute])
        alone[attribute] = Grouping(attribute, groups.names, groups.codes)
    everybody = Grouping(EVERYBODY, (EVERYBODY,), np.zeros(rows.n, dtype=np.int64))
    joined = [_joined(pair, alone[pair.first], alone[pair.second]) for pair in pairs]
    return [everybody, *alone.values(), *joined]


def _joined(pair: Pair, first: Grouping, second: Grouping) -> Grouping:
    """Only the groups that occur, so that parts of the rows add up to the whole."""
    width = max(len(second.groups), 1)
    codes, places = pd.factorize(first.codes * width + second.codes)
    names = [pair.group(first.groups[at // width], second.groups[at % width]) for at in places]
    # Several pairs of codes may share a name: that of the unknown group.
    groups = tuple(dict.fromkeys(names))
    place = np.array([groups.index(name) for name in names], dtype=np.int64)
    return Grouping(pair.attribute, groups, place[codes] if len(place) else codes)


def kept(grouping: Grouping, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Grouping:
    """The grouping of the rows where ``mask`` is true."""
    return Grouping(grouping.attribute, grouping.groups, grouping.codes[mask])
