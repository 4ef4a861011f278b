"""What the errors of some of a batch's rows will be on average, before their labels arrive.

Trees say what each row costs.  What they overlook is read off the reference rows left out when they
were grown, each counted as often as rows like it are in the batch: where either the trees or these
weights are right, so is the sum (a doubly robust estimate under covariate shift).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor.measures.interval import kish
from monitor.measures.rows import Floats, Mask
from monitor.measures.unlabelled.applicability import LEAST_ROWS
from monitor.measures.unlabelled.prices import Priced

POOLED: Final = (
    "The reference is worth only {} rows of this group when weighted like this batch: its errors "
    "are taken to be those of everybody with such values."
)


# The trees learned from the same rows that correct them, and carry the chance of those rows in a
# second time; counted once, errors of shifted batches spread 1.12 to 1.2 times as far as foreseen.
TWICE: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """The mean costs of prices.py, and the standard error of what labels would say of them.

    ``worth`` is what the weight of the rows is worth in rows, and ``pooled`` says why the
    correction is everybody's, "" where it is that of such rows alone.
    """

    value: Floats
    error: Floats
    rows: int
    worth: float
    pooled: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """A batch's rows with what is expected of them, and labelled reference rows with what their
    costs are beyond what was expected; ``like`` is how often the batch has rows like each.
    """

    now: Priced
    expected: Floats
    then: Priced
    beyond: Floats
    like: Floats

    def worth(self, among: Mask) -> float:
        """How many rows these reference rows are worth when weighted like the batch."""
        weight = (self.then.weight * self.like)[among]
        return kish(float(weight.sum()), float(np.square(weight).sum()))


def foresee(sides: Sides, now: Mask, then: Mask) -> Means:
    """Of the batch's rows in ``now``, corrected by the reference's in ``then``.

    Where these are worth too few rows, everybody's stand in.
    """
    worth = sides.worth(then)
    pooled = "" if worth >= LEAST_ROWS else POOLED.format(round(worth))
    overlooked, spread, error = _overlooked(sides, then | bool(pooled))
    weight = sides.now.weight[now]
    rows = kish(float(weight.sum()), float(np.square(weight).sum()))
    value = np.average(sides.expected[now], axis=0, weights=weight) + overlooked
    noise = np.sqrt(spread / rows + TWICE * error**2)
    return Means(np.maximum(value, 0.0), noise, int(now.sum()), rows, pooled)


def exceed(sides: Sides) -> Means:
    """What labels say beyond what was expected of the same rows; the error is that of the excess.

    Some rows must be labelled.
    """
    labelled = sides.now.labelled
    weight = sides.now.weight[labelled]
    overlooked, _, error = _overlooked(sides, np.ones(sides.then.n, dtype=bool))
    over = sides.now.costs[labelled] - sides.expected[labelled] - overlooked
    value = np.average(over, axis=0, weights=weight)
    spread = np.average((over - value) ** 2, axis=0, weights=weight)
    rows = kish(float(weight.sum()), float(np.square(weight).sum()))
    return Means(value, np.sqrt(spread / rows + TWICE * error**2), int(labelled.sum()), rows)


def _overlooked(sides: Sides, among: Mask) -> tuple[Floats, Floats, Floats]:
    """Mean, variance over rows, and standard error of the mean, of costs the trees overlook."""
    weight = (sides.then.weight * sides.like)[among]
    beyond = sides.beyond[among]
    mean = np.average(beyond, axis=0, weights=weight)
    off = (beyond - mean) ** 2
    error = np.sqrt(np.square(weight) @ off) / weight.sum()
    return mean, np.average(off, axis=0, weights=weight), error
