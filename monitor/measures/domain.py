"""Whether a classifier can tell the batch's rows from the reference's: drift of columns together.

Columns may each look as they did and yet go together differently; only this number sees it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan, sqrt
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from monitor.measures.edges import CategoricalEdges, Edges
from monitor.measures.encoding import MISSING, category_codes
from monitor.measures.interval import UNKNOWN, Z95, Interval, wilson
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.ranking import ROUNDING, Ranked, delong_variance, roc_auc
from monitor.measures.rows import Floats, Ints, Rows

if TYPE_CHECKING:  # it takes a second to import, and a worker is ready without it
    from sklearn.ensemble import HistGradientBoostingClassifier

MOST_ROWS = 5000  # of each side
FEWEST_ROWS = 100
FOLDS = 5
CODES = 254  # categories told apart; the trees have 255 bins, one for what is missing
# Folds learn from each other's rows, so that they err together: Nadeau and Bengio's factor, which
# simulations here bear out (1/FOLDS would be the variance of folds that were independent).
NOT_APART = 1 / FOLDS + 1 / (FOLDS - 1)
SEED = 1936  # the year of Fisher's discriminant; any fixed number would do


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """How well batch and reference are told apart: 0.5 not at all, 1 without fail, NaN where that
    cannot be asked, with the reason.

    ``rows`` are those of the smaller side.  ``reference`` and ``batch`` hold for each of their rows
    how many times as common such rows are in the batch, said by trees that were not grown on it.
    """

    auc: float
    interval: Interval
    rows: int
    reference: Floats
    batch: Floats
    reason: str = ""


def measure(batch: Rows, reference: Rows, layout: Layout) -> list[Measurement]:
    """domain_classifier_auc of the features, with the reason where it cannot be made."""
    return [measured(compare(batch, reference, layout))]


def measured(told: Told) -> Measurement:
    """domain_classifier_auc, or the reason why there is none."""
    name = "domain_classifier_auc"
    if told.reason:
        return Measurement(name, None, told.rows, reason=told.reason)
    method = f"boosted trees, {FOLDS} folds, out of fold; DeLong, at most {MOST_ROWS:,} rows a side"
    return Measurement(name, told.auc, told.rows, *told.interval.bounds, method=method)


def compare(batch: Rows, reference: Rows, layout: Layout) -> Told:
    """What ``tell_apart`` says, or why it cannot be asked."""
    smaller = min(batch.n, reference.n)
    if layout.features and smaller >= FEWEST_ROWS:
        return tell_apart(batch, reference, layout)
    few = f"Only {smaller} rows; {FEWEST_ROWS} are needed."
    reason = few if layout.features else "There is no column to compare."
    rows = smaller if layout.features else 0
    return Told(nan, UNKNOWN, rows, np.empty(0), np.empty(0), reason)


def tell_apart(batch: Rows, reference: Rows, layout: Layout) -> Told:
    """Trees are grown on four fifths of both sides and asked about the other fifth, five times.

    The answer is the mean of the folds' AUC: scores of different trees are never ranked together,
    which would push an undrifted batch under 0.5.
    """
    sides = [encoded(rows, layout) for rows in (reference, batch)]
    values, is_batch = np.concatenate(sides), np.repeat([0, 1], [len(side) for side in sides])
    kept = np.concatenate([_capped(reference.n), reference.n + _capped(batch.n)])
    categorical = [isinstance(layout.edges[name], CategoricalEdges) for name in layout.features]
    chances, found = np.empty(len(values)), []
    for trees, asked, judged in _grown(values, is_batch, kept, categorical):
        chances[asked] = trees.predict_proba(values[asked])[:, 1]
        ranked = _ranked(chances[judged], is_batch[judged])
        found.append((roc_auc(ranked), delong_variance(ranked)))
    auc, variance = np.mean(found, axis=0).tolist()
    of_batch = int(is_batch[kept].sum())
    rows = min(of_batch, len(kept) - of_batch)
    times = chances / (1 - chances) * (len(kept) - of_batch) / of_batch
    interval = _interval(auc, variance * NOT_APART, rows)
    return Told(auc, interval, rows, times[: reference.n], times[reference.n :])


def _interval(auc: float, variance: float, rows: int) -> Interval:
    """The normal interval; Wilson's where not one pair was misplaced (see ``ranking.delong``)."""
    if 1 - auc < ROUNDING:
        return wilson(rows, rows)
    half = Z95 * sqrt(variance)
    return Interval(max(auc - half, 0.0), min(auc + half, 1.0))


def _grown(
    values: Floats, is_batch: Ints, kept: Ints, categorical: list[bool]
) -> Iterator[tuple[HistGradientBoostingClassifier, Ints, Ints]]:
    """Trees, the rows to ask them about, and those of them that were kept to judge the trees by.

    A row beyond the cap was never learnt from, and is asked about once like any other.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold

    others = np.setdiff1d(np.arange(len(values)), kept)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for place, (learnt, asked) in enumerate(folds.split(values[kept], is_batch[kept])):
        trees = HistGradientBoostingClassifier(
            max_iter=40,
            max_depth=4,
            categorical_features=categorical,
            early_stopping=False,
            random_state=SEED,
        ).fit(values[kept[learnt]], is_batch[kept[learnt]])
        judged = kept[asked]
        yield trees, np.concatenate([judged, others[place::FOLDS]]), judged


def _ranked(scores: Floats, is_batch: Ints) -> Ranked:
    _, places = np.unique(scores, return_inverse=True)
    size = places.max() + 1
    own, rest = (
        np.bincount(places[is_batch == side], minlength=size).astype(np.float64) for side in (1, 0)
    )
    return Ranked(np.arange(size), own, rest, 0.0, float(own.sum()), float(rest.sum()))


def encoded(rows: Rows, layout: Layout) -> Floats:
    """One float column per feature, NaN for missing; categories as their place in the reference."""
    columns = [_column(rows.columns[name], layout.edges[name]) for name in layout.features]
    return np.column_stack(columns)


def _column(values: Floats | pa.Array, edges: Edges) -> Floats:
    if not isinstance(edges, CategoricalEdges):
        return np.where(np.isfinite(values), values, np.nan)
    codes = category_codes(values, edges, most=CODES)
    return np.where(codes == MISSING, np.nan, codes)


def _capped(rows: int) -> Ints:
    """The places of so many rows, or of MOST_ROWS drawn from them."""
    if rows <= MOST_ROWS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(SEED).choice(rows, MOST_ROWS, replace=False))
