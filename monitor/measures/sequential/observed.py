"""What one batch brings to a sequence: small sums, so that every later batch can be judged by them.

They are made of the batch's own rows alone and depend on no rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, Final, Self

from monitor.measures.catalogue import METRICS
from monitor.measures.drift import column_of
from monitor.measures.estimated import Estimate
from monitor.measures.group_rates import by_arrays, group_rates
from monitor.measures.groupings import EVERYBODY
from monitor.measures.interval import Z95
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.merging import merged_counts
from monitor.measures.packing import pack, unpack
from monitor.measures.regression_fairness import group_means
from monitor.measures.sequential.part import Part
from monitor.measures.sequential.shape import log_evidence
from monitor.measures.tally import Tally

Key = tuple[str, str, str]  # attribute, group, metric
SPREAD_KNOWN: Final = 2.0  # rows of which one can tell how much they vary


@dataclass(frozen=True, slots=True)
class Observed:
    """``columns`` holds ln e of each feature's spread beside the reference's; of the reference
    itself 0 for each that it knows."""

    rows: int
    parts: Mapping[Key, Part]
    columns: Mapping[str, float]

    def to_bytes(self) -> bytes:
        facts = {
            "rows": self.rows,
            "parts": [[*key, *part] for key, part in self.parts.items()],
            "columns": dict(self.columns),
        }
        return pack("sequence", facts, [])

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        facts: Any
        facts, _ = unpack("sequence", data)
        parts = {(a, g, m): Part(*numbers) for a, g, m, *numbers in facts["parts"]}
        return cls(facts["rows"], parts, facts["columns"])


def observe(
    tally: Tally, layout: Layout, found: Sequence[Measurement], *, reference: Tally | None
) -> Observed:
    """``found`` are the batch's measurements; ``reference`` is None for the reference itself."""
    whole = {("", "", m.metric): part for m in found if (part := _of_everybody(m)) is not None}
    columns = _columns(tally, layout, reference) if reference else _known(tally, layout)
    return Observed(
        rows=tally.outcomes.cells.rows,
        parts={**whole, **dict(_rates_and_means(tally, layout))},
        columns=dict(columns),
    )


def _of_everybody(m: Measurement) -> Part | None:
    """A number about the whole model's performance, its noise read off its interval."""
    definition = METRICS.get(m.metric)
    if definition is None or definition.family != "performance":
        return None
    if m.attribute or m.feature or m.value is None or m.low is None or m.high is None:
        return None
    return Part.of_mean(m.value, (m.high - m.low) / (2 * Z95), m.n)


def _rates_and_means(tally: Tally, layout: Layout) -> Iterator[tuple[Key, Part]]:
    """Rates and means of everybody and of the groups of sensitive features."""
    named = (EVERYBODY, *layout.attributes)
    found = group_rates(tally.outcomes.cells, layout, named, engine=by_arrays)
    for attribute in named:
        more = group_means(tally.outcomes.sums, attribute) if tally.outcomes.sums else []
        for estimate in (*found[attribute], *more):
            part = _part(estimate)
            if part is not None:
                yield (attribute, estimate.group, estimate.metric), part


def _part(estimate: Estimate) -> Part | None:
    n = estimate.effective
    if not n or estimate.reason:
        return None
    if estimate.is_mean:
        return _mean(estimate) if n >= SPREAD_KNOWN else None
    return Part.of_share(estimate.hits, estimate.effective)


def _mean(estimate: Estimate) -> Part:
    """With Bessel's correction: the errors of many small groups are added up."""
    n = estimate.effective
    return Part.of_mean(estimate.value, estimate.error * sqrt(n / (n - 1)), n)


def _known(tally: Tally, layout: Layout) -> Iterator[tuple[str, float]]:
    profiles = ((name, column_of(tally, name, layout)) for name in layout.features)
    yield from ((name, 0.0) for name, one in profiles if one is not None and one.known)


def _columns(tally: Tally, layout: Layout, reference: Tally) -> Iterator[tuple[str, float]]:
    for name in layout.features:
        now, before = (column_of(one, name, layout) for one in (tally, reference))
        if now is None or before is None or now.edges != before.edges or not now.known:
            continue
        excess = max(layout.norms.excess.get(name, 0.0), 0.0)
        found = log_evidence(*merged_counts(now, before), excess=excess)
        if found == found:
            yield name, found
