"""Which columns explain that a gap between two groups moved.

The shares of both groups count: a column widens a gap where its values moved for one group and not,
or not so, for the other.  What a bin is worth is the mean of everybody in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.measures import row_values
from monitor.measures.asked import Asked
from monitor.measures.attribution import Cohort, contributions
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Floats, Mask, Rows
from monitor.measures.told import told
from monitor.measures.verdict import ROWS_JUDGED_FROM
from monitor.terms import UNKNOWN_GROUP, Task

Values = tuple[Floats, Floats]  # of the batch and of the reference


def measure_gaps(
    batch: Rows, reference: Rows, layout: Layout, errors: Sequence[Asked]
) -> list[Measurement]:
    """demographic_parity_, equal_opportunity_ and accuracy_contribution, for regression
    mean_absolute_error_contribution, of every group of a sensitive feature against its reference
    group; ``errors`` are those of batch and reference."""
    found: list[Measurement] = []
    for stem, values in _questions(batch, reference, layout, errors):
        now, then = (
            Asked(one.bins, one.codes, of, one.weight)
            for one, of in zip(errors, values, strict=True)
        )
        for attribute, base in layout.reference_groups.items():
            groups = batch.groups[attribute], reference.groups[attribute]
            pair = _Pair(now, then, *groups, attribute, base)
            found += [m for group in pair.others() for m in pair.explain(stem, group)]
    return found


def _questions(
    batch: Rows, reference: Rows, layout: Layout, errors: Sequence[Asked]
) -> Iterator[tuple[str, Values]]:
    """The stem of a disparity, and the values whose means it compares."""
    for stem, of in (
        ("demographic_parity", row_values.selections),
        ("equal_opportunity", row_values.opportunities),
    ):
        yield stem, (of(batch, layout), of(reference, layout))
    now, then = (one.values for one in errors)
    if layout.task is Task.REGRESSION:
        yield "mean_absolute_error", (now, then)
    else:
        yield "accuracy", (1 - now, 1 - then)


@dataclass(frozen=True, slots=True, eq=False)
class _Pair:
    """Batch and reference, the group of each row, and the group others are compared with."""

    now: Asked
    then: Asked
    groups_now: np.ndarray
    groups_then: np.ndarray
    attribute: str
    base: str

    def others(self) -> list[str]:
        """The groups that can be compared."""
        groups = sorted(set(self.groups_now) - {self.base, UNKNOWN_GROUP, None})
        return [g for g in groups if self._enough(g)] if self._enough(self.base) else []

    def _enough(self, group: str) -> bool:
        return all(mask.sum() >= ROWS_JUDGED_FROM for mask in self._masks(group))

    def _masks(self, group: str) -> tuple[Mask, Mask]:
        return (
            self.now.known & (self.groups_now == group),
            self.then.known & (self.groups_then == group),
        )

    def _cohorts(self, group: str, *, sign: int) -> list[Cohort]:
        now, then = self._masks(group)
        return [
            Cohort(sign, self.now.where(now).sums()),
            Cohort(-sign, self.then.where(then).sums()),
        ]

    def explain(self, stem: str, group: str) -> list[Measurement]:
        found = contributions(
            [*self._cohorts(group, sign=1), *self._cohorts(self.base, sign=-1)],
            reference=self.then.sums(),
            batch=self.now.sums(),
        )
        rows = sum(int(self._masks(one)[0].sum()) for one in (group, self.base))
        about = Measurement(
            f"{stem}_contribution",
            None,
            rows,
            attribute=self.attribute,
            group=group,
            denominator=rows,
        )
        return told([one for one in found if one.column != self.attribute], about)
