"""Frames that look like those of real models."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from monitor.models.spec import Columns, Outcome, Runner, Sensitive, Spec
from monitor.terms import Task


@pytest.fixture
def loans() -> pd.DataFrame:
    """200 rows of a binary model, with every kind of column."""
    random = np.random.default_rng(5)
    n = 200
    score = random.uniform(0, 1, n)
    return pd.DataFrame(
        {
            "loan_id": [f"L{i:05d}" for i in range(n)],
            "applied_at": pd.date_range("2026-01-05", periods=n, freq="h").astype(str),
            "income": random.normal(50_000, 9_000, n).round(),
            "job": random.choice(["clerk", "cook", "coder"], n),
            "owns_home": random.integers(0, 2, n).astype(bool),
            "sex": random.choice(["female", "male", "male"], n),
            "age": random.integers(18, 80, n),
            "note": [f"called on day {i}" for i in range(n)],
            "score": score,
            "prediction": np.where(score >= 0.5, "good", "bad"),
            "target": np.where(random.uniform(0, 1, n) < score, "good", "bad"),
        }
    )


@pytest.fixture
def loan_spec() -> Spec:
    return Spec(
        name="loans",
        task=Task.BINARY,
        columns=Columns(
            id="loan_id",
            timestamp="applied_at",
            target="target",
            prediction="prediction",
            score={"": "score"},
        ),
        outcome=Outcome(positive="bad", favourable=("good",)),
        sensitive=(Sensitive("sex"), Sensitive("age")),
        runner=Runner(),
    )
