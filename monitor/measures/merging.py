"""The few bins that two profiles are compared in: merged from the kept ones, never cut anew."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from monitor.measures import distance
from monitor.measures.profile import CategoricalProfile, NumericProfile, Profile
from monitor.measures.rows import Floats, Ints

BINS = 20
_PLACES: WeakKeyDictionary[Profile, Ints] = WeakKeyDictionary()  # for as long as the reference is


def merged_counts(current: Profile, reference: Profile) -> tuple[Floats, Floats]:
    """Both profiles' counts in the same few bins, which the reference alone decides.

    About 20 quantiles of the reference, or its 19 commonest categories, the rest and the unseen.
    """
    if isinstance(current, NumericProfile):
        places = _kept(reference)
        return distance.added(places, current.counts), distance.added(places, reference.counts)
    assert isinstance(reference, CategoricalProfile)
    order = np.argsort(-reference.counts, kind="stable")
    return _commonest(current, order), _commonest(reference, order)


def _kept(reference: Profile) -> Ints:
    places = _PLACES.get(reference)
    if places is None:
        places = _PLACES[reference] = _places(reference)
    return places


def _places(reference: Profile) -> Ints:
    """The few bins, counted through, to which the reference's own belong."""
    bins = distance.coarse(reference.counts.astype(np.float64), bins=BINS)
    return np.unique(bins, return_inverse=True)[1]


def _commonest(profile: CategoricalProfile, order: Ints) -> Floats:
    counts = profile.counts[order]
    kept = counts if len(counts) <= BINS else [*counts[: BINS - 1], counts[BINS - 1 :].sum()]
    return np.array([*kept, profile.other], dtype=np.float64)
