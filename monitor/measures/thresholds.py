"""A batch's outcomes as they would have been, had predictions been made at another threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from monitor.measures import fairness, performance
from monitor.measures.cells import CellKey, Cells
from monitor.measures.groupings import EVERYBODY
from monitor.measures.histogram import BINS, score_bins
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.rows import Floats
from monitor.terms import Task

AGREES: Final = 0.01  # the share of rows that a bin at the threshold may hold on its other side

Sums = Mapping[tuple[str, str, str], Floats]  # attribute, group, label: weight per bin of scores


def at_threshold(outcomes: Outcomes, layout: Layout, threshold: float) -> Outcomes | None:
    """The same rows predicted positive where their score is at least ``threshold``.

    Exact but for scores in the threshold's own bin, which count as above.  None where there are no
    scores, rows have weights, or predictions were not made at the layout's threshold.
    """
    if layout.task is not Task.BINARY or layout.positive is None or len(layout.classes) != 2:
        return None
    counted = _counted(outcomes)
    weighted = any(not np.allclose(sums, sums[0]) for sums in outcomes.cells.counts.values())
    if not counted or weighted or not _made_so(outcomes, counted, layout):
        return None
    return replace(outcomes, cells=_cells(counted, layout, threshold))


def measured(outcomes: Outcomes, layout: Layout, *, attribute: str) -> list[Measurement]:
    """Rates and disparities of one attribute, or with "" everybody's performance."""
    if attribute:
        return fairness.measure_attribute(outcomes, layout, attribute)
    return performance.measure(outcomes, layout, None)


def share_positive(outcomes: Outcomes, layout: Layout) -> float:
    """The share of rows that are predicted positive."""
    cells = outcomes.cells.counts.items()
    mine = sum(
        sums[0]
        for key, sums in cells
        if key.attribute == EVERYBODY and key.predicted == layout.positive
    )
    return float(mine / outcomes.cells.rows)


def _counted(outcomes: Outcomes) -> Sums:
    """Rows per bin of those that were predicted."""
    found: dict[tuple[str, str, str], Floats] = {}
    for key, bins in outcomes.scores.bins.items():
        if key.predicted is not None and key.class_index == 0:
            of = (key.attribute, key.group, key.actual)
            found[of] = found.get(of, np.zeros(BINS)) + bins.dense(BINS)
    return found


def _made_so(outcomes: Outcomes, counted: Sums, layout: Layout) -> bool:
    """Whether the predictions there are follow from the scores and the layout's threshold."""
    again = _cells(counted, layout, layout.threshold).counts
    mine = {k: v for k, v in outcomes.cells.counts.items() if k.attribute == EVERYBODY}
    zero = np.zeros(3)
    apart = sum(
        abs(again.get(key, zero)[0] - mine.get(key, zero)[0])
        for key in {*mine, *(key for key in again if key.attribute == EVERYBODY)}
    )
    return bool(apart <= 2 * AGREES * outcomes.cells.rows)


def _cells(counted: Sums, layout: Layout, threshold: float) -> Cells:
    positive = str(layout.positive)
    (negative,) = (name for name in layout.classes if name != positive)
    first = int(score_bins(np.array([threshold]))[0])
    found: dict[CellKey, Floats] = {}
    for (attribute, group, actual), bins in counted.items():
        for predicted, rows in ((positive, bins[first:].sum()), (negative, bins[:first].sum())):
            if rows:
                found[CellKey(attribute, group, actual, predicted)] = np.full(3, float(rows))
    return Cells(found)
