"""All measurements of one batch: what each family makes of the same tallies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.measures import drift, fairness, performance, quality, regression
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.performance import beside
from monitor.measures.pooling import Earlier, Past, nothing_earlier
from monitor.measures.sequential.observed import Observed, observe
from monitor.measures.tally import Tally
from monitor.measures.unlabelled import family as unlabelled
from monitor.terms import Task


@dataclass(frozen=True, slots=True)
class Reference:
    """What batches are compared with: its tallies, and what was measured on them once."""

    tally: Tally
    measured: list[Measurement]
    learned: unlabelled.Learned
    observed: Observed


def measure_reference(tally: Tally, layout: Layout) -> Reference:
    """Measures the reference as a batch is measured, but for what takes draws."""
    alone = fairness.measure_alone(tally.outcomes, layout)
    found = [*_performance(tally.outcomes, layout), *alone]
    observed = observe(tally, layout, found, reference=None)
    return Reference(tally, found, unlabelled.learn(tally.outcomes, layout), observed)


def measure(
    tally: Tally,
    *,
    layout: Layout,
    reference: Reference | None,
    facts: Mapping[str, Any],
    earlier: Earlier = nothing_earlier,
) -> list[Measurement]:
    """``facts`` are those of the run: rows, seconds, duplicate ids, memory, artefact size.

    Where the batch alone has too few rows, ``earlier`` gives those to add to it.
    """
    past = Past(earlier)
    found = _performance(tally.outcomes, layout)
    found += fairness.measure(
        tally.outcomes,
        layout,
        None,
        earlier=lambda: (one.outcomes for one in past),
        expected=fairness.groups_of(reference.tally.outcomes, layout) if reference else None,
    )
    if reference is not None:
        found = beside(found, reference.measured)
        found += unlabelled.measure(
            tally.outcomes,
            reference.learned,
            layout,
            realised=found,
            reference=reference.measured,
            earlier=past.recent(),
        )
        found += drift.measure(
            tally.profiles,
            tally.outcomes,
            reference.tally,
            layout,
            earlier=lambda: iter(past),
        )
    found += quality.measure(
        tally.profiles,
        reference.tally.profiles if reference else None,
        duplicate_ids=facts["duplicate_ids"],
        rows=facts["rows"],
    )
    return found + service(facts)


def _performance(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    if layout.task is Task.REGRESSION:
        return regression.measure(outcomes, layout, None)
    return performance.measure(outcomes, layout, None)


def service(facts: Mapping[str, Any]) -> list[Measurement]:
    """What the run cost; clock readings of one run, so without an interval."""
    rows, seconds = facts["rows"], facts["predict_seconds"]
    readings = {
        "rows_per_second": rows / seconds if seconds else None,
        "seconds_per_thousand_rows": 1000 * seconds / rows if rows else None,
        "peak_memory_mb": facts["peak_memory_mb"],
        "artefact_mb": facts["artefact_mb"],
    }
    return [
        Measurement(
            metric,
            value,
            rows,
            method="read once",
            reason="" if value is not None else "There is nothing to read it from.",
        )
        for metric, value in readings.items()
    ]
