"""Tallies: everything that is kept of a batch's rows, made in one pass and added up for ever after.

tally(A) + tally(B) is the tally of A and B together; the zero of a layout changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from monitor.measures.counting import tally_outcomes
from monitor.measures.layout import Layout
from monitor.measures.outcomes import Outcomes
from monitor.measures.packing import pack, peek, unpack
from monitor.measures.profile import (
    Profile,
    arrays_of,
    combined,
    profile,
    profile_from_parts,
    profile_to_parts,
    zero_profile,
)
from monitor.measures.rows import Rows

__all__ = ["Outcomes", "Profiles", "Tally", "tally", "tally_outcomes"]


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """One profile per feature, and those of the pseudo-columns "prediction" and "score"."""

    columns: Mapping[str, Profile]

    @classmethod
    def zero(cls, layout: Layout) -> Self:
        return cls({name: zero_profile(layout.edges[name]) for name in profiled(layout)})

    def __add__(self, other: Self) -> Self:
        return type(self)(
            {name: combined(one, other.columns[name]) for name, one in self.columns.items()}
        )

    def to_bytes(self) -> bytes:
        parts = {name: profile_to_parts(one) for name, one in self.columns.items()}
        facts = {name: numbers for name, (numbers, _) in parts.items()}
        return pack("profiles", facts, [a for _, arrays in parts.values() for a in arrays])

    @classmethod
    def from_bytes(cls, data: bytes, layout: Layout) -> Self:
        """Bytes hold no edges: the layout must be the one they were counted by."""
        facts, arrays = unpack("profiles", data)
        return cls(
            {
                name: profile_from_parts(layout.edges[name], numbers, arrays)
                for name, numbers in facts.items()
            }
        )


def profile_from_bytes(data: bytes, layout: Layout, feature: str) -> Profile | None:
    """The one profile among those of ``Profiles.to_bytes``; None where it is not there."""
    facts, arrays = peek("profiles", data)
    place = 0
    for name, numbers in facts.items():
        edges = layout.edges[name]
        if name == feature:
            return profile_from_parts(edges, numbers, arrays(place))
        place += arrays_of(edges)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What the model was given and said (profiles), and how that turned out (outcomes)."""

    profiles: Profiles
    outcomes: Outcomes

    @classmethod
    def zero(cls, layout: Layout) -> Self:
        return cls(Profiles.zero(layout), Outcomes.zero(layout))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.profiles + other.profiles, self.outcomes + other.outcomes)


def profiled(layout: Layout) -> list[str]:
    """Every column with edges, but for the target, whose profile belongs to the outcomes."""
    labels_only = layout.edges_beside_features("target") is not None
    return [name for name in layout.edges if not (labels_only and name == "target")]


def tally(rows: Rows, layout: Layout) -> Tally:
    """The tally of these rows; KeyError where they lack a feature of the layout."""
    return Tally(tally_profiles(rows, layout), tally_outcomes(rows, layout))


def tally_profiles(rows: Rows, layout: Layout) -> Profiles:
    """Features as given, prediction and score as the model answered."""
    said = {
        "prediction": rows.predicted,
        "score": None if rows.scores is None else rows.scores[:, 0],
    }
    columns: dict[str, Profile] = {}
    for name in profiled(layout):
        is_feature = layout.edges_beside_features(name) is None
        values = rows.columns[name] if is_feature else said[name]
        columns[name] = (
            zero_profile(layout.edges[name])
            if values is None
            else profile(values, layout.edges[name])
        )
    return Profiles(columns)
