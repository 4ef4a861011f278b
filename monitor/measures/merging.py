"""The few bins that two profiles are compared in: merged from the kept ones, never cut anew."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from monitor.measures import distance
from monitor.measures.profile import CategoricalProfile, NumericProfile, Profile
from monitor.measures.rows import Floats, Ints

BINS = 20
Kept = tuple[Ints, Floats]  # where the reference's bins go, and its own counts there
_KEPT: WeakKeyDictionary[Profile, Kept] = WeakKeyDictionary()  # for as long as the reference is


def merged_counts(current: Profile, reference: Profile) -> tuple[Floats, Floats]:
    """Both profiles' counts in the same few bins, which the reference alone decides.

    About 20 quantiles of the reference, or its 19 commonest categories, the rest and the unseen.
    """
    places, before = _kept(reference)
    return _merged(current, places), before


def _kept(reference: Profile) -> Kept:
    kept = _KEPT.get(reference)
    if kept is None:
        places = _places(reference)
        kept = _KEPT[reference] = places, _merged(reference, places)
        kept[1].flags.writeable = False
    return kept


def _places(reference: Profile) -> Ints:
    """The few bins, counted through, to which the reference's own belong; of categories the order
    from the commonest down."""
    if isinstance(reference, CategoricalProfile):
        return np.argsort(-reference.counts, kind="stable")
    bins = distance.coarse(reference.counts.astype(np.float64), bins=BINS)
    return np.unique(bins, return_inverse=True)[1]


def _merged(profile: Profile, places: Ints) -> Floats:
    if isinstance(profile, NumericProfile):
        return distance.added(places, profile.counts)
    return _commonest(profile, places)


def _commonest(profile: CategoricalProfile, order: Ints) -> Floats:
    counts = profile.counts[order]
    if counts.size > BINS:
        counts = np.append(counts[: BINS - 1], counts[BINS - 1 :].sum())
    return np.append(counts, profile.other).astype(np.float64)
