"""Reading instants out of a column of any type; the same value means the same in every piece."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

EARLIEST, LATEST = np.datetime64("1900-01-01", "us"), np.datetime64("2200-01-01", "us")
DATE_NUMBERS = (19_000_101, 21_991_231)
MICROSECONDS_PER = ((1e8, 1_000_000.0), (1e11, 1_000.0), (1e14, 1.0), (1e17, 0.001))
LARGEST_NUMBER = 1e19
DAY_FIRST = re.compile(r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})(?P<rest>.*)")
YEAR_FIRST = re.compile(r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})(?P<rest>.*)")


def instants(values: pd.Series[Any]) -> np.ndarray:
    """UTC instants as datetime64[us]; NaT where missing, unreadable or not within 1900 to 2199."""
    if isinstance(values.dtype, pd.DatetimeTZDtype) or values.dtype.kind == "M":
        found = _utc(values)
    elif pd.api.types.is_bool_dtype(values.dtype):
        found = _none(len(values))
    elif pd.api.types.is_numeric_dtype(values.dtype):
        found = from_numbers(values)
    else:
        found = from_text(values)
    with np.errstate(invalid="ignore"):
        return np.where((found >= EARLIEST) & (found < LATEST), found, np.datetime64("NaT", "us"))


def from_numbers(values: pd.Series[Any]) -> np.ndarray:
    """20261101 is a date; other numbers count from 1970 in the unit that their size tells."""
    numbers = values.to_numpy(dtype=float, na_value=np.nan)
    found = _none(len(numbers))
    dates = (numbers >= DATE_NUMBERS[0]) & (numbers <= DATE_NUMBERS[1])
    dates &= np.floor(numbers) == numbers
    if dates.any():
        text = pd.Series(numbers[dates].astype("int64").astype(str))
        found[dates] = _utc(pd.to_datetime(text, format="%Y%m%d", errors="coerce", utc=True))
    ends = [low for low, _ in MICROSECONDS_PER[1:]] + [LARGEST_NUMBER]
    for (low, factor), high in zip(MICROSECONDS_PER, ends, strict=True):
        here = (numbers >= low) & (numbers < high)
        found[here] = np.round(numbers[here] * factor).astype("int64").astype("datetime64[us]")
    return found


def from_text(values: pd.Series[Any]) -> np.ndarray:
    """ISO 8601, day.month.year or digits; 03/04/2026 is not read, as it means two days."""
    text = values.astype("string").str.strip()
    found = _iso(text)
    open_ = np.isnat(found) & text.notna().to_numpy(dtype=bool)
    if open_.any():
        rest = text[open_]
        iso = _iso(rest.map(_dashed, na_action="ignore"))
        digits = from_numbers(pd.to_numeric(rest, errors="coerce").astype(float))
        found[open_] = np.where(np.isnat(iso), digits, iso)
    return found


def _iso(text: pd.Series[Any]) -> np.ndarray:
    # Eight digits are a date and ten are seconds, but pandas would read either as a date.
    dashed = text.where(text.str.contains("-", regex=False, na=False))
    return _utc(pd.to_datetime(dashed, format="ISO8601", errors="coerce", utc=True))


def _dashed(text: str) -> str:
    match = DAY_FIRST.fullmatch(text) or YEAR_FIRST.fullmatch(text)
    if match is None:
        return text
    return f"{match['year']}-{match['month']:0>2}-{match['day']:0>2}{match['rest']}"


def _utc(values: Any) -> np.ndarray:
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    found: np.ndarray = values.to_numpy().astype("datetime64[us]")
    return found


def _none(count: int) -> np.ndarray:
    return np.full(count, np.datetime64("NaT", "us"))
