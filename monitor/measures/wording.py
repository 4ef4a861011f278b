"""How a metric's value is written, on pages, in mails and in the terminal alike."""

from __future__ import annotations

from math import isfinite

from monitor.measures.catalogue import METRICS
from monitor.terms import counted

MISSING = "–"


def format_value(name: str, value: float | None) -> str:
    """The value as people read it; a name we do not know is written as a plain number.

    >>> format_value("accuracy", 0.8311)
    '83.1 %'
    >>> format_value("demographic_parity_difference", -0.1234)
    '−12.3 pt'
    """
    if value is None or not isfinite(value):
        return MISSING
    unit = METRICS[name].unit if name in METRICS else "number"
    return _WRITERS[unit](value).replace("-", "−")


def format_interval(name: str, low: float | None, high: float | None) -> str:
    """Both bounds with the unit once; a dash where a bound is missing.

    >>> format_interval("accuracy", 0.8, 0.85)
    '80.0 to 85.0 %'
    """
    if low is None or high is None:
        return MISSING
    first, last = format_value(name, low), format_value(name, high)
    _, _, unit = last.partition(" ")
    return f"{first.removesuffix(' ' + unit) if unit else first} to {last}"


def format_rows(n: int) -> str:
    """How many rows, in words.

    >>> format_rows(1), format_rows(2000)
    ('1 row', '2,000 rows')
    """
    return "1 row" if n == 1 else f"{n:,} rows"


def format_correction(method: str, family: int) -> str:
    """How a p-value was corrected, told from its measurement's method; "" where it was not.

    >>> format_correction("Newcombe; Benjamini-Hochberg p", 18)
    'Benjamini–Hochberg over 18 comparisons'
    """
    _, apart, rule = method.rpartition("; ")
    if not apart or not rule.endswith(" p"):
        return ""
    name = rule.removesuffix(" p").replace("-", "–")
    return f"{name} over {counted(family, 'comparison')}"


def format_p(p: float | None) -> str:
    """A p-value as people read it.

    >>> format_p(0.00001), format_p(0.03)
    ('< 0.001', '0.030')
    """
    return MISSING if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _percent(value: float) -> str:
    return f"{_rounded(100 * value, 1)} %"


def _points(value: float) -> str:
    return f"{_rounded(100 * value, 1)} pt"


def _ratio(value: float) -> str:
    return _rounded(value, 2)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or value == round(value) else f"{value:.4g}"


def _rounded(value: float, digits: int) -> str:
    """Fixed decimals, and never a minus in front of nothing but noughts."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


_WRITERS = {"percent": _percent, "points": _points, "ratio": _ratio, "number": _number}
