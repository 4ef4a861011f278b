"""A batch's outcomes as they would have been, had predictions been made at another threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import inf, isnan, log, nan
from typing import Final

import numpy as np

from monitor.measures.cells import CellKey, Cells
from monitor.measures.groupings import EVERYBODY
from monitor.measures.histogram import BINS, score_bins
from monitor.measures.layout import Layout
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


def number(outcomes: Outcomes, layout: Layout, key: tuple[str, str, str, str]) -> float | None:
    """A rate of everybody, or a group's difference or ratio beside its reference group; None for
    what is no such number, or undefined.

    The pages ask for it in their own process, where what the full measures need would be too heavy.
    """
    metric, feature, attribute, group = key
    stem = metric.removesuffix("_difference").removesuffix("_ratio")
    if feature or (attribute == EVERYBODY and metric not in WHOLE):
        return None
    if attribute == EVERYBODY:
        return _defined(_rate(outcomes.cells, layout, metric, (EVERYBODY, EVERYBODY)))
    if not group or stem == metric or stem not in GAPS:
        return None
    base = layout.reference_groups.get(attribute, "")
    own, theirs = (
        [_rate(outcomes.cells, layout, part, (attribute, of)) for part in GAPS[stem]]
        for of in (group, base)
    )
    join = _ratio if metric.endswith("_ratio") else _difference
    gaps = [join(a, b) for a, b in zip(own, theirs, strict=True)]
    return _defined(max(gaps, key=_extremity)[0])


WHOLE: Final = ("accuracy",)
GAPS: Final = {
    "demographic_parity": ("selected",),
    "equal_opportunity": ("favoured",),
    "equalized_odds": ("true_positive", "false_positive"),
    "predictive_parity": ("precise",),
    "false_positive_rate": ("false_positive",),
    "accuracy": ("accuracy",),
}


def _rate(cells: Cells, layout: Layout, name: str, of: tuple[str, str]) -> float:
    """The share of ``hit`` among the rows that count; NaN where there are none."""
    among = hit = 0.0
    for key, sums in cells.counts.items():
        if key[:2] == of:
            counts, hits = _told(name, key, layout)
            among += sums[0] * counts
            hit += sums[0] * (counts and hits)
    return hit / among if among else nan


def _told(name: str, key: CellKey, layout: Layout) -> tuple[bool, bool]:
    """Whether the rows of a cell count, and whether they are what is counted."""
    actual, predicted = key.actual == layout.positive, key.predicted == layout.positive
    favoured = key.predicted in layout.favourable
    return {
        "accuracy": (key.actual != "", key.actual == key.predicted),
        "selected": (True, favoured),
        "favoured": (key.actual in layout.favourable, favoured),
        "true_positive": (actual, predicted),
        "false_positive": (key.actual != "" and not actual, predicted),
        "precise": (key.actual != "" and predicted, actual),
    }[name]


def _difference(a: float, b: float) -> tuple[float, float]:
    """The gap, and how far it is from none."""
    return a - b, abs(a - b)


def _ratio(a: float, b: float) -> tuple[float, float]:
    value = a / b if b else nan
    return value, abs(log(value)) if value > 0 else inf


def _extremity(gap: tuple[float, float]) -> float:
    return -1.0 if isnan(gap[0]) else gap[1]


def _defined(value: float) -> float | None:
    return None if isnan(value) else value


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
