"""Trying a rule before it is kept: over all batches there have been, and against damage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from typing import Any, Final

from monitor.alerts.arrivals import arrivals
from monitor.alerts.backtest import Backtest, backtest
from monitor.alerts.damage import ACCURACY, SURPRISE, Caught, Damage, Kind, calm, caught, damages
from monitor.alerts.defaults import BUDGET as BATCHES
from monitor.alerts.pauses import is_down
from monitor.alerts.rule import Rule
from monitor.jobs.conclude import pauses_of, reference_of, rules_of, tally_from
from monitor.jobs.measure import Reference
from monitor.jobs.sequence import BUDGET, budget_of, followed, places_after, watches
from monitor.jobs.version import Version, champion_of
from monitor.measures import drift, fairness, performance, regression
from monitor.measures.catalogue import METRICS, Better
from monitor.measures.history import Period
from monitor.measures.layout import Layout
from monitor.measures.measurement import Measurement
from monitor.measures.performance import beside
from monitor.measures.pooling import Earlier
from monitor.measures.sequential.follow import follow
from monitor.measures.sequential.observed import Observed, observe
from monitor.measures.sequential.plan import plan
from monitor.measures.tally import Tally
from monitor.measures.verdict import unjudged
from monitor.store import history, results, sequences
from monitor.store.engine import Connection, Store
from monitor.store.frames import cadence_of
from monitor.terms import Task

MOST: Final = 40  # damaged batches that are measured again


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``backtest`` is what the rule would have said; ``caught`` what it would have noticed, one for
    each damage that its number can tell of."""

    backtest: Backtest
    caught: tuple[Caught, ...]


def rehearse(store: Store, model: str, rule: Rule) -> Rehearsal:
    """What saving this rule would mean, within a second or two: nothing is written, no row read.

    The damage is done to the tallies of the champion's batches, from a calm stretch on, and each
    damaged batch measured again, until the rule fires.  NotFound for an unknown model.
    """
    past = history.periods(store, model, metric=rule.metric)
    if rule.metric == "batch_overdue":
        past = arrivals(past, cadence_of(store, model))
    with store.read() as connection:
        version = champion_of(connection, model)
        others = [r for r in rules_of(connection, version.model_id) if r.id != rule.id]
        known, of = pauses_of(connection, version.model_id), version.model_id
        down = partial(is_down, known, model_id=of, rule_id=rule.id)
        layout = version.layout
        reference = reference_of(connection, version.id, layout) if layout else None
        if layout is None or reference is None:
            return Rehearsal(backtest(rule, past, beside=others, is_down=down), ())
        stage = _Stage(connection, version, layout, reference, rule, others)
        found = backtest(rule, stage.with_this_budget(past), beside=others, is_down=down)
        return Rehearsal(found, tuple(stage.tried(found)))


