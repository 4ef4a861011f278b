"""Shapes for pages, drawn from tallies: shares per bin, ROC, precision and recall, calibration."""

from __future__ import annotations

import numpy as np
import pandas as pd

from monitor.measures.interval import kish, wilson
from monitor.measures.outcomes import Outcomes
from monitor.measures.profile import CategoricalProfile, Profile, require_same_edges
from monitor.measures.rows import Floats

POINTS = 400  # more than a chart can show apart
OTHER = "(other)"


def roc(outcomes: Outcomes, label: str = "") -> pd.DataFrame:
    """Columns false_positive_rate, true_positive_rate, from (0, 0) to (1, 1).

    Of the class ``label`` against the rest, "" for the first, a binary task's positive one.  Empty
    unless there are rows of the class and rows of another.
    """
    caught, alarms = _reached(outcomes, label)
    columns = ["false_positive_rate", "true_positive_rate"]
    if not caught.size:
        return pd.DataFrame(columns=columns, dtype=np.float64)
    points = np.stack([alarms / alarms[-1], caught / caught[-1]], axis=1)
    return pd.DataFrame(_thinned(np.insert(points, 0, 0.0, axis=0)), columns=columns)


def precision_recall(outcomes: Outcomes, label: str = "") -> pd.DataFrame:
    """Columns recall, precision, with recall rising; of whom, and when empty, as ``roc`` is."""
    caught, alarms = _reached(outcomes, label)
    columns = ["recall", "precision"]
    if not caught.size:
        return pd.DataFrame(columns=columns, dtype=np.float64)
    points = np.stack([caught / caught[-1], caught / (caught + alarms)], axis=1)
    return pd.DataFrame(_thinned(points), columns=columns)


def calibration(outcomes: Outcomes, label: str = "") -> pd.DataFrame:
    """Columns score, observed, low, high, n: one row per score bin in use, rising.

    Of the class ``label`` against the rest; "" is the positive class, and with several classes the
    one each row was given.
    """
    rows = []
    for n, weight, squares, score, observed in outcomes.losses.bins(label).tolist():
        if not weight:
            continue
        worth = kish(weight, squares)
        bounds = wilson(observed / weight * worth, worth)
        rows.append((score / weight, observed / weight, bounds.low, bounds.high, int(n)))
    return pd.DataFrame(rows, columns=["score", "observed", "low", "high", "n"])


def shares(reference: Profile, current: Profile) -> pd.DataFrame:
    """Columns label, low, high, reference, current; one row per bin or category.

    ``low`` and ``high`` bound numeric bins, infinite at the ends, and are NaN for categories, whose
    last row gathers the values that the reference did not hold.
    """
    require_same_edges(reference.edges, current.edges)
    labels, lows, highs = _bins(reference)
    return pd.DataFrame(
        {
            "label": labels,
            "low": lows,
            "high": highs,
            "reference": reference.shares(),
            "current": current.shares(),
        }
    )


def _bins(profile: Profile) -> tuple[list[str], Floats, Floats]:
    if isinstance(profile, CategoricalProfile):
        nothing = np.full(profile.edges.size + 1, np.nan)
        return [*profile.edges.categories, OTHER], nothing, nothing
    lows, highs = profile.edges.lows, profile.edges.highs
    labels = [f"{low:.4g} to {high:.4g}" for low, high in zip(lows, highs, strict=True)]
    return labels, lows, highs


def _reached(outcomes: Outcomes, label: str) -> tuple[Floats, Floats]:
    """Weight of the class and of the rest at or above each occupied bin, from the top down."""
    classes = outcomes.scores.classes
    if not classes or (label and label not in classes):
        return np.array([]), np.array([])
    _, own, rest, _ = outcomes.scores.one_versus_rest(classes.index(label) if label else 0)
    if not own.sum() or not rest.sum():
        return np.array([]), np.array([])
    return np.cumsum(own[::-1]), np.cumsum(rest[::-1])


def _thinned(points: Floats) -> Floats:
    """At most POINTS of them, evenly along the curve, first and last included."""
    if len(points) <= POINTS:
        return points
    length = np.insert(np.cumsum(np.abs(np.diff(points, axis=0)).sum(axis=1)), 0, 0.0)
    places = np.searchsorted(length, np.linspace(0, length[-1], POINTS))
    return np.asarray(points[np.unique([0, *places, len(points) - 1])])
