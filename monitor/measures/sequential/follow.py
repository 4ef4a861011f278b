"""Batch after batch: how strongly all of them say that something has become worse."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from math import log

import numpy as np

from monitor.measures.measurement import Measurement
from monitor.measures.rows import Floats
from monitor.measures.sequential import detector
from monitor.measures.sequential.observed import Observed
from monitor.measures.sequential.plan import Plan
from monitor.measures.sequential.told import Standing, told

LARGEST = 1e300  # budget: what evidence is held at must be a number still
HEADROOM = 10.0  # budgets that evidence may pile up to: beyond it a recovery would not be seen


def follow(
    plan: Plan,
    batches: Iterable[Observed],
    *,
    budget: float,
    restarts: Container[int] = (),
    first: int = 0,
) -> Iterator[list[Measurement]]:
    """What each batch from the ``first`` on, with those before it, says; oldest first.

    It depends on no later batch.

    ``budget`` (> 0) is the number of batches in which one false alarm may come.  Before the batches
    whose places are in ``restarts`` all evidence of change is forgotten.
    """
    sequence = _Sequence(plan, budget)
    for place, observed in enumerate(batches):
        if place in restarts:
            sequence.restart()
        standing = sequence.step(observed)
        if place >= first:
            yield told(plan, standing, observed)


class _Sequence:
    """Where every stream stands; a stream that a batch says nothing of stays as it was."""

    def __init__(self, plan: Plan, budget: float) -> None:
        self._plan, self._limit = plan, log(min(budget, LARGEST))
        self._most = self._limit + log(HEADROOM)
        self._batches, self._rows, self._restarted = 0, 0, False
        self._start()

    def _start(self) -> None:
        of_streams, of_columns = self._plan.weights
        self._caps = self._most - np.log(of_columns)
        self._detector = detector.Detector(self._plan.streams, self._most - np.log(of_streams))
        self._columns: Floats = np.full(of_columns.size, -np.inf)

    def restart(self) -> None:
        self._batches, self._rows, self._restarted = 0, 0, True
        for gap in self._plan.gaps:
            gap.restart()
        self._start()

    def step(self, observed: Observed) -> Standing:
        self._batches += 1
        self._rows += observed.rows
        whole = [observed.parts.get(key) for key in self._plan.performance]
        gaps = [gap.take(observed) for gap in self._plan.gaps]
        followed = zip(self._plan.gaps, gaps, strict=True)
        self._detector.step(
            [
                *(part.seen() if part else None for part in whole),
                *(seen for gap, seen in followed if gap.stream is not None),
            ]
        )
        moved = np.array([observed.columns.get(name, np.nan) for name in self._plan.columns])
        self._columns = detector.step(self._columns, moved, self._caps)
        return Standing(
            streams=self._detector.log_m,
            columns=self._columns,
            most=self._most,
            limit=self._limit,
            batches=self._batches,
            rows=self._rows,
            restarted=self._restarted,
        )
