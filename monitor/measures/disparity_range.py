"""How far apart all groups of an attribute are: fairlearn's disparities, with what chance makes.

The largest minus the smallest value is above 0 even where every group is treated alike, so its
p-value is the share of draws without any difference that have a range as large, its ``baseline``
what 95 of 100 such draws stay within, and its interval that of the widest pair, Bonferroni's over
all pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from monitor.measures.binomials import Uniform, binomials, uniforms
from monitor.measures.disparity import Disparity, Made, Parts, gap, method
from monitor.measures.estimated import Estimate, Kind
from monitor.measures.group_rates import NO_ROWS
from monitor.measures.measurement import Measurement, changed
from monitor.measures.quantiles import quantiles
from monitor.measures.rows import Floats
from monitor.terms import Verdict

DRAWS = 1000
SEED = 80  # the four-fifths rule's; any fixed number would do
TIE = 1e-12  # a draw this close to the value is as large
DIGITS = 9  # draws go by no more, so that the order in which rows were added up changes none
UNLABELLED = "No group has a row with a label."
TOO_FEW = "Fewer than two groups have enough rows to be compared."


def over_groups(
    disparity: Disparity, groups: Sequence[Parts], *, attribute: str, draws: int = DRAWS
) -> Measurement:
    """The range over the groups whose values are shown; undefined with fewer than two.

    Without ``draws`` there is neither p nor baseline.
    """
    shown = sorted((parts for parts in groups if not any(e.hidden for e in parts)), key=_worth)
    about = Measurement(
        disparity.metric,
        None,
        sum(max(e.rows for e in parts) for parts in shown),
        attribute=attribute,
        verdict=Verdict.NOT_ENOUGH_DATA,
    )
    if len(shown) < 2:
        unlabelled = all(e.reason == NO_ROWS for parts in groups for e in parts)
        return changed(about, reason=UNLABELLED if groups and unlabelled else TOO_FEW)
    values = [np.array([[e.value] for e in part]) for part in zip(*shown, strict=True)]
    value = float(spread(disparity, values)[0])
    if np.isnan(value):
        return changed(about, reason="The value is 0 in every group.")
    own, base = _widest(disparity, values, shown)
    pairs = len(shown) * (len(shown) - 1) // 2
    parts = 1 if disparity.made is Made.MEAN else len(values)
    low, high = gap(disparity, own, base, comparisons=pairs * parts).interval.bounds
    thin = next((f"{e.group}: {e.thin}" for e in own + base if e.thin), "")
    p, chance = _by_chance(disparity, shown, value, draws) if draws else (None, None)
    return changed(
        about,
        value=value,
        low=low,
        high=high,
        method=f"widest of {pairs} pairs, {method(disparity, own[:1])}; p by draws without gap",
        denominator=min(e.denominator for e in own + base),
        p=p,
        baseline=chance,
        family=pairs,
        verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
        reason=thin,
    )


def spread(disparity: Disparity, values: Sequence[Floats]) -> Floats:
    """The range of each draw, from one array (groups, draws) per part; NaN where all are 0.

    >>> spread(Disparity("x", ("a",), is_ratio=True), [np.array([[0.4], [0.5]])]).tolist()
    [0.8]
    """
    ranges = [_range(disparity, part) for part in _joined(disparity, values)]
    return np.asarray((np.fmin if disparity.is_ratio else np.fmax).reduce(ranges))


def _joined(disparity: Disparity, values: Sequence[Floats]) -> Sequence[Floats]:
    return [np.mean(values, axis=0)] if disparity.made is Made.MEAN else values


def _range(disparity: Disparity, values: Floats) -> Floats:
    low, high = values.min(axis=0), values.max(axis=0)
    if not disparity.is_ratio:
        return np.asarray(high - low)
    return np.asarray(np.divide(low, high, out=np.full_like(low, np.nan), where=high != 0))


def _widest(
    disparity: Disparity, values: Sequence[Floats], shown: Sequence[Parts]
) -> tuple[Parts, Parts]:
    """The two groups that make the range, in the order of subtraction, or of division."""
    joined = _joined(disparity, values)
    ranges = np.array([float(_range(disparity, part)[0]) for part in joined])
    at = int(np.nanargmin(ranges) if disparity.is_ratio else np.nanargmax(ranges))
    low, high = shown[int(joined[at].argmin())], shown[int(joined[at].argmax())]
    if disparity.made is Made.WORST:
        low, high = (low[at],), (high[at],)
    return (low, high) if disparity.is_ratio else (high, low)


def _by_chance(
    disparity: Disparity, shown: Sequence[Parts], value: float, draws: int
) -> tuple[float, float]:
    """Of draws from groups that are all alike: the share whose range is as large, and what 95 % of
    them stay within.
    """
    ranges = spread(disparity, _null(tuple(shown), draws))
    beyond = ranges <= value + TIE if disparity.is_ratio else ranges >= value - TIE
    known = ranges[~np.isnan(ranges)]
    (band,) = quantiles(known, (0.05 if disparity.is_ratio else 0.95,))
    return float((1 + np.sum(beyond)) / (draws + 1)), band


@lru_cache(maxsize=4)
def _null(shown: tuple[Parts, ...], draws: int) -> tuple[Floats, ...]:
    """Draws of every part; kept, for a difference and a ratio of the same parts have the same."""
    parts = enumerate(zip(*shown, strict=True))
    return tuple(_alike(part, uniforms((SEED, place), len(part), draws)) for place, part in parts)


def _worth(parts: Parts) -> list[tuple[float, float]]:
    """An order that goes by the groups' numbers, so that their names have no part in the draws."""
    return [(e.effective, e.value) for e in parts]


def _alike(groups: Sequence[Estimate], drawn: Sequence[Uniform]) -> Floats:
    """Values of every group, drawn as if all had the same one; shape (groups, draws)."""
    rows = np.round([max(e.effective, 1.0) for e in groups], DIGITS)
    if groups[0].kind is Kind.MEAN:
        errors = np.array([e.error for e in groups])
        centre = np.average([e.value for e in groups], weights=rows)
        return np.asarray(centre + errors[:, None] * np.stack([one.normal for one in drawn]))
    pooled = sum(e.hits for e in groups) / sum(e.effective for e in groups)
    trials = np.rint(rows).astype(np.int64)[:, None]
    rate = round(min(max(pooled, 0.0), 1.0), DIGITS)
    pairs = zip(trials[:, 0].tolist(), drawn, strict=True)
    hits = np.stack([binomials(n, rate, own) for n, own in pairs])
    if groups[0].kind is Kind.ODDS:
        return np.asarray((hits + 0.5) / (trials - hits + 0.5))  # odds even where one side is empty
    return np.asarray(hits / trials)
