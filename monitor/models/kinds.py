"""What kind of column a column is, or why it is not monitored."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from monitor.models.column import TRUTHS, instants, is_instant, numbers

MOST = 0.95  # this share of the values decides what a column of texts is
FEW_LEVELS = 20  # numbers written as text are categories up to here
FREE_TEXT_LEVELS = 50  # below this a text column is categorical however few rows there are
ALL_MISSING = "every value is missing"
_DATE = re.compile(r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?")
_CODE = re.compile(r"\s*0\d")  # 00123 is a code: as a number it would lose its zeros


class Kind(StrEnum):
    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    OTHER = "other"


def kind_of(values: pd.Series) -> tuple[Kind, str]:
    """The kind, and for OTHER the reason in words.

    >>> kind_of(pd.Series([1.5, None])), kind_of(pd.Series(["a", "b"]))
    ((<Kind.NUMERIC: 'numeric'>, ''), (<Kind.CATEGORICAL: 'categorical'>, ''))
    """
    dtype = values.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "iub":
        return (Kind.BOOLEAN if dtype.kind == "b" else Kind.NUMERIC), ""
    if isinstance(dtype, pd.StringDtype):
        return _kind_of_objects(values)
    if not len(values) or values.isna().all():
        return Kind.OTHER, ALL_MISSING
    if types.is_timedelta64_dtype(values) or types.is_complex_dtype(values):
        return Kind.OTHER, f"its values are of type {dtype}: give them as plain numbers"
    if types.is_bool_dtype(values):
        return Kind.BOOLEAN, ""
    if types.is_numeric_dtype(values):
        return Kind.NUMERIC, ""
    if is_instant(values):
        return Kind.TIMESTAMP, ""
    if isinstance(dtype, pd.CategoricalDtype):
        return Kind.CATEGORICAL, ""
    return _kind_of_objects(values)


def _kind_of_objects(values: pd.Series) -> tuple[Kind, str]:
    try:
        codes, present = pd.factorize(values)
    except (TypeError, NotImplementedError):
        return Kind.OTHER, "its values are lists or other structures"
    rows, distinct = int((codes >= 0).sum()), list(present)
    if not rows:
        return Kind.OTHER, ALL_MISSING
    sample = distinct[:200]
    if any(isinstance(value, bytes | tuple | frozenset) for value in sample):
        return Kind.OTHER, "its values are bytes or other structures"
    kind = _kind_of_sample(sample, levels=len(distinct))
    if kind is Kind.CATEGORICAL and len(distinct) > max(FREE_TEXT_LEVELS, rows / 2):
        reason = f"{len(distinct):,} distinct values in {rows:,} rows: free text or identifiers"
        return Kind.OTHER, reason
    return kind, ""


def _kind_of_sample(sample: Sequence[Any], *, levels: int) -> Kind:
    """What most of the distinct values are."""
    if all(isinstance(value, bool | np.bool_) for value in sample):
        return Kind.BOOLEAN
    if all(isinstance(value, int | float | Decimal | np.number) for value in sample):
        return Kind.NUMERIC
    if all(isinstance(value, datetime.date | np.datetime64) for value in sample):
        return Kind.TIMESTAMP
    texts = [str(value) for value in sample]
    if {text.strip().casefold() for text in texts} <= TRUTHS.keys() - {"0", "1"}:
        return Kind.BOOLEAN
    if levels > FEW_LEVELS and _most_are_numbers(texts):
        return Kind.NUMERIC
    return Kind.TIMESTAMP if _most_are_dates(texts) else Kind.CATEGORICAL


def _most_are_numbers(texts: Sequence[str]) -> bool:
    if any(_CODE.match(text) for text in texts):
        return False
    return bool(np.mean(~np.isnan(numbers(pd.Series(texts, dtype=object)))) >= MOST)


def _most_are_dates(texts: Sequence[str]) -> bool:
    dated = [text for text in texts if _DATE.fullmatch(text)]
    if len(dated) < MOST * len(texts):
        return False
    return bool(instants(pd.Series(dated, dtype=object)).notna().mean() >= MOST)
