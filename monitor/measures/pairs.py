"""Attributes counted two at a time: intersections of groups, and groups within strata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, product

import pandas as pd

from monitor.measures.rows import Texts
from monitor.terms import UNKNOWN_GROUP

MOST_PAIRS = 10  # of each kind
MOST_GROUPS = 100  # of one pair in the reference


class Joint(StrEnum):
    """What stands between two attributes' names, and between their groups'."""

    CROSSED = " × "  # two sensitive features
    WITHIN = " | "  # a sensitive feature within the strata of a segment column


@dataclass(frozen=True, slots=True)
class Pair:
    """Two attributes taken together.

    >>> Pair("sex", "race", Joint.CROSSED).attribute
    'sex × race'
    """

    first: str
    second: str
    joint: Joint

    @property
    def attribute(self) -> str:
        return f"{self.first}{self.joint}{self.second}"

    def group(self, first: str, second: str) -> str:
        """The name of two groups together; who lacks either is in the unknown group.

        Names are made and never taken apart, for a group's own name may hold the joint.
        """
        if UNKNOWN_GROUP in (first, second):
            return UNKNOWN_GROUP
        return f"{first}{self.joint}{second}"


def choose_pairs(
    groups: Mapping[str, Texts], attributes: Sequence[str], segments: Sequence[str]
) -> tuple[Pair, ...]:
    """Every two sensitive features, and every one of them within every segment column.

    Tallies stay small: of each kind the first ten pairs are taken, in the order they are named, and
    a pair that makes more than a hundred groups in these rows is left out; it has no intersections
    or strata then, while both its attributes are counted on their own as ever.
    """
    attributes = [name for name in attributes if name in groups]
    segments = [name for name in segments if name in groups]
    crossed = [Pair(a, b, Joint.CROSSED) for a, b in combinations(attributes, 2)]
    within = [Pair(a, s, Joint.WITHIN) for a, s in product(attributes, segments) if a != s]
    named = {*attributes, *segments}
    return tuple(
        pair
        for kind in (crossed, within)
        for pair in [p for p in kind if p.attribute not in named and _is_small(groups, p)][
            :MOST_PAIRS
        ]
    )


def _is_small(groups: Mapping[str, Texts], pair: Pair) -> bool:
    sizes = [len(pd.unique(groups[name])) for name in (pair.first, pair.second)]
    if sizes[0] * sizes[1] <= MOST_GROUPS:
        return True
    both = pd.DataFrame({name: groups[name] for name in (pair.first, pair.second)})
    return len(both.drop_duplicates()) <= MOST_GROUPS
