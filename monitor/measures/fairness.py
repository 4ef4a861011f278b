"""Whether groups of people are treated, and served, alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from math import nan

from monitor.measures import class_rates, distances, inequality, strata
from monitor.measures.catalogue import METRICS
from monitor.measures.comparison import Scene, compare
from monitor.measures.disparity_range import DRAWS
from monitor.measures.estimated import Estimate, measured
from monitor.measures.group_rates import FAVOURABLE_RATE, Engine, by_arrays, group_rates
from monitor.measures.group_scores import group_scores
from monitor.measures.groupings import EVERYBODY
from monitor.measures.intersections import reference_of, shortfalls
from monitor.measures.interval import wilson
from monitor.measures.layout import Layout
from monitor.measures.lookback import Counted, Earlier, Estimates, Lookback
from monitor.measures.measurement import Measurement
from monitor.measures.multiplicity import Correction
from monitor.measures.outcomes import Outcomes
from monitor.measures.pairs import Joint
from monitor.measures.performance import beside
from monitor.measures.regression_fairness import group_means
from monitor.terms import UNKNOWN_GROUP, Task

Groups = Mapping[str, Collection[str]]


def groups_of(outcomes: Outcomes, layout: Layout) -> Groups:
    """The known groups of each sensitive feature that have rows."""
    keys = outcomes.cells.counts
    return {
        name: sorted({key.group for key in keys if key.attribute == name} - {UNKNOWN_GROUP})
        for name in layout.attributes
    }


def measure(
    outcomes: Outcomes,
    layout: Layout,
    reference: Outcomes | None,
    *,
    earlier: Earlier = lambda: iter(()),
    expected: Groups | None = None,
) -> list[Measurement]:
    """Rates of everybody, of every group and of every intersection; the disparities of sensitive
    features and of their intersections; differences given a stratum; and indices over all groups.

    A disparity stands once per group, against the reference group, and once for the range over all
    groups, whose group is "".  The unknown group is measured and left out of disparities.  Metrics
    that ``performance`` gives for everybody are not repeated.

    Where a group has too little evidence in the batch, ``earlier`` outcomes (newest first) are
    added until it has enough.  ``expected`` groups are measured even where they have no rows.
    """
    found = _measured(outcomes, layout, earlier, expected or {}, draws=DRAWS, engine=by_arrays)
    if reference is None:
        return found
    return beside(found, measure_alone(reference, layout))


def measure_alone(outcomes: Outcomes, layout: Layout) -> list[Measurement]:
    """The same numbers as something to compare with: without intervals and p that take draws, and
    the rates of a few groups by fairlearn's MetricFrame."""
    return _measured(outcomes, layout, lambda: iter(()), {}, draws=0)


def measure_attribute(
    outcomes: Outcomes,
    layout: Layout,
    attribute: str,
    *,
    earlier: Earlier = lambda: iter(()),
    expected: Groups | None = None,
) -> list[Measurement]:
    """Of ``measure`` the rates and disparities of one sensitive feature, without what takes draws:
    some milliseconds where all of it takes a hundred times as long."""
    mine = {attribute: (expected or {}).get(attribute, ())}

    def estimates(counted: Counted) -> Estimates:
        return _estimates(counted, layout, (EVERYBODY, attribute), engine=by_arrays)

    now = _with_missing(estimates(Counted.of(outcomes)), mine)
    look = Lookback(outcomes, now, earlier=earlier, estimate=estimates)
    scene = Scene(layout.task, now, look)
    shown = _shown(scene, attribute, widen=True)
    rates = [measured(e, attribute=attribute) for e in shown if e.metric != FAVOURABLE_RATE]
    base = layout.reference_groups.get(attribute)
    return [*rates, *compare(scene, attribute, reference=base, draws=0)]


