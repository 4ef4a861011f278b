"""Why a batch says something else than it did, in words: late labels, late rows, other limits."""

from __future__ import annotations

import math
from dataclasses import dataclass

from monitor.measures.measurement import Measurement
from monitor.measures.wording import format_rows, format_value


@dataclass(frozen=True, slots=True)
class Word:
    """What a batch said once: the number, the batch's rows (0: not known), those with a label."""

    measurement: Measurement
    rows: int = 0
    labelled: int = 0


def cause(was: Word, now: Word) -> str:
    """What made the difference, as in "revised by …"."""
    if now.labelled > was.labelled:
        return "late labels"
    if now.measurement.n > was.measurement.n:
        return "late rows"
    limits = [(m.limit_low, m.limit_high) for m in (was.measurement, now.measurement)]
    return "changed limits" if limits[0] != limits[1] else "measuring it again"


def revised(was: Word, now: Word, *, resolved: bool) -> str:
    """ "Resolved by late labels: 79.0 % on arrival, 83.0 % with all labels." and the like.

    A number that reads as it did is not told twice; without a cause worth telling, nothing is.
    """
    by = cause(was, now)
    lead = f"{'Resolved' if resolved else 'Revised'} by {by}"
    if was.measurement.key != now.measurement.key:
        return f"{lead}."
    if _value(was) == _value(now):
        return f"{lead}." if resolved or by != "measuring it again" else ""
    return f"{lead}: {_before(was, now)}, {_after(was, now)}."


def late_batch(was: Word, now: Word) -> str:
    """That rows of the same period came later, in a batch of their own; "" of other numbers."""
    if was.measurement.key != now.measurement.key:
        return ""
    rows = format_rows(was.measurement.n)
    return f"Late rows of the same period: {_value(was)} on the {rows} before, {_value(now)} here."


def same(was: Measurement, now: Measurement) -> bool:
    """Whether nothing changed that a person would read."""
    facts = {(m.key, m.n, m.verdict, m.reason) for m in (was, now)}
    names = ("value", "low", "high", "limit_low", "limit_high")
    return len(facts) == 1 and all(_close(getattr(was, k), getattr(now, k)) for k in names)


def _close(a: float | None, b: float | None) -> bool:
    return a == b if a is None or b is None else math.isclose(a, b, abs_tol=1e-12)


def _before(was: Word, now: Word) -> str:
    return f"{_value(was)} {_basis(was, cause(was, now)) or 'before'}"


def _after(was: Word, now: Word) -> str:
    return f"{_value(now)} {_basis(now, cause(was, now)) or 'now'}"


def _basis(word: Word, by: str) -> str:
    """What the number is made of, as far as that is what made the difference."""
    if by == "late rows":
        return f"on {format_rows(word.measurement.n)}"
    return _labels(word) if by == "late labels" and word.rows else ""


def _value(word: Word) -> str:
    return format_value(word.measurement.metric, word.measurement.value)


def _labels(word: Word) -> str:
    """Which of the labels were there; never "100 %" of what is not whole."""
    if not word.labelled:
        return "on arrival"
    if word.labelled >= word.rows:
        return "with all labels"
    return f"with {math.floor(100 * word.labelled / word.rows)} % of the labels"
