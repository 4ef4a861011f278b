"""What keeps a rule from being one: the same sentences for page, command and file."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from difflib import get_close_matches

from monitor.alerts.rule import EVERY, Against, Rule
from monitor.alerts.watchable import FROM_MODELS, between_groups, of_classes, of_columns, of_groups
from monitor.alerts.words import CLASS
from monitor.measures.catalogue import METRICS, Better, Metric
from monitor.measures.layout import PSEUDO_COLUMNS, Layout
from monitor.measures.measurement import of_class
from monitor.measures.wording import format_value

OWN_VERDICT = ("psi", "drifted_columns", "evidently_drift_share")
WITHOUT_REFERENCE = ("drift", "service", "sequence", "causes")
LEAST_BUDGET = 10  # batches to a false alarm: below, alarms of nothing would come all the time
LEAST_TRAILING = 3  # batches that have a standard deviation worth the name

NO_CHANNELS: Collection[str] = ()
NO_GROUPS: Mapping[str, Collection[str]] = {}


def objections(
    rule: Rule,
    layout: Layout | None,
    channels: Collection[str] = NO_CHANNELS,
    *,
    groups: Mapping[str, Collection[str]] = NO_GROUPS,
) -> list[str]:
    """One sentence for each thing that is wrong with the rule; none where it may be saved.

    ``layout`` is the champion's, None where no reference is known: then names of columns are taken
    as they come.  ``channels`` are the names there are; ``groups`` those that were seen of an
    attribute, which of an attribute not among them are taken as they come.
    """
    definition = METRICS.get(rule.metric)
    if definition is None:
        return [f"There is no metric called {rule.metric!r}{_near(rule.metric, METRICS)}"]
    return [
        *_about_subject(rule, definition, layout),
        *(_about_names(rule, layout, groups) if layout is not None else ()),
        *_about_limits(rule, definition),
        *_about_criticals(rule),
        *_about_comparison(rule, definition),
        *_about_conditions(rule, definition),
        *_about_telling(rule, channels),
    ]


def _near(name: str, present: Iterable[str]) -> str:
    """The end of a sentence about a name that is not there."""
    found = get_close_matches(name, list(present), n=3)
    return f"; is {' or '.join(found)} meant?" if found else "."


def _about_subject(rule: Rule, metric: Metric, layout: Layout | None) -> Iterator[str]:
    one_of_several = rule.attribute == CLASS or rule.feature.startswith(of_class(""))
    task = None if layout is None or one_of_several else layout.task
    if task is not None and task not in metric.tasks:
        yield f"{metric.title} is of {' and '.join(metric.tasks)} models, and this one is {task}."
    by_column = of_columns(metric)
    if by_column and not rule.feature:
        yield f"{metric.title} is of one column: name it, or {EVERY} for every column."
    if rule.feature and not by_column and not (rule.attribute and one_of_several):
        yield f"{metric.title} is not of a column, so {rule.feature!r} cannot be its feature."
    if between_groups(metric) and not rule.attribute:
        yield f"{metric.title} is of groups: name the attribute they are of."
    able = of_classes(metric) if rule.attribute == CLASS else of_groups(metric)
    if rule.attribute and not able:
        yield f"{metric.title} is not measured of {_kind(rule)}: leave the attribute empty."
    if rule.group and not rule.attribute:
        yield f"A group without its attribute: name the attribute that {rule.group!r} is of."


def _kind(rule: Rule) -> str:
    return "classes" if rule.attribute == CLASS else "groups"


def _about_names(
    rule: Rule, layout: Layout, groups: Mapping[str, Collection[str]]
) -> Iterator[str]:
    columns = {*layout.edges, *layout.features, *PSEUDO_COLUMNS}
    if rule.metric.endswith("_contribution"):
        columns |= {*layout.attributes, *layout.segments}
    if rule.attribute:
        columns |= {of_class(label) for label in layout.classes}
    free = rule.metric.startswith("slice_")
    if rule.feature not in ("", EVERY, *columns) and not free:
        yield f"The model has no column {rule.feature!r}{_near(rule.feature, columns)}"
    attributes = {*layout.attributes, *layout.segments, CLASS}
    attributes |= {pair.attribute for pair in layout.pairs}
    if rule.attribute and rule.attribute not in attributes:
        known = ", ".join(sorted(attributes))
        yield f"The model has no attribute {rule.attribute!r}; there is {known}."
    elif rule.group:
        known_groups = {*groups.get(rule.attribute, ())}
        known_groups |= set(layout.classes) if rule.attribute == CLASS else set()
        if known_groups and rule.group not in known_groups:
            there_is = ", ".join(sorted(known_groups)[:10])
            yield f"{rule.attribute} has no group {rule.group!r}; there is {there_is}."


def _about_limits(rule: Rule, metric: Metric) -> Iterator[str]:
    limits = (rule.low, rule.high, rule.critical_low, rule.critical_high)
    if any(limit is not None and not math.isfinite(limit) for limit in limits):
        yield "A limit is a finite number, or left out."
        return
    if all(limit is None for limit in limits) and rule.metric not in OWN_VERDICT:
        yield f"{metric.title} needs a limit, for it brings no verdict of its own."
    if rule.low is not None and rule.high is not None and rule.low >= rule.high:
        yield f"The lower limit {rule.low:g} is not below the upper limit {rule.high:g}."
    lows = (rule.low, rule.critical_low)
    highs = (rule.high, rule.critical_high)
    if metric.better is Better.HIGHER and any(limit is not None for limit in highs):
        yield f"Higher is better for {metric.title}: an upper limit would fire on good news."
    if metric.better is Better.LOWER and any(limit is not None for limit in lows):
        yield f"Lower is better for {metric.title}: a lower limit would fire on good news."
    if rule.metric == "change_evidence" and rule.high is not None and rule.high < LEAST_BUDGET:
        yield f"{metric.title} takes {LEAST_BUDGET} or more: one false alarm in so many batches."
    if rule.against is Against.ABSOLUTE:
        yield from _out_of_range(metric, lows, highs)


def _out_of_range(
    metric: Metric, lows: Iterable[float | None], highs: Iterable[float | None]
) -> Iterator[str]:
    least, most = metric.range
    wrong = [limit for limit in lows if limit is not None and not least < limit <= most]
    wrong += [limit for limit in highs if limit is not None and not least <= limit < most]
    if wrong:
        ends = [
            format_value(metric.name, end) if math.isfinite(end) else "∞" for end in (least, most)
        ]
        said = f"{metric.title} lies between {ends[0]} and {ends[1]}"
        yield f"{said}, so a limit of {wrong[0]:g} says nothing{_as_a_share(metric)}."


def _as_a_share(metric: Metric) -> str:
    return "; shares are written as 0.8 for 80 %" if metric.unit in ("percent", "points") else ""


def _about_criticals(rule: Rule) -> Iterator[str]:
    low, high = rule.critical_low, rule.critical_high
    if low is not None and rule.low is not None and low >= rule.low:
        yield f"The critical lower limit {low:g} is not below the lower limit {rule.low:g}."
    if high is not None and rule.high is not None and high <= rule.high:
        yield f"The critical upper limit {high:g} is not above the upper limit {rule.high:g}."
    if low is not None and high is not None and low >= high:
        yield f"The critical lower limit {low:g} is not below the critical upper limit {high:g}."


def _about_comparison(rule: Rule, metric: Metric) -> Iterator[str]:
    lows = [limit for limit in (rule.low, rule.critical_low) if limit is not None]
    highs = [limit for limit in (rule.high, rule.critical_high) if limit is not None]
    if rule.against is Against.ABSOLUTE:
        return
    if rule.against in (Against.REFERENCE, Against.REFERENCE_RATIO):
        if metric.family in WITHOUT_REFERENCE:
            yield f"{metric.title} has no value on the reference to compare with."
    elif metric.family == "sequence" or metric.name in FROM_MODELS:
        yield f"{metric.title} is not of one batch, so earlier batches are nothing to compare with."
    if rule.against is Against.REFERENCE_RATIO:
        if any(limit <= 0 for limit in (*lows, *highs)):
            yield "Limits that multiply the reference are above 0: 1.1 for a tenth more."
        same, meant = 1.0, "multiply"
    else:
        same, meant = 0.0, "are added to"
    if any(limit > same for limit in lows) or any(limit < same for limit in highs):
        yield (
            f"Limits {meant} what is compared with, so the lower is at most {same:g} and the "
            f"upper at least {same:g}: else a batch that is just the same would break the rule."
        )


def _about_conditions(rule: Rule, metric: Metric) -> Iterator[str]:
    asked = rule.conditions
    if not 1 <= asked.breaches <= asked.window:
        yield (
            f"{asked.breaches} of {asked.window} batches cannot be: at least 1, and no more "
            f"breaches than batches looked at."
        )
    if asked.window > 1 and (metric.family == "sequence" or metric.name in FROM_MODELS):
        yield f"{metric.title} is not of one batch, so it cannot be asked for in several."
    if asked.minimum_rows < 0:
        yield f"The least number of rows is {asked.minimum_rows}, wanted 0 or more."
    if not 0 <= asked.minimum_coverage <= 1:
        yield f"The least label coverage is {asked.minimum_coverage:g}, wanted 0 to 1."
    if (asked.minimum_coverage or asked.wait_days is not None) and not metric.needs_labels:
        yield f"{metric.title} needs no labels, so there are none to wait for."
    if asked.wait_days is not None and asked.wait_days < 0:
        yield f"The label wait is {asked.wait_days} days, wanted 0 or more."
    if rule.against is Against.TRAILING and asked.trailing < LEAST_TRAILING:
        yield (
            f"A trailing mean of {asked.trailing} batches has no standard deviation to speak of; "
            f"{LEAST_TRAILING} are the least."
        )


def _about_telling(rule: Rule, channels: Collection[str]) -> Iterator[str]:
    asked = rule.telling
    for name in (*asked.channels, *filter(None, [asked.escalate_to])):
        if name not in channels:
            there_is = f"; there is {', '.join(sorted(channels))}" if channels else ""
            yield f"There is no channel called {name!r}{there_is}."
    if bool(asked.escalate_to) != (asked.escalate_hours is not None):
        yield "An escalation needs both a channel and after how many hours."
    for hours, what in ((asked.remind_hours, "remind"), (asked.escalate_hours, "escalate")):
        if hours is not None and not (math.isfinite(hours) and hours > 0):
            yield f"The hours after which to {what} are {hours:g}, wanted more than 0."
    if asked.relapse_days is not None and not asked.relapse_days >= 0:
        yield f"The days of a relapse are {asked.relapse_days:g}, wanted 0 or more."
