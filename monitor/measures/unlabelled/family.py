"""Everything tallies say without labels, and what labels then add to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.measures.groupings import EVERYBODY
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.tally import Tally
from monitor.measures.unlabelled import classes, estimate, surprise
from monitor.measures.unlabelled.calibrations import Calibrations, calibrations
from monitor.terms import Task

Learned = tuple[Calibrations, ...]  # of the positive class, or of each of several; () for numbers


def learn(reference: Outcomes, layout: Layout) -> Learned:
    """What the reference teaches about scores."""
    if layout.task is Task.BINARY:
        return (calibrations(reference, layout),)
    return classes.learn(reference, layout) if layout.task is Task.MULTICLASS else ()


def measure(
    outcomes: Outcomes,
    learned: Learned,
    layout: Layout,
    *,
    realised: Sequence[Measurement],
    reference: Iterable[Measurement],
    earlier: Iterable[Tally],
) -> list[Measurement]:
    """Estimates, and the difference to what was ``realised`` of them; nothing for numbers.

    ``realised`` and ``reference`` are what labels said of these outcomes and of the reference's.
    """
    whole = {m.metric: m for m in realised if (m.attribute, m.feature) == (EVERYBODY, "")}
    if layout.task is Task.BINARY:
        found = estimate.measure(outcomes, learned[0], layout, earlier=earlier)
        surprises = surprise.measure(outcomes, learned[0], whole)
    elif layout.task is Task.MULTICLASS:
        found = classes.measure(outcomes, learned, layout)
        surprises = classes.surprises(outcomes, learned, layout, whole)
    else:
        return []
    return [*estimate.beside(found, reference), *surprises]
