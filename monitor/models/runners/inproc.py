"""A model in this very process: for tests, and for skops and ONNX files that need no trust."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from monitor.errors import ModelError
from monitor.models.chunk import Chunk, Rows, as_frame
from monitor.models.features import model_frame
from monitor.models.promises import Contract
from monitor.models.runners import child
from monitor.models.runners.answers import (
    checked,
    checked_description,
    configuration,
    said_importances,
    subject,
)
from monitor.models.runners.process import pinned
from monitor.models.spec import Spec
from monitor.settings import Settings


@contextmanager
def open_inproc(
    spec: Spec,
    facts: Mapping[str, Any],
    *,
    settings: Settings,
    trusted: Callable[[str], bool],
    contract: Contract | None,
) -> Iterator[InprocRunner]:
    """The model, loaded here; no limit holds."""
    with tempfile.TemporaryDirectory(prefix="fairwatch-model-") as folder:
        path, kind = pinned(spec, facts, folder=Path(folder), trusted=trusted)
        config = configuration(spec, kind=kind, path=path, settings=settings)
        try:
            loaded = child.load(config)
        except Exception as error:
            raise ModelError(f"{subject(spec)} cannot be opened: {error}") from error
        told = child.describe(loaded)
        inputs, classes = checked_description(told, spec)
        yield InprocRunner(spec, loaded, contract, inputs, classes, *said_importances(told))


@dataclass(slots=True)
class InprocRunner:
    """The same code as in the child, without the child."""

    spec: Spec
    loaded: Any
    contract: Contract | None
    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    importances: Mapping[str, float]
    importances_by: str
    peak_bytes: int = 0

    def predict(self, frame: Rows) -> Rows:
        features = model_frame(as_frame(frame), self.spec, self.contract)
        try:
            predictions = pd.DataFrame(child.predict(self.loaded, features))
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            raise ModelError(f"{subject(self.spec)} failed to predict: {text}") from error
        predictions = checked(predictions, self.spec, rows=len(frame))
        if isinstance(frame, Chunk):
            return Chunk({str(name): found for name, found in predictions.items()}, len(frame))
        return predictions.set_index(frame.index)
