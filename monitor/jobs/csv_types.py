"""What a column of text means: each block rules readings out, and what is left at the end holds.

The whole file decides, so all its pieces have the same types.  A value with a leading zero makes
its column text (postcodes, account numbers), and so does an integer that a float cannot hold in a
column where something is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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
LEADING_ZERO = r"^[+-]?0[0-9xX]"
LONG_INTEGER = r"^[+-]?[0-9]{16,}$"
GROUPING = r"[. '\x{a0}\x{202f}’]"
WHOLE = rf"(?:[0-9]{{1,3}}(?:{GROUPING}[0-9]{{3}})+|[0-9]+)"
COMMA = rf"^[+-]?{WHOLE}?(?:,[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
POINT = r"^[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?$"
DAY = r"([0-9]{1,2})"
TIME = r"([ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?)?"


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read text; ``convert`` raises ArrowInvalid at the first value that does not fit.

    Whatever one of the readings ``within`` can read, this one can read too.
    """

    name: str
    type: pa.DataType
    convert: Callable[[pa.Array], pa.Array]
    within: tuple[str, ...] = ()


def as_truth(values: pa.Array) -> pa.Array:
    _demand(pc.is_in(values.drop_null(), TRUTHS))
    return values.cast(pa.bool_())


def as_integer(values: pa.Array) -> pa.Array:
    numbers = values.cast(pa.int64())
    _forbid(LEADING_ZERO, values)
    return numbers


def as_number(values: pa.Array) -> pa.Array:
    """Floats; refused for digits whose last places would be lost, such as account numbers."""
    numbers = values.cast(pa.float64())
    _forbid(LEADING_ZERO, values)
    if _beyond_exact(numbers):
        _forbid(LONG_INTEGER, values)
    return numbers


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


READINGS = (
    Reading("truth", pa.bool_(), as_truth),
    Reading("integer", pa.int64(), as_integer),
    Reading("number", pa.float64(), as_number, ("integer",)),
    Reading("comma", pa.float64(), as_comma, ("integer",)),
    Reading("point", pa.float64(), as_point, ("integer",)),
    Reading("instant", INSTANT, as_instant),
    Reading("zoned", INSTANT, as_zoned),
    Reading("year first", INSTANT, dated(f"^([0-9]{{4}})/{DAY}/{DAY}{TIME}$", r"\1-\2-\3")),
    Reading("dotted", INSTANT, dated(rf"^{DAY}\.{DAY}\.([0-9]{{4}}){TIME}$", r"\3-\2-\1")),
    Reading("day first", INSTANT, dated(f"^{DAY}[/-]{DAY}[/-]([0-9]{{4}}){TIME}$", r"\3-\2-\1")),
    Reading("month first", INSTANT, dated(f"^{DAY}[/-]{DAY}[/-]([0-9]{{4}}){TIME}$", r"\3-\1-\2")),
)
INSTANTS = READINGS[5:]
TEXT = Reading("text", pa.large_string(), lambda values: _blank(values).cast(pa.large_string()))


@dataclass(slots=True)
class Evidence:
    """What the blocks seen so far leave possible for one column."""

    possible: tuple[Reading, ...] = READINGS
    seen: bool = False  # any value at all
    missing: bool = False
    untidy: bool = False  # spaces around values, or marks such as "-" for missing
    long: bool = False  # integers beyond what a float holds
    names: frozenset[str] = field(default=frozenset(r.name for r in READINGS))

    def see(self, values: pa.Array) -> None:
        """Missing values are nulls already, as far as they are missing in any column."""
        self.missing |= values.null_count > 0
        values = values.drop_null() if values.null_count else values
        if self.possible and len(values):
            left = self._surviving(values)
            if not left:
                left = self._tidied(values)
            self._keep(left)
        self.seen |= len(values) > 0 and not self.possible

    def _tidied(self, values: pa.Array) -> tuple[Reading, ...]:
        present = tidy(values).drop_null()
        self.untidy = True
        self.missing |= len(present) < len(values)
        return self._surviving(present) if len(present) else self.possible

    def _surviving(self, values: pa.Array) -> tuple[Reading, ...]:
        left: list[Reading] = []
        for reading in self.possible:
            implied = any(other.name in reading.within for other in left)
            if implied or _fits(reading, values):
                left.append(reading)
                self.seen = True
        if left and left[0].name == "integer":
            self.long |= _beyond_exact(values.cast(pa.int64()))
        return tuple(left)

    def _keep(self, left: tuple[Reading, ...]) -> None:
        self.possible = left
        self.names = frozenset(reading.name for reading in left)


def tidy(values: pa.Array) -> pa.Array:
    """Without outer spaces, and null where a mark stands for a missing number."""
    bare = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.is_in(bare, MISSING_NUMBERS), None, bare)


def decimal_sign(columns: Iterable[Evidence], *, delimiter: str) -> str:
    """A comma where some column can only be read so and none needs the point.

    It decides what 1.234 means.  Where nothing tells, files cut by semicolons, as Excel writes
    them in Europe, are read with a comma only where a point leaves the column text.
    """
    names = [column.names for column in columns if column.seen]
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
    try:
        reading.convert(values)
    except pa.ArrowInvalid:
        return False
    return True


def _demand(fits: pa.Array) -> None:
    if not pc.all(fits, min_count=0).as_py():
        raise pa.ArrowInvalid("a value does not fit")


def _forbid(pattern: str, values: pa.Array) -> None:
    if pc.any(pc.match_substring_regex(values, pattern), min_count=0).as_py():
        raise pa.ArrowInvalid("a value must stay text")


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
