"""Batch after batch: the evidence that something has become worse, and since when."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from math import exp, log

import numpy as np

from monitor.measures.catalogue import METRICS
from monitor.measures.measurement import Measurement
from monitor.measures.rows import Floats
from monitor.measures.sequential import detector
from monitor.measures.sequential.observed import Observed
from monitor.measures.sequential.plan import Plan
from monitor.measures.wording import format_batches
from monitor.terms import Verdict

HEADROOM = 10.0  # budgets that evidence may pile up to: beyond it a recovery would not be seen
NAMED, WORTH = 3, 0.1  # sources named, and the share of the evidence that is worth it
SOME = 10.0  # below, where evidence comes from is chance
ANEW = 3  # batches after a restart before evidence that is small means that all is well


def follow(
    plan: Plan, batches: Sequence[Observed], *, budget: float, restarts: Container[int] = ()
) -> Iterator[list[Measurement]]:
    """What each batch, with those before it, says; oldest first.

    ``budget`` is the number of batches in which one false alarm may come.  Before the batches whose
    places are in ``restarts`` all evidence of change is forgotten.
    """
    sequence = _Sequence(plan, budget)
    for place, observed in enumerate(batches):
        if place in restarts:
            sequence.restart()
        yield sequence.step(observed)


class _Sequence:
    """The streams of performance come first, then those of gaps; columns stand beside them."""

    def __init__(self, plan: Plan, budget: float) -> None:
        self._plan, self._budget = plan, budget
        self._judged = [gap for gap in plan.gaps if gap.stream is not None]
        streams = [*plan.performance.values(), *(g.stream for g in self._judged if g.stream)]
        self._streams = streams
        self._weights, self._column_weights = _weights(plan, len(self._judged))
        self._restarted, self._batches = False, 0
        self._start()

    def _start(self) -> None:
        self._detector = detector.Detector(self._streams, self._caps(self._weights))
        self._columns = np.full(len(self._plan.columns), -np.inf)

    def _caps(self, weights: Floats) -> Floats:
        return log(HEADROOM * self._budget) - np.log(weights)

    def restart(self) -> None:
        self._restarted, self._batches = True, 0
        for gap in self._plan.gaps:
            gap.restart()
        self._start()

    def step(self, observed: Observed) -> list[Measurement]:
        self._batches += 1
        told = [
            part.seen() if (part := observed.parts.get(key)) else None
            for key in self._plan.performance
        ]
        gaps = {id(gap): gap.take(observed) for gap in self._plan.gaps}
        seen = [*told, *(gaps[id(gap)] for gap in self._judged)]
        self._detector.step(seen)
        moved = np.array([observed.columns.get(name, np.nan) for name in self._plan.columns])
        self._columns = detector.step(self._columns, moved, self._caps(self._column_weights))
        here = [gap for gap in self._plan.gaps if gap.own in observed.parts]
        return [
            self._whole(observed),
            *self._evidence(observed),
            *(m for gap in here for m in gap.measurements()),
        ]

    def _whole(self, observed: Observed) -> Measurement:
        weights = np.concatenate([self._weights, self._column_weights])
        parts = np.concatenate([self._detector.log_m, self._columns]) + np.log(weights)
        known = bool(np.isfinite(parts).any())
        total = float(detector.log_sum(parts)) if known else -np.inf
        return Measurement(
            "change_evidence",
            min(exp(total), HEADROOM * self._budget) if known else None,
            observed.rows,
            method=f"mean of {parts.size} Shiryaev–Roberts statistics",
            family=parts.size,
            verdict=Verdict.NOT_ENOUGH_DATA if self._anew else None,
            reason=self._anew or self._said(total, parts),
            window=self._window,
        )

    @property
    def _anew(self) -> str:
        """Why little evidence does not mean that all is well yet; "" if it does."""
        if not self._restarted or self._batches >= ANEW:
            return ""
        return f"Watched anew since it was acknowledged: {self._batches} of {ANEW} batches."

    def _said(self, total: float, log_parts: Floats) -> str:
        if total == -np.inf:
            return "No batch could be compared yet."
        mostly = self._mostly(log_parts - total) if total > log(SOME) else ""
        return f"Mostly from {mostly}." if mostly else ""

    @property
    def _window(self) -> str:
        since = "it was acknowledged" if self._restarted else "deployment"
        return f"since {since}, {format_batches(self._batches)}"

    def _mostly(self, log_shares: Floats) -> str:
        """What most of the evidence comes from, largest first."""
        order = np.argsort(-log_shares, kind="stable")[:NAMED]
        return ", ".join(self._name(i) for i in order.tolist() if log_shares[i] > log(WORTH))

    def _name(self, place: int) -> str:
        if place < len(self._plan.performance):
            return METRICS[list(self._plan.performance)[place][2]].title
        gap_place = place - len(self._plan.performance)
        if gap_place < len(self._judged):
            gap = self._judged[gap_place]
            return f"{METRICS[gap.metric].title} of {gap.own[0]} {gap.own[1]}"
        return f"drift of {list(self._plan.columns)[gap_place - len(self._judged)]}"

    def _evidence(self, observed: Observed) -> Iterator[Measurement]:
        """The statistic of each family, group and column that this batch said something of."""
        log_m = self._detector.log_m
        many = len(self._plan.performance)
        if any(key in observed.parts for key in self._plan.performance):
            yield self._statistic("performance_change_evidence", log_m[:many], observed)
        groups: dict[tuple[str, str], list[float]] = {}
        for gap, value in zip(self._judged, log_m[many:], strict=True):
            if gap.own in observed.parts:
                groups.setdefault(gap.own[:2], []).append(value)
        for (attribute, group), values in groups.items():
            found = np.array(values)
            yield self._statistic("fairness_change_evidence", found, observed, attribute, group)
        for name, value in zip(self._plan.columns, self._columns, strict=True):
            if name in observed.columns:
                found = np.array([value])
                yield self._statistic("drift_change_evidence", found, observed, feature=name)

    def _statistic(
        self,
        metric: str,
        log_m: Floats,
        observed: Observed,
        attribute: str = "",
        group: str = "",
        feature: str = "",
    ) -> Measurement:
        known = bool(np.isfinite(log_m).any())
        return Measurement(
            metric,
            exp(float(detector.log_sum(log_m)) - log(log_m.size)) if known else None,
            observed.rows,
            attribute=attribute,
            group=group,
            feature=feature,
            method=f"mean of {log_m.size} Shiryaev–Roberts statistics",
            family=log_m.size,
            reason="" if known else "Too few rows to be compared yet.",
            window=self._window,
        )


def _weights(plan: Plan, gaps: int) -> tuple[Floats, Floats]:
    """Of each stream and of each column; together they add up to 1."""
    shares, many = plan.shares, len(plan.performance)
    of_streams = [shares.get("performance", 0.0) / max(many, 1)] * many
    of_streams += [shares.get("fairness", 0.0) / max(gaps, 1)] * gaps
    columns = np.array(list(plan.columns.values())) * shares.get("drift", 0.0)
    return np.array(of_streams), columns
