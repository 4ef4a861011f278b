"""How predictions may be expected to turn out: labels by their chances, counted and drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.measures.histogram import BIN_SCORES, BINS
from monitor.measures.matrices import ratio
from monitor.measures.rows import Floats, Ints
from monitor.measures.unlabelled.calibration import COARSE, Calibration, Calibrator

DRAWS = 8  # labels drawn with each of the redrawn calibrators
TINY = float(np.finfo(np.float64).eps)  # where sklearn clips a log loss


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The weight in each occupied score bin of rows predicted positive, and of the others.

    ``rows`` is what all of it is worth in rows.
    """

    bins: Ints
    said: Floats
    unsaid: Floats
    rows: float

    @classmethod
    def of(cls, said: Floats, unsaid: Floats, *, rows: float) -> Scored:
        """From weights in all of the fine bins."""
        bins = np.flatnonzero(said + unsaid)
        return cls(bins, said[bins], unsaid[bins], rows)


@dataclass(frozen=True, slots=True, eq=False)
class Turned:
    """How rows turned out, or might have, over any leading axes.

    ``matrix`` has the actual class in its rows and the predicted one in its columns, the positive
    class first; the others are of the scores as the model gave them, NaN where undefined.
    """

    matrix: Floats
    roc_auc: Floats
    log_loss: Floats
    brier_score: Floats


def expect(scored: Scored, calibrator: Calibrator) -> Turned:
    """Every row counts as positive by its chance, and as negative by the rest of it."""
    chance = calibrator(scored.bins)
    return _turned(scored.said, scored.unsaid, chance, chance, _costs(scored.bins))


def simulate(scored: Scored, calibration: Calibration, *, seed: int) -> Turned:
    """Labels drawn DRAWS times by the chances of each redrawn calibrator; the draws come first.

    Rows of about the same score are drawn at once, so that a million rows take as long as a
    thousand.
    """
    random = np.random.default_rng(seed)
    starts = np.flatnonzero(np.diff(scored.bins // COARSE, prepend=-1))
    chances = np.stack([one(scored.bins) for one in calibration.redrawn])
    weight = scored.said + scored.unsaid
    scale = scored.rows / weight.sum()
    said, unsaid = (np.add.reduceat(side, starts) for side in (scored.said, scored.unsaid))
    of_said, of_unsaid = (
        _drawn(_means(chances, side, starts), joined * scale, random)
        for side, joined in ((scored.said, said), (scored.unsaid, unsaid))
    )
    costs = _means(_costs(scored.bins), weight, starts)
    return _turned(said, unsaid, of_said, of_unsaid, costs)


def _means(values: Floats, weight: Floats, starts: Ints) -> Floats:
    """Weighted means over each stretch of bins; 0 where it has no weight."""
    sums = np.add.reduceat(values * weight, starts, axis=-1)
    return np.nan_to_num(ratio(sums, np.add.reduceat(weight, starts)))


def _drawn(chances: Floats, rows: Floats, random: np.random.Generator) -> Floats:
    """Shares of positives among so many rows; a fraction of a row is one row that often."""
    shape = (*chances.shape[:1], DRAWS, *chances.shape[1:])
    whole = np.floor(rows + random.random(shape)).astype(np.int64)
    likely = np.broadcast_to(chances[:, None], shape)
    shares = random.binomial(whole, likely) / np.maximum(whole, 1)
    return np.where(whole > 0, shares, likely).reshape(-1, rows.size)


def _turned(
    said: Floats, unsaid: Floats, of_said: Floats, of_unsaid: Floats, costs: Floats
) -> Turned:
    """``of_said`` and ``of_unsaid`` are the shares of positives on either side, bin by bin."""
    right, missed = said * of_said, unsaid * of_unsaid
    positive, negative = right + missed, said + unsaid - right - missed
    sums = right.sum(-1), missed.sum(-1), (said - right).sum(-1), (unsaid - missed).sum(-1)
    total = said.sum() + unsaid.sum()
    log_loss, brier = (
        (positive @ if_so + negative @ if_not) / total for if_so, if_not in (costs[:2], costs[2:])
    )
    return Turned(
        np.stack(sums, axis=-1).reshape(*positive.shape[:-1], 2, 2),
        _roc_auc(positive, negative),
        np.asarray(log_loss),
        np.asarray(brier),
    )


def _roc_auc(positive: Floats, negative: Floats) -> Floats:
    below = np.cumsum(negative, axis=-1) - negative / 2
    pairs = positive.sum(-1) * negative.sum(-1)
    return ratio((positive * below).sum(-1), pairs)


def _costs(bins: Ints) -> Floats:
    """Log loss of a positive and of a negative in each bin, then their Brier scores.

    The outermost bins hold certainties: a score of 0 or of 1.
    """
    score = np.where(bins == 0, 0.0, np.where(bins == BINS - 1, 1.0, BIN_SCORES[bins]))
    sure = np.clip(score, TINY, 1 - TINY)
    return np.stack([-np.log(sure), -np.log1p(-sure), (1 - score) ** 2, score**2])
