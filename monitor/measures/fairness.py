"""Whether groups of people are treated, and served, alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from monitor.measures.catalogue import METRICS
from monitor.measures.disparity import DISPARITIES, Disparity, Parts, against_reference
from monitor.measures.disparity_range import DRAWS, over_groups
from monitor.measures.estimated import Estimate, measured
from monitor.measures.group_rates import FAVOURABLE_RATE, group_rates
from monitor.measures.group_scores import group_scores
from monitor.measures.groupings import EVERYBODY
from monitor.measures.interval import wilson
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.performance import beside
from monitor.measures.regression_fairness import group_means
from monitor.terms import UNKNOWN_GROUP, Task


def measure(outcomes: Outcomes, layout: Layout, reference: Outcomes | None) -> list[Measurement]:
    """Rates of everybody and of every group, and the disparities of sensitive features.

    A disparity stands once per group, against the reference group, and once for the range over all
    groups, whose group is "".  The unknown group is measured and left out of disparities.  Metrics
    that ``performance`` gives for everybody are not repeated.
    """
    found = _measured(outcomes, layout, draws=DRAWS)
    return found if reference is None else beside(found, _measured(reference, layout, draws=0))


def _measured(outcomes: Outcomes, layout: Layout, *, draws: int) -> list[Measurement]:
    named = (*layout.attributes, *layout.segments)
    by_attribute = _estimates(outcomes, layout, (EVERYBODY, *named))
    found: list[Measurement] = []
    for attribute, estimates in by_attribute.items():
        found += _of_groups(outcomes, layout, attribute, estimates)
    for attribute in layout.attributes:
        found += _disparities(by_attribute[attribute], layout, attribute, draws=draws)
    return found


def _estimates(
    outcomes: Outcomes, layout: Layout, attributes: Iterable[str]
) -> dict[str, list[Estimate]]:
    found = group_rates(outcomes.cells, layout, attributes)
    if outcomes.sums is not None:
        for attribute in found:
            found[attribute] += group_means(outcomes.sums, attribute)
    return found


def _of_groups(
    outcomes: Outcomes, layout: Layout, attribute: str, estimates: Iterable[Estimate]
) -> list[Measurement]:
    found = [measured(e, attribute=attribute) for e in estimates if e.metric != FAVOURABLE_RATE]
    if layout.task is Task.BINARY:
        found += group_scores(outcomes, layout, attribute)
    if attribute == EVERYBODY:
        return [m for m in found if METRICS[m.metric].family != "performance"]
    return [*_shares(outcomes, attribute), *found]


def _shares(outcomes: Outcomes, attribute: str) -> Iterator[Measurement]:
    """How large each group is among the rows with a prediction."""
    counts = outcomes.cells.frame(attribute).groupby("group")["n"].sum()
    total = int(counts.sum())
    for group, count in counts.items():
        low, high = wilson(count, total).bounds
        yield Measurement(
            "group_share",
            count / total,
            int(count),
            low,
            high,
            attribute=attribute,
            group=str(group),
            method="Wilson",
            denominator=total,
        )


def _disparities(
    estimates: Iterable[Estimate], layout: Layout, attribute: str, *, draws: int
) -> list[Measurement]:
    known = [e for e in estimates if e.group != UNKNOWN_GROUP]
    reference = layout.reference_groups.get(attribute)
    found: list[Measurement] = []
    for disparity in DISPARITIES:
        groups = _parts(disparity, known)
        if not groups:
            continue
        found.append(
            over_groups(disparity, list(groups.values()), attribute=attribute, draws=draws)
        )
        if reference is not None:
            found += against_reference(disparity, groups, attribute=attribute, reference=reference)
    return found


def _parts(disparity: Disparity, estimates: Iterable[Estimate]) -> dict[str, Parts]:
    """Each group's estimates of the disparity's parts; nothing where the task has no such rate."""
    by_group: dict[str, dict[str, Estimate]] = {}
    for estimate in estimates:
        by_group.setdefault(estimate.group, {})[estimate.metric] = estimate
    return {
        group: tuple(by_metric[part] for part in disparity.parts)
        for group, by_metric in by_group.items()
        if all(part in by_metric for part in disparity.parts)
    }
