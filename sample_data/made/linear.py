"""The logistic models of credit and tickets: small, quick, and at ease with missing values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

DIGITS = 4


def fit_logistic(
    X: pd.DataFrame,
    y: pd.Series,
    *,
    skewed: Sequence[str],
    even: Sequence[str],
    named: Sequence[str],
) -> Pipeline:
    """A logistic regression; ``skewed`` numbers are taken by their logarithm.

    The imputer is the nearest-neighbour one because skops opens it without asking for trust.
    """
    logarithm = FunctionTransformer(np.log1p, feature_names_out="one-to-one")
    columns = ColumnTransformer(
        [
            ("skewed", make_pipeline(logarithm, StandardScaler()), list(skewed)),
            ("even", StandardScaler(), list(even)),
        ]
    )
    numbers = make_pipeline(columns, KNNImputer(n_neighbors=25))
    inputs = ColumnTransformer(
        [
            ("numbers", numbers, [*skewed, *even]),
            ("named", OneHotEncoder(handle_unknown="ignore"), list(named)),
        ]
    )
    model = make_pipeline(inputs, LogisticRegression(max_iter=500)).fit(X, y)
    _round(model[-1])
    return model


def _round(classifier: LogisticRegression) -> None:
    """Drop the digits that depend on the processor, so that every machine makes the same file."""
    classifier.coef_ = np.round(classifier.coef_, DIGITS)
    classifier.intercept_ = np.round(classifier.intercept_, DIGITS)
