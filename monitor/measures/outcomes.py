"""How predictions turned out: cells, score histograms, losses and errors of the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np

from monitor.measures import sparse
from monitor.measures.cells import CellKey, Cells
from monitor.measures.edges import NumericEdges
from monitor.measures.histogram import HistogramKey, ScoreHistogram
from monitor.measures.layout import Layout
from monitor.measures.losses import GroupKey, LossSums
from monitor.measures.packing import pack, unpack
from monitor.measures.profile import (
    Profile,
    combined,
    profile_from_parts,
    profile_to_parts,
    zero_profile,
)
from monitor.measures.rows import Floats
from monitor.measures.sums import RegressionSums
from monitor.terms import Task

K = TypeVar("K")


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """All that needs the label, or the group, of a row.

    ``sums`` is None but for regression; ``target`` is the profile of the labels, None where the
    reference had none.  Rows without a prediction are in no cell.
    """

    cells: Cells
    scores: ScoreHistogram
    losses: LossSums
    sums: RegressionSums | None
    target: Profile | None

    @classmethod
    def zero(cls, layout: Layout) -> Self:
        edges = layout.edges_beside_features("target")
        return cls(
            cells=Cells(),
            scores=ScoreHistogram(layout.score_classes),
            losses=LossSums(),
            sums=RegressionSums(centre_of(layout)) if layout.task is Task.REGRESSION else None,
            target=None if edges is None else zero_profile(edges),
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(
            cells=self.cells + other.cells,
            scores=self.scores + other.scores,
            losses=self.losses + other.losses,
            sums=self.sums + other.sums if self.sums and other.sums else None,
            target=combined(self.target, other.target) if self.target and other.target else None,
        )

    def to_bytes(self) -> bytes:
        sums = self.sums.sums if self.sums else {}
        errors = [self.sums.residuals, self.sums.targets] if self.sums else []
        predictions = self.sums.predictions if self.sums else {}
        numbers, profile_arrays = profile_to_parts(self.target) if self.target else (None, [])
        facts = {
            "cells": list(self.cells.counts),
            "scores": list(self.scores.bins),
            "losses": list(self.losses.sums),
            "calibration": list(self.losses.calibration),
            "of_class": list(self.losses.of_class),
            "sums": list(sums),
            "predictions": list(predictions),
            "target": numbers,
            "placed": any(one.places is not None for one in self.scores.bins.values()),
        }
        losses = self.losses.sums, self.losses.calibration, self.losses.of_class
        tables = (self.cells.counts.values(), *(table.values() for table in losses), sums.values())
        arrays = [np.array(list(table)) for table in tables]
        histograms = [*self.scores.bins.values(), *predictions.values(), *errors]
        places = [sparse.places_of(histograms)] if facts["placed"] else []
        arrays += [*sparse.to_arrays(histograms), *places, *profile_arrays]
        return pack("outcomes", facts, arrays)

    @classmethod
    def from_bytes(cls, data: bytes, layout: Layout) -> Self:
        """Bytes hold no bins: the layout must be the one they were counted by."""
        facts, arrays = unpack("outcomes", data)
        cells, losses, calibration, of_class, sums = (next(arrays) for _ in range(5))
        placed = 1 if facts.get("placed") else 0  # nothing that was packed before has places
        histograms = sparse.from_arrays(*(next(arrays) for _ in range(3 + placed)))
        regression = layout.task is Task.REGRESSION
        targets, residuals = (
            (histograms.pop(), histograms.pop()) if regression else (sparse.Sparse.zero(),) * 2
        )
        predicted = [GroupKey(*key) for key in facts["predictions"]]
        scored = len(histograms) - len(predicted)
        target = facts["target"]
        return cls(
            cells=Cells(_table(CellKey, facts["cells"], cells)),
            scores=ScoreHistogram(
                layout.score_classes,
                {
                    HistogramKey(*k): h
                    for k, h in zip(facts["scores"], histograms[:scored], strict=True)
                },
            ),
            losses=LossSums(
                _table(GroupKey, facts["losses"], losses),
                _table(GroupKey, facts["calibration"], calibration),
                dict(zip(facts["of_class"], of_class, strict=True)),
            ),
            sums=RegressionSums(
                centre_of(layout),
                _table(GroupKey, facts["sums"], sums),
                residuals,
                targets,
                dict(zip(predicted, histograms[scored:], strict=True)),
            )
            if regression
            else None,
            target=None
            if target is None
            else profile_from_parts(layout.edges["target"], target, arrays),
        )


def centre_of(layout: Layout) -> float:
    """About what powers of a regression's target are taken; its reference median if it has one."""
    edges = layout.edges_beside_features("target") or layout.edges_beside_features("prediction")
    return edges.centre if isinstance(edges, NumericEdges) else 0.0


def _table(key: Callable[..., K], keys: Sequence[Sequence[str]], values: Floats) -> dict[K, Floats]:
    return {key(*k): value for k, value in zip(keys, values, strict=True)}
