"""What has been measured of a model, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.measures.measurement import Measurement


@dataclass(frozen=True, slots=True)
class Period:
    """A scored batch: ``rows`` and, of them, those ``labelled`` by now; when it was received; the
    ``version`` that answers for it; the model's label wait in days; and some or all of its
    measurements, as they were judged."""

    id: int
    name: str
    starts_at: datetime
    ends_at: datetime
    received_at: datetime
    rows: int
    labelled: int
    version: int
    wait_days: int = 0
    measurements: tuple[Measurement, ...] = ()
