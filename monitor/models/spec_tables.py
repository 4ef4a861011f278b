"""A spec as the tables of its file, ready to be written as TOML or JSON."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from monitor.models.spec import Drift, Outcome, Runner, Spec


def tables_of(spec: Spec) -> dict[str, Any]:
    """What a spec file would say, without what has no value."""
    columns, outcome, runner = spec.columns, spec.outcome, spec.runner
    single = ("id", "timestamp", "target", "prediction", "weight")
    tables: dict[str, Any] = {
        "name": spec.name,
        "task": str(spec.task),
        "owner": spec.owner or None,
        "cadence": str(spec.cadence),
        "columns": {
            **{key: getattr(columns, key) for key in single},
            "score": _written_score(columns.score),
            "features": list(columns.features) or None,
            "segments": list(columns.segments) or None,
        },
        "outcome": {
            "positive": outcome.positive,
            "favourable": _written_favourable(outcome),
            "threshold": outcome.threshold,
        },
        "reference": {"file": spec.reference_file},
        "labels": {"wait_days": spec.wait_days},
        "model": _written_runner(runner),
        "drift": _written_drift(spec.drift),
        "sensitive": {
            one.name: _known({"reference": one.reference, "bins": list(one.bins) or None})
            for one in spec.sensitive
        },
    }
    return _known(
        {key: _known(value) if isinstance(value, dict) else value for key, value in tables.items()}
    )


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _written_score(score: Mapping[str, str]) -> Any:
    if list(score) == [""]:
        return score[""]
    if score and all(re.fullmatch(r"\[\d+\]", key) for key in score):
        return list(score.values())
    return dict(score) or None


def _written_favourable(outcome: Outcome) -> Any:
    if outcome.favourable_range is None:
        return list(outcome.favourable) or None
    sides = zip(("min", "max"), outcome.favourable_range, strict=True)
    return {side: value for side, value in sides if math.isfinite(value)}


def _written_drift(drift: Drift) -> dict[str, Any]:
    if drift == Drift():
        return {}
    return {"profile": drift.profile, "columns": dict(drift.columns) or None}


def _written_runner(runner: Runner) -> dict[str, Any]:
    if runner == Runner():
        return {}
    return {
        "runner": runner.kind,
        "file": runner.file,
        "python": runner.python,
        "url": runner.url,
    }
