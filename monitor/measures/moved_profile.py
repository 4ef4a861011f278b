"""The profile of a column whose values have moved, made of its counts alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from monitor.measures.profile import CategoricalProfile, NumericProfile, Profile
from monitor.measures.rows import Floats


def moved(now: Profile, before: Profile, by: float) -> Profile:
    """Numbers larger by ``by`` standard deviations of ``before``, the reference's; of categories
    the share ``by`` / 2 of all values moves from the commonest to the next.  Edges must be the
    same."""
    if isinstance(now, NumericProfile) and isinstance(before, NumericProfile):
        return _slid(now, before, by)
    if isinstance(now, CategoricalProfile) and isinstance(before, CategoricalProfile):
        return _passed_on(now, before, by / 2)
    raise ValueError("A numeric and a categorical profile cannot be compared.")


def _slid(now: NumericProfile, before: NumericProfile, by: float) -> NumericProfile:
    """Each bin's values go on from their mean, shared out between the two means they come between,
    so that the mean of all moves by just so much, but for those at the upper end."""
    step = by * before.std
    if not step > 0 or not now.known:
        return now
    middles, held = _middles(before)
    places = np.array([place for place, _ in held])
    shares = np.zeros(now.edges.size)
    for place, count in enumerate(now.counts.tolist()):
        for other, part in _between(middles[place] + step, middles[places], places):
            shares[other] += count * part
    counts = np.diff(np.rint(np.cumsum(shares)), prepend=0.0).astype(np.int64)
    total = now.total + float(counts @ middles - now.counts @ middles)
    added = total - now.total
    squares = now.squares + 2 * added / now.known * (now.total - now.known * now.edges.centre)
    return replace(
        now,
        counts=counts,
        sums=counts * middles,
        total=total,
        squares=squares + added**2 / now.known,
    )


def _middles(profile: NumericProfile) -> tuple[Floats, list[tuple[int, int]]]:
    """The mean of each bin of the reference, a cut where it holds nothing; and the bins that hold
    something, rising."""
    cuts = np.array(profile.edges.cuts)
    ends = np.array([*cuts, cuts[-1]]) if cuts.size else np.zeros(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        middles = np.where(profile.counts > 0, profile.sums / profile.counts, ends)
    held = [(place, count) for place, count in enumerate(profile.counts.tolist()) if count]
    return middles, held


def _between(value: float, means: Floats, places: Floats) -> Iterator[tuple[int, float]]:
    """The places of the two means beside the value, with what each gets of it."""
    above = int(np.searchsorted(means, value))
    if above == 0 or above == means.size:
        yield int(places[min(above, means.size - 1)]), 1.0
        return
    low, high = means[above - 1], means[above]
    part = float((value - low) / (high - low))
    yield int(places[above - 1]), 1 - part
    yield int(places[above]), part


def _passed_on(
    now: CategoricalProfile, before: CategoricalProfile, share: float
) -> CategoricalProfile:
    if before.counts.size < 2:
        return now
    first, second = np.argsort(-before.counts, kind="stable")[:2].tolist()
    many = min(round(share * now.known), int(now.counts[first]))
    counts = now.counts.copy()
    counts[first] -= many
    counts[second] += many
    return replace(now, counts=counts)
