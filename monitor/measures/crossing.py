"""Adding up by several attributes at once: rows by the combination of their groups, then those."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.measures.groupings import Grouping, occurring, with_pairs
from monitor.measures.pairs import Pair
from monitor.measures.rows import Ints, Mask

ROWS = 32  # for each combination, below which adding up combinations costs more than it saves


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Each row's place among ``size`` combinations of groups; the ``codes`` of the groupings are
    the combinations' groups."""

    codes: Ints
    size: int
    groupings: tuple[Grouping, ...]

    def kept(self, rows: Mask | slice) -> Crossing:
        """That of some rows; combinations and groups stay, even where nobody is left in them."""
        return Crossing(self.codes[rows], self.size, self.groupings)

    def of(self, attributes: Collection[str]) -> Crossing:
        """That of some of its attributes."""
        some = tuple(one for one in self.groupings if one.attribute in attributes)
        return Crossing(self.codes, self.size, some)

    def by_group(self, sums: npt.NDArray[Any]) -> Iterator[tuple[Grouping, npt.NDArray[Any]]]:
        """Of the combinations' sums, along the first axis, those of each grouping's groups."""
        for one in self.groupings:
            order = np.argsort(one.codes, kind="stable")
            starts = np.searchsorted(one.codes[order], np.arange(len(one.groups)))
            yield one, np.add.reduceat(sums[order], starts, axis=0)


def crossings(alone: Sequence[Grouping], pairs: Iterable[Pair]) -> list[Crossing]:
    """One of all these groupings and their pairs; one of each where they have too many
    combinations for so few rows."""
    sizes = [len(one.groups) for one in alone]
    rows = alone[0].codes.size
    if prod(sizes) * ROWS > rows or not rows:
        return [_of_one(one) for one in with_pairs(alone, pairs)]
    codes = alone[0].codes
    for one, size in zip(alone[1:], sizes[1:], strict=True):
        codes = codes * size + one.codes
    there, codes = occurring(codes)
    groups = np.unravel_index(there, sizes)
    combined = [
        Grouping(one.attribute, one.groups, of) for one, of in zip(alone, groups, strict=True)
    ]
    return [Crossing(codes, there.size, tuple(with_pairs(combined, pairs)))]


def _of_one(grouping: Grouping) -> Crossing:
    size = len(grouping.groups)
    itself = Grouping(grouping.attribute, grouping.groups, np.arange(size))
    return Crossing(grouping.codes, size, (itself,))
