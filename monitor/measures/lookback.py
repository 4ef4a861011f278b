"""Small groups over several batches: this one and earlier ones, as far back as it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Self

from monitor.measures.cells import Cells
from monitor.measures.estimated import Estimate
from monitor.measures.outcomes import Outcomes
from monitor.measures.sums import RegressionSums

FURTHEST = 100  # earlier batches
# Each step costs a look at all groups, so steps grow with the way.
STEPS = (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 26, 32, 40, 52, 65, 80)

Key = tuple[str, str, str]  # attribute, group, metric
Estimates = Mapping[Key, Estimate]
Earlier = Callable[[], Iterator[Outcomes]]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """The part of outcomes that rates and means of groups are made of."""

    cells: Cells
    sums: RegressionSums | None

    @classmethod
    def of(cls, outcomes: Outcomes) -> Self:
        return cls(outcomes.cells, outcomes.sums)

    def __add__(self, other: Self) -> Self:
        sums = self.sums + other.sums if self.sums and other.sums else None
        return type(self)(self.cells + other.cells, sums)


class Lookback:
    """Estimates over ever longer windows, each made when it is first asked for.

    ``now`` are those of the batch alone, ``earlier`` gives the outcomes of the batches before it,
    newest first.
    """

    def __init__(
        self,
        batch: Outcomes,
        now: Estimates,
        *,
        earlier: Earlier,
        estimate: Callable[[Counted], Estimates],
    ) -> None:
        self._made: list[tuple[str, Estimates]] = [("", now)]
        self._more = self._longer(Counted.of(batch), earlier, estimate)

    def enough(self, keys: Sequence[Key]) -> tuple[Estimate, ...] | None:
        """All of these from the shortest window in which none is thin, else from the longest; None
        where one of them is in no window.
        """
        found = None
        window = ""
        for name, estimates in self._windows():
            if all(key in estimates for key in keys):
                window, found = name, tuple(estimates[key] for key in keys)
                if not any(e.hidden or e.thin for e in found):
                    break
        if found is None or not window:
            return found
        return tuple(replace(e, window=window) for e in found)

    def _windows(self) -> Iterator[tuple[str, Estimates]]:
        yield from self._made
        for window in self._more:
            self._made.append(window)
            yield window

    def _longer(
        self, total: Counted, earlier: Earlier, estimate: Callable[[Counted], Estimates]
    ) -> Iterator[tuple[str, Estimates]]:
        batches = 1
        for outcomes in islice(earlier(), FURTHEST):
            total, batches = total + Counted.of(outcomes), batches + 1
            if batches in STEPS:
                yield f"last {batches} batches", estimate(total)
        if batches > 1:
            whole = "last" if batches > FURTHEST else "since deployment,"
            yield f"{whole} {batches} batches", estimate(total)