def _measured(
    outcomes: Outcomes,
    layout: Layout,
    earlier: Earlier,
    expected: Groups,
    *,
    draws: int,
    engine: Engine | None = None,
) -> list[Measurement]:
    crossed = layout.joined(Joint.CROSSED)
    sensitive = (*layout.attributes, *(pair.attribute for pair in crossed))
    named = tuple(dict.fromkeys((EVERYBODY, *sensitive, *layout.segments)))
    now = _with_missing(_estimates(Counted.of(outcomes), layout, named, engine=engine), expected)

    def again(counted: Counted) -> Estimates:
        return _estimates(counted, layout, (EVERYBODY, *sensitive), engine=by_arrays)

    look = Lookback(outcomes, now, earlier=earlier, estimate=again)
    scene = Scene(layout.task, now, look)
    found = [
        m
        for name in named
        for m in _of_groups(scene, outcomes, layout, name, widen=name in sensitive)
    ]
    for attribute in layout.attributes:
        base = layout.reference_groups.get(attribute)
        found += compare(scene, attribute, reference=base, draws=draws)
    for pair in crossed:
        base, by = reference_of(pair, layout), Correction.EXPLORING
        gaps = compare(scene, pair.attribute, reference=base, by=by, draws=draws)
        found += [*gaps, *shortfalls(gaps, now)]
    found += class_rates.measure(outcomes, layout)
    found += distances.measure(outcomes, layout, draws=draws)
    found += inequality.measure(outcomes, layout, draws=draws)
    return found + strata.measure(outcomes, layout)


def _estimates(
    counted: Counted, layout: Layout, attributes: Sequence[str], *, engine: Engine | None = None
) -> Estimates:
    by_attribute = group_rates(counted.cells, layout, attributes, engine=engine)
    if counted.sums is not None:
        for attribute in by_attribute:
            by_attribute[attribute] += group_means(counted.sums, attribute)
    return {(attribute, e.group, e.metric): e for attribute, es in by_attribute.items() for e in es}


def _with_missing(now: Estimates, expected: Groups) -> Estimates:
    """Nobody is dropped: a group without rows has estimates of nothing."""
    metrics = [metric for attribute, _, metric in now if attribute == EVERYBODY]
    there = {(attribute, group) for attribute, group, _ in now}
    missing = [(a, g) for a, groups in expected.items() for g in groups if (a, g) not in there]
    return {
        **now,
        **{(a, g, m): _nobody(m, g) for a, g in missing for m in metrics},
    }


def _nobody(metric: str, group: str) -> Estimate:
    return Estimate(metric, group, nan, 0, 0, 0.0, nan, reason="The group has no rows here.")


def _of_groups(
    scene: Scene, outcomes: Outcomes, layout: Layout, attribute: str, *, widen: bool
) -> list[Measurement]:
    found = [
        measured(e, attribute=attribute)
        for e in _shown(scene, attribute, widen=widen)
        if e.metric != FAVOURABLE_RATE
    ]
    if layout.task is Task.BINARY:
        found += group_scores(outcomes, layout, attribute)
    if attribute == EVERYBODY:
        return [m for m in found if METRICS[m.metric].family != "performance"]
    return [*_shares(outcomes, attribute), *found]


def _shown(scene: Scene, attribute: str, *, widen: bool) -> Iterable[Estimate]:
    for key, estimate in scene.now.items():
        if key[0] == attribute:
            wider = scene.widened([key]) if widen else None
            yield wider[0] if wider else estimate


def _shares(outcomes: Outcomes, attribute: str) -> Iterator[Measurement]:
    """How large each group is among the rows with a prediction."""
    counts = {group: int(sums[0]) for group, sums in outcomes.cells.of(attribute).items()}
    total = sum(counts.values())
    for group, count in counts.items():
        low, high = wilson(count, total).bounds
        yield Measurement(
            "group_share",
            count / total,
            count,
            low,
            high,
            attribute=attribute,
            group=group,
            method="Wilson",
            denominator=total,
        )
