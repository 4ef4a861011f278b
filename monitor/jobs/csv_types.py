"""What a column of text means: each block rules readings out, and what is left at the end holds.

The whole file decides, so all its pieces have the same types.  A value with a leading zero makes
its column text (postcodes, account numbers), and so does an integer that a float cannot hold in a
column where something is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute

from monitor.jobs.arrow_types import INSTANT

pc: Any = pyarrow.compute

# fmt: off
MISSING = (  # in any column
    "", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "-NaN", "NULL", "null", "None",
    "NaT", "#NV",
)
MISSING_NUMBERS = pa.array([  # only where all else is a number, a truth value or an instant
    *MISSING, "-", "--", "–", "—", "?", ".", "na", "none", "Null", "n.a.", "missing",
    "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!",
])
# fmt: on
TRUTHS = pa.array(["true", "false", "True", "False", "TRUE", "FALSE"])
EXACT = 1 << 53  # beyond it a float cannot hold every integer
PROBE = 64  # values tried before all are
LEADING_ZERO = r"^[+-]?0[0-9xX]"
LONG_INTEGER = r"^[+-]?[0-9]{16,}$"
GROUPING = r"[. '\x{a0}\x{202f}’]"
WHOLE = rf"(?:[0-9]{{1,3}}(?:{GROUPING}[0-9]{{3}})+|[0-9]+)"
COMMA = rf"^[+-]?{WHOLE}?(?:,[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
POINT = r"^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
DAY = r"([0-9]{1,2})"
TIME = r"([ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read text; ``convert`` raises ArrowInvalid where a value does not fit.

    No value fits readings of two families.  Whatever one of the readings ``within`` can read, this
    one can read too.
    """

    name: str
    family: str
    type: pa.DataType
    convert: Callable[[pa.Array], pa.Array]
    within: tuple[str, ...] = ()


def as_truth(values: pa.Array) -> pa.Array:
    _demand(pc.is_in(values.drop_null(), TRUTHS))
    return values.cast(pa.bool_())


def as_integer(values: pa.Array) -> pa.Array:
    return values.cast(pa.int64())


def as_number(values: pa.Array) -> pa.Array:
    return values.cast(pa.float64())


def as_comma(values: pa.Array) -> pa.Array:
    """1.234,56 and 1,5, thousands set apart by points, spaces, apostrophes or not at all."""
    _demand(pc.match_substring_regex(values, COMMA))
    bare = pc.replace_substring_regex(values, GROUPING, "")
    return as_number(pc.replace_substring(bare, ",", "."))


def as_point(values: pa.Array) -> pa.Array:
    """1,234.56, thousands set apart by commas or not at all."""
    _demand(pc.match_substring_regex(values, POINT))
    return as_number(pc.replace_substring(values, ",", ""))


def as_instant(values: pa.Array) -> pa.Array:
    """ISO 8601 without a zone, taken to be in UTC; places beyond microseconds are dropped."""
    return _instants(values, pa.timestamp("us")).cast(INSTANT)


def as_zoned(values: pa.Array) -> pa.Array:
    return _instants(values, INSTANT)


def dated(pattern: str, order: str) -> Callable[[pa.Array], pa.Array]:
    """Reads dates whose parts stand in another order, by writing them as ISO 8601 first."""

    def convert(values: pa.Array) -> pa.Array:
        _demand(pc.match_substring_regex(values, pattern))
        padded = pc.replace_substring_regex(values, r"\b([0-9])\b", r"0\1")
        return as_instant(pc.replace_substring_regex(padded, pattern, order + r"\4"))

    return convert


YEAR_FIRST = dated(f"^([0-9]{{4}})/{DAY}/{DAY}{TIME}$", r"\1-\2-\3")
DOTTED = dated(rf"^{DAY}\.{DAY}\.([0-9]{{4}}){TIME}$", r"\3-\2-\1")
DAY_FIRST = dated(f"^{DAY}[/-]{DAY}[/-]([0-9]{{4}}){TIME}$", r"\3-\2-\1")
MONTH_FIRST = dated(f"^{DAY}[/-]{DAY}[/-]([0-9]{{4}}){TIME}$", r"\3-\1-\2")

READINGS = (
    Reading("integer", "number", pa.int64(), as_integer),
    Reading("number", "number", pa.float64(), as_number, ("integer",)),
    Reading("comma", "number", pa.float64(), as_comma, ("integer",)),
    Reading("point", "number", pa.float64(), as_point, ("integer", "number")),
    Reading("truth", "truth", pa.bool_(), as_truth),
    Reading("instant", "instant", INSTANT, as_instant),
    Reading("zoned", "instant", INSTANT, as_zoned),
    Reading("year first", "instant", INSTANT, YEAR_FIRST),
    Reading("dotted", "instant", INSTANT, DOTTED),
    Reading("day first", "instant", INSTANT, DAY_FIRST),
    Reading("month first", "instant", INSTANT, MONTH_FIRST),
)
INSTANTS = tuple(reading for reading in READINGS if reading.family == "instant")
TEXT = Reading("text", "text", pa.large_string(), lambda v: _blank(v).cast(pa.large_string()))


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


def tidy(values: pa.Array) -> pa.Array:
    """Without outer spaces, and null where a mark stands for a missing number."""
    bare = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.is_in(bare, MISSING_NUMBERS), None, bare)


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
    if pc.any(pc.match_substring_regex(values, LEADING_ZERO), min_count=0).as_py():
        return True
    if pa.types.is_integer(numbers.type) or not _beyond_exact(numbers):
        return False
    return bool(pc.any(pc.match_substring_regex(values, LONG_INTEGER), min_count=0).as_py())


def _demand(fits: pa.Array) -> None:
    if not pc.all(fits, min_count=0).as_py():
        raise pa.ArrowInvalid("a value does not fit")


def _beyond_exact(numbers: pa.Array) -> bool:
    ends = pc.min_max(numbers)
    low, high = ends["min"].as_py(), ends["max"].as_py()
    return low is not None and (low < -EXACT or high > EXACT)


def _instants(values: pa.Array, kind: pa.DataType) -> pa.Array:
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        return pc.replace_substring_regex(values, r"(\.[0-9]{6})[0-9]{1,3}", r"\1").cast(kind)


def _blank(values: pa.Array) -> pa.Array:
    """Null where there are only spaces."""
    spaces = pc.utf8_is_space(values)
    return pc.if_else(spaces, None, values) if pc.any(spaces).as_py() else values
