"""The gap between a group and its reference group, followed from batch to batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from monitor.measures.catalogue import METRICS
from monitor.measures.catalogue.sequence import CUSUM, SINCE
from monitor.measures.measurement import Measurement
from monitor.measures.sequential.confidence import half_width
from monitor.measures.sequential.cusum import LIMIT, Cusum
from monitor.measures.sequential.observed import Key, Observed
from monitor.measures.sequential.part import Part, enough, gap
from monitor.measures.sequential.stream import Kind, Seen, Stream, mean
from monitor.measures.wording import format_rows, format_value
from monitor.terms import counted

ALPHA = 0.05


@dataclass(slots=True)
class Gap:
    """One difference: what it has been ``total`` since deployment, what is still ``waiting`` for
    enough rows, and the sum of its surprises."""

    metric: str
    own: Key
    base: Key
    stream: Stream | None
    total: tuple[Part, Part] | None = None
    waiting: tuple[Part, Part] | None = None
    cusum: Cusum | None = None
    first: float = 0.0
    batches: int = 0

    def take(self, observed: Observed) -> Seen | None:
        """What this batch, with those that waited, says of the gap; None where it is too little."""
        own, base = (observed.parts.get(key) for key in (self.own, self.base))
        if own is None or base is None:
            return None
        self.batches += 1
        self.total = _added(self.total, own, base)
        self.waiting = _added(self.waiting, own, base)
        if not enough(*self.waiting):
            return None
        value, variance = gap(*self.waiting)
        self.waiting = None
        if not variance > 0:
            return None
        self.first = self.first or 1 / variance
        self.cusum = self.cusum and self.cusum.step(value, variance)
        return mean(value, sqrt(variance))

    def restart(self) -> None:
        """Forgets surprises; what has been since deployment stays."""
        self.waiting = None
        self.cusum = surprises(self.stream)

    @property
    def known(self) -> bool:
        """Whether reference or a batch so far has the group."""
        return self.stream is not None or self.total is not None

    def measurements(self, *, family: int) -> Iterator[Measurement]:
        """The gap since deployment with its confidence sequence, and the sum of surprises.

        ``family`` is how many groups are followed alike.
        """
        if self.total is None or not self.first:
            return
        value, variance = gap(*self.total)
        if variance > 0:
            yield self._since_deployment(value, 1 / variance, family)
        if self.cusum is not None:
            yield self._measurement(
                CUSUM,
                self.cusum.value,
                family=family,
                low_limit=-LIMIT,
                high_limit=LIMIT,
                method="self-starting CUSUM, slack ½",
            )

    def _since_deployment(self, value: float, information: float, family: int) -> Measurement:
        half = half_width(information, first=self.first, alpha=ALPHA / family)
        method = f"confidence sequence, Bonferroni over {family}"
        return self._measurement(SINCE, value, family=family, half=half, method=method)

    def _measurement(
        self,
        what: str,
        value: float,
        *,
        method: str,
        family: int,
        half: float | None = None,
        low_limit: float | None = None,
        high_limit: float | None = None,
    ) -> Measurement:
        assert self.total is not None
        return Measurement(
            f"{self.metric}{what}",
            value,
            round(sum(part.n for part in self.total)),
            None if half is None else value - half,
            None if half is None else value + half,
            attribute=self.own[0],
            group=self.own[1],
            method=method,
            denominator=round(min(part.n for part in self.total)),
            family=family,
            limit_low=low_limit,
            limit_high=high_limit,
            reason=self._sides(),
            window=f"since deployment, {counted(self.batches, 'batch')}",
        )

    def _sides(self) -> str:
        """Both groups with their rows: no difference is told without them."""
        assert self.total is not None
        rate = self.own[2] if self.own[2] in METRICS else "true_positive_rate"
        told = [
            f"{group} {format_value(rate, part.value)} ({format_rows(round(part.n))})"
            for group, part in zip((self.own[1], self.base[1]), self.total, strict=True)
        ]
        return f"{told[0]} and {told[1]}."


def stream_of(own: Part | None, base: Part | None, *, limit: float) -> Stream | None:
    """The reference's gap, and which way it would become worse: away from none; None where the
    reference has too few rows of either group."""
    if own is None or base is None or not enough(own, base):
        return None
    value, variance = gap(own, base)
    told = mean(value, sqrt(variance))
    if told is None:
        return None
    return Stream(Kind.MEAN, told, limit, up=True, down=True, gap=True)


def surprises(stream: Stream | None) -> Cusum | None:
    """The sum before the first batch."""
    return None if stream is None else Cusum(stream.centre, stream.spread**2)


def _added(so_far: tuple[Part, Part] | None, own: Part, base: Part) -> tuple[Part, Part]:
    return (own, base) if so_far is None else (own.plus(so_far[0]), base.plus(so_far[1]))
