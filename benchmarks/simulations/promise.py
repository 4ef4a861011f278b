"""A promise about chance, the simulation that holds it, and the row of the table it makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from zlib import crc32

import numpy as np

from benchmarks.simulations.figure import Figure

HEAD = ("promise", "setting", "ours", "limit", "incumbents' rule", "its figure")


@dataclass(frozen=True, slots=True)
class Found:
    """Our figure, and what incumbents' rules make of the same draws, by rule."""

    ours: Figure
    theirs: Mapping[str, Figure] = field(default_factory=dict)


Simulation = Callable[[np.random.Generator, int], Found]


@dataclass(frozen=True, slots=True)
class Promise:
    """``limit`` is what our figure should stay ``side`` of; None where it is told and not promised,
    and "theirs" where the first incumbent's figure is the limit.

    ``repeats`` are the independent draws of the whole run, ``quick`` those of the tests; 0 leaves
    it out of them.
    """

    name: str
    setting: str
    simulate: Simulation
    repeats: int
    limit: float | Literal["theirs"] | None = None
    side: Literal["at most", "at least"] = "at most"
    quick: int = 0

    def simulated(self, *, quick: bool) -> Found:
        """The same in every run of so many draws."""
        seed = crc32(f"{self.name}, {self.setting}".encode())
        repeats = self.quick if quick else self.repeats
        return self.simulate(np.random.default_rng(seed), repeats)


@dataclass(frozen=True, slots=True)
class Row:
    """A promise and what was found."""

    promise: Promise
    found: Found

    @property
    def broken(self) -> bool:
        """Whether our figure is beyond its limit, and not by the chance of the draws alone."""
        limit, ours = self.promise.limit, self.found.ours
        if limit is None:
            return False
        at_most = self.promise.side == "at most"
        if limit == "theirs":
            theirs = next(iter(self.found.theirs.values()))
            return ours.low > theirs.high if at_most else ours.high < theirs.low
        return ours.low > limit if at_most else ours.high < limit

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands under ``HEAD``."""
        promise, found = self.promise, self.found
        theirs = found.theirs
        return (
            promise.name,
            promise.setting,
            str(found.ours) + (" BROKEN" if self.broken else ""),
            self._limit,
            "; ".join(theirs) or "–",
            "; ".join(map(str, theirs.values())) or "–",
        )

    @property
    def _limit(self) -> str:
        limit, sign = self.promise.limit, "≤" if self.promise.side == "at most" else "≥"
        if limit is None or limit == "theirs":
            return "–" if limit is None else f"{sign} theirs"
        share = self.found.ours.unit == "%"
        return f"{sign} {100 * limit:g} %" if share else f"{sign} {limit:g}"


def line(cells: tuple[str, ...]) -> str:
    """A row of a Markdown table."""
    return f"| {' | '.join(cells)} |"
