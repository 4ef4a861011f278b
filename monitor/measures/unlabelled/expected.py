"""How predictions may be expected to turn out: labels by their chances, counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.measures.histogram import BIN_SCORES, BINS
from monitor.measures.matrices import ratio
from monitor.measures.rows import Floats, Ints
from monitor.measures.unlabelled.calibration import Calibrator

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

    def and_then(self, others: Turned) -> Turned:
        """One way of turning out, and others after it along the first axis."""
        return Turned(
            np.concatenate([self.matrix[None], others.matrix]),
            np.append(self.roc_auc, others.roc_auc),
            np.append(self.log_loss, others.log_loss),
            np.append(self.brier_score, others.brier_score),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What weight in a score bin is worth: ``each`` has shape (4, bins), of a positive one itself,
    the weight below it, and what log loss and Brier score gain over a negative; ``negative`` is
    what all weight loses of the two were it negative, ``total`` that weight.
    """

    each: Floats
    negative: tuple[float, float]
    total: float

    @classmethod
    def of(cls, weight: Floats, costs: Floats) -> Worth:
        """From the weight and the ``costs`` of each bin."""
        below = np.cumsum(weight) - weight / 2
        gains = (np.ones_like(weight), below, costs[0] - costs[1], costs[2] - costs[3])
        negative = (float(weight @ costs[1]), float(weight @ costs[3]))
        return cls(np.stack(gains), negative, float(weight.sum()))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Of rows predicted alike: what the positive ones are worth, shape (4, …), and how many are
    not."""

    positive: Floats
    rest: Floats


def expect(scored: Scored, calibrator: Calibrator) -> Turned:
    """Every row counts as positive by its chance, and as negative by the rest of it."""
    chance = calibrator(scored.bins)
    worth = Worth.of(scored.said + scored.unsaid, costs(scored.bins))
    said, unsaid = (
        Side((worth.each * side) @ chance, np.asarray(side @ (1 - chance)))
        for side in (scored.said, scored.unsaid)
    )
    return turned(worth, said, unsaid)


def turned(worth: Worth, said: Side, unsaid: Side) -> Turned:
    """Every number comes from sums over bins, so draws need be of sums alone."""
    right, missed = said.positive[0], unsaid.positive[0]
    positive, ranked, log_loss, brier = said.positive + unsaid.positive
    matrix = np.stack([right, missed, said.rest, unsaid.rest], axis=-1)
    return Turned(
        matrix.reshape(*right.shape, 2, 2),
        # Positives are above half of each other, ties and all; the rest are negatives below them.
        ratio(ranked - positive**2 / 2, positive * (said.rest + unsaid.rest)),
        np.asarray((log_loss + worth.negative[0]) / worth.total),
        np.asarray((brier + worth.negative[1]) / worth.total),
    )


def costs(bins: Ints) -> Floats:
    """Log loss of a positive and of a negative in each bin, then their Brier scores.

    The outermost bins hold certainties: a score of 0 or of 1.
    """
    score = np.where(bins == 0, 0.0, np.where(bins == BINS - 1, 1.0, BIN_SCORES[bins]))
    sure = np.clip(score, TINY, 1 - TINY)
    return np.stack([-np.log(sure), -np.log1p(-sure), (1 - score) ** 2, score**2])
