"""What a score is worth: the chance of the class among reference rows that had about that score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from monitor.measures.histogram import BIN_SCORES
from monitor.measures.rows import Floats, Ints

REDRAWN = 50
COARSE = 16  # fine bins joined where rows are drawn: eight to a doubling of min(p, 1 − p)
SEED = 2002  # the year of Zadrozny and Elkan's isotonic calibration; any fixed number would do


@dataclass(frozen=True, slots=True, eq=False)
class Calibrator:
    """A map from score to chance that never falls, straight between its knots."""

    scores: Floats
    chances: Floats

    def __call__(self, bins: Ints) -> Floats:
        """The chance in each of these fine score bins."""
        return np.asarray(np.interp(BIN_SCORES[bins], self.scores, self.chances))


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """Several such maps at once: ``chances`` has shape (scores, maps), ``scores`` the knots of all
    of them, strictly rising.
    """

    scores: Floats
    chances: Floats

    def __call__(self, scores: Floats) -> Floats:
        """The chance that each map gives each of these scores, shape (scores, maps)."""
        last = self.scores.size - 1
        after = np.clip(np.searchsorted(self.scores, scores), min(last, 1), last)
        start, end = self.scores[after - 1], self.scores[after]
        part = np.divide(scores - start, end - start, out=np.zeros_like(scores), where=end > start)
        low, high = self.chances[after - 1], self.chances[after]
        return np.asarray(low + (high - low) * np.clip(part, 0.0, 1.0)[:, None])


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The calibrator of all reference rows, and those of as many rows drawn from them again.

    ``weight`` is that of the labelled reference rows in each fine bin, ``rows`` what it is worth.
    """

    fitted: Calibrator
    redrawn: Redrawn
    weight: Floats
    rows: float


def calibrate(own: Floats, rest: Floats, *, rows: float) -> Calibration:
    """Isotonic regression of the label on the score, from the weight in each fine bin.

    ``own`` is the weight of rows of the class and ``rest`` of the others; together they are worth
    ``rows`` rows.  ValueError where there are none.
    """
    weight = own + rest
    if not weight.any():
        raise ValueError("There are no labelled rows to calibrate with.")
    there = np.flatnonzero(weight)
    sides = np.stack([own[there], rest[there]])
    fitted = _isotonic(BIN_SCORES[there], sides)
    # Redrawn calibrators need not tell apart scores that hardly differ, and so cost little.
    starts = np.flatnonzero(np.diff(there // COARSE, prepend=-1))
    joined = np.add.reduceat(sides, starts, axis=1)
    scores = np.add.reduceat(BIN_SCORES[there] * weight[there], starts) / joined.sum(0)
    drawn = np.random.default_rng(SEED).multinomial(
        max(round(rows), 1), joined.ravel() / weight.sum(), size=REDRAWN
    )
    again = [_isotonic(scores, sides.reshape(joined.shape)) for sides in drawn]
    chances = np.stack([np.interp(scores, one.scores, one.chances) for one in again], axis=1)
    return Calibration(fitted, Redrawn(scores, chances), weight, rows)


def _isotonic(scores: Floats, sides: Floats | Ints) -> Calibrator:
    from sklearn.isotonic import IsotonicRegression  # a second, which every worker would wait

    weight = sides.sum(axis=0)
    there = weight > 0
    fit = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(
        scores[there], sides[0][there] / weight[there], sample_weight=weight[there]
    )
    return Calibrator(fit.X_thresholds_, fit.y_thresholds_)
