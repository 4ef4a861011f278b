"""How unlike a batch is to its reference, and what that does to a regression's errors."""

from __future__ import annotations

from monitor.measures import domain
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.unlabelled import errors
from monitor.terms import Task


def measure(batch: Rows, reference: Rows, layout: Layout) -> list[Measurement]:
    """domain_classifier_auc and, of a regression, errors estimated without labels.

    The rows are told apart once, for both.
    """
    told = domain.compare(batch, reference, layout)
    found = [domain.measured(told)]
    if layout.task is Task.REGRESSION:
        found += errors.measure(batch, reference, layout, told)
    return found
