"""Groups of two sensitive features at once: whom a gap on either alone may hide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from monitor.measures.layout import Layout
from monitor.measures.lookback import Estimates
from monitor.measures.measurement import Measurement
from monitor.measures.pairs import Pair


def reference_of(pair: Pair, layout: Layout) -> str | None:
    """The intersection of both reference groups; None where either feature has none."""
    groups = [layout.reference_groups.get(name) for name in (pair.first, pair.second)]
    first, second = groups
    return None if first is None or second is None else pair.group(first, second)


def shortfalls(gaps: Iterable[Measurement], now: Estimates) -> Iterator[Measurement]:
    """How many more of each intersection would have been chosen at the reference's rate.

    Size times gap: −(rows of the batch)·(selection rate − the reference's), so that small wide gaps
    and large narrow ones stand in one order.  Negative where more were chosen.
    """
    for gap in gaps:
        if gap.metric != "demographic_parity_difference" or not gap.group:
            continue
        rows = now[gap.attribute, gap.group, "selection_rate"].rows
        low, high = (None if x is None else -rows * x for x in (gap.high, gap.low))
        yield replace(
            gap,
            metric="selection_shortfall",
            value=None if gap.value is None else -rows * gap.value,
            low=low,
            high=high,
        )
