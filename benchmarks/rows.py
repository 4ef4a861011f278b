"""The rows and the model that every side is given; nothing of Fairwatch is imported here."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

SEED = 7
SENSITIVE = {"sex": ("female", "male"), "origin": ("north", "east", "south", "west", "abroad")}
TRAINING_ROWS = 20_000


def feature_names(columns: int) -> list[str]:
    """Three numbers for two texts, the sensitive features among the texts."""
    texts = max(2 * columns // 5, len(SENSITIVE)) - len(SENSITIVE)
    numbers = columns - texts - len(SENSITIVE)
    return [
        *(f"number_{i}" for i in range(numbers)),
        *(f"text_{i}" for i in range(texts)),
        *SENSITIVE,
    ]


def made(
    random: np.random.Generator, rows: int, features: list[str], *, shift: float
) -> pd.DataFrame:
    """A label that follows the first number, which ``shift`` moves, and a little the sex."""
    columns: dict[str, object] = {"id": np.arange(rows)}
    for place, name in enumerate(features):
        if name in SENSITIVE:
            columns[name] = random.choice(SENSITIVE[name], rows)
        elif name.startswith("text"):
            levels = [f"level {i}" for i in range(3 + 4 * (place % 5))]
            columns[name] = random.choice(levels, rows)
        else:
            columns[name] = _numbers(random, rows, place)
    frame = pd.DataFrame(columns)
    frame["number_0"] += shift
    signal = 0.8 * frame["number_0"] + 0.4 * (frame["sex"] == "male") - 0.5
    chance = 1 / (1 + np.exp(-signal.fillna(0.0)))
    return frame.assign(target=(random.random(rows) < chance).astype(np.int64))


def _numbers(random: np.random.Generator, rows: int, place: int) -> np.ndarray:
    drawn = (
        random.normal(0, 1, rows),
        random.lognormal(0, 1, rows),
        random.integers(0, 100, rows).astype(np.float64),
    )[place % 3]
    if place % 3 == 1:
        drawn[random.random(rows) < 0.02] = np.nan
    return drawn


def fitted(rows: pd.DataFrame, features: list[str]) -> Pipeline:
    texts = [name for name in features if not name.startswith("number")]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    prepared = make_column_transformer(
        (encoder, texts), remainder="passthrough", verbose_feature_names_out=False
    )
    model = make_pipeline(prepared, HistGradientBoostingClassifier(random_state=SEED))
    return model.fit(rows[features], rows["target"])


def scored(frame: pd.DataFrame, model: Pipeline) -> pd.DataFrame:
    """With the columns score, P(1), and prediction, 1 from one half."""
    score = model.predict_proba(frame[list(model.feature_names_in_)])[:, 1]
    return frame.assign(score=score, prediction=(score >= 0.5).astype(np.int64))
