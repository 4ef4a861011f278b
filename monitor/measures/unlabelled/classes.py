"""How right a model of several classes is likely to be before any label has arrived.

Each class is taken against the rest: its own probability is calibrated, and its labels are drawn,
as if the other classes did not exist.  The chances of one row's classes need not add up to one, so
numbers are approximate; on average over rows of about the same probability they are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from monitor.measures.catalogue.estimated import AVERAGED, OF_CLASSES
from monitor.measures.groupings import EVERYBODY
from monitor.measures.layout import Layout
from monitor.measures.losses import GroupKey
from monitor.measures.measurement import Measurement
from monitor.measures.multiplicity import Question, corrected
from monitor.measures.outcomes import Outcomes
from monitor.measures.unlabelled import estimate, surprise
from monitor.measures.unlabelled.calibrations import (
    EVERYONE,
    OF_A_CLASS,
    Calibrations,
    calibrations,
)
from monitor.measures.unlabelled.foreseen import Foreseen, Read, foresee, measured, shown
from monitor.measures.unlabelled.grouped import by_prediction, everything, labelled

CLASS = "class"  # the attribute under which numbers of one class are kept
METHOD = "CBPE one-vs-rest, simulated labels"

Classes = Mapping[str, Foreseen]


def learn(reference: Outcomes, layout: Layout) -> tuple[Calibrations, ...]:
    """One calibration for each class that scores are given of."""
    places = range(len(layout.score_classes)) if reference.scores.bins else range(1)
    return tuple(
        calibrations(reference, layout, class_index=place, side_rows=OF_A_CLASS) for place in places
    )


def measure(
    outcomes: Outcomes, learned: Sequence[Calibrations], layout: Layout
) -> list[Measurement]:
    """Estimates of the whole model, and of each class against the rest."""
    reason = next((one.reason for one in learned if one.reason), "")
    classes, why = ({}, "") if reason else _foreseen(outcomes, learned, layout, everything)
    if not classes:
        return [estimate.nothing(outcomes, reason or estimate.NO_ROWS)]
    found = [
        *(shown(read, name, method=METHOD) for name, read in _whole(classes).items()),
        *(measured(one, metric) for one in classes.values() for metric in OF_CLASSES),
    ]
    return [estimate.doubted(m, why) for m in found] if why else found


def surprises(
    outcomes: Outcomes,
    learned: Sequence[Calibrations],
    layout: Layout,
    realised: Mapping[str, Measurement],
) -> list[Measurement]:
    """Realised minus estimated over the rows with a label; nothing without such rows."""
    if any(one.reason for one in learned):
        return []
    classes, why = _foreseen(outcomes, learned, layout, labelled)
    reads = _whole(classes) if classes else {}
    found = corrected(
        [
            Question(surprise.beyond(realised[name], read, method=METHOD), "realised", name)
            for name, read in reads.items()
            if name in realised
        ]
    )
    return [estimate.doubted(m, why) for m in found] if why else found


def _foreseen(
    outcomes: Outcomes,
    learned: Sequence[Calibrations],
    layout: Layout,
    among: Callable[[str], bool],
) -> tuple[dict[str, Foreseen], str]:
    """What is expected of each class, and why that is not reliable, "" where it is."""
    classes: dict[str, Foreseen] = {}
    reasons: list[str] = []
    for place, (label, one) in enumerate(zip(layout.score_classes, learned, strict=True)):
        counted = by_prediction(outcomes, among=among, class_index=place, attribute=EVERYBODY).get(
            EVERYONE
        )
        if counted is None or not counted.weight:
            return {}, ""
        group = GroupKey(CLASS, label)
        classes[label] = replace(foresee(group, counted, one), whose="one-vs-rest calibration")
        reasons.append(estimate.why_unreliable(counted, one))
    return classes, next((reason for reason in reasons if reason), "")


def _whole(classes: Classes) -> dict[str, Read]:
    """Accuracy, and what counts every class alike."""
    parts = list(classes.values())
    rows, weight = parts[0].rows, parts[0].weight
    right = np.asarray(sum(one.turned.matrix[:, 0, 0] for one in parts) / weight)
    found = {"accuracy": Read("", float(right[0]), right[1:], rows, rows)}
    for metric in AVERAGED:
        found[f"{metric}_macro"] = _mean([one.read(metric) for one in parts], rows)
    return {**found, "balanced_accuracy": found["recall_macro"]}


def _mean(reads: Sequence[Read], rows: int) -> Read:
    """Over the classes that have a value; one that is hardly expected says nothing."""
    there = [read for read in reads if not read.hidden] or list(reads)
    drawn = np.mean([read.drawn for read in there], axis=0)
    return Read("", float(np.mean([read.value for read in there])), drawn, rows, rows)
