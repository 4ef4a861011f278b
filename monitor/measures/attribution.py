"""How much of a change each column explains, by where its values have moved.

For a column, Σ(q − p)·m over its bins: q and p are the shares of the batch and of the reference, m
is the mean loss that the reference's rows had in the bin.  It is the loss that rows spread like the
batch's would have had on the reference.  Where the reference has too few rows to know m, as when
values are missing that never were, the batch's own rows say it.  Columns that go together explain
the same points, so contributions overlap and do not add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from monitor.measures.feature_losses import SUMS, FeatureLosses
from monitor.measures.rows import Floats
from monitor.measures.significance import normal_p
from monitor.measures.verdict import HIDDEN_BELOW

WEIGHT, SQUARES, KNOWN, LOSS, LOSS_SQUARED = range(len(SUMS))


@dataclass(frozen=True, slots=True)
class Cohort:
    """Rows whose shares count with ``sign``: +1 for the batch, -1 for the reference.

    For a gap between two groups the other group's cohorts have the opposite signs.
    """

    sign: int
    sums: FeatureLosses


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one column explains, and its standard error."""

    column: str
    value: float
    error: float

    @property
    def p(self) -> float:
        """Two-sided p of "the column explains nothing"."""
        return normal_p(self.value / self.error) if self.error > 0 else 1.0


def contributions(
    cohorts: Sequence[Cohort], *, reference: FeatureLosses, batch: FeatureLosses
) -> list[Contribution]:
    """One per column, largest first; ``reference`` and ``batch`` say what each bin costs."""
    found = [
        _contribution(
            name,
            [(one.sign, _in_rows(one.sums.columns[name])) for one in cohorts],
            *_costs(_in_rows(reference.columns[name]), _in_rows(batch.columns[name])),
        )
        for name in reference.columns
    ]
    return sorted(found, key=lambda one: -abs(one.value))


def known_bins(reference: Floats) -> np.ndarray:
    """For which of a column's bins the reference has rows enough to say what they cost."""
    enough: np.ndarray = _in_rows(reference)[:, KNOWN] >= HIDDEN_BELOW
    return enough


def _in_rows(sums: Floats) -> Floats:
    """Sums whose weights add up to what they are worth in rows."""
    total, squares = sums[:, WEIGHT].sum(), sums[:, SQUARES].sum()
    return sums * (total / squares if squares > 0 else 0.0)


def _costs(reference: Floats, batch: Floats) -> tuple[Floats, Floats]:
    """Mean loss of each bin, and the variance of that mean; 0 for what nobody knows."""
    known = reference[:, KNOWN].sum()
    overall = reference[:, LOSS].sum() / known if known else 0.0
    mean, variance = np.full(len(reference), overall), np.zeros(len(reference))
    for sums in (batch, reference):  # the reference has the last word
        enough = sums[:, KNOWN] >= HIDDEN_BELOW
        n, loss, squares = sums[enough][:, [KNOWN, LOSS, LOSS_SQUARED]].T
        mean[enough] = loss / n
        variance[enough] = np.maximum(squares / n - (loss / n) ** 2, 0.0) / n
    return mean, variance


def _contribution(
    column: str, cohorts: Sequence[tuple[int, Floats]], mean: Floats, variance: Floats
) -> Contribution:
    """The delta method: each cohort's shares vary, and so do the bins' means."""
    moved, noise = np.zeros(len(mean)), 0.0
    for sign, sums in cohorts:
        n = sums[:, WEIGHT].sum()
        if not n:
            return Contribution(column, 0.0, 0.0)
        shares = sums[:, WEIGHT] / n
        moved += sign * shares
        noise += float(shares @ mean**2 - (shares @ mean) ** 2) / n
    noise += float(moved**2 @ variance)
    return Contribution(column, float(moved @ mean), sqrt(max(noise, 0.0)))
