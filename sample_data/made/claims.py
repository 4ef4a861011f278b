"""Claim cost: electric cars and mileage creep up from week 12; week 20 loses its mileage."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from made.story import Story

DRIFT_WEEK = 12
BROKEN_WEEK = 20
BROKEN_SHARE = 0.6
REGIONS = ("east", "north", "south", "west")
REGION_SHARES = (0.24, 0.22, 0.26, 0.28)
FUELS = {"diesel": 1.05, "electric": 1.75, "hybrid": 1.1, "petrol": 1.0}
OTHER_FUELS = {"diesel": 0.34, "hybrid": 0.12, "petrol": 0.54}
ELECTRIC = 0.04
ELECTRIC_A_WEEK = 0.018
MILEAGE_A_WEEK = 0.022
CHANNELS = ("agent", "broker", "online")
NAMED = ("fuel", "channel")
NUMBERS = (
    "vehicle_age",
    "power_kw",
    "driver_age",
    "annual_mileage",
    "region_density",
    "bonus_class",
    "garage",
)


def draw(rng: np.random.Generator, n: int, week: int) -> pd.DataFrame:
    """Policies with a claim; what drifts does so alike in every region and for both sexes."""
    creep = max(0, week - DRIFT_WEEK + 1)
    fuel = _fuels(rng, n, ELECTRIC + ELECTRIC_A_WEEK * creep)
    vehicle_age = np.minimum(rng.exponential(6, n), 25).astype(np.int8)
    power = 85 * np.exp(0.3 * rng.standard_normal(n)) + 25 * (fuel == "electric")
    driver_age = np.clip(rng.normal(46, 15, n), 18, 88).astype(np.int16)
    mileage = 8_200 * np.exp(0.42 * rng.standard_normal(n) + MILEAGE_A_WEEK * creep)
    density = 320 * np.exp(0.9 * rng.standard_normal(n))
    bonus = rng.binomial(10, 0.6, n).astype(np.int8)
    garage = rng.random(n) < 0.55
    expected = (
        900
        * (mileage / 8_200) ** 0.7
        * (power / 85) ** 0.45
        * (density / 320) ** 0.08
        * np.exp(-0.02 * (vehicle_age - 6) - 0.05 * (bonus - 6) - 0.08 * garage)
        * np.where(driver_age < 25, 1.35, 1.0)
        * pd.Series(fuel).map(FUELS).to_numpy()
    )
    cost = expected * rng.gamma(25, 1 / 25, n)
    if week == BROKEN_WEEK:
        mileage = np.where(rng.random(n) < BROKEN_SHARE, np.nan, mileage)
    return pd.DataFrame(
        {
            "vehicle_age": vehicle_age,
            "power_kw": np.round(power).astype(np.int16),
            "fuel": fuel,
            "driver_age": driver_age,
            "annual_mileage": np.round(mileage, -2).astype(np.float32),
            "region_density": np.round(density, -1).astype(np.int32),
            "bonus_class": bonus,
            "garage": garage,
            "channel": rng.choice(CHANNELS, n, p=[0.35, 0.25, 0.4]),
            "region": rng.choice(REGIONS, n, p=REGION_SHARES),
            "sex": rng.choice(["female", "male"], n, p=[0.47, 0.53]),
            "cost": np.round(cost).astype(np.int32),
        }
    )


def _fuels(rng: np.random.Generator, n: int, electric: float) -> np.ndarray:
    """The fuel of each car; electric ones displace the others evenly."""
    other = rng.choice(list(OTHER_FUELS), n, p=list(OTHER_FUELS.values()))
    return np.where(rng.random(n) < electric, "electric", other)


def fit(X: pd.DataFrame, y: pd.Series) -> Pipeline:
    """Boosted trees, which take missing numbers as they are and unseen names as missing."""
    names = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    inputs = ColumnTransformer([("named", names, list(NAMED)), ("numbers", "passthrough", NUMBERS)])
    trees = HistGradientBoostingRegressor(
        max_iter=100, max_leaf_nodes=12, early_stopping=False, random_state=0
    )
    return make_pipeline(inputs, trees).fit(X, y)


def predict(model: Pipeline, X: pd.DataFrame) -> dict[str, np.ndarray]:
    return {"prediction": model.predict(X)}


STORY = Story(
    name="claims",
    seed=181,
    target="cost",
    features=(
        "vehicle_age",
        "power_kw",
        "fuel",
        "driver_age",
        "annual_mileage",
        "region_density",
        "bonus_class",
        "garage",
        "channel",
    ),
    model_file="model.joblib",
    training_rows=8000,
    draw=draw,
    fit=fit,
    predict=predict,
)
