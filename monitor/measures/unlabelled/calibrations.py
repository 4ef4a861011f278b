"""The calibrations a reference allows: everybody's, and each group's own where it has the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.measures.groupings import EVERYBODY
from monitor.measures.layout import Layout
from monitor.measures.losses import GroupKey
from monitor.measures.outcomes import Outcomes
from monitor.measures.unlabelled.calibration import Calibration, calibrate
from monitor.measures.unlabelled.grouped import Counted, by_label
from monitor.measures.wording import format_rows

ROWS = 200  # with fewer a curve of one's own is worse than everybody's
SIDE_ROWS = 30  # of the class, and of the rest
OF_A_CLASS = 1  # of one of several classes, whose own numbers are hidden where they are few

EVERYONE = GroupKey(EVERYBODY, EVERYBODY)
NO_SCORES = "The model gives no probabilities, so nothing can be estimated without labels."
NO_LABELS = "The reference has no labels, so there is nothing to calibrate scores with."
FEW_LABELS = (
    f"The reference has too few labels to calibrate scores with: {ROWS} rows are needed, "
    f"{SIDE_ROWS} of them with the rarer label; there are {{}} and {{}}."
)


@dataclass(frozen=True, slots=True, eq=False)
class Calibrations:
    """Those of one class by group; without any, ``reason`` says why nothing can be estimated."""

    of: Mapping[GroupKey, Calibration]
    reason: str = ""

    def best(self, group: GroupKey) -> Calibration:
        """The group's own; everybody's where it has none."""
        return self.of.get(group, self.of[EVERYONE])

    def whose(self, group: GroupKey) -> str:
        """The same in words.

        >>> Calibrations({}).whose(GroupKey("sex", "f"))
        "everybody's calibration"
        """
        return "own calibration" if group in self.of else "everybody's calibration"


def calibrations(
    reference: Outcomes, layout: Layout, *, class_index: int = 0, side_rows: float = SIDE_ROWS
) -> Calibrations:
    """Calibrations of every group whose labelled reference rows are enough."""
    if not layout.score_classes or not reference.scores.bins:
        return Calibrations({}, NO_SCORES)
    counted = by_label(reference, class_index=class_index)
    everyone = counted.get(EVERYONE)
    if everyone is None or not everyone.weight:
        return Calibrations({}, NO_LABELS)
    if not _enough(everyone, side_rows):
        said = (format_rows(round(everyone.rows)), format_rows(round(_rarer(everyone))))
        return Calibrations({}, FEW_LABELS.format(*said))
    return Calibrations(
        {
            group: calibrate(*one.dense(), rows=one.worth)
            for group, one in counted.items()
            if _enough(one, side_rows)
        }
    )


def _enough(counted: Counted, side_rows: float) -> bool:
    return counted.rows >= ROWS and _rarer(counted) >= side_rows


def _rarer(counted: Counted) -> float:
    if not counted.weight:
        return 0.0
    rarer = min(float(counted.yes.sum()), float(counted.no.sum()))
    return counted.rows * rarer / counted.weight
