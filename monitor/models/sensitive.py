"""Groups of a sensitive feature: where a number is cut, and with whom the others are compared."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from monitor.errors import SpecError
from monitor.models.column import Floats, numbers
from monitor.models.kinds import Kind, kind_of
from monitor.models.labels import bin_names, cut, spelled
from monitor.models.spec import Sensitive, Spec
from monitor.terms import UNKNOWN_GROUP, counted

MOST_GROUPS = 100
MOST_TOLD = 12  # groups named in one sentence
UNCUT_NUMBERS = 12  # a number with at most this many different values is left as it is


@dataclass(frozen=True, slots=True)
class Grouping:
    """How a sensitive feature falls into groups: where a number is cut, and the rows in each group
    that has a name, largest first."""

    is_number: bool
    bins: tuple[float, ...]
    sizes: Mapping[str, int]

    @property
    def words(self) -> str:
        """The groups with their rows, lowest first where a number is cut, else largest first."""
        names = [name for name in bin_names(self.bins) if name in self.sizes] if self.bins else []
        told = [f"{name} ({counted(self.sizes[name], 'row')})" for name in names or self.sizes]
        more = f" and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
        return ", ".join(told[:MOST_TOLD]) + more


def cuts_said(asked: Spec, completed: Spec) -> Iterator[tuple[str, str]]:
    """Each numeric feature, and where it is cut and whether anybody said so."""
    given = {one.name for one in asked.sensitive if one.bins}
    for one in completed.sensitive:
        if one.bins:
            why = "" if one.name in given else ", near its median, since the spec gives no bins"
            yield one.name, f"{one.name} is cut at {', '.join(f'{b:.15g}' for b in one.bins)}{why}"


def grouping(values: pd.Series, bins: tuple[float, ...] = ()) -> Grouping:
    """The groups of a column; where no bins are given and it needs some they are proposed."""
    bins = bins or propose_bins(values)
    sizes = dict(Counter(cut(values, bins).tolist()).most_common())
    sizes.pop(UNKNOWN_GROUP, None)
    return Grouping(kind_of(values)[0] is Kind.NUMERIC, bins, sizes)


def with_groups(sensitive: Sensitive, values: pd.Series) -> Sensitive:
    """With bins where a numeric feature needs them, and the largest group as reference where none
    is named; SpecError where the groups cannot be compared."""
    found = grouping(values, sensitive.bins)
    reference = sensitive.reference or next(iter(found.sizes), None)
    reference = reference and spelled(reference, list(found.sizes))
    _check(sensitive.name, reference, found.sizes, found.bins)
    return replace(sensitive, bins=found.bins, reference=reference)


def propose_bins(values: pd.Series) -> tuple[float, ...]:
    """One cut near the median for a number with many values; none for anything else."""
    if kind_of(values)[0] is not Kind.NUMERIC:
        return ()
    known = numbers(values)
    known = known[np.isfinite(known)]
    return (_round_median(known),) if len(np.unique(known)) > UNCUT_NUMBERS else ()


def _round_median(known: Floats) -> float:
    """The median rounded to half a power of ten of the spread, if that still cuts the rows in
    two."""
    low, median, high = (float(q) for q in np.quantile(known, (0.25, 0.5, 0.75)))
    spread = (high - low) or float(known.max() - known.min())
    step = 10.0 ** math.floor(math.log10(spread)) / 2
    rounded = round(median / step) * step
    return rounded if known.min() < rounded <= known.max() else median


def _check(
    name: str, reference: str | None, sizes: Mapping[str, int], bins: tuple[float, ...]
) -> None:
    if reference is None:
        raise SpecError(
            f"The sensitive feature {name!r} has no value at all in the reference: "
            f"fill it in, or take it out of the spec."
        )
    if len(sizes) > MOST_GROUPS:
        raise SpecError(
            f"The sensitive feature {name!r} has {len(sizes):,} groups, and at most {MOST_GROUPS} "
            f"can be compared: give bins, or a column with fewer values."
        )
    if reference not in sizes and reference not in (bin_names(bins) if bins else ()):
        raise SpecError(
            f"The reference group {reference!r} of {name!r} is not in the reference: "
            f"there is {', '.join(map(repr, sorted(sizes)[:20]))}."
        )
