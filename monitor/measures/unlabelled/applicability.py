"""Whether a batch is enough like the reference for its calibration to say anything about it.

Calibrated scores foresee how a model does while inputs shift and their relation to the outcome does
not.  Where hardly any reference row looks like the batch's, that is no more than a hope.
"""

from __future__ import annotations

import numpy as np

from monitor.measures.addition import sum_by
from monitor.measures.domain import Told
from monitor.measures.rows import Floats
from monitor.measures.unlabelled.calibration import COARSE
from monitor.measures.wording import format_rows

LEAST_ROWS = 100  # that the reference must be worth, seen from the batch
MOST_APART = 0.9  # ROC AUC of telling batch and reference apart
MOST_OUTSIDE = 0.1  # of the batch among scores the reference never gave, or rows it hardly had
MOST_TIMES = 20  # as common as in the reference
BANDS = 20


def unreliable(reference: Floats, batch: Floats, *, rows: float) -> str:
    """Why estimates for the batch are not reliable, from scores alone; "" where they may be.

    Both are weights per fine bin; the reference's are worth ``rows`` rows.
    """
    before, now = (_shares(_joined(weights, COARSE)) for weights in (reference, batch))
    outside = float(now[before == 0].sum())
    if outside > MOST_OUTSIDE:
        return f"Not reliable: {outside:.0%} of the scores are such as the reference never had."
    worth = rows / float((now[before > 0] ** 2 / before[before > 0]).sum())
    return _worth_little(worth) or too_far_apart(apart(reference, batch), "the scores")


def unlike(told: Told, *, rows: float) -> str:
    """The same from all columns together, where the reference, weighted, is worth so many rows."""
    outside = float((told.batch > MOST_TIMES).mean())
    if outside > MOST_OUTSIDE:
        return f"Not reliable: {outside:.0%} of the rows are such as the reference hardly ever had."
    return _worth_little(rows) or too_far_apart(told.auc, "the rows")


def _worth_little(rows: float) -> str:
    if rows >= LEAST_ROWS:
        return ""
    like = format_rows(round(rows))
    return f"Not reliable: the reference is worth only {like} when weighted like this batch."


def too_far_apart(auc: float, what: str) -> str:
    """The reason where ``what`` of batch and reference can be told apart this well; else "".

    >>> too_far_apart(0.6, "the rows")
    ''
    """
    if auc <= MOST_APART:
        return ""
    return (
        f"Not reliable: {what} of this batch and of the reference are told apart with an AUC of "
        f"{auc:.2f}; above {MOST_APART} what was learned from one does not hold for the other."
    )


def apart(reference: Floats, batch: Floats) -> float:
    """How well the score alone tells the batch's rows from the reference's, as a ROC AUC.

    Twenty bands of equal reference weight are taken in the order of their likelihood ratio.
    """
    reached = np.cumsum(reference) / reference.sum()
    bands = np.minimum((reached - reference / (2 * reference.sum())) * BANDS, BANDS - 1)
    places = np.maximum(bands, 0).astype(np.int64)
    before, now = (_shares(sum_by(places, BANDS, weights)) for weights in (reference, batch))
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.argsort(np.nan_to_num(now / before, posinf=np.inf), kind="stable")
    before, now = before[order], now[order]
    return float(now @ (np.cumsum(before) - before / 2))


def _joined(weights: Floats, step: int) -> Floats:
    return np.asarray(weights.reshape(-1, step).sum(axis=1))


def _shares(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum())
