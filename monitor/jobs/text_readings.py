"""The ways in which text can be read: as a number, a truth value, an instant, or as it is."""

from __future__ import annotations

from collections.abc import Callable
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
GROUPING = r"[. '\x{a0}\x{202f}’]"
WHOLE = rf"(?:[0-9]{{1,3}}(?:{GROUPING}[0-9]{{3}})+|[0-9]+)"
COMMA = rf"^[+-]?{WHOLE}?(?:,[0-9]*)?(?:[eE][+-]?[0-9]+)?$"
POINT = r"^(?:[^,]*|[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?)$"
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


def tidy(values: pa.Array) -> pa.Array:
    """Without outer spaces, and null where a mark stands for a missing number."""
    bare = pc.utf8_trim_whitespace(values)
    return pc.if_else(pc.is_in(bare, MISSING_NUMBERS), None, bare)


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


def _demand(fits: pa.Array) -> None:
    if not pc.all(fits, min_count=0).as_py():
        raise pa.ArrowInvalid("a value does not fit")


def _instants(values: pa.Array, kind: pa.DataType) -> pa.Array:
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        return pc.replace_substring_regex(values, r"(\.[0-9]{6})[0-9]{1,3}", r"\1").cast(kind)


def _blank(values: pa.Array) -> pa.Array:
    """Null where there are only spaces."""
    spaces = pc.utf8_is_space(values)
    return pc.if_else(spaces, None, values) if pc.any(spaces).as_py() else values
