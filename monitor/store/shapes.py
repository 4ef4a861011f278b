"""Shapes drawn from stored tallies: distributions, confusion, calibration, ROC."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import select

from monitor.errors import NotFound
from monitor.measures import curves
from monitor.measures.layout import Layout
from monitor.measures.tally import Outcomes, profile_from_bytes
from monitor.store import tables as t
from monitor.store.engine import Store
from monitor.store.frames import answering, layout_of, model_id
from monitor.store.results import REFERENCE, load_tallies


def distribution(store: Store, model: str, *, batch: str, feature: str) -> pd.DataFrame:
    """Shares per bin or category; columns label, low, high, reference, current.

    Empty where either has no such column, as labels that have not come.
    """
    layout, now, then = _parts(store, model, batch, "profiles")
    if now is not None and then is not None:
        current, reference = (profile_from_bytes(it, layout, feature) for it in (now, then))
        if current is not None and reference is not None:
            return curves.shares(reference, current)
    return pd.DataFrame(columns=["label", "low", "high", "reference", "current"])


def confusion(store: Store, model: str, *, batch: str) -> pd.DataFrame:
    """Columns actual, predicted, n; empty while no label has arrived."""
    outcomes = _outcomes(store, model, batch)
    if outcomes is None:
        return pd.DataFrame(columns=["actual", "predicted", "n"])
    cells = outcomes.cells.frame("")
    known = cells[cells["actual"] != ""]
    return known[["actual", "predicted", "n"]].reset_index(drop=True)


def calibration(store: Store, model: str, *, batch: str, label: str = "") -> pd.DataFrame:
    """Mean score against observed share, per bin; columns score, observed, low, high, n.

    Of one class against the rest, "" for the model as a whole.
    """
    outcomes = _outcomes(store, model, batch)
    columns = ["score", "observed", "low", "high", "n"]
    return (
        pd.DataFrame(columns=columns) if outcomes is None else curves.calibration(outcomes, label)
    )


def roc(store: Store, model: str, *, batch: str, label: str = "") -> pd.DataFrame:
    """Columns false_positive_rate, true_positive_rate, from (0, 0) to (1, 1); of a class or "" for
    a binary task's positive one.
    """
    outcomes = _outcomes(store, model, batch)
    columns = ["false_positive_rate", "true_positive_rate"]
    return pd.DataFrame(columns=columns) if outcomes is None else curves.roc(outcomes, label)


def _outcomes(store: Store, model: str, batch: str) -> Outcomes | None:
    layout, now, _ = _parts(store, model, batch, "outcomes")
    return None if now is None else Outcomes.from_bytes(now, layout)


def _parts(
    store: Store, model: str, batch: str, kind: str
) -> tuple[Layout, bytes | None, bytes | None]:
    with store.read() as connection:
        owner = model_id(connection, model)
        batch_id = connection.scalar(
            select(t.batches.c.id).where(t.batches.c.model_id == owner, t.batches.c.name == batch)
        )
        if batch_id is None:
            raise NotFound("batch", batch)
        version = answering(connection, model, batch_id)
        layout = layout_of(connection, version)
        if layout is None:
            raise NotFound("reference of the model", model)
        now = load_tallies(connection, version, batch_id).get(kind)
        then = load_tallies(connection, version, REFERENCE).get(kind)
    return layout, now, then
