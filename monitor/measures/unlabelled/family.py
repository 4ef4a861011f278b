"""Everything tallies say without labels, and what labels then add to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.measures.groupings import EVERYBODY
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.tally import Tally
from monitor.measures.unlabelled import estimate, surprise
from monitor.measures.unlabelled.calibrations import Calibrations, calibrations
from monitor.terms import Task


def learn(reference: Outcomes, layout: Layout) -> Calibrations | None:
    """What the reference teaches about scores; None for a task that has none."""
    return calibrations(reference, layout) if layout.task is Task.BINARY else None


def measure(
    outcomes: Outcomes,
    learned: Calibrations | None,
    layout: Layout,
    *,
    realised: Sequence[Measurement],
    reference: Iterable[Measurement],
    earlier: Iterable[Tally],
) -> list[Measurement]:
    """Estimates, and the difference to what was ``realised`` of them; nothing without scores.

    ``realised`` and ``reference`` are what labels said of these outcomes and of the reference's.
    """
    if learned is None:
        return []
    found = estimate.measure(outcomes, learned, layout, earlier=earlier)
    whole = {m.metric: m for m in realised if (m.attribute, m.feature) == (EVERYBODY, "")}
    return [*estimate.beside(found, reference), *surprise.measure(outcomes, learned, whole)]
