"""How overdue each batch was when it came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from monitor.alerts.schedule import GRACE, overdue
from monitor.measures.history import Period
from monitor.terms import Cadence


def arrivals(history: Sequence[Period], cadence: Cadence) -> list[Period]:
    """The batches that were waited for, each with ``batch_overdue`` as it stood just before it was
    received.

    What came before its model was watched, all at once, was not waited for.
    """
    found, newest = [], None
    for period in sorted(history, key=lambda one: (one.received_at, one.ends_at)):
        if newest is not None and newest.received_at < period.ends_at:
            waited = overdue(cadence, newest.ends_at, period.received_at, GRACE[cadence])
            found.append(replace(period, measurements=(waited,)))
        if newest is None or period.ends_at > newest.ends_at:
            newest = period
    return sorted(found, key=lambda one: (one.starts_at, one.id))
