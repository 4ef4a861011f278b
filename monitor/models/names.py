"""What a column's name gives away: its role, or that it is sensitive."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

ROLE_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "row id", "record id", "uuid", "guid", "key", "identifier"),
    "timestamp": (
        *("timestamp", "date", "time", "datetime", "created at", "scored at", "event time"),
        *("event date", "ts"),
    ),
    "target": (
        *("target", "label", "y", "y true", "outcome", "actual", "ground truth", "truth"),
        *("label value", "true label", "actual label"),
    ),
    "prediction": (
        *("prediction", "pred", "y pred", "predicted", "y hat", "yhat", "predicted label"),
        *("predicted class", "predicted value", "decision"),
    ),
    "score": (
        *("score", "proba", "prob", "probability", "y pred proba", "y score", "y proba"),
        *("pred proba", "predicted probability", "prediction proba", "prediction score"),
    ),
    "weight": ("weight", "sample weight", "row weight"),
}
SENSITIVE_WORDS = frozenset(
    {
        *("sex", "gender", "race", "ethnicity", "ethnic", "age", "marital", "religion"),
        *("disability", "disabled", "nationality", "citizenship"),
    }
)
POSTAL_WORDS = frozenset({"postcode", "zip", "zipcode", "postal"})
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SPLIT = re.compile(r"[^a-z0-9]+")


def words(name: str) -> tuple[str, ...]:
    """The words of a column's name.

    >>> words("dateOfBirth"), words("Y_true ")
    (('date', 'of', 'birth'), ('y', 'true'))
    """
    return tuple(part for part in _SPLIT.split(_CAMEL.sub(" ", name).lower()) if part)


def role_named(name: str) -> str | None:
    """The role this name is usual for."""
    plain = " ".join(words(name))
    return next((role for role, names in ROLE_NAMES.items() if plain in names), None)


def class_scored(name: str) -> str | None:
    """The class in the name of a column such as ``score_billing`` or ``proba:billing``.

    >>> class_scored("proba_billing"), class_scored("scored")
    ('billing', None)
    """
    found = re.fullmatch(r"(?:y_)?(?:pred_)?(?:score|proba|prob|probability)[_:. ]+(.+)", name)
    return found.group(1).strip() if found else None


def is_sensitive_name(name: str) -> bool:
    """Whether a word of the name stands for a trait that groups of people must be compared by.

    >>> is_sensitive_name("age_cat"), is_sensitive_name("mileage")
    (True, False)
    """
    return bool((SENSITIVE_WORDS | POSTAL_WORDS) & set(words(name)))


def is_postal(name: str) -> bool:
    """Whether the name is that of a post code, which is no quantity even where it is a number."""
    return bool(POSTAL_WORDS & set(words(name)))


def looks_like_id(name: str, values: pd.Series) -> bool:
    """Whether the name says identifier and every value is another whole number or text."""
    parts = words(name)
    named = role_named(name) == "id" or (parts and parts[-1] in ("id", "uuid", "guid", "number"))
    if not named or not values.is_unique:
        return False
    kind = values.dtype.kind if isinstance(values.dtype, np.dtype) else "O"
    return kind != "f" or bool((values.dropna() % 1 == 0).all())
