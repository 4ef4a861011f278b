"""Reading one column, whatever its type: as numbers or as instants."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pandas.api import types

from monitor.models.chunk import Values, as_series

Floats = NDArray[np.float64]


def numbers(values: Values) -> Floats:
    """Every value as float64: NaN where missing or no number, infinities kept, True is 1.

    >>> numbers(pd.Series(["1.5", None, "many"])).tolist()
    [1.5, nan, nan]
    """
    if isinstance(values, pa.Array):
        return _of_arrow(values)
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb":
        return values.to_numpy(dtype=np.float64)
    if isinstance(values.dtype, pd.CategoricalDtype):
        by_code = np.append(numbers(pd.Series(values.cat.categories)), np.nan)
        return by_code[values.cat.codes.to_numpy()]
    if types.is_bool_dtype(values) or types.is_numeric_dtype(values):
        dense = values.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        return np.asarray(dense, dtype=np.float64)
    if is_instant(values) or types.is_timedelta64_dtype(values):
        return np.full(len(values), np.nan)
    parsed = pd.to_numeric(values.astype(object), errors="coerce")
    return np.asarray(parsed, dtype=np.float64)


def _of_arrow(values: pa.Array) -> Floats:
    if not (pa.types.is_floating(values.type) or pa.types.is_integer(values.type)):
        return numbers(as_series(values))
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def is_instant(values: pd.Series) -> bool:
    """Whether the dtype itself says dates or times."""
    return types.is_datetime64_any_dtype(values)


def instants(values: pd.Series) -> pd.Series:
    """Every value as an aware UTC instant, NaT where missing or no date; no zone means UTC.

    >>> instants(pd.Series(["2026-01-05 08:00", "soon"])).isna().tolist()
    [False, True]
    """
    if types.is_numeric_dtype(values) or types.is_bool_dtype(values):
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[us, UTC]")
    parsed = pd.to_datetime(
        values.astype(object),
        errors="coerce",
        utc=True,
        format="mixed",
        dayfirst=_day_first(values),
    )
    return parsed.astype("datetime64[us, UTC]")


def _day_first(values: pd.Series) -> bool:
    """05.01.2026 begins with the day; so does 05/01/2026 where the file also has a 13/01/2026."""
    if is_instant(values):
        return False
    texts = values.dropna().astype(str)
    if texts.head(1).str.match(r"\s*\d{1,2}\.").any():
        return True
    return bool(texts.str.match(r"\s*(1[3-9]|2\d|3[01])/").any())


TRUTHS = {
    **dict.fromkeys(("1", "true", "t", "yes", "y"), "true"),
    **dict.fromkeys(("0", "false", "f", "no", "n"), "false"),
}


def truths(texts: Iterable[str | None]) -> list[str | None]:
    """``"true"`` or ``"false"`` for each label of a boolean column; None for anything else.

    >>> truths(["1", "No", "maybe", None])
    ['true', 'false', None, None]
    """
    return [None if text is None else TRUTHS.get(text.casefold()) for text in texts]
