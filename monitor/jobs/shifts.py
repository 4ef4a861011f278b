"""What other thresholds would have made of an incident's number, from stored tallies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from monitor.alerts.remedies import Shift
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.thresholds import at_threshold, number, share_positive
from monitor.store import deciding, results
from monitor.store.engine import Connection

STEPS: Final = (-0.2, -0.15, -0.1, -0.05, 0.05, 0.1, 0.15, 0.2)


def shifts_of(
    connection: Connection, m: Measurement, row: Any, version: int
) -> tuple[float, list[Shift]]:
    """The threshold there is, and what those beside it would have given; none where it is not
    known that a threshold decides, or the number is not one that it changes."""
    known = deciding.version(connection, row.model_id, version)
    if known is None or known.layout is None or row.batch_id is None:
        return 0.5, []
    layout = Layout.from_json(known.layout)
    stored = results.load_tallies(connection, known.id, row.batch_id)
    if "outcomes" not in stored or m.window:
        return layout.threshold, []
    outcomes = Outcomes.from_bytes(stored["outcomes"], layout)
    return layout.threshold, list(_shifts(outcomes, layout, m))


def _shifts(outcomes: Outcomes, layout: Layout, m: Measurement) -> Iterator[Shift]:
    for threshold in (round(layout.threshold + step, 6) for step in STEPS):
        moved = at_threshold(outcomes, layout, threshold) if 0 < threshold < 1 else None
        value = None if moved is None else number(moved, layout, m.key)
        if moved is not None and value is not None:
            before, then = (share_positive(one, layout) for one in (outcomes, moved))
            yield Shift(threshold, replace(m, value=value), before, then)
