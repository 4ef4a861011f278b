"""Drift as Evidently itself computes and decides it, column by column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from monitor.errors import ReportError
from monitor.measures.catalogue.evidently import METHODS, SHARE_LIMIT, SHARE_NAME
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.reports.asking import ask
from monitor.reports.frames import frame_of, numeric
from monitor.terms import Verdict


def measure(
    batch: Rows,
    reference: Rows,
    layout: Layout,
    *,
    columns: Mapping[str, str],
    whole: bool,
    folder: Path,
    beat: Callable[[], object],
) -> list[Measurement]:
    """A measurement for each column that names a method; with ``whole`` for every column, by
    Evidently's own choice where none is named, and evidently_drift_share.

    Verdicts are Evidently's own: they know no intervals and no correction for many columns.
    """
    wanted = {name: columns.get(name) for name in layout.features if whole or name in columns}
    if not wanted:
        return []
    wishes = {
        name: {"kind": "num" if numeric(layout, name) else "cat", "method": method}
        for name, method in wanted.items()
    }
    current, before = (frame_of(rows, layout)[list(wanted)] for rows in (batch, reference))
    try:
        question = {"kind": "methods", "columns": wishes}
        told = ask(folder, question, current=current, reference=before, beat=beat)
    except ReportError as error:
        return _nothing(wanted, whole, str(error))
    found = [_measurement(name, one, wanted[name], told["version"]) for name, one in _said(told)]
    return [*found, _share(found, told["version"])] if whole else found


def _said(told: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(told["columns"].items())


def _measurement(name: str, one: Mapping[str, Any], asked: str | None, version: str) -> Measurement:
    if "error" in one:
        return _undefined(name, asked, f"Evidently could not compare it: {one['error']}.")
    method = METHODS[one["method"]]
    threshold = float(one["threshold"])
    return Measurement(
        method.metric,
        one["value"],
        one["rows"],
        feature=name,
        method=f"Evidently {version}, {method.title}, threshold {threshold:g}",
        limit_low=threshold if method.is_p else None,
        limit_high=None if method.is_p else threshold,
        verdict=Verdict.FAILING if one["drifted"] else Verdict.HEALTHY,
    )


def _undefined(name: str, asked: str | None, reason: str) -> Measurement:
    metric = METHODS[asked].metric if asked else SHARE_NAME
    return Measurement(
        metric, None, 0, feature=name, verdict=Verdict.NOT_ENOUGH_DATA, reason=reason
    )


def _share(found: list[Measurement], version: str) -> Measurement:
    """The data set's verdict: drift from half of the columns on."""
    known = [m for m in found if m.value is not None]
    drifted = sum(m.verdict is Verdict.FAILING for m in known)
    if not known:
        return _undefined("", None, "Evidently could compare no column.")
    share = drifted / len(known)
    return Measurement(
        SHARE_NAME,
        share,
        max(m.n for m in known),
        method=f"Evidently {version}, its default rules, {drifted} of {len(known)} columns",
        denominator=len(known),
        limit_high=SHARE_LIMIT,
        verdict=Verdict.FAILING if share >= SHARE_LIMIT else Verdict.HEALTHY,
    )


def _nothing(wanted: Mapping[str, str | None], whole: bool, reason: str) -> list[Measurement]:
    named = [_undefined(name, method, reason) for name, method in wanted.items() if method]
    return [*named, _undefined("", None, reason)] if whole else named
