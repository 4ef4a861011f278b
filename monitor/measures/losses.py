"""Sums over rows that have a score: losses and calibration, exact to the last digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import numpy as np

from monitor.measures.addition import merged, sums_by, times
from monitor.measures.crossing import Crossing
from monitor.measures.groupings import EVERYBODY
from monitor.measures.rows import Floats

CALIBRATION_BINS = 10
LOSSES = (
    *("n", "weight", "weight_squared"),
    *("log_loss", "log_loss_squared", "brier", "brier_squared"),
    *("score", "observed"),
    *("scored_n", "scored_weight", "scored", "scored_squared"),
)
CALIBRATION = ("n", "weight", "weight_squared", "score", "observed")
CALIBRATED = [LOSSES.index(name) for name in CALIBRATION]


class GroupKey(NamedTuple):
    attribute: str
    group: str


@dataclass(frozen=True, slots=True, eq=False)
class LossSums:
    """Sums named by LOSSES per group, and sums named by CALIBRATION per group and score bin.

    The score is the probability of the positive class, and observed is 1 where the label is that
    class; for a multiclass task it is the largest probability, and observed is 1 where its class
    was right.  The first nine sums are over labelled rows, the ``scored`` ones over all rows.
    ``of_class`` is, for a multiclass task, the calibration of each class against the rest.
    """

    sums: Mapping[GroupKey, Floats] = field(default_factory=dict)
    calibration: Mapping[GroupKey, Floats] = field(default_factory=dict)
    of_class: Mapping[str, Floats] = field(default_factory=dict)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            merged(self.sums, other.sums),
            merged(self.calibration, other.calibration),
            merged(self.of_class, other.of_class),
        )

    def of(self, attribute: str) -> list[tuple[str, dict[str, float]]]:
        """Each group with its weighted sums by their names in LOSSES, sorted."""
        keys = sorted(key for key in self.sums if key.attribute == attribute)
        sums = ((key.group, self.sums[key].tolist()) for key in keys)
        return [(group, dict(zip(LOSSES, values, strict=True))) for group, values in sums]

    def bins(self, label: str = "") -> Floats:
        """Everybody's sums named by CALIBRATION in ten score bins of equal width, shape (10, 5); of
        one class of several against the rest where it is named.
        """
        everybody = self.calibration.get(GroupKey(EVERYBODY, EVERYBODY))
        found = self.of_class.get(label) if label else everybody
        return np.zeros((CALIBRATION_BINS, len(CALIBRATION))) if found is None else found


@dataclass(frozen=True, slots=True, eq=False)
class RowLosses:
    """What each scored row adds; ``labelled`` says whose losses count, None for everybody's."""

    labelled: Floats | None
    log_loss: Floats
    brier: Floats
    score: Floats
    observed: Floats


def row_losses(scores: Floats, actual: np.ndarray[tuple[int], np.dtype[np.int64]]) -> RowLosses:
    """Losses of rows whose ``actual`` is a place among the classes, -1 for another label.

    For binary tasks place 0 is the positive class.  -2 stands for no label at all.  The log loss is
    clipped at the machine epsilon, as sklearn's is; the multiclass Brier score is not halved.
    """
    if scores.shape[1] == 1:
        score = scores[:, 0]
        observed = (actual == 0).astype(np.float64)
        likelihood = np.where(actual == 0, score, 1.0 - score)
        brier = (observed - score) ** 2
    else:
        score = scores.max(axis=1)
        observed = (scores.argmax(axis=1) == actual).astype(np.float64)
        own = np.take_along_axis(scores, _places(actual), axis=1)[:, 0]
        likelihood = own = np.where(actual >= 0, own, 0.0)
        brier = (scores**2).sum(axis=1) - 2 * own + 1
    tiny = np.finfo(np.float64).eps
    return RowLosses(
        labelled=_labelled(actual),
        log_loss=-np.log(np.clip(likelihood, tiny, 1 - tiny)),
        brier=brier,
        score=score,
        observed=observed,
    )


def _labelled(actual: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats | None:
    """1 where there is a label, else 0; None where every row has one."""
    known = actual > -2
    return None if known.all() else known.astype(np.float64)


def _places(
    actual: np.ndarray[tuple[int], np.dtype[np.int64]],
) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    return np.maximum(actual, 0)[:, None]


def sum_losses(
    crossings: Iterable[Crossing], *, losses: RowLosses, weight: Floats | None
) -> LossSums:
    """Losses and calibration added up per group; without weights each row weighs 1."""
    score, ones = losses.score, np.ones(losses.score.size)
    labelled = times(ones, losses.labelled)
    w = times(labelled, weight)
    factor = None if w is ones else w
    losing = (losses.log_loss, losses.log_loss**2, losses.brier, losses.brier**2)
    columns = (
        *(labelled, w, times(w, weight)),
        *(times(values, factor) for values in (*losing, score, losses.observed)),
        *(ones, times(ones, weight), times(score, weight), times(score**2, weight)),
    )
    bins = _tenths(score)
    sums: dict[GroupKey, Floats] = {}
    calibration: dict[GroupKey, Floats] = {}
    for crossing in crossings:
        slots = crossing.codes * CALIBRATION_BINS + bins
        by_bin = sums_by(slots, crossing.size * CALIBRATION_BINS, *columns)
        by_bin = by_bin.reshape(crossing.size, CALIBRATION_BINS, len(LOSSES))
        for grouping, by_group in crossing.by_group(by_bin):
            keys = [GroupKey(grouping.attribute, group) for group in grouping.groups]
            sums |= zip(keys, by_group.sum(axis=1), strict=True)
            calibration |= zip(keys, by_group[:, :, CALIBRATED], strict=True)
    return LossSums(sums, calibration)


def sum_classes(
    scores: Floats,
    actual: np.ndarray[tuple[int], np.dtype[np.int64]],
    *,
    classes: tuple[str, ...],
    weight: Floats | None,
) -> LossSums:
    """The calibration of each class of a multiclass task; ``actual`` as in ``row_losses``."""
    labelled = (actual > -2).astype(np.float64)
    w = times(labelled, weight)
    found: dict[str, Floats] = {}
    for place, label in enumerate(classes):
        score = scores[:, place]
        columns = (labelled, w, times(w, weight), w * score, w * (actual == place))
        found[label] = sums_by(_tenths(score), CALIBRATION_BINS, *columns)
    return LossSums(of_class=found)


def _tenths(score: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.minimum((score * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
