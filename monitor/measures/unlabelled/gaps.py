"""How far apart groups are likely to be, before any label has arrived."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from monitor.measures.catalogue.estimated import BETWEEN, ESTIMATED
from monitor.measures.disparity import DISPARITIES, Disparity, Made
from monitor.measures.group_rates import FAVOURABLE_RATE
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement, changed
from monitor.measures.multiplicity import together
from monitor.measures.rows import Floats
from monitor.measures.significance import normal_p
from monitor.measures.unlabelled.foreseen import ALPHA, Foreseen, Read, bounds, defined
from monitor.terms import UNKNOWN_GROUP, Verdict


def gaps(groups: Mapping[str, Foreseen], layout: Layout, *, attribute: str) -> list[Measurement]:
    """Every known group beside the attribute's reference group; nothing where that is not here.

    There is no range over the groups: it would be above 0 where all are alike.
    """
    base = groups.get(layout.reference_groups.get(attribute, ""))
    others = [f for name, f in groups.items() if name != UNKNOWN_GROUP and f is not base]
    if base is None:
        return []
    return [
        m
        for disparity in DISPARITIES
        if disparity.metric in BETWEEN
        for parts in [_parts(disparity, layout)]
        if parts
        for m in together([_beside(disparity, parts, own, base) for own in others])
    ]


def _parts(disparity: Disparity, layout: Layout) -> tuple[str, ...]:
    """The figures it compares; none where a favourable outcome is asked for and none is named."""
    side = "positive" if layout.positive in layout.favourable else "negative"
    if FAVOURABLE_RATE in disparity.parts and not layout.favourable:
        return ()
    return tuple(
        f"true_{side}_rate" if part == FAVOURABLE_RATE else part for part in disparity.parts
    )


def _beside(
    disparity: Disparity, parts: tuple[str, ...], own: Foreseen, base: Foreseen
) -> Measurement:
    reads = [f.read(part) for f in (own, base) for part in parts]
    about = Measurement(
        f"{ESTIMATED}{disparity.metric}",
        None,
        own.rows + base.rows,
        attribute=own.group.attribute,
        group=own.group.group,
        method=own.method,
        denominator=min(read.denominator for read in reads),
        verdict=Verdict.NOT_ENOUGH_DATA,
        window=own.window or base.window,
    )
    hidden = _first(reads, "hidden")
    if hidden:
        return changed(about, reason=hidden)
    pairs = list(zip(reads[: len(parts)], reads[len(parts) :], strict=True))
    value, drawn, looks = _joined(disparity, pairs)
    low, high = bounds(value, drawn, alpha=ALPHA / looks)
    spread = float(defined(drawn).std())
    thin = _first(reads, "thin")
    return changed(
        about,
        value=value,
        low=max(low, -1.0),
        high=min(high, 1.0),
        p=min(1.0, looks * normal_p(value / spread)) if spread else 1.0,
        verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
        reason=thin,
    )


def _joined(disparity: Disparity, pairs: list[tuple[Read, Read]]) -> tuple[float, Floats, int]:
    """The mean of the differences, or the worst of them and how many were looked at."""
    values = [own.value - base.value for own, base in pairs]
    drawn = [own.drawn - base.drawn for own, base in pairs]
    if disparity.made is Made.MEAN:
        return float(np.mean(values)), np.asarray(np.mean(drawn, axis=0)), 1
    worst = int(np.argmax(np.abs(values)))
    return values[worst], drawn[worst], len(pairs)


def _first(reads: list[Read], what: str) -> str:
    """The first reason of that kind, with its group; "" if there is none."""
    return next((f"{r.group}: {getattr(r, what)}" for r in reads if getattr(r, what)), "")
