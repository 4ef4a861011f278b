"""What a column of text means: each block rules readings out, and what is left at the end holds.

The whole file decides, so all its pieces have the same types.  A value with a leading zero makes
its column text (postcodes, account numbers), and so does an integer that a float cannot hold in a
column where something is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from monitor.jobs.text_readings import INSTANTS, READINGS, TEXT, Reading, tidy

pc: Any = pyarrow.compute

EXACT = 1 << 53  # beyond it a float cannot hold every integer
PROBE = 64  # values tried before all are
SIGN, DIGIT_OR_X = (np.isin(np.arange(256), [*units]) for units in (b"+-", b"0123456789xX"))
LONG_INTEGER = r"^[+-]?[0-9]{16,}$"


@dataclass(slots=True)
class Evidence:
    """What the blocks seen so far leave possible for one column."""

    possible: tuple[Reading, ...] = READINGS
    seen: bool = False  # any value at all
    missing: bool = False
    untidy: bool = False  # spaces around values, or marks such as "-" for missing
    long: bool = False  # integers beyond what a float holds

    @property
    def names(self) -> frozenset[str]:
        return frozenset(reading.name for reading in self.possible)

    def see(self, values: pa.Array) -> None:
        """Missing values are nulls already, as far as they are missing in any column."""
        self.missing |= values.null_count > 0
        if not self.possible:
            return
        present = values.drop_null() if values.null_count else values
        left = () if self.untidy else self._surviving(present)
        if not left and len(present):
            self.untidy = True
            tidied = tidy(present).drop_null()
            self.missing |= len(tidied) < len(present)
            present, left = tidied, self._surviving(tidied)
        if len(present):
            self.seen, self.possible = True, left

    def _surviving(self, values: pa.Array) -> tuple[Reading, ...]:
        """The readings that fit all values, which are of one family."""
        left: list[Reading] = []
        for reading in self.possible:
            if left and reading.family != left[0].family:
                break
            implied = any(other.name in reading.within for other in left)
            if implied or _fits(reading, values):
                left.append(reading)
        if left and left[0].name == "integer":
            self.long |= _beyond_exact(values.cast(pa.int64()))
        return tuple(left)


def decimal_sign(columns: Iterable[Evidence], *, delimiter: str) -> str:
    """A comma where some column can only be read so and none needs the point.

    It decides what 1.234 means.  Where nothing tells, files cut by semicolons, as Excel writes
    them in Europe, are read with a comma only where a point leaves the column text.
    """
    names = [column.names for column in columns if column.seen and column.possible]
    commas = any("comma" in n and not n & {"number", "point"} for n in names)
    points = any(n & {"number", "point"} and "comma" not in n for n in names)
    if commas != points:
        return "," if commas else "."
    return "?" if delimiter == ";" else "."


def chosen(column: Evidence, *, decimal: str) -> Reading:
    """The reading of a column once the whole file has been seen."""
    if not column.seen:
        return _named("number")
    order = {",": ("comma", "number", "point"), "?": ("number", "comma", "point")}
    numbers = order.get(decimal, ("number", "point", "comma"))
    if "integer" in column.names and not (column.long and column.missing):
        return _named("number" if column.missing else "integer")
    if column.long:
        return TEXT
    if {"day first", "month first"} <= column.names:
        return TEXT  # 03/04/2026 may be March or April
    for name in ("truth", *numbers, *(reading.name for reading in INSTANTS)):
        if name in column.names:
            return _named(name)
    return TEXT


def _named(name: str) -> Reading:
    return next(reading for reading in READINGS if reading.name == name)


def _fits(reading: Reading, values: pa.Array) -> bool:
    # A cast that fails is slow, since it words an error for every value.
    return _converts(reading, values.slice(0, PROBE)) and _converts(reading, values)


def _converts(reading: Reading, values: pa.Array) -> bool:
    try:
        converted = reading.convert(values)
    except pa.ArrowInvalid:
        return False
    return reading.family != "number" or not _must_stay_text(values, converted)


def _must_stay_text(values: pa.Array, numbers: pa.Array) -> bool:
    """Leading zeros carry meaning, and so do the last digits of an account number."""
    if any_leading_zero(values):
        return True
    if pa.types.is_integer(numbers.type) or not _beyond_exact(numbers):
        return False
    return bool(pc.any(pc.match_substring_regex(values, LONG_INTEGER), min_count=0).as_py())


def any_leading_zero(values: pa.Array) -> bool:
    """Whether a value begins with a zero and another digit or x, after a sign or without one.

    The bytes of all values are looked at together, a tenth of the time of a regular expression.
    """
    _, offsets, texts = values.buffers()
    found = np.frombuffer(texts or b"", np.uint8)
    if not found.size:
        return False
    bounds = np.frombuffer(offsets, np.int32)[values.offset :][: len(values) + 1]
    first = bounds[:-1] + SIGN[found.take(bounds[:-1], mode="clip")]
    zeros = (found.take(first, mode="clip") == ord("0")) & (first + 1 < bounds[1:])
    return bool(DIGIT_OR_X[found[first[zeros] + 1]].any())


def _beyond_exact(numbers: pa.Array) -> bool:
    ends = pc.min_max(numbers)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    return low is not None and (low < -EXACT or high > EXACT)
