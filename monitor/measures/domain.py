"""Whether a classifier can tell the batch's rows from the reference's: drift of columns together.

Columns may each look as they did and yet go together differently; only this number sees it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.model_selection import StratifiedKFold

from monitor.measures.edges import CategoricalEdges, Edges
from monitor.measures.encoding import MISSING, category_codes
from monitor.measures.interval import Z95, Interval, wilson
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.ranking import ROUNDING, Ranked, delong_variance, roc_auc
from monitor.measures.rows import Floats, Ints, Rows

MOST_ROWS = 5000  # of each side
FEWEST_ROWS = 100
FOLDS = 5
CODES = 254  # categories told apart; the trees have 255 bins, one for what is missing
# Folds learn from each other's rows, so that they err together: Nadeau and Bengio's factor, which
# simulations here bear out (1/FOLDS would be the variance of folds that were independent).
NOT_APART = 1 / FOLDS + 1 / (FOLDS - 1)
SEED = 1936  # the year of Fisher's discriminant; any fixed number would do


@dataclass(frozen=True, slots=True)
class Told:
    """How well batch and reference are told apart: 0.5 not at all, 1 without fail.

    ``rows`` are those of the smaller side.
    """

    auc: float
    interval: Interval
    rows: int


def measure(batch: Rows, reference: Rows, layout: Layout) -> list[Measurement]:
    """domain_classifier_auc of the features, with the reason where it cannot be made."""
    name, smaller = "domain_classifier_auc", min(batch.n, reference.n)
    if not layout.features:
        return [Measurement(name, None, 0, reason="There is no column to compare.")]
    if smaller < FEWEST_ROWS:
        reason = f"Only {smaller} rows; {FEWEST_ROWS} are needed."
        return [Measurement(name, None, smaller, reason=reason)]
    told = tell_apart(batch, reference, layout)
    method = f"boosted trees, {FOLDS} folds, out of fold; DeLong, at most {MOST_ROWS:,} rows a side"
    return [Measurement(name, told.auc, told.rows, *told.interval.bounds, method=method)]


def tell_apart(batch: Rows, reference: Rows, layout: Layout) -> Told:
    """Trees are grown on four fifths of both sides and asked about the other fifth, five times.

    The answer is the mean of the folds' AUC: scores of different trees are never ranked together,
    which would push an undrifted batch under 0.5.
    """
    sides = [_capped(encoded(rows, layout)) for rows in (reference, batch)]
    values, is_batch = np.concatenate(sides), np.repeat([0, 1], [len(side) for side in sides])
    categorical = [isinstance(layout.edges[name], CategoricalEdges) for name in layout.features]
    found = [(roc_auc(one), delong_variance(one)) for one in _folds(values, is_batch, categorical)]
    auc, variance = np.mean(found, axis=0).tolist()
    rows = min(len(side) for side in sides)
    return Told(auc, _interval(auc, variance * NOT_APART, rows), rows)


def _interval(auc: float, variance: float, rows: int) -> Interval:
    """The normal interval; Wilson's where not one pair was misplaced (see ``ranking.delong``)."""
    if 1 - auc < ROUNDING:
        return wilson(rows, rows)
    half = Z95 * sqrt(variance)
    return Interval(max(auc - half, 0.0), min(auc + half, 1.0))


def _folds(values: Floats, is_batch: Ints, categorical: list[bool]) -> Iterator[Ranked]:
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for learnt, asked in folds.split(values, is_batch):
        trees = HistGradientBoostingClassifier(
            max_iter=40,
            max_depth=4,
            categorical_features=categorical,
            early_stopping=False,
            random_state=SEED,
        ).fit(values[learnt], is_batch[learnt])
        yield _ranked(trees.predict_proba(values[asked])[:, 1], is_batch[asked])


def _ranked(scores: Floats, is_batch: Ints) -> Ranked:
    _, places = np.unique(scores, return_inverse=True)
    size = places.max() + 1
    own, rest = (
        np.bincount(places[is_batch == side], minlength=size).astype(np.float64) for side in (1, 0)
    )
    return Ranked(own, rest, float(own.sum()), float(rest.sum()))


def encoded(rows: Rows, layout: Layout) -> Floats:
    """One float column per feature, NaN for missing; categories as their place in the reference."""
    columns = [_column(rows.columns[name], layout.edges[name]) for name in layout.features]
    return np.column_stack(columns)


def _column(values: Floats | pa.Array, edges: Edges) -> Floats:
    if not isinstance(edges, CategoricalEdges):
        return np.where(np.isfinite(values), values, np.nan)
    codes = category_codes(values, edges, most=CODES)
    return np.where(codes == MISSING, np.nan, codes)


def _capped(values: Floats) -> Floats:
    if len(values) <= MOST_ROWS:
        return values
    kept = np.random.default_rng(SEED).choice(len(values), MOST_ROWS, replace=False)
    return values[np.sort(kept)]
