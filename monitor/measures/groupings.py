"""Which group of which attribute each row belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from monitor.measures.pairs import Pair
from monitor.measures.rows import Ints, Mask, Rows, Texts

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

    def array(self) -> pa.DictionaryArray:
        """The same in Arrow, null where there is none; its indices are of the type of the codes."""
        mask = self.codes < 0
        indices = pa.array(self.codes, mask=mask if mask.any() else None)
        return pa.DictionaryArray.from_arrays(indices, pa.array(self.names, pa.string()))


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


def groupings(rows: Rows, attributes: Iterable[str]) -> list[Grouping]:
    """Everybody first, then each attribute; KeyError where the rows lack one."""
    everybody = Grouping(EVERYBODY, (EVERYBODY,), np.zeros(rows.n, dtype=np.int64))
    found = ((attribute, coded(rows.groups[attribute])) for attribute in dict.fromkeys(attributes))
    return [everybody, *(Grouping(name, one.names, one.codes) for name, one in found)]


def with_pairs(alone: Iterable[Grouping], pairs: Iterable[Pair]) -> list[Grouping]:
    """The groupings, and after them each pair of two of them."""
    named = {one.attribute: one for one in alone}
    joined = (_joined(pair, named[pair.first], named[pair.second]) for pair in pairs)
    return [*named.values(), *joined]


def _joined(pair: Pair, first: Grouping, second: Grouping) -> Grouping:
    """Only the groups that occur, so that parts of the rows add up to the whole."""
    width = max(len(second.groups), 1)
    codes, places = pd.factorize(first.codes * width + second.codes)
    names = [pair.group(first.groups[at // width], second.groups[at % width]) for at in places]
    # Several pairs of codes may share a name: that of the unknown group.
    groups = tuple(dict.fromkeys(names))
    place = np.array([groups.index(name) for name in names], dtype=np.int64)
    return Grouping(pair.attribute, groups, place[codes] if len(place) else codes)


def among(mask: Mask) -> Mask | slice:
    """The index of the rows where ``mask`` is true; where all are, one that copies nothing."""
    return slice(None) if mask.all() else mask


def kept(grouping: Grouping, rows: Mask | slice) -> Grouping:
    """The grouping of some rows."""
    return Grouping(grouping.attribute, grouping.groups, grouping.codes[rows])


def occurring(codes: Ints) -> tuple[Ints, Ints]:
    """The codes that there are, rising, and each row's place among them."""
    rows = np.bincount(codes)
    found = np.flatnonzero(rows)
    if found.size == rows.size:
        return found, codes
    rows[found] = np.arange(found.size)
    return found, rows.take(codes)
