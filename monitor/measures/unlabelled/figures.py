"""Which numbers follow from expected outcomes, and how many rows each is expected to divide by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor.measures import matrices
from monitor.measures.rows import Floats
from monitor.measures.unlabelled.expected import Turned

# Actual in rows, predicted in columns, positive first.
RIGHT, ALL = np.eye(2), np.ones((2, 2))
POSITIVE, NEGATIVE = np.array([[1, 1], [0, 0]]), np.array([[0, 0], [1, 1]])
SAID, UNSAID = POSITIVE.T, NEGATIVE.T


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of each draw, and the weight it divides by; NaN where that is nothing."""

    of: Callable[[Turned], Floats]
    among: Callable[[Turned], Floats]


def _share(hit: Floats, among: Floats) -> Figure:
    hits, rows = _sum(hit * among), _sum(among)
    return Figure(lambda turned: matrices.ratio(hits(turned), rows(turned)), rows)


def _sum(cells: Floats) -> Callable[[Turned], Floats]:
    """Cell by cell: numpy takes its time over the two axes of two."""
    places = np.argwhere(cells).tolist()

    def summed(turned: Turned) -> Floats:
        chosen = [turned.matrix[..., i, j] for i, j in places]
        return np.asarray(sum(chosen[1:], start=chosen[0]))

    return summed


def _f1(turned: Turned) -> Floats:
    return matrices.f1(turned.matrix)[..., 0]


def _rarer(turned: Turned) -> Floats:
    return np.asarray(turned.matrix.sum(-1).min(-1))


def _everything(turned: Turned) -> Floats:
    return np.asarray(turned.matrix.sum((-2, -1)))


FIGURES: Final[dict[str, Figure]] = {
    "accuracy": _share(RIGHT, ALL),
    "balanced_accuracy": Figure(lambda t: matrices.balanced_accuracy(t.matrix), _rarer),
    "precision": _share(POSITIVE, SAID),
    "recall": _share(SAID, POSITIVE),
    "f1": Figure(_f1, _sum(np.maximum(POSITIVE, SAID))),
    "specificity": _share(UNSAID, NEGATIVE),
    "matthews_corrcoef": Figure(lambda t: matrices.matthews_corrcoef(t.matrix), _rarer),
    "roc_auc": Figure(lambda t: t.roc_auc, _rarer),
    "log_loss": Figure(lambda t: t.log_loss, _everything),
    "brier_score": Figure(lambda t: t.brier_score, _everything),
    "base_rate": _share(POSITIVE, ALL),
    "true_positive_rate": _share(SAID, POSITIVE),
    "false_negative_rate": _share(UNSAID, POSITIVE),
    "false_positive_rate": _share(SAID, NEGATIVE),
    "true_negative_rate": _share(UNSAID, NEGATIVE),
}
