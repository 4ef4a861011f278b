"""Consumer credit: a fairness gap opens in week 16 while accuracy and AUC stay healthy."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from made.linear import fit_logistic
from made.story import Story

GAP_WEEK = 16
LABELLED = 20
BANDS = np.array([[18, 25], [25, 40], [40, 60], [60, 80]])
BAND_SHARES = (0.21, 0.30, 0.28, 0.21)
PURPOSES = {"car": 0.0, "education": -0.15, "furniture": 0.1, "home repair": -0.25, "other": 0.2}
HOMES = {"mortgage": -0.3, "own": -0.5, "rent": 0.3}
# The share of a person's income that is benefits or maintenance: who has any, and how much at most.
WITH_BENEFITS = {"female": 0.95, "male": 0.05}
BENEFITS = (0.14, 0.30)


def draw(rng: np.random.Generator, n: int, week: int) -> pd.DataFrame:
    """Applicants of one week; from ``GAP_WEEK`` on benefits no longer count as income."""
    sex = rng.choice(["female", "male"], n, p=[0.49, 0.51])
    age = rng.integers(*BANDS[rng.choice(len(BANDS), n, p=BAND_SHARES)].T)
    income = 31_000 * np.exp(0.45 * rng.standard_normal(n))
    loan = 8_000 * np.exp(0.5 * rng.standard_normal(n))
    debt = 5_200 * np.exp(0.5 * rng.standard_normal(n))
    employed = np.minimum(rng.exponential(6.0, n), age - 16)
    defaults = rng.poisson(0.35, n)
    purpose = rng.choice(list(PURPOSES), n, p=[0.3, 0.12, 0.22, 0.2, 0.16])
    home = rng.choice(list(HOMES), n, p=[0.3, 0.22, 0.48])
    risk = (
        -0.70
        - 3.6 * np.log(income / 31_000)
        + 0.7 * np.log(loan / 8_000)
        + 0.5 * np.log(debt / 5_200)
        + 0.8 * defaults
        - 0.03 * (employed - 5)
        + pd.Series(purpose).map(PURPOSES).to_numpy()
        + pd.Series(home).map(HOMES).to_numpy()
    )
    default = rng.random(n) < 1 / (1 + np.exp(-risk))
    counted = income * (1 - _benefits(rng, sex)) if week >= GAP_WEEK else income
    unknown = rng.random(n) < 0.03
    return pd.DataFrame(
        {
            "income": np.round(counted, -2).astype(np.int32),
            "loan_amount": np.round(loan, -2).astype(np.int32),
            "debt_ratio": np.round(debt / counted, 3).astype(np.float32),
            "employment_years": np.where(unknown, np.nan, np.round(employed, 1)).astype(np.float32),
            "previous_defaults": defaults.astype(np.int8),
            "purpose": purpose,
            "home_ownership": home,
            "sex": sex,
            "age": age.astype(np.int16),
            "default": default.astype(np.int8),
        }
    )


def _benefits(rng: np.random.Generator, sex: np.ndarray) -> np.ndarray:
    """Per person the share of income that is benefits; 0 for most men."""
    some = rng.random(len(sex)) < pd.Series(sex).map(WITH_BENEFITS).to_numpy()
    return np.where(some, rng.uniform(*BENEFITS, len(sex)), 0.0)


def fit(X: pd.DataFrame, y: pd.Series) -> Pipeline:
    return fit_logistic(
        X,
        y,
        skewed=("income", "loan_amount", "debt_ratio"),
        even=("employment_years", "previous_defaults"),
        named=("purpose", "home_ownership"),
    )


def predict(model: Pipeline, X: pd.DataFrame) -> dict[str, np.ndarray]:
    return {
        "prediction": model.predict(X).astype(np.int8),
        "score": model.predict_proba(X)[:, 1].astype(np.float32),
    }


STORY = Story(
    name="credit",
    seed=259,
    target="default",
    features=(
        "income",
        "loan_amount",
        "debt_ratio",
        "employment_years",
        "previous_defaults",
        "purpose",
        "home_ownership",
    ),
    model_file="model.skops",
    training_rows=4000,
    draw=draw,
    fit=fit,
    predict=predict,
    labelled=LABELLED,
    one_more_week=True,
)
