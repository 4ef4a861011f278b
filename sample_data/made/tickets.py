"""Support tickets: a healthy model that must stay quiet for all 26 weeks."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from made.linear import fit_logistic
from made.story import Story

QUEUES = ("account", "billing", "priority", "technical")
QUEUE_SHARES = (0.17, 0.19, 0.46, 0.18)
LANGUAGES = ("en", "de", "fr")
LANGUAGE_SHARES = (0.44, 0.30, 0.26)
WELSH = (7, 10)  # so few tickets a batch are in Welsh, in any batch

# What tickets of each queue look like, in the order of QUEUES.
WORDS = (60, 75, 95, 150)
MONEY = (0.05, 0.75, 0.20, 0.08)
ERROR_CODE = (0.08, 0.04, 0.25, 0.80)
WAITING_HOURS = (10, 14, 42, 16)
ATTACHMENTS = (0.2, 0.6, 0.6, 1.6)
PLANS = {"basic": (0.62, 0.55, 0.08, 0.55), "plus": (0.30, 0.33, 0.27, 0.33)}
CHANNELS = {"chat": (0.5, 0.25, 0.2, 0.3), "e-mail": (0.35, 0.55, 0.3, 0.5)}
PRODUCTS = ("desktop", "mobile", "web")


def draw(rng: np.random.Generator, n: int, week: int) -> pd.DataFrame:
    """Tickets of one week; their language has no say in anything and no week differs."""
    del week
    queue = rng.choice(len(QUEUES), n, p=QUEUE_SHARES)
    language = rng.choice(LANGUAGES, n, p=LANGUAGE_SHARES).astype(object)
    language[: rng.integers(*WELSH)] = "cy"
    new_customer = rng.random(n) < 0.12
    earlier = np.round(rng.exponential(20, n), 0)
    return pd.DataFrame(
        {
            "words": _lognormal(rng, WORDS, queue, 0.5),
            "waiting_hours": _lognormal(rng, WAITING_HOURS, queue, 0.6),
            "attachments": rng.poisson(np.take(ATTACHMENTS, queue)).astype(np.int8),
            "days_since_last": np.where(new_customer, np.nan, earlier).astype(np.float32),
            "mentions_money": rng.random(n) < np.take(MONEY, queue),
            "error_code": rng.random(n) < np.take(ERROR_CODE, queue),
            "plan": _named(rng, PLANS, "premium", queue),
            "channel": _named(rng, CHANNELS, "phone", queue),
            "product": rng.choice(PRODUCTS, n, p=[0.35, 0.4, 0.25]),
            "language": rng.permutation(language),
            "queue": np.take(QUEUES, queue),
        }
    )


def _lognormal(
    rng: np.random.Generator, medians: tuple[int, ...], queue: np.ndarray, spread: float
) -> np.ndarray:
    """Whole numbers around the median of each ticket's queue."""
    drawn = np.take(medians, queue) * np.exp(spread * rng.standard_normal(len(queue)))
    return np.ceil(drawn).astype(np.int32)


def _named(
    rng: np.random.Generator, shares: dict[str, tuple[float, ...]], rest: str, queue: np.ndarray
) -> np.ndarray:
    """One name a ticket, by the shares of its queue; ``rest`` takes what is left."""
    bounds = np.cumsum([np.take(share, queue) for share in shares.values()], axis=0)
    return np.take([*shares, rest], (rng.random(len(queue)) > bounds).sum(axis=0))


def fit(X: pd.DataFrame, y: pd.Series) -> Pipeline:
    return fit_logistic(
        X,
        y,
        skewed=("words", "waiting_hours", "days_since_last"),
        even=("attachments",),
        named=("mentions_money", "error_code", "plan", "channel", "product"),
    )


def predict(model: Pipeline, X: pd.DataFrame) -> dict[str, np.ndarray]:
    scores = model.predict_proba(X).astype(np.float32)
    named = {f"p_{queue}": scores[:, k] for k, queue in enumerate(model.classes_)}
    return {"prediction": model.predict(X), **named}


STORY = Story(
    name="tickets",
    seed=21,
    target="queue",
    features=(
        "words",
        "waiting_hours",
        "attachments",
        "days_since_last",
        "mentions_money",
        "error_code",
        "plan",
        "channel",
        "product",
    ),
    model_file="model.skops",
    training_rows=4000,
    draw=draw,
    fit=fit,
    predict=predict,
)
