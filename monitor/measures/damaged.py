"""Tallies as they would have been, had something become worse.

Rows move in expectation: a share of every cell goes to another, so that a rate falls by just so
many points in every group alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from monitor.measures.cells import CellKey, Cells
from monitor.measures.counting import INSIDE, OUTSIDE
from monitor.measures.drift import column_of
from monitor.measures.group_rates import FAVOURABLE_RATE
from monitor.measures.groupings import EVERYBODY
from monitor.measures.histogram import HistogramKey, ScoreHistogram
from monitor.measures.layout import Layout
from monitor.measures.moved_profile import moved
from monitor.measures.outcomes import Outcomes
from monitor.measures.rows import Floats
from monitor.measures.sparse import Sparse
from monitor.measures.sums import SUMS, RegressionSums
from monitor.measures.tally import Profiles, Tally
from monitor.terms import Task

Where = Callable[[CellKey], bool]
GROWTH: Final = {  # of errors that all grow alike: which power of the growth each sum takes
    "error": 1, "absolute_error": 1, "percentage_error": 1,
    "squared_error": 2, "signed_square": 2, "percentage_error_squared": 2,
    "squared_error_y": 2, "squared_error_y2": 2, "fourth_error": 4,
}  # fmt: skip


def less_accurate(tally: Tally, layout: Layout, *, points: float) -> Tally:
    """Labels that turn out otherwise, until accuracy is lower by ``points`` (.03 for 3 %); the
    model and what it is given stay as they are.

    Of a regression every error grows alike, until the mean absolute error is larger by the same
    share of the target's standard deviation.
    """
    outcomes = tally.outcomes
    if outcomes.sums is not None:
        by = points * layout.residual_scale
        return replace(tally, outcomes=replace(outcomes, sums=_larger(outcomes.sums, by)))
    share = _share(outcomes.cells, _right, points)
    cells = outcomes.cells
    for other in layout.classes:
        part = share / max(len(layout.classes) - 1, 1)
        cells = _moved(cells, _right, partial(_turned, other), part, counted=outcomes.cells)
    scores = _relabelled(outcomes, layout, share)
    return replace(tally, outcomes=replace(outcomes, cells=cells, scores=scores))


def shifted(tally: Tally, layout: Layout, column: str, *, reference: Tally, by: float) -> Tally:
    """Every value of a numeric column larger by ``by`` standard deviations of the reference; the
    largest stay where they are.

    Of categories the share ``by`` / 2 of all values moves from the commonest to the next.
    """
    now, before = column_of(tally, column, layout), column_of(reference, column, layout)
    if now is None or before is None or now.edges != before.edges:
        return tally
    then = moved(now, before, by)
    if now is tally.outcomes.target:
        return replace(tally, outcomes=replace(tally.outcomes, target=then))
    return replace(tally, profiles=Profiles({**tally.profiles.columns, column: then}))


def disadvantaged(
    tally: Tally, layout: Layout, attribute: str, group: str, *, rate: str, points: float
) -> Tally:
    """The rate of one group lower by ``points``: the model answers otherwise for some of its rows.

    Of a regression's errors and predictions it is as many shares of the target's standard
    deviation: errors larger, predictions lower.
    """
    outcomes = tally.outcomes
    if rate in MEANS and outcomes.sums is not None:
        sums = _worse_for(outcomes.sums, attribute, group, rate, points * layout.residual_scale)
        return replace(tally, outcomes=replace(outcomes, sums=sums))
    hits = _hits(rate, layout)
    where = hits[1]

    def mine(key: CellKey) -> bool:
        return key[:2] == (attribute, group) and where(key)

    among = {k: v for k, v in outcomes.cells.counts.items() if k[:2] == (attribute, group)}
    share = _share_of(among, hits[0], where, points)
    cells = _moved(outcomes.cells, mine, lambda key: _refused(key, layout, rate), share)
    return replace(tally, outcomes=replace(outcomes, cells=cells))


MEANS: Final = ("mean_absolute_error", "root_mean_squared_error", "mean_residual",
                "mean_prediction")  # fmt: skip
RATES: Final = ("selection_rate", FAVOURABLE_RATE, "true_positive_rate", "false_negative_rate",
                "false_positive_rate", "accuracy")  # fmt: skip


def _turned(label: str, key: CellKey) -> CellKey:
    """The cell of a row whose label turns out to be this one."""
    return key._replace(actual=label)


def _right(key: CellKey) -> bool:
    return key.actual == key.predicted != ""


def _hits(rate: str, layout: Layout) -> tuple[Where, Where]:
    """Which cells a rate is among, and which it hits."""
    favourable = _favourable(layout)
    positive = layout.positive
    return {
        "selection_rate": (lambda key: True, lambda key: key.predicted in favourable),
        FAVOURABLE_RATE: (
            lambda key: key.actual in favourable,
            lambda key: key.actual in favourable and key.predicted in favourable,
        ),
        "true_positive_rate": (
            lambda key: key.actual == positive,
            lambda key: key.actual == key.predicted == positive,
        ),
        "false_positive_rate": (
            lambda key: key.actual not in ("", positive),
            lambda key: key.actual not in ("", positive) and key.predicted == positive,
        ),
        "accuracy": (lambda key: key.actual != "", _right),
    }["true_positive_rate" if rate == "false_negative_rate" else rate]


def _favourable(layout: Layout) -> tuple[str, ...]:
    return (INSIDE,) if layout.task is Task.REGRESSION else layout.favourable


def _refused(key: CellKey, layout: Layout, rate: str) -> CellKey:
    """The cell a row goes to when it is no longer a hit."""
    if layout.task is Task.REGRESSION:
        return key._replace(predicted=OUTSIDE)
    wanted = {
        "selection_rate": layout.favourable,
        FAVOURABLE_RATE: layout.favourable,
        "accuracy": (key.predicted,),
    }.get(rate, (layout.positive,))
    return key._replace(predicted=next(c for c in layout.classes if c not in wanted))


def _share(cells: Cells, hit: Where, points: float) -> float:
    known = {k: v for k, v in cells.counts.items() if k.attribute == EVERYBODY}
    return _share_of(known, lambda key: key.actual != "", hit, points)


def _share_of(counts: Mapping[CellKey, Floats], among: Where, hit: Where, points: float) -> float:
    """Which share of the hits must go, that the rate falls by ``points``; at most all."""
    total = sum(float(v[1]) for k, v in counts.items() if among(k))
    hits = sum(float(v[1]) for k, v in counts.items() if hit(k))
    return min(points * total / hits, 1.0) if hits else 0.0


def _moved(
    cells: Cells,
    where: Where,
    to: Callable[[CellKey], CellKey],
    share: float,
    *,
    counted: Cells | None = None,
) -> Cells:
    """``share`` of the cells ``where`` it says, as they are in ``counted``, added elsewhere."""
    found = dict(cells.counts)
    for key, sums in (counted or cells).counts.items():
        if where(key):
            found[key] = found[key] - share * sums
            other = to(key)
            found[other] = found.get(other, np.zeros(3)) + share * sums
    return Cells(found)


def _relabelled(outcomes: Outcomes, layout: Layout, share: float) -> ScoreHistogram:
    found = dict(outcomes.scores.bins)
    for key, bins in outcomes.scores.bins.items():
        part = share * _rightly(outcomes.cells, layout, key)
        others = [name for name in layout.classes if name != key.actual] if part else []
        for other in others:
            moved = part / len(others)
            found[key] = found[key] + bins * -moved
            there = key._replace(actual=other)
            found[there] = found.get(there, Sparse.zero()) + bins * moved
    return replace(outcomes.scores, bins=found)


def _rightly(cells: Cells, layout: Layout, key: HistogramKey) -> float:
    """Of the rows of a histogram, the share that was predicted right."""
    if not key.actual or key.predicted is None:
        return 0.0
    own = layout.score_classes[key.class_index]
    if key.predicted:
        return float(key.actual == own)
    among = {
        k.predicted: float(v[1])
        for k, v in cells.counts.items()
        if (k.attribute, k.group, k.actual) == (key.attribute, key.group, key.actual)
        and k.predicted != own
    }
    total = sum(among.values())
    return among.get(key.actual, 0.0) / total if total else 0.0


def _larger(sums: RegressionSums, by: float) -> RegressionSums:
    everybody = next((v for k, v in sums.sums.items() if k.attribute == EVERYBODY), None)
    error, weight = (
        (0.0, 0.0) if everybody is None else (everybody[_AT["absolute_error"]], everybody[1])
    )
    growth = 1 + by * weight / error if error else 1.0
    return replace(sums, sums={key: one * _growth(growth) for key, one in sums.sums.items()})


_AT: Final = {name: place for place, name in enumerate(SUMS)}


def _growth(growth: float) -> Floats:
    return np.array([growth ** GROWTH.get(name, 0) for name in SUMS])


def _worse_for(
    sums: RegressionSums, attribute: str, group: str, rate: str, by: float
) -> RegressionSums:
    found = {}
    for key, one in sums.sums.items():
        mine = key == (attribute, group)
        found[key] = _worse(one, rate, by) if mine else one
    return replace(sums, sums=found)


def _worse(one: Floats, rate: str, by: float) -> Floats:
    if rate == "mean_prediction":
        return one + _step(one, "prediction", "prediction2", "predicted_weight", -by)
    if rate == "mean_residual":
        return one + _step(one, "error", "squared_error", "weight", by)
    error, weight = one[_AT["absolute_error"]], one[_AT["weight"]]
    return np.asarray(one * _growth(1 + by * weight / error if error else 1.0))


def _step(one: Floats, total: str, squares: str, weight: str, by: float) -> Floats:
    """What is added to a sum and a sum of squares when every value grows ``by``."""
    added = np.zeros(one.size)
    added[_AT[total]] = by * one[_AT[weight]]
    added[_AT[squares]] = 2 * by * one[_AT[total]] + by**2 * one[_AT[weight]]
    return added
