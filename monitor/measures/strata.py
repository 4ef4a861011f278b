"""What is left of a difference in selection rate once like is compared with like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from monitor.measures.conditional import (
    Strata,
    conditional_disparity,
    disparity_interval,
    mantel_haenszel,
)
from monitor.measures.counting import INSIDE
from monitor.measures.crosstab import crosstab
from monitor.measures.estimated import measured
from monitor.measures.group_rates import by_arrays, group_rates
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement, changed
from monitor.measures.multiplicity import together
from monitor.measures.outcomes import Outcomes
from monitor.measures.pairs import Joint, Pair
from monitor.measures.rows import Floats, Texts
from monitor.measures.verdict import HIDDEN_BELOW, enough
from monitor.measures.wording import format_rows
from monitor.terms import UNKNOWN_GROUP, Task, Verdict

DIFFERENCE = "conditional_demographic_parity_difference"
DISPARITY = "conditional_demographic_disparity"
TOO_FEW = "Only {rows} behind it; {needed} are needed to show it."


def measure(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    """For each sensitive feature within each segment column, of every group: its selection rate in
    each stratum; its difference from the reference group given the stratum; and its conditional
    demographic disparity.

    The attribute is "sex | department"; the group of a rate is "female | A", and else "female".
    Nothing where no outcome is favourable.
    """
    if not layout.favourable and not layout.favourable_range:
        return []
    found: list[Measurement] = []
    for pair in layout.joined(Joint.WITHIN):
        found += _rates(outcomes, layout, pair)
        table = _chosen(outcomes, layout, pair)
        reference = layout.reference_groups.get(pair.first)
        if reference in table.groups:
            found += together(_differences(table, pair, str(reference)))
        found += _disparities(table, pair)
    return found


def _rates(outcomes: Outcomes, layout: Layout, pair: Pair) -> list[Measurement]:
    found = group_rates(
        outcomes.cells, layout, [pair.attribute], engine=by_arrays, only=("selection_rate",)
    )
    return [measured(e, attribute=pair.attribute) for e in found[pair.attribute]]


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Rows not chosen and chosen: ``rows`` and ``counts`` have shape (groups, strata, 2).

    ``counts`` is the weight in effective rows, as in ``Crosstab``.
    """

    groups: tuple[str, ...]
    strata: tuple[str, ...]
    rows: Floats
    counts: Floats


def _chosen(outcomes: Outcomes, layout: Layout, pair: Pair) -> Chosen:
    def chosen(actual: Texts, predicted: Texts) -> Texts:
        good = [INSIDE] if layout.task is Task.REGRESSION else list(layout.favourable)
        return np.where(np.isin(predicted, good), "yes", "no").astype(object)

    joint = crosstab(outcomes.cells, pair.attribute, chosen, outcomes=("no", "yes"))
    groups, strata = (_known(outcomes, name) for name in (pair.first, pair.second))
    shape = (len(groups), len(strata), 2)
    rows, counts = np.zeros(shape), np.zeros(shape)
    for g, group in enumerate(groups):
        for s, stratum in enumerate(strata):
            name = pair.group(group, stratum)
            if name in joint.groups:
                at = joint.groups.index(name)
                rows[g, s], counts[g, s] = joint.rows[at], joint.counts[at]
    return Chosen(groups, strata, rows, counts)


def _known(outcomes: Outcomes, attribute: str) -> tuple[str, ...]:
    keys = outcomes.cells.counts
    found = {key.group for key in keys if key.attribute == attribute}
    return tuple(sorted(found - {UNKNOWN_GROUP}))


def _differences(table: Chosen, pair: Pair, reference: str) -> Iterator[Measurement]:
    base = table.groups.index(reference)
    for at in range(len(table.groups)):
        if at != base:
            yield _difference(table, pair, at, base)


def _difference(table: Chosen, pair: Pair, own: int, base: int) -> Measurement:
    totals = table.counts.sum(axis=2)
    strata = Strata(
        table.strata, totals[own], table.counts[own, :, 1], totals[base], table.counts[base, :, 1]
    )
    shared = (totals[own] > 0) & (totals[base] > 0)
    sizes = [int(table.rows[place][shared].sum()) for place in (own, base)]
    about = Measurement(
        DIFFERENCE,
        None,
        sum(sizes),
        attribute=pair.attribute,
        group=table.groups[own],
        denominator=min(sizes),
        verdict=Verdict.NOT_ENOUGH_DATA,
    )
    hidden = _hidden(table, pair, (own, base), sizes)
    if hidden:
        return changed(about, reason=hidden)
    found = mantel_haenszel(strata)
    low, high = found.interval.bounds
    thin = enough(rows=min(sizes), denominator=min(sizes))
    return changed(
        about,
        value=found.value,
        low=low,
        high=high,
        p=found.p,
        method=f"Mantel-Haenszel over {int(shared.sum())} of {len(table.strata)} strata, Sato",
        verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
        reason=thin,
    )


def _hidden(table: Chosen, pair: Pair, places: Sequence[int], sizes: Sequence[int]) -> str:
    """Why there is no difference to show; "" if there is."""
    smaller = min(range(2), key=sizes.__getitem__)
    if not sizes[smaller]:
        names = " and ".join(table.groups[place] for place in places)
        return f"No value of {pair.second} has rows of both {names}."
    if sizes[smaller] < HIDDEN_BELOW:
        said = TOO_FEW.format(rows=format_rows(sizes[smaller]), needed=HIDDEN_BELOW)
        return f"{table.groups[places[smaller]]}: {said}"
    return ""


def _disparities(table: Chosen, pair: Pair) -> Iterator[Measurement]:
    if len(table.groups) < 2:
        return
    everybody = table.counts.sum(axis=0)
    for at, group in enumerate(table.groups):
        size = int(table.rows[at].sum())
        about = Measurement(
            DISPARITY,
            None,
            int(table.rows.sum()),
            attribute=pair.attribute,
            group=group,
            denominator=size,
            verdict=Verdict.NOT_ENOUGH_DATA,
        )
        own, rest = table.counts[at], everybody - table.counts[at]
        value = float(conditional_disparity(own, rest))
        if size < HIDDEN_BELOW or np.isnan(value):
            said = TOO_FEW.format(rows=format_rows(size), needed=HIDDEN_BELOW)
            nobody = f"In every {pair.second} everybody was chosen, or nobody."
            yield changed(about, reason=said if size < HIDDEN_BELOW else nobody)
            continue
        thin = enough(rows=size, denominator=size)
        low, high = disparity_interval(own, rest).bounds
        yield changed(
            about,
            value=value,
            low=low,
            high=high,
            method="normal, by what each row moves it",
            verdict=Verdict.NOT_ENOUGH_DATA if thin else None,
            reason=thin,
        )
