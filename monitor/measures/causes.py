"""Which columns explain that predictions became worse, and how much nothing explains."""

from __future__ import annotations

import numpy as np

from monitor.measures import row_values
from monitor.measures.asked import Asked
from monitor.measures.attribution import Cohort, contributions, known_bins
from monitor.measures.binning import bins_of, codes_of
from monitor.measures.gap_causes import measure_gaps
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Mask, Rows
from monitor.measures.told import told, valued
from monitor.measures.unexplained import unexplained
from monitor.measures.verdict import ROWS_JUDGED_FROM
from monitor.terms import Task


def measure(batch: Rows, reference: Rows, layout: Layout) -> list[Measurement]:
    """loss_change, loss_unexplained and loss_contribution (error_… for regression) of everybody,
    and the contributions to the gaps of every group.

    Before labels arrive contributions are told all the same: they need the batch's columns and the
    reference's labels.
    """
    bins = bins_of(reference, layout)
    asked = [
        Asked(
            bins,
            codes_of(rows, layout, bins),
            row_values.errors(rows, layout),
            row_values.weights(rows),
        )
        for rows in (batch, reference)
    ]
    stem = "error" if layout.task is Task.REGRESSION else "loss"
    return [*_performance(stem, *asked), *measure_gaps(batch, reference, layout, asked)]


def _performance(stem: str, now: Asked, then: Asked) -> list[Measurement]:
    then = then.where(then.known)
    if then.n < ROWS_JUDGED_FROM:
        reason = "The reference has too few rows with label and prediction to compare with."
        return [Measurement(f"{stem}_change", None, 0, reason=reason)]
    labelled = now.where(now.known)
    if labelled.n < ROWS_JUDGED_FROM:
        return [
            Measurement(f"{stem}_change", None, labelled.n, reason="Too few labels have arrived."),
            *_contributions(stem, now, then),
        ]
    return [*_change(stem, labelled, then), *_contributions(stem, labelled, then)]


def _contributions(stem: str, now: Asked, then: Asked) -> list[Measurement]:
    after, before = now.sums(), then.sums()
    found = contributions([Cohort(1, after), Cohort(-1, before)], reference=before, batch=after)
    return told(found, Measurement(f"{stem}_contribution", None, now.n, denominator=now.n))


def _change(stem: str, now: Asked, then: Asked) -> list[Measurement]:
    """How much was lost, and how much of it no column explains."""
    (mean, error), (before, before_error) = now.mean(), then.mean()
    strange = _strange(now, then)
    lost = Measurement(
        f"{stem}_change", None, now.n, method="normal", denominator=now.n, reference=before
    )
    left = Measurement(
        f"{stem}_unexplained",
        None,
        now.n,
        method="loss − that expected by trees grown on the reference; bootstrap",
        denominator=now.n,
        reason=_said(int(strange.sum()), now.n),
    )
    return [
        valued(lost, mean - before, error=float(np.hypot(error, before_error))),
        valued(left, *unexplained(now, then, strange=strange)),
    ]


def _strange(now: Asked, then: Asked) -> Mask:
    """Rows that lie, in any column, in a bin of which the reference knows too little."""
    sums, found = then.sums().columns, np.zeros(now.n, dtype=bool)
    for name, codes in now.codes.items():
        found |= ~known_bins(sums[name])[codes]
    return found


def _said(strange: int, rows: int) -> str:
    """A few rows beyond the reference are usual, and not worth a word."""
    if strange < rows / 100:
        return ""
    return f"{strange:,} rows lie where the reference has none: what they cost counts as explained."
