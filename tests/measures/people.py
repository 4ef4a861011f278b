"""Rows of people with two sensitive features and a segment column, for every task."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from monitor.measures import fairness
from monitor.measures.layout import Layout, build_layout
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Rows
from monitor.measures.tally import tally_outcomes
from monitor.models.labels import labels
from monitor.terms import Task

SENSITIVE, SEGMENTS = ("sex", "race"), ("department",)
PLANS: dict[Task, dict[str, Any]] = {
    Task.BINARY: {"classes": ("no", "yes"), "positive": "yes", "favourable": ("yes",)},
    Task.MULTICLASS: {"classes": ("gold", "none", "silver"), "favourable": ("gold", "silver")},
    Task.REGRESSION: {"favourable_range": (0.0, np.inf)},
}

Key = tuple[str, str, str, str]  # metric, attribute, group, feature


def people(n: int = 3000, *, task: Task = Task.BINARY, seed: int = 0) -> pd.DataFrame:
    """Columns sex, race, department, actual, predicted, weight; groups differ in all of them."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "sex": random.choice(["female", "male"], n),
            "race": random.choice(["black", "other", "white"], n, p=[0.3, 0.1, 0.6]),
            "department": random.choice(["A", "B", "C"], n, p=[0.5, 0.3, 0.2]),
            "weight": random.integers(1, 4, n).astype(float),
        }
    )
    lean = 0.1 * (frame["sex"] == "male") + 0.1 * (frame["race"] == "white")
    lean += 0.2 * (frame["department"] == "A")
    return frame.assign(**_outcomes(task, lean.to_numpy(), random))


def _outcomes(task: Task, lean: np.ndarray, random: np.random.Generator) -> dict[str, Any]:
    n = len(lean)
    if task is Task.REGRESSION:
        actual = random.normal(lean, 1.0)
        return {"actual": actual, "predicted": actual + random.normal(0, 0.3 + lean)}
    if task is Task.BINARY:
        actual = random.random(n) < 0.3 + lean
        predicted = np.where(random.random(n) < 0.2, ~actual, actual)
        return {
            name: np.where(v, "yes", "no")
            for name, v in zip(("actual", "predicted"), (actual, predicted), strict=True)
        }
    names = np.array(["gold", "none", "silver"])
    actual = np.where(random.random(n) < 0.2 + lean, 0, random.integers(1, 3, n))
    predicted = np.where(random.random(n) < 0.3, random.integers(0, 3, n), actual)
    return {"actual": names[actual], "predicted": names[predicted]}


def rows_of(frame: pd.DataFrame, *, weighted: bool = False) -> Rows:
    numeric = frame["predicted"].dtype.kind == "f"
    return Rows(
        columns={},
        groups={
            name: frame[name].to_numpy(dtype=object)
            for name in (*SENSITIVE, *SEGMENTS)
            if name in frame
        },
        predicted=frame["predicted"].to_numpy(dtype=float if numeric else object),
        actual=frame["actual"].to_numpy() if numeric else labels(frame["actual"]),
        scores=frame[["score"]].to_numpy() if "score" in frame else None,
        weight=frame["weight"].to_numpy() if weighted else None,
        n=len(frame),
    )


def layout_of(rows: Rows, task: Task = Task.BINARY, **more: Any) -> Layout:
    plan = {
        "task": task,
        "attributes": tuple(name for name in SENSITIVE if name in rows.groups),
        "segments": tuple(name for name in SEGMENTS if name in rows.groups),
        "reference_groups": {"sex": "male", "race": "white"},
    }
    return build_layout(rows, **(plan | PLANS[task] | more))


def measured(
    frame: pd.DataFrame, task: Task = Task.BINARY, *, weighted: bool = False, **more: Any
) -> dict[Key, Measurement]:
    """All of fairness, by metric, attribute, group and feature."""
    rows = rows_of(frame, weighted=weighted)
    layout = layout_of(rows, task, **more)
    found = fairness.measure(tally_outcomes(rows, layout), layout, None)
    keyed = {(m.metric, m.attribute, m.group, m.feature): m for m in found}
    assert len(keyed) == len(found)
    return keyed


def value(
    found: dict[Key, Measurement], metric: str, attribute: str, group: str = "", feature: str = ""
) -> float:
    number = found[metric, attribute, group, feature].value
    assert number is not None, found[metric, attribute, group, feature].reason
    return number
