"""Model files that behave, and model files that do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from monitor.models.spec import Columns, Outcome, Runner, Sensitive, Spec
from monitor.settings import Settings
from monitor.terms import Task

FEATURES = ("income", "job", "age")


def loan_model(loans: pd.DataFrame, target: Any = None) -> Pipeline:
    prepared = make_column_transformer(
        (StandardScaler(), ["income", "age"]), (OneHotEncoder(handle_unknown="ignore"), ["job"])
    )
    model = make_pipeline(prepared, LogisticRegression())
    return model.fit(loans[list(FEATURES)], loans["target"] if target is None else target)


def number_model(loans: pd.DataFrame) -> LinearRegression:
    return LinearRegression().fit(loans[["income", "age"]], loans["score"])


def strange(body: str) -> Any:
    """A model whose ``predict`` has this body, self-contained in its pickle."""
    code = f"def predict(self, X):\n    {body}\n"
    return _Made(code)


class _Made:
    def __init__(self, code: str) -> None:
        self.code = code

    def __reduce__(self) -> Any:
        made = "type('Odd', (), dict(predict=n['predict']))()"
        return (eval, (f"(lambda n: (exec({self.code!r}, n), {made})[1])({{}})",))


class OnLoad:
    """A pickle that runs this expression when it is opened."""

    def __init__(self, expression: str) -> None:
        self.expression = expression

    def __reduce__(self) -> Any:
        return (eval, (self.expression,))


def saved(model: Any, folder: Path, name: str = "model.joblib") -> str:
    path = folder / name
    joblib.dump(model, path)
    return str(path)


def spec_of(
    path: str,
    *,
    task: Task = Task.BINARY,
    features: tuple[str, ...] = FEATURES,
    kind: str = "process",
    python: str | None = None,
    threshold: float = 0.5,
) -> Spec:
    is_binary = task is Task.BINARY
    return Spec(
        name="loans",
        task=task,
        columns=Columns(features=features),
        outcome=Outcome("bad", ("good",), threshold=threshold) if is_binary else Outcome(),
        sensitive=(Sensitive("sex", "male"),),
        classes=("bad", "good") if is_binary else (),
        runner=Runner(kind, path, python),
    )


def patience(**changes: Any) -> Settings:
    return Settings(**{"predict_seconds": 120, "predict_memory_mb": 4096, **changes})


def everyone(sha256: str) -> bool:
    return True


def nobody(sha256: str) -> bool:
    return False


def expected(model: Any, frame: pd.DataFrame) -> np.ndarray:
    return model.predict_proba(frame[list(FEATURES)])[:, 0]