class _Stage:
    """The champion's stored tallies, and how the rule's number is made of them."""

    def __init__(
        self,
        connection: Connection,
        version: Version,
        layout: Layout,
        reference: Reference,
        rule: Rule,
        others: Sequence[Rule],
    ) -> None:
        self._connection, self._version, self._layout = connection, version, layout
        self._reference, self._rule, self._others = reference, rule, others
        self._family = METRICS[rule.metric].family if rule.metric in METRICS else ""

    def tried(self, found: Backtest) -> Iterator[Caught]:
        past = [step.period for step in found.steps]
        mine = [k for k in calm(found) if past[k].version == self._version.number][:MOST]
        if not mine:
            return
        first = mine[0]
        for damage in damages(self._rule, self._layout, self._reference.tally):
            after = self._after(damage, [past[k] for k in mine], past[:first])
            one = caught(damage, self._rule, past[:first], after, beside=self._others)
            if one is not None:
                yield one

    def with_this_budget(self, past: list[Period]) -> list[Period]:
        """Evidence as it would have grown under the rule's own budget, and not under the stored."""
        limits = {m.limit_high for one in past for m in one.measurements}
        if self._rule.metric != BUDGET or limits == {self._rule.high}:
            return past
        stored, known = self._stored
        made = {row.id: said for row, said in zip(stored, self._follow(known), strict=True)}
        return [replace(one, measurements=made.get(one.id, one.measurements)) for one in past]

    def _after(
        self, damage: Damage, after: Sequence[Period], before: Sequence[Period]
    ) -> Iterator[Period]:
        if self._family == "sequence":
            yield from self._followed(damage, after)
            return
        so_far = [one.id for one in before if one.version == self._version.number]
        tallies: list[Tally] = []
        for one in after:
            tally = self._done(damage, one)
            earlier = partial(_earlier, tallies[::-1], so_far[::-1], self._tally)
            made = self._measured(damage, one, tally, earlier)
            tallies.append(tally)
            mine = [m for m in made if m.metric == self._rule.metric]
            yield replace(one, measurements=tuple(mine))

    def _measured(
        self, damage: Damage, one: Period, tally: Tally, earlier: Earlier
    ) -> list[Measurement]:
        layout, reference = self._layout, self._reference
        if self._rule.metric.startswith(SURPRISE):
            return [self._surprised(unjudged(m)) for m in one.measurements]
        if self._rule.attribute:
            return beside(self._of_groups(tally, earlier), reference.measured)
        if self._family == "drift":
            whole = reference.tally
            return drift.measure(tally.profiles, tally.outcomes, whole, layout, earlier=earlier)
        return beside(self._performance(tally), reference.measured)

    def _of_groups(self, tally: Tally, earlier: Earlier) -> list[Measurement]:
        return fairness.measure_attribute(
            tally.outcomes,
            self._layout,
            self._rule.attribute,
            earlier=lambda: (one.outcomes for one in earlier()),
            expected=fairness.groups_of(self._reference.tally.outcomes, self._layout),
        )

    def _surprised(self, m: Measurement) -> Measurement:
        """What labels say falls by just the damage; what was expected of them stays."""
        if m.value is None:
            return m
        worse = METRICS[m.metric].better is Better.LOWER
        by = (1 if worse else -1) * ACCURACY * self._layout.residual_scale
        low, high = (None if bound is None else bound + by for bound in (m.low, m.high))
        return replace(m, value=m.value + by, low=low, high=high)

    def _performance(self, tally: Tally) -> list[Measurement]:
        if self._layout.task is Task.REGRESSION:
            return regression.measure(tally.outcomes, self._layout, None)
        return performance.measure(tally.outcomes, self._layout, None)

    def _followed(self, damage: Damage, after: Sequence[Period]) -> Iterator[Period]:
        """The damaged batches, with what they say together with those before."""
        wanted, (stored, known) = {one.id: one for one in after}, self._stored
        first = next((k for k, row in enumerate(stored) if row.id in wanted), len(stored))
        places = [k for k in range(first, len(stored)) if stored[k].id in wanted]
        harmed = (self._observe(damage, wanted[stored[k].id], known[k]) for k in places)
        said = self._follow(chain(known[:first], harmed), first=first)
        for place, made in zip(places, said, strict=True):
            yield replace(wanted[stored[place].id], measurements=made)

    def _follow(
        self, observed: Iterable[Observed], *, first: int = 0
    ) -> Iterator[tuple[Measurement, ...]]:
        """The rule's number in each of these batches from the ``first`` on."""
        rules, reference = [replace(self._rule, enabled=True), *self._others], self._reference
        before = observe(reference.tally, self._layout, reference.measured, reference=None)
        stored, known = self._stored
        model, number = self._version.model_id, self._version.number
        restarts = sequences.restarts(self._connection, model, BUDGET, version=number)
        said = follow(
            plan(watches(rules, reference), self._layout, before, known),
            observed,
            budget=budget_of(rules) or BATCHES,
            restarts=places_after(stored, restarts),
            first=first,
        )
        for found in said:
            yield tuple(m for m in found if m.metric == self._rule.metric)

    @cached_property
    def _stored(self) -> tuple[list[Any], list[Observed]]:
        """The batches that are followed, and what each brings."""
        stored = followed(self._connection, self._version)
        return stored, [Observed.from_bytes(row.data) for row in stored]

    def _observe(self, damage: Damage, one: Period, was: Observed) -> Observed:
        """What is not damaged stays as it was: performance takes longest to measure."""
        tally = self._done(damage, one)
        found = self._performance(tally) if damage.kind is Kind.ACCURACY else []
        made = observe(tally, self._layout, found, reference=self._reference.tally)
        return replace(made, parts={**was.parts, **made.parts})

    def _done(self, damage: Damage, one: Period) -> Tally:
        return damage.done_to(self._tally(one.id), self._layout, self._reference.tally)

    def _tally(self, batch_id: int) -> Tally:
        stored = results.load_tallies(self._connection, self._version.id, batch_id)
        return tally_from(stored, self._layout)


def _earlier(
    damaged: Sequence[Tally], before: Sequence[int], load: Callable[[int], Tally]
) -> Iterator[Tally]:
    """The tallies before a batch, newest first, each read only when it is asked for."""
    yield from damaged
    yield from map(load, before)
