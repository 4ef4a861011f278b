"""All measurements of one batch: what each family makes of the same tallies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monitor.measures import drift, fairness, performance, quality, regression
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.tally import Tally
from monitor.terms import Task


def measure(
    tally: Tally, *, layout: Layout, reference: Tally | None, facts: Mapping[str, Any]
) -> list[Measurement]:
    """``facts`` are those of the run: rows, seconds, duplicate ids, memory, artefact size."""
    outcomes, before = tally.outcomes, reference.outcomes if reference else None
    perform = regression if layout.task is Task.REGRESSION else performance
    measured = [
        *perform.measure(outcomes, layout, before),
        *fairness.measure(outcomes, layout, before),
        *quality.measure(
            tally.profiles,
            reference.profiles if reference else None,
            duplicate_ids=facts["duplicate_ids"],
            rows=facts["rows"],
        ),
        *service(facts),
    ]
    if reference is not None:
        measured += drift.measure(tally.profiles, outcomes, reference, layout)
    return measured


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
            reason="" if value is not None else "Nothing was run.",
        )
        for metric, value in readings.items()
    ]
