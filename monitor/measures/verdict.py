"""Deciding what one measurement says about its limits: only what is established is failing."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from monitor.measures.catalogue import METRICS, Family
from monitor.measures.held_back import ungated
from monitor.measures.measurement import Measurement, changed
from monitor.measures.wording import format_rows, format_value
from monitor.terms import Verdict

HIDDEN_BELOW = 10  # a rate over fewer rows is not shown at all
JUDGED_FROM = 30  # a rate over fewer rows is shown and not judged
ROWS_JUDGED_FROM = 100  # nor is a group with fewer rows
CLAIMED_FROM = 500  # below, "within the limit" needs the whole interval
SIGNIFICANT = 0.05

# Counts and clock readings are what they are; the others are estimates, and need an interval.
EXACT: tuple[Family, ...] = ("drift", "quality", "service", "sequence")


class Finding(NamedTuple):
    """A verdict and why, "" where the numbers speak for themselves."""

    verdict: Verdict
    reason: str = ""


def judge(
    m: Measurement, *, low: float | None, high: float | None, parity: float | None
) -> Measurement:
    """The measurement with verdict, reason and both limits filled.

    ``low`` and ``high`` are absolute, either may be None.  Failing needs the interval to exclude
    ``parity`` (the value of no difference, or the reference's), or the limit itself where parity
    is None, and ``p``, where there is one, to be at most .05.  What its maker already called not
    enough data stays so.
    """
    finding = _too_little(m) or _against(m, low, high, parity)
    return changed(
        m, verdict=finding.verdict, reason=_reason(m, finding), limit_low=low, limit_high=high
    )


def judge_value(m: Measurement, *, low: float | None, high: float | None) -> Measurement:
    """As ``judge``, but a value beyond a limit is failing whatever its interval."""
    finding = _too_little(m) or _by_value(m, low, high)
    return changed(
        m, verdict=finding.verdict, reason=_reason(m, finding), limit_low=low, limit_high=high
    )


def _by_value(m: Measurement, low: float | None, high: float | None) -> Finding:
    assert m.value is not None
    if (low is not None and m.value < low) or (high is not None and m.value > high):
        return Finding(Verdict.FAILING)
    return _within(m, low, high)


@lru_cache(maxsize=10_000)  # a replay asks of one number once for each batch that looks back at it
def is_enough(m: Measurement) -> bool:
    """Whether the number has a value, and rows enough to compare others with."""
    return _too_little(unjudged(m)) is None


def unjudged(m: Measurement) -> Measurement:
    """The measurement as its maker gave it, so that it can be judged by other limits.

    What had nothing to be judged by stays as it is, and so does what its maker called not enough
    data.
    """
    m = ungated(m)
    if m.verdict is None or (m.limit_low is None and m.limit_high is None):
        return m
    bare = changed(m, verdict=None, reason="", limit_low=None, limit_high=None)
    parities = (None, _neutral(m), m.reference)
    found = [_too_little(bare) or _against(bare, m.limit_low, m.limit_high, p) for p in parities]
    said = max((f.reason for f in found if m.reason.startswith(f.reason)), key=len, default="")
    reason = m.reason.removeprefix(said).strip()
    made = m.verdict is Verdict.NOT_ENOUGH_DATA and m.verdict not in {f.verdict for f in found}
    return changed(bare, reason=reason, verdict=m.verdict if made else None)


def _neutral(m: Measurement) -> float | None:
    return METRICS[m.metric].neutral if m.metric in METRICS else None


def _reason(m: Measurement, finding: Finding) -> str:
    """What the number's maker said of it stays; that a limit is broken the limit says itself."""
    if finding.verdict is Verdict.FAILING:
        return m.reason or finding.reason
    said = dict.fromkeys((finding.reason, m.reason))
    return " ".join(filter(None, said))


@lru_cache(maxsize=1024)  # asked about every rate of a group with every gap it is part of
def hidden(denominator: int | None) -> str:
    """Why a value over so few rows is not shown; "" if it is.

    >>> hidden(1)
    'Only 1 row behind it; 10 are needed to show it.'
    """
    if denominator is None or denominator >= HIDDEN_BELOW:
        return ""
    return f"Only {format_rows(denominator)} behind it; {HIDDEN_BELOW} are needed to show it."


@lru_cache(maxsize=1024)
def enough(*, rows: int, denominator: int | None) -> str:
    """Why so few rows are not judged; "" if they are enough.

    >>> enough(rows=400, denominator=12)
    'Only 12 rows behind the rate; 30 are needed.'
    """
    if denominator is not None and denominator < JUDGED_FROM:
        return f"Only {format_rows(denominator)} behind the rate; {JUDGED_FROM} are needed."
    if rows < ROWS_JUDGED_FROM:
        return f"Only {format_rows(rows)}; {ROWS_JUDGED_FROM} are needed."
    return ""


def worst(verdicts: list[Verdict]) -> Verdict:
    """The worst of several; not enough data only where nothing was judged."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.NOT_ENOUGH_DATA)


def _too_little(m: Measurement) -> Finding | None:
    if m.verdict is Verdict.NOT_ENOUGH_DATA:
        return Finding(m.verdict, m.reason)
    if m.value is None:
        return Finding(Verdict.NOT_ENOUGH_DATA, m.reason or "There is no value.")
    if _is_exact(m):
        return None
    reason = enough(rows=m.n, denominator=m.denominator)
    return Finding(Verdict.NOT_ENOUGH_DATA, reason) if reason else None


def _against(
    m: Measurement, low: float | None, high: float | None, parity: float | None
) -> Finding:
    assert m.value is not None
    if low is not None and m.value < low:
        neutral = low if parity is None else parity
        return _beyond(m, "Below", low, excludes=m.high is not None and m.high < neutral)
    if high is not None and m.value > high:
        neutral = high if parity is None else parity
        return _beyond(m, "Above", high, excludes=m.low is not None and m.low > neutral)
    return _within(m, low, high)


def _beyond(m: Measurement, side: str, limit: float, *, excludes: bool) -> Finding:
    said = f"{side} the limit of {format_value(m.metric, limit)}"
    doubt = _doubt(m, excludes)
    if doubt:
        return Finding(Verdict.AT_RISK, f"{said}, but {doubt}.")
    return Finding(Verdict.FAILING, f"{said}.")


def _doubt(m: Measurement, excludes: bool) -> str:
    """What keeps a breach from being established; "" if nothing does."""
    if m.low is None and m.high is None:
        return "" if _is_exact(m) else "there is no interval to say how surely"
    if not excludes:
        return f"{format_rows(m.n)} leave room for chance"
    if m.p is not None and m.p > SIGNIFICANT:
        return f"chance alone does as much (p = {m.p:.2g})"
    return ""


def _within(m: Measurement, low: float | None, high: float | None) -> Finding:
    """Healthy; in small batches only if the whole interval is within the limits."""
    if m.n >= CLAIMED_FROM or _is_exact(m):
        return Finding(Verdict.HEALTHY)
    beyond = (low is not None and (m.low is None or m.low < low)) or (
        high is not None and (m.high is None or m.high > high)
    )
    if beyond:
        return Finding(
            Verdict.NOT_ENOUGH_DATA,
            f"Within the limit, but {format_rows(m.n)} cannot rule out that it is not.",
        )
    return Finding(Verdict.HEALTHY)


def _is_exact(m: Measurement) -> bool:
    return m.metric in METRICS and METRICS[m.metric].family in EXACT
