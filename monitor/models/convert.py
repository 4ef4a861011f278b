"""The one conversion of a frame to rows, for reference and batches alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from monitor.measures.groupings import Coded
from monitor.measures.rows import Rows
from monitor.models.chunk import Frame, Values
from monitor.models.column import Floats, numbers, truths
from monitor.models.kinds import Kind
from monitor.models.labels import coded_groups, coded_labels, encoded, with_unknown
from monitor.models.predictions import coded_predictions, scores_of, stored_predictions
from monitor.models.promises import Column, Contract
from monitor.models.spec import Spec
from monitor.terms import Task


def to_rows(
    frame: pd.DataFrame,
    predictions: pd.DataFrame | None,
    *,
    spec: Spec,
    contract: Contract,
) -> Rows:
    """Typed columns, group texts, predictions, labels and weights of these rows.

    Without ``predictions`` they are taken from the frame.  A column that is not there counts as
    missing in every row, so that parts of a file always add up.
    """
    rows = coded_rows(frame, predictions, spec=spec, contract=contract)
    return replace(
        rows,
        columns={name: _array(one) for name, one in rows.columns.items()},
        groups={name: one.texts() for name, one in rows.groups.items()},
        predicted=_texts(rows.predicted),
        actual=_texts(rows.actual),
    )


def coded_rows(
    frame: Frame,
    predictions: Frame | None,
    *,
    spec: Spec,
    contract: Contract,
) -> Rows:
    """The same for counting alone: no row has a text of its own."""
    given = stored_predictions(frame, spec) if predictions is None else predictions
    scores = scores_of(given, spec)
    columns = _columns(frame, contract)
    return Rows(
        columns=columns,
        groups=_groups(frame, spec, contract, columns),
        predicted=coded_predictions(given, spec, scores),
        actual=_actual(frame, spec),
        scores=scores,
        weight=_weights(frame, spec),
        n=len(frame),
    )


def _texts(values: Any) -> Any:
    return values.texts() if isinstance(values, Coded) else values


def _array(values: Any) -> Any:
    return values.array() if isinstance(values, Coded) else values


def columns_of(frame: pd.DataFrame, contract: Contract) -> dict[str, Floats | pa.Array]:
    """Every monitored feature, typed as the contract says."""
    return {name: _array(one) for name, one in _columns(frame, contract).items()}


def _columns(frame: Frame, contract: Contract) -> dict[str, Floats | Coded]:
    return {
        name: _typed(contract.columns[name], _column(frame, name)) for name in contract.monitored
    }


def _actual(frame: Frame, spec: Spec) -> Coded | Floats | None:
    """The labels in these rows: text, or numbers with NaN where not known."""
    target = spec.columns.target
    if target is None:
        return None
    values = _column(frame, target)
    return numbers(values) if spec.task is Task.REGRESSION else coded_labels(values, spec.classes)


def _column(frame: Frame, name: str) -> Values:
    if name in frame.columns:
        return frame[name]
    return pd.Series(np.full(len(frame), np.nan))


def _typed(column: Column, values: Values) -> Floats | Coded:
    if column.kind is Kind.NUMERIC:
        return numbers(values)
    codes, names = encoded(values, column.names)
    if column.kind is Kind.BOOLEAN:
        codes, names = _as_truths(codes, names)
    return Coded(tuple(names), codes)


def _as_truths(codes: np.ndarray, names: list[str]) -> tuple[np.ndarray, list[str]]:
    place = {"false": 0, "true": 1, None: -1}
    return np.array([*(place[text] for text in truths(names)), -1])[codes], ["false", "true"]


def _groups(
    frame: Frame, spec: Spec, contract: Contract, columns: Mapping[str, Any]
) -> Mapping[str, Coded]:
    """Sensitive features first, then segments; spelled as in the reference."""
    bins = {one.name: one.bins for one in spec.sensitive}
    found = {}
    for name in (*bins, *spec.columns.segments):
        column, cuts = contract.columns.get(name), bins.get(name, ())
        if column and column.kind is Kind.CATEGORICAL and name in columns and not cuts:
            found[name] = with_unknown(columns[name])  # the texts that it has as a feature
        else:
            known = column.names if column else ()
            found[name] = coded_groups(_column(frame, name), cuts, known)
    return found


def _weights(frame: Frame, spec: Spec) -> Floats | None:
    """A missing, negative or infinite weight counts as 0."""
    if spec.columns.weight is None:
        return None
    known = numbers(_column(frame, spec.columns.weight))
    return np.where(np.isfinite(known) & (known >= 0), known, 0.0)
