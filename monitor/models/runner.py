"""Running a version: features in, a predictions frame out, whatever stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
import pandas as pd

from monitor.errors import ModelError
from monitor.models.chunk import Rows
from monitor.models.column import numbers
from monitor.models.labels import labels
from monitor.models.predictions import stored_predictions
from monitor.models.promises import Contract
from monitor.models.runners.answers import subject
from monitor.models.runners.columns import ColumnsRunner
from monitor.models.runners.inproc import open_inproc
from monitor.models.runners.process import open_process
from monitor.models.spec import Spec
from monitor.settings import Settings
from monitor.terms import Task


class Runner(Protocol):
    """Something that predicts; ``inputs`` and ``classes`` are the feature names and classes the
    model itself knows, and ``peak_bytes`` the most memory it has used (0 where there is nothing to
    measure).  ``importances`` are what it says of its inputs under the name ``importances_by``
    (``feature_importances_`` or ``coef_``, whose sizes are added over classes), empty where it says
    nothing."""

    inputs: tuple[str, ...]
    classes: tuple[str, ...]
    importances: Mapping[str, float]
    importances_by: str
    peak_bytes: int

    def predict(self, frame: Rows) -> Rows:
        """What is said of these rows, as they are given: columns prediction, and score or
        score:<class>."""


@contextmanager
def open_runner(
    spec: Spec,
    facts: Mapping[str, Any],
    *,
    settings: Settings,
    trusted: Callable[[str], bool],
    contract: Contract | None = None,
) -> Iterator[Runner]:
    """The runner of a version, started once and closed at the end.

    ``facts`` are those of ``files.artefact_facts`` at registration; ``trusted`` says whether an
    administrator trusted a sha256.  With the ``contract`` every batch is given to the model in the
    dtypes of the reference.
    """
    if spec.runner.kind == "columns":
        yield ColumnsRunner(spec)
        return
    opened = open_process if spec.runner.kind == "process" else open_inproc
    with opened(spec, facts, settings=settings, trusted=trusted, contract=contract) as runner:
        yield runner


@dataclass(frozen=True, slots=True)
class Repeated:
    """How the reference's stored predictions compare with those made now: ``columns`` compared,
    rows, and the largest difference of a score or number."""

    columns: tuple[str, ...]
    rows: int
    largest: float


def verify_reference(runner: Runner, frame: pd.DataFrame, *, spec: Spec) -> Repeated:
    """Scores the reference again; ModelError where that does not repeat what it has stored.

    What is stored may be rounded.  Nothing stored means nothing compared.
    """
    stored = stored_predictions(frame, spec)
    if spec.runner.kind == "columns" or stored.empty:
        return Repeated((), len(frame), 0.0)
    made, largest = runner.predict(frame), 0.0
    for name in stored.columns.intersection(made.columns):
        is_class = name == "prediction" and spec.task is not Task.REGRESSION
        compare = partial(_unequal, classes=spec.classes) if is_class else _distances
        gaps = compare(stored[name], made[name])
        largest = max(largest, float(gaps.max(initial=0.0)) if not is_class else 0.0)
        allowed = 0.0 if is_class else _rounding(numbers(stored[name]))
        if wrong := int((gaps > allowed).sum()):
            by = "" if is_class else f", by up to {gaps.max():.3g}"
            raise ModelError(
                f"{subject(spec)} does not repeat the {name} stored in the "
                f"reference: {wrong:,} of {len(frame):,} rows differ{by}; check that features, "
                f"their types and the model file belong together."
            )
    return Repeated(tuple(stored.columns.intersection(made.columns)), len(frame), largest)


def _unequal(stored: pd.Series, made: pd.Series, classes: tuple[str, ...]) -> np.ndarray:
    found, now = labels(stored, classes), labels(made, classes)
    return np.where(found == None, 0.0, (found != now).astype(float))  # noqa: E711


def _distances(stored: pd.Series, made: pd.Series) -> np.ndarray:
    return np.nan_to_num(np.abs(numbers(stored) - numbers(made)))


def _rounding(stored: np.ndarray) -> float:
    """Half a unit of the last decimal that the stored numbers have, up to the sixth."""
    known = stored[np.isfinite(stored)]
    size = max(1.0, float(np.abs(known).max(initial=0.0)))
    for decimals in range(2, 6):
        if np.allclose(known, np.round(known, decimals), rtol=0, atol=1e-9):
            return 0.5 * 10.0**-decimals + 1e-6 * size
    return 1e-5 * size
