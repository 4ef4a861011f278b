"""Counting the outcomes of a chunk of rows: vectorised, one pass per attribute."""

from __future__ import annotations

from typing import Any

import numpy as np

from monitor.measures.cells import Cells, count_cells
from monitor.measures.crossing import Crossing, crossings
from monitor.measures.edges import NumericEdges
from monitor.measures.groupings import Coded, Grouping, among, groupings, kept, named
from monitor.measures.histogram import ScoreHistogram, count_scores
from monitor.measures.layout import Layout
from monitor.measures.losses import LossSums, row_losses, sum_classes, sum_losses
from monitor.measures.outcomes import Outcomes, centre_of
from monitor.measures.profile import Profile, profile, zero_profile
from monitor.measures.rows import Floats, Ints, Mask, Rows
from monitor.measures.sums import sum_errors
from monitor.terms import Task

KNOWN = "known"  # the "label" of a regression row whose target has arrived
INSIDE, OUTSIDE = "in", "out"  # where a regression prediction lies of the favourable range
ROUNDING = 1e-6  # float32 probabilities may leave [0, 1] by this much


def tally_outcomes(rows: Rows, layout: Layout) -> Outcomes:
    """The outcomes of these rows; no feature column is needed, so late labels can be counted."""
    alone = groupings(rows, (*layout.attributes, *layout.segments))
    crossed = crossings(alone, layout.pairs)
    weight = None if rows.weight is None else np.nan_to_num(rows.weight)
    if layout.task is Task.REGRESSION:
        return _regression(rows, layout, alone, crossed, weight)
    return _classification(rows, layout, alone, crossed, weight)


def _classification(
    rows: Rows,
    layout: Layout,
    alone: list[Grouping],
    crossed: list[Crossing],
    weight: Floats | None,
) -> Outcomes:
    actual = named(rows.actual, rows.n)
    predicted = named(rows.predicted, rows.n)
    scores, losses = _scored(rows, layout, alone, crossed, (actual, predicted), weight)
    return Outcomes(
        cells=_cells(crossed, actual, predicted, predicted.codes > 0, weight),
        scores=scores,
        losses=losses,
        sums=None,
        target=_target(rows, layout),
    )


def _regression(
    rows: Rows,
    layout: Layout,
    alone: list[Grouping],
    crossed: list[Crossing],
    weight: Floats | None,
) -> Outcomes:
    nothing = np.full(rows.n, np.nan)
    actual: Floats = nothing if rows.actual is None else rows.actual
    predicted: Floats = nothing if rows.predicted is None else rows.predicted
    has_prediction = np.isfinite(predicted)
    labels = Coded(("", KNOWN), np.isfinite(actual).astype(np.int64))
    predictions = layout.edges_beside_features("prediction")
    return Outcomes(
        cells=_cells(crossed, labels, _inside(predicted, layout), has_prediction, weight),
        scores=ScoreHistogram(layout.score_classes),
        losses=LossSums(),
        sums=sum_errors(
            crossed,
            actual=actual,
            predicted=predicted,
            weight=np.ones(rows.n) if weight is None else weight,
            centre=centre_of(layout),
            scale=layout.residual_scale,
            spread=[one for one in alone if one.attribute in layout.attributes],
            edges=predictions if isinstance(predictions, NumericEdges) else None,
        ),
        target=_target(rows, layout),
    )


def _inside(predicted: Floats, layout: Layout) -> Coded:
    if layout.favourable_range is None:
        return Coded(("",), np.zeros(predicted.size, dtype=np.int64))
    low, high = layout.favourable_range
    inside = (predicted >= low) & (predicted <= high)
    return Coded((OUTSIDE, INSIDE), inside.astype(np.int64))


def _cells(
    crossed: list[Crossing], actual: Coded, predicted: Coded, mask: Mask, weight: Floats | None
) -> Cells:
    rows = among(mask)
    return count_cells(
        [one.kept(rows) for one in crossed],
        actual=Coded(actual.names, actual.codes[rows]),
        predicted=Coded(predicted.names, predicted.codes[rows]),
        weight=None if weight is None else weight[rows],
    )


def _scored(
    rows: Rows,
    layout: Layout,
    alone: list[Grouping],
    crossed: list[Crossing],
    sides: tuple[Coded, Coded],
    weight: Floats | None,
) -> tuple[ScoreHistogram, LossSums]:
    """Over the rows whose scores are probabilities; a row with any other score is left out.

    Groups have histograms in binary tasks only, segments none and pairs no losses either: they
    would be large.
    """
    if rows.scores is None:
        return ScoreHistogram(layout.score_classes), LossSums()
    within = (rows.scores > -ROUNDING) & (rows.scores < 1 + ROUNDING)
    mask = slice(None) if within.all() else among(np.asarray(within.all(axis=1)))
    scores = np.clip(rows.scores[mask], 0.0, 1.0)
    labels, said = (Coded(side.names, side.codes[mask]) for side in sides)
    weight = None if weight is None else weight[mask]
    unpaired = {one.attribute for one in alone}
    lost = [one.kept(mask) for whole in crossed if (one := whole.of(unpaired)).groupings]
    ranked = 1 + len(layout.attributes) if layout.task is Task.BINARY else 1
    places = _class_places(labels, layout)
    losses = sum_losses(lost, losses=row_losses(scores, places), weight=weight)
    if layout.task is Task.MULTICLASS:
        losses += sum_classes(scores, places, classes=layout.classes, weight=weight)
    return (
        count_scores(
            [kept(one, mask) for one in alone[:ranked]],
            actual=labels,
            predicted=said,
            scores=scores,
            classes=layout.score_classes,
            weight=weight,
        ),
        losses,
    )


def _class_places(actual: Coded, layout: Layout) -> Ints:
    """Each label's column among the scores, -1 for one without a column, -2 for no label."""
    columns = layout.score_classes
    places = [columns.index(name) if name in columns else -1 for name in actual.names]
    return np.array([-2, *places[1:]], dtype=np.int64)[actual.codes]


def _target(rows: Rows, layout: Layout) -> Profile | None:
    edges = layout.edges_beside_features("target")
    if edges is None:
        return None
    labels: Any = rows.actual
    return zero_profile(edges) if labels is None else profile(labels, edges)
