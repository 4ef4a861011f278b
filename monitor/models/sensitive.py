"""Groups of a sensitive feature: where a number is cut, and with whom the others are compared."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd

from monitor.errors import SpecError
from monitor.models.column import Floats, numbers
from monitor.models.kinds import Kind, kind_of
from monitor.models.labels import bin_names, cut, spelled
from monitor.models.spec import Sensitive
from monitor.terms import UNKNOWN_GROUP

MOST_GROUPS = 100
UNCUT_NUMBERS = 12  # a number with at most this many different values is left as it is


def with_groups(sensitive: Sensitive, values: pd.Series) -> Sensitive:
    """With bins where a numeric feature needs them, and the largest group as reference where none
    is named; SpecError where the groups cannot be compared."""
    bins = sensitive.bins or propose_bins(values)
    sizes = group_sizes(values, bins)
    reference = sensitive.reference or max(sizes, key=lambda group: sizes[group], default=None)
    reference = reference and spelled(reference, list(sizes))
    _check(sensitive.name, reference, sizes, bins)
    return replace(sensitive, bins=bins, reference=reference)


def group_sizes(values: pd.Series, bins: tuple[float, ...]) -> Counter[str]:
    """Rows in each group that has a name."""
    sizes = Counter(cut(values, bins).tolist())
    sizes.pop(UNKNOWN_GROUP, None)
    return sizes


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


def _check(name: str, reference: str | None, sizes: Counter[str], bins: tuple[float, ...]) -> None:
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
