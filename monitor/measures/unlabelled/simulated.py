"""What chance makes of expected outcomes: labels drawn again and again, and counted."""

from __future__ import annotations

import numpy as np

from monitor.measures.binomials import few
from monitor.measures.histogram import BIN_SCORES
from monitor.measures.rows import Floats, Ints
from monitor.measures.unlabelled.calibration import COARSE, Calibration
from monitor.measures.unlabelled.expected import Scored, Side, Turned, Worth, costs, turned

DRAWS = 16  # labels drawn with each of the redrawn calibrators
NORMAL_FROM = 25.0  # variance of the positives of a side: their skewness is then below a fifth
JITTER = 1e-9  # of a variance: what rounding takes from that of sums that go together


def simulate(scored: Scored, calibration: Calibration, *, seed: int) -> Turned:
    """Labels drawn DRAWS times by the chances of each redrawn calibrator; the draws come first.

    Rows of about the same score are drawn at once, so that a million rows take as long as a
    thousand.
    """
    random = np.random.default_rng(seed)
    starts = np.flatnonzero(np.diff(scored.bins // COARSE, prepend=-1))
    weight = scored.said + scored.unsaid
    joined = np.add.reduceat(weight, starts)
    mean_costs = np.add.reduceat(costs(scored.bins) * weight, starts, axis=1) / joined
    worth = Worth.of(joined, mean_costs)
    scale = scored.rows / float(weight.sum())
    said, unsaid = (
        _side(worth, side, scored.bins, starts, calibration, scale, random)
        for side in (scored.said, scored.unsaid)
    )
    return turned(worth, said, unsaid)


def _side(
    worth: Worth,
    weight: Floats,
    bins: Ints,
    starts: Ints,
    calibration: Calibration,
    scale: float,
    random: np.random.Generator,
) -> Side:
    """Where the number of positives varies enough, what they are worth is normal: four sums to be
    drawn, however many bins there are."""
    joined = np.add.reduceat(weight, starts)
    there = joined > 0
    joined = joined[there]
    scores = np.add.reduceat(BIN_SCORES[bins] * weight, starts)[there] / joined
    chances, rows = calibration.redrawn(scores), joined * scale
    each = worth.each[:, there] * joined
    normal = rows @ (chances * (1 - chances)) >= NORMAL_FROM
    sums = np.empty((len(each), normal.size, DRAWS))
    for way, which in ((_normal, normal), (_counted, ~normal)):
        if which.any():
            sums[:, which] = way(each, chances[:, which], rows, random)
    found = sums.reshape(len(each), -1)
    return Side(found, np.maximum(joined.sum() - found[0], 0.0))


def _normal(each: Floats, chances: Floats, rows: Floats, random: np.random.Generator) -> Floats:
    """Sums over bins of normal shares, drawn as the normal vector that they are."""
    varied = chances * (1 - chances) / rows[:, None]
    pairs = (each[:, None] * each).reshape(-1, rows.size)
    covariance = (pairs @ varied).T.reshape(-1, len(each), len(each))
    errors = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0))
    scale = np.where(errors > 0, errors, 1.0)
    alike = covariance / (scale[:, :, None] * scale[:, None, :]) + JITTER * np.eye(len(each))
    lower = np.linalg.cholesky(alike) * scale[:, :, None]
    moved = lower @ random.standard_normal((len(chances.T), len(each), DRAWS))
    return (each @ chances)[:, :, None] + moved.transpose(1, 0, 2)


def _counted(each: Floats, chances: Floats, rows: Floats, random: np.random.Generator) -> Floats:
    """The same of positives counted row by row; a fraction of a row is one row that often."""
    whole = np.floor(rows)
    hits = few(whole.astype(np.int64), chances, random, draws=DRAWS)
    if (whole == rows).all():
        shares = hits / whole[:, None, None]
    else:
        one = random.random(hits.shape) < (rows - whole)[:, None, None]
        hits = hits + (one & (random.random(hits.shape) < chances[:, :, None]))
        total = whole[:, None, None] + one
        shares = np.where(total > 0, hits / np.maximum(total, 1), chances[:, :, None])
    return np.tensordot(each, shares, axes=1)
