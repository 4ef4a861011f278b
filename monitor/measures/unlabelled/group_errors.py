"""How far off predictions are likely to be for each group, and how far apart groups are in that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from monitor.measures.catalogue.estimated import ERRORS, ERRORS_BETWEEN, ESTIMATED
from monitor.measures.disparity import DISPARITIES, Disparity, beside
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.multiplicity import together
from monitor.measures.rows import Mask, Texts
from monitor.measures.unlabelled.beforehand import Means, Sides, foresee
from monitor.measures.unlabelled.expected_errors import METHOD, estimate_of, measured
from monitor.measures.unlabelled.prices import Priced
from monitor.measures.verdict import HIDDEN_BELOW
from monitor.terms import UNKNOWN_GROUP, Verdict

MEAN: Final = ERRORS.index("mean_absolute_error")

Foreseen = Mapping[str, Means]
Realised = Mapping[str, float | None]  # on the reference; None where its rows are too few to show


def measure(
    sides: Sides, now: Mapping[str, Texts], then: Mapping[str, Texts], layout: Layout
) -> Iterator[Measurement]:
    """The mean absolute error of every group of the sensitive features, and the gaps to the
    reference group, each with what it was on the reference.

    ``now`` and ``then`` are the groups of all rows of batch and reference.
    """
    for attribute in layout.attributes:
        own, before = now[attribute][sides.now.places], then[attribute][sides.then.places]
        names = sorted(set(own) - {None})
        found = {name: foresee(sides, own == name, before == name) for name in names}
        realised = {name: _realised(sides.then, before == name) for name in names}
        for name, means in found.items():
            one = estimate_of(means, MEAN, group=name)
            told = measured(one, attribute=attribute, pooled=means.pooled)
            yield replace(told, reference=realised[name])
        yield from _gaps(found, realised, attribute, layout.reference_groups.get(attribute, ""))


def _realised(then: Priced, among: Mask) -> float | None:
    if among.sum() < HIDDEN_BELOW:
        return None
    return float(np.average(then.costs[among, MEAN], weights=then.weight[among]))


def _gaps(found: Foreseen, realised: Realised, attribute: str, base: str) -> Iterator[Measurement]:
    """Every known group beside the reference group; nothing where that is not here."""
    others = [name for name in found if name not in (base, UNKNOWN_GROUP)]
    for disparity in DISPARITIES if base in found else ():
        if disparity.metric in ERRORS_BETWEEN:
            gaps = [_gap(disparity, found, name, base, attribute) for name in others]
            for m in together(gaps):
                yield replace(m, reference=_before(disparity, realised[m.group], realised[base]))


def _gap(
    disparity: Disparity, found: Foreseen, name: str, base: str, attribute: str
) -> Measurement:
    own, other = ((estimate_of(found[group], MEAN, group=group),) for group in (name, base))
    m = beside(disparity, own, other, attribute=attribute)
    named = replace(m, metric=f"{ESTIMATED}{m.metric}", method=f"{METHOD}; {m.method}")
    pooled = [f"{group}: {found[group].pooled}" for group in (name, base) if found[group].pooled]
    if m.verdict is None and pooled:
        return replace(named, verdict=Verdict.NOT_ENOUGH_DATA, reason=pooled[0])
    return named


def _before(disparity: Disparity, own: float | None, base: float | None) -> float | None:
    if own is None or not base:
        return None
    return own / base if disparity.is_ratio else own - base
