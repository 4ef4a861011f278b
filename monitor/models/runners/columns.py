"""Predictions that are already in the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.models.chunk import Rows
from monitor.models.predictions import stored_predictions
from monitor.models.spec import Spec


@dataclass(slots=True)
class ColumnsRunner:
    """Renames columns; nothing is run."""

    spec: Spec
    inputs: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    importances: Mapping[str, float] = field(default_factory=dict)
    importances_by: str = ""
    peak_bytes: int = 0

    def predict(self, frame: Rows) -> Rows:
        return stored_predictions(frame, self.spec)
