"""What is followed for a model, and how its one budget of false alarms is shared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor.measures.catalogue import METRICS, Better
from monitor.measures.catalogue.sequence import FOLLOWED
from monitor.measures.disparity import DISPARITIES
from monitor.measures.layout import Layout
from monitor.measures.rows import Floats
from monitor.measures.sequential.gap import Gap, stream_of, surprises
from monitor.measures.sequential.observed import Key, Observed
from monitor.measures.sequential.stream import Stream
from monitor.terms import UNKNOWN_GROUP

SHARES: Final = {"performance": 0.5, "fairness": 0.25, "drift": 0.25}
PARTS: Final = {d.metric: d.parts[0] for d in DISPARITIES if d.metric in FOLLOWED}


@dataclass(frozen=True, slots=True)
class Watch:
    """A metric whose change by ``limit`` (> 0, in its own unit) matters; ``attribute`` is a
    sensitive feature whose groups are compared, "" for everybody."""

    metric: str
    limit: float
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Streams of performance by metric, gaps, and columns with what each counts for.

    ``shares`` are those of the budget, by family; they add up to 1 over what is followed.
    """

    performance: dict[Key, Stream]
    gaps: tuple[Gap, ...]
    columns: dict[str, float]

    @property
    def judged(self) -> list[Gap]:
        """The gaps whose change can be judged: those that the reference knows."""
        return [gap for gap in self.gaps if gap.stream is not None]

    @property
    def streams(self) -> list[Stream]:
        """Those of performance, then those of gaps."""
        return [*self.performance.values(), *(gap.stream for gap in self.gaps if gap.stream)]

    @property
    def weights(self) -> tuple[Floats, Floats]:
        """Of each stream and of each column; together they add up to 1."""
        shares, many, gaps = self.shares, len(self.performance), len(self.judged)
        of_streams = [
            *[shares.get("performance", 0.0) / max(many, 1)] * many,
            *[shares.get("fairness", 0.0) / max(gaps, 1)] * gaps,
        ]
        columns = np.array(list(self.columns.values()), dtype=np.float64)
        return np.array(of_streams), columns * shares.get("drift", 0.0)

    @property
    def shares(self) -> dict[str, float]:
        followed = {
            "performance": bool(self.performance),
            "fairness": bool(self.judged),
            "drift": bool(self.columns),
        }
        total = sum(SHARES[name] for name, there in followed.items() if there)
        return {name: SHARES[name] / total for name, there in followed.items() if there}


def plan(
    watches: Iterable[Watch], layout: Layout, reference: Observed, batches: Sequence[Observed]
) -> Plan:
    """What of the watches can be followed, given what the reference and the batches hold."""
    every = [reference, *batches]
    named = list(watches)
    return Plan(
        performance=dict(_performance(named, reference)),
        gaps=tuple(gap for watch in named for gap in _gaps(watch, layout, reference, every)),
        columns=_columns(layout, reference),
    )


def _performance(watches: Iterable[Watch], reference: Observed) -> Iterator[tuple[Key, Stream]]:
    for watch in watches:
        key = ("", "", watch.metric)
        part = reference.parts.get(key)
        told = part.seen() if part else None
        if watch.attribute or part is None or told is None:
            continue
        better = METRICS[watch.metric].better
        up, down = better is not Better.HIGHER, better is not Better.LOWER
        yield key, Stream(part.kind, told, watch.limit, up=up, down=down)


def _gaps(
    watch: Watch, layout: Layout, reference: Observed, every: Sequence[Observed]
) -> Iterator[Gap]:
    base, part = layout.reference_groups.get(watch.attribute), PARTS.get(watch.metric)
    if base is None or part is None:
        return
    keys = {key for one in every for key in one.parts if key[0] == watch.attribute}
    groups = sorted({group for _, group, metric in keys if metric == part} - {base, UNKNOWN_GROUP})
    for group in groups:
        own, beside = (watch.attribute, group, part), (watch.attribute, base, part)
        parts = reference.parts
        stream = stream_of(parts.get(own), parts.get(beside), limit=watch.limit)
        yield Gap(watch.metric, own, beside, stream, cusum=surprises(stream))


def _columns(layout: Layout, reference: Observed) -> dict[str, float]:
    """Those the reference knows by importance; alike where that is not known.  They add up to 1."""
    there = [name for name in layout.features if name in reference.columns]
    weights = layout.norms.weights
    known = {name: weights.get(name, 0.0) if weights else 1.0 for name in there}
    total = sum(known.values())
    return {name: weight / total for name, weight in known.items() if weight > 0} if total else {}
