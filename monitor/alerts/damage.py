"""Whether a rule would notice damage, and after how many batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monitor.alerts.backtest import Backtest, Replay
from monitor.alerts.rule import EVERY, Rule
from monitor.alerts.words import day
from monitor.measures import damaged, fairness
from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.sequence import SINCE
from monitor.measures.disparity import DISPARITIES
from monitor.measures.edges import NumericEdges
from monitor.measures.history import Period
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.outcomes import Outcomes
from monitor.measures.tally import Tally
from monitor.terms import Task, counted

ACCURACY: Final = 0.03
SHIFT: Final = 0.2  # standard deviations of the reference
RATE: Final = 0.10
LEAD: Final = 8  # batches that go before the damage
SURPRISE: Final = "realised_minus_estimated_"
OF_COLUMNS: Final = ("drifted_columns", "drifted_importance")
_PART: Final = {d.metric: d.parts[0] for d in DISPARITIES}


class Kind(StrEnum):
    """What is damaged."""

    ACCURACY = "accuracy"
    SHIFT = "shift"
    RATE = "rate"


@dataclass(frozen=True, slots=True)
class Damage:
    """What becomes worse: accuracy, where a ``column`` lies, or a ``rate`` of one group."""

    kind: Kind
    words: str
    column: str = ""
    attribute: str = ""
    group: str = ""
    rate: str = ""

    def done_to(self, tally: Tally, layout: Layout, reference: Tally) -> Tally:
        """The batch as it would have been."""
        if self.kind is Kind.ACCURACY:
            return damaged.less_accurate(tally, layout, points=ACCURACY)
        if self.kind is Kind.SHIFT:
            return damaged.shifted(tally, layout, self.column, reference=reference, by=SHIFT)
        return damaged.disadvantaged(
            tally, layout, self.attribute, self.group, rate=self.rate, points=RATE
        )


@dataclass(frozen=True, slots=True)
class Caught:
    """``batches`` is how many the damage was there for when the rule fired, the first included;
    None where it did not within the ``tried`` ones from ``since`` on.  ``measurement`` is what it
    fired on."""

    damage: Damage
    since: Period
    tried: int
    batches: int | None
    measurement: Measurement | None

    @property
    def sentence(self) -> str:
        """ "Accuracy 3 points lower from 5 Oct 2026 on: caught after 2 batches." """
        begin = f"{self.damage.words} from {day(self.since.starts_at)} on"
        if self.batches is None:
            return f"{begin}: not caught within {counted(self.tried, 'batch')}."
        late = {1: "in the first batch"}.get(self.batches, f"in batch {self.batches}")
        return f"{begin}: caught {late}."


def damages(rule: Rule, layout: Layout, reference: Tally) -> list[Damage]:
    """What the rule should notice; nothing where its number has none of them."""
    definition = METRICS.get(rule.metric)
    unknown = rule.attribute not in ("", *layout.attributes)
    if definition is None or unknown:
        return []
    if rule.metric == "change_evidence":
        labels = reference.outcomes.cells.labelled > 0
        first = next(iter(layout.attributes), "")
        return [
            *([_accuracy(layout)] if labels else []),
            *_shift(_weightiest(layout), layout),
            *_rate(first, "", _first_rate(layout, labels=labels), layout, reference.outcomes),
        ]
    if rule.attribute:
        rate = _rate_of(rule.metric, layout)
        return list(_rate(rule.attribute, rule.group, rate, layout, reference.outcomes))
    if definition.family == "performance" or rule.metric.startswith(SURPRISE):
        return [_accuracy(layout)] if _moves_with_accuracy(rule.metric) else []
    if definition.family == "drift" and not definition.sampled:
        column = rule.feature if rule.feature not in ("", EVERY) else _weightiest(layout)
        return list(_shift(column, layout))
    return []


def calm(found: Backtest) -> range:
    """Where damage can be seen: the longest stretch of batches without an open incident, but for
    the first few, which the rule may count from."""
    place = {step.period.id: k for k, step in enumerate(found.steps)}
    free = [True] * found.batches
    for firing in found.firings:
        first = place[firing.batch.id or 0]
        end = place[firing.ended.id or 0] if firing.ended else found.batches
        free[first:end] = [False] * (end - first)
    longest = max(_stretches(free), key=len, default=range(0))
    return longest[min(LEAD, len(longest) // 2) :]


def caught(
    damage: Damage,
    rule: Rule,
    before: Sequence[Period],
    after: Iterable[Period],
    *,
    beside: Sequence[Rule] = (),
) -> Caught | None:
    """Replays the rule over the batches ``before`` the damage and those ``after`` it began, until
    it fires; None where there is no batch to damage.  ``after`` is asked for no more than needed.
    """
    replay = Replay(rule, beside=beside)
    for period in before:
        replay.take(period)
    tried, since = 0, None
    for tried, period in enumerate(after, start=1):
        since = since or period
        fired = replay.take(period).fired
        if fired:
            return Caught(damage, since, tried, tried, fired[0])
    return Caught(damage, since, tried, None, None) if since else None


def _stretches(free: Sequence[bool]) -> Iterator[range]:
    start = 0
    for place, is_free in enumerate([*free, False]):
        if not is_free:
            yield range(start, place)
            start = place + 1


def _accuracy(layout: Layout) -> Damage:
    share = f"{100 * ACCURACY:.0f}"
    if layout.task is Task.REGRESSION:
        return Damage(Kind.ACCURACY, f"Errors larger by {share} % of the target's spread")
    return Damage(Kind.ACCURACY, f"Accuracy {share} points lower")


def _moves_with_accuracy(metric: str) -> bool:
    """Whether it is made of what a tally can say of labels that turn out otherwise."""
    said = ("log_loss", "brier_score", "calibration", "label_coverage", "residual_quantile")
    return not any(part in metric for part in said)


def _weightiest(layout: Layout) -> str:
    """The numeric feature that matters most to the model, else any feature; "" without one."""
    numeric = [f for f in layout.features if isinstance(layout.edges.get(f), NumericEdges)]
    weights = layout.norms.weights
    return max(numeric or list(layout.features), key=lambda f: weights.get(f, 0.0), default="")


def _shift(column: str, layout: Layout) -> Iterator[Damage]:
    if column not in layout.edges:
        return
    if isinstance(layout.edges[column], NumericEdges):
        words = f"{column} larger by {SHIFT} standard deviations"
    else:
        words = f"The commonest {column} rarer by {100 * SHIFT / 2:.0f} points"
    yield Damage(Kind.SHIFT, words, column=column)


def _rate_of(metric: str, layout: Layout) -> str:
    """The rate or mean of a group behind the metric; "" where it cannot be made worse."""
    name = metric.removesuffix(SINCE)
    rate = _PART.get(name, name)
    known = damaged.MEANS if layout.task is Task.REGRESSION else damaged.RATES
    return rate if rate in (*known, "selection_rate") else ""


def _first_rate(layout: Layout, *, labels: bool) -> str:
    """What default rules watch first: outcomes, and where none is favourable how often it errs."""
    if layout.favourable or layout.favourable_range:
        return "selection_rate"
    right = "mean_absolute_error" if layout.task is Task.REGRESSION else "accuracy"
    return right if labels else ""


def _rate(
    attribute: str, group: str, rate: str, layout: Layout, reference: Outcomes
) -> Iterator[Damage]:
    base = layout.reference_groups.get(attribute)
    known = [g for g in fairness.groups_of(reference, layout).get(attribute, ()) if g != base]
    chosen = group or max(known, key=lambda g: _rows(reference, attribute, g), default="")
    if not rate or not chosen:
        return
    title = METRICS[rate].title if rate in METRICS else "Rate of deserved favourable outcomes"
    if rate in damaged.MEANS:
        words = f"{title} of {chosen} worse by {100 * RATE:.0f} % of the target's spread"
    else:
        words = f"{title} of {chosen} {100 * RATE:.0f} points lower"
    yield Damage(Kind.RATE, words, attribute=attribute, group=chosen, rate=rate)


def _rows(outcomes: Outcomes, attribute: str, group: str) -> float:
    counts = outcomes.cells.counts.items()
    return sum(float(v[0]) for k, v in counts if (k.attribute, k.group) == (attribute, group))
