"""Where predictions are worst, where they became worse, and where gaps between groups are widest.

Weights of rows are not used: a slice is counted in rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.measures import row_values
from monitor.measures.contrast import Cohort
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Floats, Mask, Rows
from monitor.measures.slice_search import apart
from monitor.measures.slices import Slice, worst_slices
from monitor.measures.slicing import Piece, members, pieces_of
from monitor.measures.wording import format_value
from monitor.terms import UNKNOWN_GROUP, Task


def measure(batch: Rows, reference: Rows, layout: Layout) -> list[Measurement]:
    """slice_loss_difference against the rest of the batch and slice_loss_change against the
    reference (slice_error_… for regression), and for each group slice_demographic_parity_ and
    slice_equal_opportunity_difference.

    At most five of each, and only confirmed ones; ``feature`` is the slice in words.
    """
    pieces = pieces_of(reference, layout)
    now = _Sliced(batch, layout, pieces, members(batch, layout, pieces))
    then = _Sliced(reference, layout, pieces, members(reference, layout, pieces))
    return [*_losses(now, then), *_gaps(now)]


Value = Callable[[Rows, Layout], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class _Sliced:
    """A sample, and in which pieces each row lies."""

    rows: Rows
    layout: Layout
    pieces: Sequence[Piece]
    member: Mask

    def cohort(self, value: Value, *, sign: int = 1, among: Mask | None = None) -> Cohort:
        values = value(self.rows, self.layout)
        mask = np.isfinite(values) if among is None else np.isfinite(values) & among
        return Cohort(sign, self.member[mask], values[mask])


def _losses(now: _Sliced, then: _Sliced) -> Iterator[Measurement]:
    stem = "error" if now.layout.task is Task.REGRESSION else "loss"
    batch, reference = now.cohort(row_values.errors), then.cohort(row_values.errors, sign=-1)
    for found in worst_slices([batch], now.pieces, worse=1):
        yield _measurement(
            f"slice_{stem}_difference",
            found,
            rows=found.rows[0],
            said=_means(now, found),
            reference=_before(then, found),
        )
    for found in worst_slices([batch, reference], now.pieces, worse=1):
        metric = f"slice_{stem}_change"
        said = f"Since the reference {_pair(metric, found.inside, found.elsewhere)}"
        yield _measurement(metric, found, rows=found.rows[0], said=said)


def _means(now: _Sliced, found: Slice) -> str:
    """What accuracy, or mean absolute error, is in the slice and elsewhere."""
    if now.layout.task is Task.REGRESSION:
        return f"Mean absolute error {_pair('mean_absolute_error', found.inside, found.elsewhere)}"
    return f"Accuracy {_pair('accuracy', 1 - found.inside, 1 - found.elsewhere)}"


def _pair(metric: str, inside: float, elsewhere: float) -> str:
    return f"{format_value(metric, inside)} inside, {format_value(metric, elsewhere)} elsewhere."


def _before(then: _Sliced, found: Slice) -> float | None:
    """The same difference on the reference; None where it has too few rows."""
    cohort = then.cohort(row_values.errors)
    places = tuple(then.pieces.index(piece) for piece in found.pieces)
    contrast = apart([cohort], places)
    return float(contrast.value) if np.isfinite(contrast.error) else None


def _gaps(now: _Sliced) -> Iterator[Measurement]:
    questions: list[tuple[str, Value]] = [("demographic_parity", row_values.selections)]
    if now.layout.task is not Task.REGRESSION:
        questions.append(("equal_opportunity", row_values.opportunities))
    for attribute, base in now.layout.reference_groups.items():
        groups = now.rows.groups[attribute]
        for group in sorted(set(groups) - {base, UNKNOWN_GROUP, None}):
            for stem, value in questions:
                cohorts = [
                    now.cohort(value, among=groups == group),
                    now.cohort(value, sign=-1, among=groups == base),
                ]
                yield from _widest(stem, cohorts, now.pieces, attribute, group)


def _widest(
    stem: str, cohorts: Sequence[Cohort], pieces: Sequence[Piece], attribute: str, group: str
) -> Iterator[Measurement]:
    others = np.array([k for k, piece in enumerate(pieces) if piece.column != attribute])
    kept = [pieces[k] for k in others]
    metric = f"slice_{stem}_difference"
    for found in worst_slices([one.only(others) for one in cohorts], kept, worse=0):
        yield _measurement(
            metric,
            found,
            rows=sum(found.rows),
            said=_pair(metric, found.inside, found.elsewhere),
            attribute=attribute,
            group=group,
            smallest=min(found.rows),
        )


def _measurement(
    metric: str,
    found: Slice,
    *,
    rows: int,
    said: str,
    attribute: str = "",
    group: str = "",
    smallest: int | None = None,
    reference: float | None = None,
) -> Measurement:
    low, high = found.interval.bounds
    return Measurement(
        metric,
        found.value,
        rows,
        low,
        high,
        feature=found.words,
        attribute=attribute,
        group=group,
        method=f"found in one half among {found.tried:,} slices, confirmed in the other; "
        f"Bonferroni over {found.candidates}",
        denominator=rows if smallest is None else smallest,
        p=found.p,
        family=found.candidates,
        reference=reference,
        reason=said,
    )
