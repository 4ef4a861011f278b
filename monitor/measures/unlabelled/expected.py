"""How predictions may be expected to turn out: labels by their chances, counted and drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.measures.histogram import BIN_SCORES, BINS
from monitor.measures.matrices import ratio
from monitor.measures.rows import Floats, Ints
from monitor.measures.unlabelled.calibration import COARSE, Calibration, Calibrator

DRAWS = 16  # labels drawn with each of the redrawn calibrators
NORMAL_FROM = 25.0  # variance of the positives of a side: their skewness is then below a fifth
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
    return _over(sums, np.add.reduceat(weight, starts))


def _over(top: Floats, bottom: Floats) -> Floats:
    """0 where the bottom is."""
    return np.asarray(np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 0))


def _drawn(chances: Floats, rows: Floats, random: np.random.Generator) -> Floats:
    """Shares of positives among so many rows, shape (bins, draws); a fraction of a row is one row
    that often.  Where their number varies enough they are normal, at a sixth of the price."""
    likely = chances.T[:, :, None]
    shape = (*likely.shape[:2], DRAWS)
    spread = likely * (1 - likely)
    if rows @ spread[:, :, 0].mean(axis=1) >= NORMAL_FROM:
        errors = np.sqrt(_over(spread, rows[:, None, None]))
        return (likely + errors * random.standard_normal(shape)).reshape(rows.size, -1)
    whole = np.floor(rows[:, None, None] + random.random(shape)).astype(np.int64)
    shares = random.binomial(whole, likely) / np.maximum(whole, 1)
    return np.where(whole > 0, shares, likely).reshape(rows.size, -1)


def _turned(
    said: Floats, unsaid: Floats, of_said: Floats, of_unsaid: Floats, costs: Floats
) -> Turned:
    """``of_said`` and ``of_unsaid`` are the shares of positives on either side, bins first.

    Every number comes from sums over bins of these shares, so draws cost a product of matrices.
    """
    weight = said + unsaid
    below = np.cumsum(weight) - weight / 2
    each = np.stack([np.ones_like(weight), below, costs[0] - costs[1], costs[2] - costs[3]])
    if_said, if_unsaid = (each * said) @ of_said, (each * unsaid) @ of_unsaid
    right, missed = if_said[0], if_unsaid[0]
    wrong, left = said @ (1 - of_said), unsaid @ (1 - of_unsaid)
    positive, ranked, log_loss, brier = if_said + if_unsaid
    matrix = np.stack([right, missed, wrong, left], axis=-1)
    total = weight.sum()
    return Turned(
        matrix.reshape(*right.shape, 2, 2),
        # Positives are above half of each other, ties and all; the rest are negatives below them.
        ratio(ranked - positive**2 / 2, positive * (wrong + left)),
        np.asarray((log_loss + weight @ costs[1]) / total),
        np.asarray((brier + weight @ costs[3]) / total),
    )


def _costs(bins: Ints) -> Floats:
    """Log loss of a positive and of a negative in each bin, then their Brier scores.

    The outermost bins hold certainties: a score of 0 or of 1.
    """
    score = np.where(bins == 0, 0.0, np.where(bins == BINS - 1, 1.0, BIN_SCORES[bins]))
    sure = np.clip(score, TINY, 1 - TINY)
    return np.stack([-np.log(sure), -np.log1p(-sure), (1 - score) ** 2, score**2])
